"""Who is the same customer, for all faces: explain, ask, merge and take apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.identity import verdicts
from mailcrm.identity.stored import StoredCandidates, read_profiles, read_rules
from mailcrm.identity.unite import (
    explained,
    refusal,
)
from mailcrm.model.identity import Judgement, MatchState, MergeLine, ReviewLine, Side
from mailcrm.store import Session
from mailcrm.store.identity import clusters, matches, merges
from mailcrm.store.identity.sides import sides

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


def is_open(session: Session, line: ReviewLine) -> bool:
    """Whether a pair still waits: it is not answered, nor withdrawn, nor one customer by another answer."""
    found = matches.get_match(session, line.id)
    roots = clusters.roots_of(session, (line.left.party_id, line.right.party_id))
    return found is not None and found[1] in (MatchState.OPEN, MatchState.LATER) and len(set(roots.values())) > 1


def answer(session: Session, line: ReviewLine, state: MatchState, now: datetime, days: int = 30) -> None:
    """What a human says of a pair: REJECTED, or LATER for so many days. That they are one is a merge, which may need a second
    person (`service.merge_requests`). Raises Conflict where a pair that was answered would be put off: the answer would be
    lost."""
    if state == MatchState.LATER and line.state in (MatchState.MERGED, MatchState.REJECTED):
        raise Conflict(f"pair {line.id} was answered ({line.state.value}); --same or --different changes that")
    one, other = line.left.party_id, line.right.party_id
    if state == MatchState.REJECTED:
        verdicts.reject(session, one, other, now)
    else:
        verdicts.put_off(session, one, other, now + timedelta(days=days), now)
