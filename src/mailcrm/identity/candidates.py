"""Who may be the same as a party: what the judgement asks of an archive, whether it lies in memory or in the store."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from mailcrm.identity.keys import ALL_BORN, CAPS, EVERYBODY, WEAK
from mailcrm.identity.names.rarity import Rarity
from mailcrm.identity.profile import Profile, told_apart
from mailcrm.identity.world import World
from mailcrm.model.identity import Key, key_number

AT_ONCE = 25
"""Parties of one key that are compared when mail comes (of a weak one a fifth); of a key that more have the night and `rebuild`
compare up to `CAPS`."""

_CROWD = 5
"""People by whose names a mailbox is nobody's own."""

_DEFAULT, _DEFAULT_SHARE = 5, 0.01
"""Parties with one date of birth, and their share of all that have one, above which it is what some form fills in."""

IN_ALL = 2
"""Times as many as of one key are compared of all keys together, those of the rarest keys first."""

_IDENTIFIERS = frozenset({"mailbox", "number", "tax"})

_OF_WEAK = 5
"""Of a weak key a fifth of the others."""


class Candidates(Protocol):
    """Profiles by their keys, and what is usual among them."""

    def near(self, profile: Profile, most: int = AT_ONCE) -> Sequence[Profile]:
        """The others that share a key with it, by id. A key is passed over that more than `most` have, or its cap."""

    def world(self, profiles: Collection[Profile]) -> World:
        """What is usual, as far as these need it to be compared."""


class MemoryCandidates:
    """All of them in memory: for the full re-resolution, and to compare the store's with.

    Of hundreds of thousands: keys are kept as numbers, and only those that several share; what a profile's keys are is
    found anew where it is needed. `capped` are the keys that were passed over, and how many have each.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.capped: dict[Key, int] = {}
        self._by_id = {profile.party_id: profile for profile in sorted(profiles, key=lambda each: each.party_id)}
        sizes: Counter[int] = Counter()
        self._counts: Counter[Key] = Counter()
        for profile in self._by_id.values():
            self._counts.update(set(profile.each_counted()))
            sizes.update(set(map(key_number, profile.each_key())))
        self._index: dict[int, list[int]] = {number: [] for number, size in sizes.items() if size > 1}
        for party_id, profile in self._by_id.items():
            for number in set(map(key_number, profile.each_key())) & self._index.keys():
                self._index[number].append(party_id)

    def near(self, profile: Profile, most: int = AT_ONCE) -> Sequence[Profile]:
        sizes = {key: len(self._index.get(key_number(key), ())) for key in set(profile.each_key())}
        chosen = chosen_keys(sizes, most)
        self.capped |= {key: size for key, size in sizes.items() if size > 1 and key not in chosen}
        found = {each for key in chosen for each in self._index[key_number(key)]}
        found.discard(profile.party_id)
        return [self._by_id[each] for each in sorted(found)]

    def world(self, profiles: Collection[Profile]) -> World:
        return world_from(self._counts, {key for profile in profiles for key in profile.each_counted()}, profiles)


def chosen_keys(sizes: Mapping[Key, int], most: int) -> set[Key]:
    """Those of the keys of a party by which others are looked for: what tells most first, until there are enough."""
    chosen: set[Key] = set()
    named = 0
    for key in sorted(sizes, key=lambda each: (each[0] not in _IDENTIFIERS, sizes[each], each)):
        if not 1 < sizes[key] <= cap_of(key, most):
            continue
        named += sizes[key]
        if named > IN_ALL * most and key[0] not in _IDENTIFIERS:
            break
        chosen.add(key)
    return chosen


def cap_of(key: Key, most: int) -> int:
    """How many may share a key for those who do to be compared."""
    if key[0] in _IDENTIFIERS:
        return CAPS.get(key[0], most)
    return min(CAPS.get(key[0], most), most // _OF_WEAK if key[0] in WEAK else most)


def world_from(counts: Mapping[Key, int], wanted: Iterable[Key], profiles: Collection[Profile]) -> World:
    """What is usual, from counts of parties by the keys that are wanted, and from the profiles at hand."""
    size = counts.get(EVERYBODY, 0)
    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    for key in wanted:
        if key != EVERYBODY:
            sizes[key[0]][key[1]] = counts.get(key, 0)
    return World(
        size, Rarity(sizes["word"], size), sizes["domain"], sizes["user"], _names_on_phones(profiles), sizes["company"],
        shared=frozenset(
            facet.mailbox for profile in profiles if profile.people >= _CROWD for facet in profile.facets if facet.mailbox
        ),
        defaults=_defaults(sizes["birth"]),
    )  # fmt: skip


def _defaults(births: Mapping[str, int]) -> frozenset[date]:
    """Dates of birth that are nobody's; `births` by date, and of all of them."""
    most = max(_DEFAULT, _DEFAULT_SHARE * births.get(ALL_BORN[1], 0))
    return frozenset(date.fromisoformat(day) for day, parties in births.items() if day and parties > most)


def _names_on_phones(profiles: Iterable[Profile]) -> dict[str, int]:
    names = defaultdict(set)
    for profile in profiles:
        for facet in profile.facets:
            if facet.phone and facet.name is not None:
                names[facet.phone].add(facet.name)
    found = {}
    for phone, those in names.items():
        ordered = sorted(those, key=lambda each: (-len(each.words), each.words, each.initials, each.han))
        found[phone] = max(len(told_apart(ordered[:_SAMPLE])), 1)
    return found


_SAMPLE = 12
