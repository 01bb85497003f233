"""Clusters: which party stands for which, computed anew from the active edges whenever one is added or undone.

Nothing else moves: mail, notes, addresses and consent stay with the party they were found for.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from mailcrm.model.cluster import Edge, components, root_of
from mailcrm.model.identity import MatchState
from mailcrm.model.party import PartyState
from mailcrm.store import shown_values
from mailcrm.store.bulk import portions, rows_in
from mailcrm.store.identity.shown import member_of, show
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.identity import MatchCandidate, MergeRecord
from mailcrm.store.rows.party import NumberSequence, Party


def members_of(session: Session, party_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """All members of the clusters of these parties, by root."""
    found: dict[int, set[int]] = {}
    for root, member in rows_in(session, _members(), sorted(party_ids)) if party_ids else ():
        found.setdefault(root or member, set()).add(member)
    return {root: tuple(sorted(members)) for root, members in sorted(found.items())}


@cache
def _members() -> Lookup:
    one = aliased(Party)
    return Lookup(select(Party.root_id, Party.id).join(one, one.root_id == Party.root_id).distinct(), one.id)


def roots_of(session: Session, party_ids: Iterable[int]) -> dict[int, int]:
    """Which party stands for each of these."""
    found: dict[int, int] = {}
    for part in portions(sorted(set(party_ids))):
        query = select(Party.id, Party.root_id).where(Party.id.in_(part))
        found |= {party_id: root or party_id for party_id, root in session.execute(query)}
    return found


def hold(session: Session) -> None:
    """Nobody else joins, parts or tells apart any customers before this transaction ends.

    One lock for all, taken before anything of parties is read or locked: whoever waits for it then holds nothing that the
    other needs, and all that is decided is decided from what is. SQLite has one writer.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    if session.get(NumberSequence, _MERGES, with_for_update=True) is None:
        session.add(NumberSequence(name=_MERGES, next_value=0))
        session.flush()


def locked_roots(session: Session, party_ids: Sequence[int]) -> dict[int, int]:
    """The same as `roots_of`, held."""
    hold(session)
    return roots_of(session, party_ids)


_MERGES = "merges"
"""The row that is the lock."""


def count_customers(session: Session, roots: Sequence[int] | None = None) -> int:
    """How many customers there are, or how many of these roots are one."""
    if roots is not None:
        return len(list(rows_in(session, _customers(), roots))) if roots else 0
    query = select(func.count()).select_from(Party).where(Party.id == Party.root_id, Party.state == PartyState.ACTIVE)
    return session.execute(query).scalar_one()


@cache
def _customers() -> Lookup:
    return Lookup(select(Party.id).where(Party.id == Party.root_id, Party.state == PartyState.ACTIVE), Party.id)


def active_edges(session: Session, members: Sequence[int]) -> list[tuple[int, Edge]]:
    """The edges that hold between members of one cluster or several, oldest first: (merge id, its two parties)."""
    found = []
    for part in portions(members):
        query = select(MergeRecord.id, MergeRecord.party_lo, MergeRecord.party_hi)
        holds = and_(MergeRecord.undone_at.is_(None), MergeRecord.party_lo.in_(part))
        found += [(row[0], (row[1], row[2])) for row in session.execute(query.where(holds))]
    return sorted(found)


def verdicts_between(session: Session, left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs, one of each side, of which a human said that they are two."""
    ours, theirs = set(left), set(right)
    found = {
        (lo, hi) for side in (_told_apart_lo(), _told_apart_hi()) for lo, hi in rows_in(session, side, sorted(ours))
    }
    return sorted((lo, hi) for lo, hi in found if (lo in ours and hi in theirs) or (lo in theirs and hi in ours))


@cache
def _told_apart_lo() -> Lookup:
    return Lookup(_told_apart(), MatchCandidate.party_lo)


@cache
def _told_apart_hi() -> Lookup:
    return Lookup(_told_apart(), MatchCandidate.party_hi)


def _told_apart() -> Select[int, int]:
    query = select(MatchCandidate.party_lo, MatchCandidate.party_hi)
    return query.where(MatchCandidate.state == MatchState.REJECTED)


def regroup(session: Session, party_ids: Sequence[int]) -> dict[int, int]:
    """Compute the clusters of these parties and of all that were one with them. Returns the root of each."""
    session.flush()
    before = roots_of(session, party_ids)
    rows = {row.id: row for row in _locked(session, sorted(set(before.values())))}
    edges = [edge for _, edge in active_edges(session, sorted(rows))]
    for group in components(rows, edges):
        root = root_of([member_of(rows[each]) for each in group]).id
        for each in group:
            rows[each].root_id, rows[each].cluster_size = root, len(group)
    show(rows.values())
    session.flush()
    shown_values.refresh(session, rows)
    return {each: row.root_id or each for each, row in rows.items()}


def _locked(session: Session, roots: Sequence[int]) -> Iterable[Party]:
    for part in portions(roots):
        query = select(Party).where(Party.root_id.in_(part)).order_by(Party.id).with_for_update()
        yield from session.execute(query.execution_options(populate_existing=True)).scalars().all()
