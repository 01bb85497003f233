"""What humans say of pairs: the same, not the same, later; and merges taken back. Each holds for ever, and can be taken back.

A merge joins two leaves, never whole clusters: the pair that most speaks for.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

from mailcrm.errors import Conflict, UserError
from mailcrm.identity.activate import activate
from mailcrm.identity.judge import judge
from mailcrm.identity.profile import RULES
from mailcrm.identity.stored import StoredCandidates, read_profiles
from mailcrm.model.cluster import path_between
from mailcrm.model.identity import Judgement, MatchState, MergeLine, MergeMethod
from mailcrm.model.party import PartyKind
from mailcrm.store import Session, audit, parties
from mailcrm.store.identity import clusters, matches, merges

_LARGEST = 30
"""Members of clusters of which each pair is looked at: to find the best to join two, of larger ones the two that were named;
to tell all apart, of larger ones those that were joined. The resolver makes none that are larger."""


def merge(session: Session, one: int, other: int, now: datetime, method: MergeMethod = MergeMethod.HUMAN) -> int:
    """A human says that the customers of two parties are one. Returns the merge's id.

    It outranks every score, and every earlier verdict where it was said of this pair alone. Raises Conflict if they are one
    already, UserError for a person and an organisation.
    """
    clusters.hold(session)
    sides = clusters.members_of(session, [one, other])
    if len(sides) < 2:
        raise Conflict("these are one customer already")
    kinds = {brief.kind for brief in parties.states_of(session, [one, other]).values()}
    if len(kinds) > 1:
        raise UserError(f"a {PartyKind.PERSON} and an {PartyKind.ORGANISATION} cannot be one customer")
    left, right = (next(those for those in sides.values() if each in those) for each in (one, other))
    pair, judgement = _best_pair(session, left, right, (one, other))
    apart = clusters.verdicts_between(session, left, right)
    if apart and method == MergeMethod.BULK:
        raise Conflict("a human said of two of them that they are two")
    matches.forget_verdicts(session, apart, now)
    merge_id = merges.join(session, *pair, method, judgement, RULES, now)
    lo, hi = sorted(pair)
    matches.decide(session, (lo, hi), MatchState.MERGED, now, judgement=judgement, rules=RULES)
    activate(session, list(pair), now)
    audit.append_audit(session, "identity.merge", f"merge:{merge_id}", now, one=lo, other=hi)
    return merge_id


def _best_pair(
    session: Session, left: Sequence[int], right: Sequence[int], named: tuple[int, int]
) -> tuple[tuple[int, int], Judgement | None]:
    """The two leaves whose evidence joins the clusters best; the two that were named where nothing is known of any."""
    if len(left) + len(right) > _LARGEST:
        left, right = (named[0],), (named[1],)
    ours, theirs = read_profiles(session, left), read_profiles(session, right)
    candidates = StoredCandidates(session)
    world = candidates.world([*ours, *theirs])
    judged = [
        (judge(one, other, world)[1], (one.party_id, other.party_id)) for one in ours for other in theirs
    ]  # fmt: skip
    if not judged:
        return named, None
    best, pair = max(judged, key=lambda each: (not each[0].veto, each[0].bits, set(each[1]) == set(named), each[1]))
    return pair, best


def unmerge(session: Session, one: int, other: int, now: datetime) -> list[MergeLine]:
    """A human says that two parties of one customer are two. Returns the merges that were undone.

    Undone is what joined them: their own merge, else the weakest on the way from one to the other. Both will never be
    joined again but by a human. Raises Conflict if they are not one customer, or the same party.
    """
    if one == other:
        raise Conflict("name two parties that were merged: by their old numbers or addresses")
    clusters.hold(session)
    members = clusters.members_of(session, [one])
    [those] = members.values()
    if other not in those:
        raise Conflict("these are two customers already")
    ended: list[MergeLine] = []
    while way := path_between(one, other, clusters.active_edges(session, those)):
        ended += merges.undo(session, [_weakest(session, way)], now)
    lo, hi = sorted((one, other))
    matches.decide(session, (lo, hi), MatchState.REJECTED, now, judgement=ended[0].judgement, rules=RULES)
    _settle(session, ended, those, now)
    return ended


def _weakest(session: Session, merge_ids: Sequence[int]) -> int:
    """Of a few merges the one with the least evidence; what humans joined is stronger than any evidence."""
    lines = merges.get_merges(session, merge_ids)
    return min(lines, key=lambda line: (line.method != MergeMethod.AUTO, _bits(line), line.id)).id


def unmerge_all(session: Session, party_id: int, now: datetime) -> list[MergeLine]:
    """All members of a customer are customers of their own again, and stay so. Returns the merges that were undone."""
    clusters.hold(session)
    [those] = clusters.members_of(session, [party_id]).values()
    ids = [merge_id for merge_id, _ in clusters.active_edges(session, those)]
    if not ids:
        raise Conflict("nothing was merged with this customer")
    ended = _undo(session, ids, those, now)
    if len(those) <= _LARGEST:
        # Also those that no edge joined: what joined them to a third may join them with each other.
        for pair in combinations(sorted(those), 2):
            matches.decide(session, pair, MatchState.REJECTED, now)
    return ended


def undo_merge(session: Session, merge_id: int, now: datetime) -> list[MergeLine]:
    """One merge is undone, in whatever order others are. Raises NotFound; Conflict if it is undone already."""
    ended = merges.undo(session, [merge_id], now)
    if not ended:
        raise Conflict(f"merge {merge_id} was undone already")
    return _reject(session, ended, now)


def take_back(session: Session, merge_ids: Sequence[int], now: datetime) -> list[MergeLine]:
    """Merges of the resolver are undone that it would not make any more: no human said that they are two. Returns those that
    ended now."""
    clusters.hold(session)
    lines = merges.get_merges(session, merge_ids)
    members = clusters.members_of(session, [each for line in lines for each in (line.party_lo, line.party_hi)])
    ended = merges.undo(session, merge_ids, now)
    _settle(session, ended, [each for those in members.values() for each in those], now)
    return ended


def _undo(session: Session, ids: Sequence[int], those: Sequence[int], now: datetime) -> list[MergeLine]:
    return _reject(session, merges.undo(session, ids, now), now, those)


def _reject(session: Session, ended: list[MergeLine], now: datetime, those: Sequence[int] = ()) -> list[MergeLine]:
    for line in ended:
        pair = (line.party_lo, line.party_hi)
        matches.decide(session, pair, MatchState.REJECTED, now, judgement=line.judgement, rules=RULES)
    touched = [party for line in ended for party in (line.party_lo, line.party_hi)]
    _settle(session, ended, [*those, *touched], now)
    return ended


def _settle(session: Session, ended: Sequence[MergeLine], those: Sequence[int], now: datetime) -> None:
    activate(session, sorted(set(those)), now)
    by_hand = {line.at for line in ended if line.method != MergeMethod.AUTO}
    for at in sorted(by_hand):
        matches.restore_verdicts(session, those, at, now)
    for line in ended:
        audit.append_audit(
            session, "identity.unmerge", f"merge:{line.id}", now, one=line.party_lo, other=line.party_hi
        )  # fmt: skip


def _bits(line: MergeLine) -> float:
    return line.judgement.bits if line.judgement else 0.0


def reject(session: Session, one: int, other: int, now: datetime) -> None:
    """A human says that two customers are two. Raises Conflict if they are one: that is an un-merge."""
    roots = clusters.locked_roots(session, (one, other))
    if roots[one] == roots[other]:
        raise Conflict("these are one customer; `mailcrm identity unmerge` makes them two")
    lo, hi = sorted((one, other))
    matches.decide(session, (lo, hi), MatchState.REJECTED, now)
    audit.append_audit(session, "identity.different", f"party:{lo}", now, other=hi)


def put_off(session: Session, one: int, other: int, until: datetime, now: datetime) -> None:
    """A human wants to be asked again then."""
    lo, hi = sorted((one, other))
    matches.decide(session, (lo, hi), MatchState.LATER, now, until=until)
