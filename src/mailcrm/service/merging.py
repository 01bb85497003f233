"""Who is the same customer, for all faces: explain, ask, merge, take apart, and judge everybody anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcrm.clock import Clock
from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.identity import verdicts
from mailcrm.identity.activate import activate
from mailcrm.identity.candidates import cap_of
from mailcrm.identity.keys import CAPS
from mailcrm.identity.profile import RULES, Profile, profile_of
from mailcrm.identity.rebuild import Known, Proposal, propose
from mailcrm.identity.stored import StoredCandidates, calibrate, read_profiles, read_rules
from mailcrm.identity.unite import (
    FEWEST,
    SHARE,
    begin,
    compare,
    explained,
    join_unless,
    refresh,
    refusal,
)
from mailcrm.model.identity import Judgement, Match, MatchState, MergeLine, MergeMethod, ReviewLine, Side, key_number
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, parties
from mailcrm.store.identity import clusters, keys, matches, merges, profiles
from mailcrm.store.identity.sides import sides

Progress = Callable[[str, int, int], None]

_ACTOR = Actor.system("identity")
_BATCH = 20
_MOST = max(CAPS.values())
"""Parties of one key that are compared at night, when there is time."""


# --- explaining --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanation:
    """Two parties: whether they are one now, what speaks for and against it, what humans said, and the merges between."""

    left: Side
    right: Side
    one: bool
    decision: str
    judgement: Judgement
    auto_bits: float
    verdict: MatchState | None
    merges: Sequence[MergeLine] = ()


@dataclass(frozen=True)
class Membership:
    """A customer: its members, and all merges there were, also those undone."""

    members: Sequence[Side]
    merges: Sequence[MergeLine]


def explain(session: Session, one: int, other: int) -> Explanation:
    """Why two parties are one customer, or why not."""
    if one == other:
        raise UserError("name two parties: by numbers, addresses or #ids that were merged, or may be")
    lo, hi = sorted((one, other))
    decision, judgement = explained(session, lo, hi)
    found = clusters.members_of(session, [lo, hi])
    if len(found) > 1 and not judgement.veto:
        left, right = found.values()
        world = StoredCandidates(session).world(read_profiles(session, [*left, *right]))
        judgement = judgement.asked(refusal(session, left, right, world) or judgement.refused)
    both = sides(session, [lo, hi])
    verdict = matches.verdict_on(session, (lo, hi))
    between = [line for line in merges.merges_of(session, [lo, hi]) if {line.party_lo, line.party_hi} == {lo, hi}]
    return Explanation(
        both[lo], both[hi], len(found) == 1, decision.value, judgement, read_rules(session).auto, verdict, between
    )


def membership(session: Session, party_id: int) -> Membership:
    """What a customer is made of."""
    [those] = clusters.members_of(session, [party_id]).values()
    return Membership(list(sides(session, those).values()), merges.merges_of(session, those))


# --- asking ------------------------------------------------------------------------------------------------------


def review(
    session: Session, now: datetime, limit: int | None = 20, *, strangers: bool = False, name_only: bool | None = None
) -> list[ReviewLine]:
    """The pairs that wait for an answer, the most valuable first."""
    found = matches.select_open(session, now, limit, strangers=strangers, name_only=name_only)
    known = sides(session, [each for _, match, _, _ in found for each in (match.party_lo, match.party_hi)])
    return [
        ReviewLine(match_id, known[match.party_lo], known[match.party_hi], match.judgement, state, until)
        for match_id, match, state, until in found
    ]


def review_line(session: Session, match_id: int) -> ReviewLine:
    """One pair, answered or not. Raises NotFound."""
    found = matches.get_match(session, match_id)
    if found is None:
        raise NotFound(f"no pair {match_id}; `mailcrm identity review` lists those that wait")
    match, state, until = found
    known = sides(session, [match.party_lo, match.party_hi])
    return ReviewLine(match_id, known[match.party_lo], known[match.party_hi], match.judgement, state, until)


def answer(session: Session, line: ReviewLine, state: MatchState, now: datetime, days: int = 30) -> None:
    """What a human says of a pair: MERGED, REJECTED, or LATER for so many days."""
    one, other = line.left.party_id, line.right.party_id
    if state == MatchState.MERGED:
        verdicts.merge(session, one, other, now)
    elif state == MatchState.REJECTED:
        verdicts.reject(session, one, other, now)
    else:
        verdicts.put_off(session, one, other, now + timedelta(days=days), now)


def accept_all(store: Store, actor: Actor, lines: Sequence[ReviewLine], clock: Clock, progress: Progress) -> int:
    """Merge these pairs, each in a transaction of its own. Those that became one by an earlier one are passed over, and those
    that would join whom a human told apart. Returns how many were merged."""
    done = 0
    for at, line in enumerate(lines):
        progress("merging", at, len(lines))
        try:
            with store.write(actor) as session:
                verdicts.merge(session, line.left.party_id, line.right.party_id, clock(), MergeMethod.BULK)
        except Conflict:
            continue
        done += 1
    return done


# --- everybody anew ----------------------------------------------------------------------------------------------


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
                _compare_with_all(session, others[at : at + _BATCH], auto, clock())
        if not waiting:
            return len(tonight)
        with store.write(_ACTOR) as session:
            parties.states_of(session, waiting)  # locked first, as where mail comes
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
