"""Who of many sightings is one person, in memory: `mailcrm identity cluster`, and what a full re-resolution proposes.

features        of every sighting, and what is usual among them (`World`)
  | pairs       only what shares a key is compared
  | weigh       the best pairs first
  | join        unless the whole of both sides speaks against it (`groups`)
Deterministic: the same sightings in another order make the same groups.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mailcrm.identity.evidence import weigh, weigh_unless_hopeless
from mailcrm.identity.features import Features, Record, features_of, likely_region
from mailcrm.identity.groups import Groups
from mailcrm.identity.names.compare import compare_names
from mailcrm.identity.names.compared import ComparedNames
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.names.rarity import Rarity
from mailcrm.identity.pairs import Finder, pairs_in_memory
from mailcrm.identity.world import World
from mailcrm.model.identity import Key

_SAMPLE = 12
"""Names that are told apart, at most."""

_CROWD = 5
"""People by whose names a mailbox or a customer number is nobody's own: none@none.com, a number that a program fills in."""

_OFTEN = 5
"""Sightings with one date of birth, and per cent of all, from which it is the default of some form."""

_STEP = 1000
"""Sightings between two words of progress."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sightings by position, the first one before the second; and why their groups were not joined, if that was refused."""

    one: int
    other: int
    bits: float
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Clusters:
    """`group_of` each sighting by position: the position of the first of its group. `review`: pairs in different groups that a
    human should see, the likeliest first. `capped`: keys that too many share, and how many. `compared` pairs were weighed."""

    group_of: Sequence[int]
    review: Sequence[Pair]
    capped: Sequence[tuple[Key, int]]
    compared: int
    features: Sequence[Features]
    world: World


def cluster(
    records: Sequence[Record],
    progress: Progress = lambda _what, _done, _of: None,
    find_pairs: Finder = pairs_in_memory,
) -> Clusters:
    """Group them. `progress` hears what is done, how much of it, and of how much."""
    order = sorted(range(len(records)), key=lambda at: records[at].id)
    region = likely_region(each.phone for each in records if each.phone)
    features = []
    for done, at in enumerate(order):
        if done % _STEP == 0:
            progress("reading", done, len(order))
        features.append(features_of(records[at], region))
    world = world_of(features)
    twins = _twins(features, world)
    alone = twins.keys() | {number for number, each in enumerate(features) if not each.person}
    pairs = find_pairs(features, world, alone)
    sure, open_, compared = _weighed(features, world, pairs.later, progress)
    groups = Groups(((each,) for each in features), world, twins)
    refused = [replace(pair, refused=why) for pair in sure if (why := groups.join(pair.one, pair.other))]
    apart = (pair for pair in (*open_, *refused) if groups.root(pair.one) != groups.root(pair.other))
    by_position = dict(zip(order, features, strict=True))
    return Clusters(
        _first_of_each(order, groups),
        [_as_given(order, pair) for pair in sorted(apart, key=_best_first)],
        pairs.capped,
        compared,
        [by_position[at] for at in range(len(records))],
        world,
    )


def _first_of_each(order: Sequence[int], groups: Groups) -> list[int]:
    """By position, the first position of its group."""
    found = [0] * len(order)
    for members in groups:
        first = min(order[each] for each in members)
        for each in members:
            found[order[each]] = first
    return found


def _as_given(order: Sequence[int], pair: Pair) -> Pair:
    one, other = sorted((order[pair.one], order[pair.other]))
    return replace(pair, one=one, other=other)


def world_of(features: Sequence[Features]) -> World:
    """What is usual among them. Counted are mailboxes, not sightings: who writes often is not many."""
    words: dict[str, set[str]] = defaultdict(set)
    at: dict[str, set[str]] = defaultdict(set)
    hosts: dict[str, set[str]] = defaultdict(set)
    phones: dict[str, set[NameForm]] = defaultdict(set)
    companies: dict[str, set[str]] = defaultdict(set)
    people = set()
    names_of: dict[str, set[NameForm]] = defaultdict(set)
    born = Counter(f.born for f in features if f.born)
    for number, f in enumerate(features):
        who = f.mailbox or f.phone or str(number)
        people.add(who)
        if f.domain:
            at[f.domain].add(f.mailbox)
        if f.mailbox:
            hosts[f.local].add(f.mailbox)
        if f.company:
            companies[f.company].add(who)
        if f.phone and f.name is not None:
            phones[f.phone].add(f.name)
        if f.name is not None and not f.implied:
            for word in f.name.words:
                words[word].add(who)
            for identifier in filter(None, (f.mailbox, f.customer_no)):
                names_of[identifier].add(f.name)
    rarity = Rarity(_sizes(words), len(people))
    on_phone = {phone: _people(names, rarity) for phone, names in phones.items() if len(names) > 1}
    return World(
        len(features), rarity, _sizes(at), _sizes(hosts), on_phone, _sizes(companies),
        shared=frozenset(i for i, names in names_of.items() if len(names) >= _CROWD and _people(names, rarity) >= _CROWD),
        defaults=frozenset(day for day, times in born.items() if times > max(_OFTEN, _OFTEN / 100 * born.total())),
    )  # fmt: skip


def _people(names: Iterable[NameForm], rarity: Rarity) -> int:
    """How many people a few names are of, at the least."""
    apart: list[NameForm] = []
    for name in sorted(names, key=lambda each: (-len(each.words), each.words, each.initials, each.han)):
        if len(apart) == _SAMPLE:
            break
        if not any(compare_names(name, each, rarity).agrees for each in apart):
            apart.append(name)
    return max(len(apart), 1)


def _sizes(found: Mapping[str, set[str]]) -> dict[str, int]:
    return {key: len(values) for key, values in found.items()}


def _twins(features: Sequence[Features], world: World) -> dict[int, int]:
    """Positions of sightings that say nothing new, and the first that said it: who writes often is seen often. Only where that
    they are alike is enough to join two."""
    first: dict[Features, int] = {}
    enough: dict[int, bool] = {}
    found: dict[int, int] = {}
    for number, each in enumerate(features):
        at = first.setdefault(each, number)
        if at == number:
            continue
        if at not in enough:
            enough[at] = weigh(each, each, world).is_one
        if enough[at]:
            found[number] = at
    return found


def _weighed(
    features: Sequence[Features],
    world: World,
    later: Iterable[Collection[int]],
    progress: Progress,
) -> tuple[list[Pair], list[Pair], int]:
    """Pairs that are one, the best first; those to be looked at; how many were compared."""
    names = ComparedNames((each.name for each in features), world.rarity)
    sure, open_, compared = [], [], 0
    for one, others in enumerate(later):
        if one % _STEP == 0:
            progress("comparing", one, len(features))
        compared += len(others)
        for other in others:
            score = weigh_unless_hopeless(features[one], features[other], world, names.match(one, other))
            if score is None:
                continue
            if score.is_one:
                sure.append(Pair(one, other, score.bits))
            elif score.is_open:
                open_.append(Pair(one, other, score.bits))
    sure.sort(key=_best_first)
    return sure, open_, compared


def _best_first(pair: Pair) -> tuple[float, int, int]:
    return -pair.bits, pair.one, pair.other
