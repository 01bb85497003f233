"""What the store knows for the judgement: candidates by a few indexed look-ups, whatever the size of the archive, and what
humans answered so far."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.identity.calibrate import threshold
from mailcrm.identity.candidates import AT_ONCE, cap_of, chosen_keys, world_from
from mailcrm.identity.keys import EVERYBODY
from mailcrm.identity.profile import RULES, Profile, profile_of
from mailcrm.identity.weights import AUTO
from mailcrm.identity.world import World
from mailcrm.model.identity import Key, key_number
from mailcrm.store import Session
from mailcrm.store.identity import keys, matches, merges, profiles
from mailcrm.store.identity.keys import Keys
from mailcrm.store.settings import get_settings, put_setting

_AUTO_BITS, _RULES = "identity.auto_bits", "identity.rules"


class StoredCandidates:
    """Those of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def near(self, profile: Profile, most: int = AT_ONCE) -> Sequence[Profile]:
        by_number = {key_number(key): key for key in profile.found_by}
        those = keys.sharing(self._session, {number: cap_of(key, most) + 1 for number, key in by_number.items()})
        # Who is not kept yet, but only typed, has the keys all the same.
        itself = int(profile.party_id == NOBODY)
        sizes = {key: len(shared) + itself for number, key in by_number.items() if (shared := those.get(number, ()))}
        chosen = chosen_keys(sizes, most)
        found = {each for number, key in by_number.items() if key in chosen for each in those[number]}
        found.discard(profile.party_id)
        return read_profiles(self._session, sorted(found))

    def world(self, profiles: Collection[Profile]) -> World:
        by_number = {key_number(key): key for key in {EVERYBODY}.union(*(each.counted for each in profiles))}
        sizes = keys.counts(self._session, by_number)
        return world_from({by_number[number]: size for number, size in sizes.items()}, by_number.values(), profiles)


def read_profiles(session: Session, party_ids: Collection[int]) -> list[Profile]:
    """The profiles that are kept of these, in their order; without those of whom nothing is known."""
    texts = profiles.contents(session, party_ids)
    return [profile_of(each, texts[each]) for each in party_ids if texts.get(each)]


def keys_as_kept(profile: Profile) -> Keys:
    """The keys of a profile as the store has them."""
    return Keys(_numbers(profile.found_by), _numbers(profile.counted))


def _numbers(those: Iterable[Key]) -> frozenset[int]:
    return frozenset(map(key_number, those))


NOBODY = 0
"""The party id of somebody who is compared and is not kept."""


@dataclass(frozen=True, slots=True)
class Rules:
    """From how many bits on two are one without asking, here; by which rules what is kept was made, '' if nothing is."""

    auto: float
    made_by: str


def read_rules(session: Session) -> Rules:
    """As they are now."""
    kept = get_settings(session, _AUTO_BITS, _RULES)
    return Rules(float(kept.get(_AUTO_BITS, AUTO)), kept.get(_RULES, ""))


def note_rules(session: Session, now: datetime) -> None:
    """From now on what is kept is made by these rules."""
    put_setting(session, _RULES, str(RULES), now)


def calibrate(session: Session, now: datetime) -> float:
    """Let that follow from what humans answered. Returns it."""
    bits = threshold([*matches.verdicts(session), *merges.unopposed(session)])
    if bits != read_rules(session).auto:
        put_setting(session, _AUTO_BITS, str(bits), now)
    return bits
