"""Everybody judged anew: the proposal of `mailcrm identity rebuild`, and what the night compares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailcrm.clock import Clock
from mailcrm.identity import verdicts
from mailcrm.identity.activate import activate
from mailcrm.identity.candidates import cap_of
from mailcrm.identity.keys import CAPS
from mailcrm.identity.profile import RULES, Profile, profile_of
from mailcrm.identity.rebuild import Known, Proposal, propose
from mailcrm.identity.stored import StoredCandidates, calibrate, read_profiles
from mailcrm.identity.unite import (
    FEWEST,
    SHARE,
    begin,
    compare,
    join_unless,
    refresh,
)
from mailcrm.model.identity import Judgement, Match, MergeLine, Side, key_number
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store
from mailcrm.store.identity import clusters, keys, matches, merges, profiles
from mailcrm.store.identity.sides import sides

Progress = Callable[[str, int, int], None]

_ACTOR = Actor.system("identity")
_BATCH = 20
_MOST = max(CAPS.values())
"""Parties of one key that are compared at night, when there is time."""


@dataclass(frozen=True)
class Rebuilt:
    """A proposal, and what of it was done. `changed` customers would be joined or taken apart; `allowed` without asking.
    `capped` keys were shared by too many to compare each with each."""

    parties: int
    compared: int
    joins: Sequence[tuple[Side, Side, Judgement]]
    splits: Sequence[tuple[Side, Side, MergeLine]]
    asked: int
    changed: int
    allowed: int
    auto_bits: float
    capped: Sequence[tuple[str, int]] = ()
    done: bool = False
    joined: int = 0
    undone: int = 0


def rebuild(store: Store, clock: Clock, progress: Progress) -> tuple[Rebuilt, Proposal]:
    """Judge all, as they are known now, and say what would change. Changes no customer."""
    _refresh(store, clock, progress)
    with store.write(_ACTOR) as session:
        bits = calibrate(session, clock())
    with store.read() as session:
        found = [profile_of(each, text) for each, text in profiles.all_contents(session).items()]
        by_hand, by_itself = merges.all_edges(session)
        known = Known(by_hand, by_itself, matches.all_rejected(session))
        proposal = propose(found, known, bits, progress)
        return _described(session, proposal, len(found), bits), proposal


def _refresh(store: Store, clock: Clock, progress: Progress) -> None:
    with store.write(_ACTOR) as session:
        begin(session, clock())
        total = profiles.touch_missing(session)
    done = 0
    while True:
        with store.write(_ACTOR) as session:
            clusters.hold(session)
            waiting = profiles.select_stale(session, _BATCH)
            refresh(session, waiting, clock())
        if not waiting:
            return
        done += len(waiting)
        progress("reading", done, max(total, done))


def _described(session: Session, proposal: Proposal, parties: int, bits: float) -> Rebuilt:
    ended = {line.id: line for line in merges.get_merges(session, proposal.splits)}
    wanted = [each for match in proposal.joins for each in (match.party_lo, match.party_hi)]
    wanted += [each for line in ended.values() for each in (line.party_lo, line.party_hi)]
    both = sides(session, wanted)
    roots = {both[each].root_id for each in both}
    return Rebuilt(
        parties,
        proposal.compared,
        [(both[match.party_lo], both[match.party_hi], match.judgement) for match in proposal.joins],
        [(both[line.party_lo], both[line.party_hi], line) for line in ended.values()],
        len(proposal.asked),
        clusters.count_customers(session, sorted(roots)) if roots else 0,
        int(max(SHARE * clusters.count_customers(session), FEWEST)),
        bits,
        proposal.capped,
    )


def apply(store: Store, clock: Clock, found: Rebuilt, proposal: Proposal, progress: Progress) -> Rebuilt:
    """Do what was proposed, in short transactions. What humans said meanwhile holds: each pair is looked at once more."""
    undone = joined = 0
    for at in range(0, len(proposal.splits), _BATCH):
        with store.write(_ACTOR) as session:
            undone += len(verdicts.take_back(session, proposal.splits[at : at + _BATCH], clock()))
    for at in range(0, len(proposal.joins), _BATCH):
        progress("joining", at, len(proposal.joins))
        with store.write(_ACTOR) as session:
            clusters.hold(session)
            joined += sum(_join(session, match, clock()) for match in proposal.joins[at : at + _BATCH])
    for at in range(0, len(proposal.asked), _BATCH * 10):
        progress("asking", at, len(proposal.asked))
        with store.write(_ACTOR) as session:
            matches.propose(session, proposal.asked[at : at + _BATCH * 10], RULES, clock())
    return replace(found, done=True, joined=joined, undone=undone)


def _join(session: Session, match: Match, now: datetime) -> bool:
    both = [match.party_lo, match.party_hi]
    world = StoredCandidates(session).world(read_profiles(session, both))
    joined = join_unless(session, match, world, now, asked=True) == ""
    if joined:
        activate(session, both, now)
    return joined


# --- at night ----------------------------------------------------------------------------------------------------


def rescore(store: Store, clock: Clock) -> int:
    """Compare whoever is new since the last night with all that may be the same, also under keys that many share; and compare
    those again of whose key half are new: what it says has changed. Returns how many were compared."""
    tonight: set[int] = set()
    with store.write(_ACTOR) as session:
        auto = calibrate(session, clock())
    while True:
        with store.read() as session:
            waiting = profiles.select_uncompared(session, _BATCH)
            others = sorted(_of_changed_keys(session, read_profiles(session, waiting)) - tonight)
        for at in range(0, len(others), _BATCH):
            with store.write(_ACTOR) as session:
                clusters.hold(session)
                _compare_with_all(session, others[at : at + _BATCH], auto, clock())
        if not waiting:
            return len(tonight)
        with store.write(_ACTOR) as session:
            clusters.hold(session)
            profiles.mark_compared(session, waiting)
            _compare_with_all(session, waiting, auto, clock())
        tonight.update(waiting, others)


def _compare_with_all(session: Session, party_ids: Sequence[int], auto: float, now: datetime) -> None:
    if compare(session, read_profiles(session, party_ids), now, auto, most=_MOST).joined:
        activate(session, party_ids, now)


def _of_changed_keys(session: Session, new: Sequence[Profile]) -> set[int]:
    """The others of keys of which as many are new as old: twice as many as when those were compared."""
    caps = {key_number(key): cap_of(key, _MOST) for profile in new for key in profile.found_by}
    shared = keys.sharing(session, {number: cap + 1 for number, cap in caps.items()})
    few = {number: set(those) for number, those in shared.items() if len(those) <= caps[number]}
    waiting = profiles.uncompared_of(session, sorted({each for those in few.values() for each in those}))
    changed = (those for those in few.values() if 2 * len(those & waiting) >= len(those))
    return {each for those in changed for each in those - waiting}
