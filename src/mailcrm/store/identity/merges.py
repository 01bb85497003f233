"""Merges: edges between leaf parties, with their reasons. One is undone by a mark, never by taking it away."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import Conflict, NotFound
from mailcrm.model.cluster import Edge
from mailcrm.model.identity import Judgement, MergeLine, MergeMethod, judgement_text, read_judgement
from mailcrm.store.bulk import portions
from mailcrm.store.context import actor_name
from mailcrm.store.identity.clusters import locked_roots, regroup
from mailcrm.store.rows.identity import MergeRecord
from mailcrm.store.rows.party import Party


def join(
    session: Session,
    one: int,
    other: int,
    method: MergeMethod,
    judgement: Judgement | None,
    rules: int,
    now: datetime,
) -> int:
    """Make the customers of two leaf parties one. Returns the merge's id; raises Conflict if they are one already.

    Who calls it has looked at verdicts and guards. Nothing is moved, nobody is mailed, no consent changes.
    """
    roots = locked_roots(session, (one, other))
    if roots[one] == roots[other]:
        raise Conflict("these are one customer already")
    lo, hi = sorted((one, other))
    row = MergeRecord(
        party_lo=lo, party_hi=hi, method=method, score=hundredths(judgement), rules=rules, at=now, by=actor_name(session),
        evidence=judgement_text(judgement) if judgement else "", undone_by="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    regroup(session, (one, other))
    return row.id


def hundredths(judgement: Judgement | None) -> int | None:
    """As scores are kept."""
    return None if judgement is None else round(judgement.bits * 100)


def count_automatic(session: Session, since: datetime) -> int:
    """How many pairs of customers, each with a number of its own, the resolver joined since then."""
    one, other = aliased(Party), aliased(Party)
    query = (
        select(func.count())
        .select_from(MergeRecord)
        .join(one, one.id == MergeRecord.party_lo)
        .join(other, other.id == MergeRecord.party_hi)
        .where(
            MergeRecord.method == MergeMethod.AUTO,
            MergeRecord.at > since,
            one.customer_no.is_not(None),
            other.customer_no.is_not(None),
        )
    )
    return session.execute(query).scalar_one()


def unopposed(session: Session) -> list[tuple[float, bool]]:
    """The bits of the joins of the resolver that nobody undid, each as a right answer."""
    query = select(MergeRecord.score).where(
        MergeRecord.method == MergeMethod.AUTO, MergeRecord.undone_at.is_(None), MergeRecord.score.is_not(None)
    )
    return [(score / 100, True) for score in session.execute(query).scalars() if score is not None]


def undo(session: Session, merge_ids: Sequence[int], now: datetime) -> list[MergeLine]:
    """End these edges: their parties are what the remaining edges make of them. Returns those that ended now.

    Raises NotFound for one that does not exist. What was undone already stays as it was.
    """
    locked_roots(session, ())
    found = {line.id: line for line in _lines(session, MergeRecord.id.in_(merge_ids))}
    if missing := [each for each in merge_ids if each not in found]:
        raise NotFound(f"no merge {missing[0]}; `mailcrm identity explain NUMBER` shows those of a customer")
    ended = [line for line in found.values() if line.undone_at is None]
    these = update(MergeRecord).where(MergeRecord.id.in_([line.id for line in ended]))
    session.execute(
        these.values(undone_at=now, undone_by=actor_name(session)).execution_options(synchronize_session=False)
    )
    touched = sorted({party for line in ended for party in (line.party_lo, line.party_hi)})
    if touched:
        regroup(session, touched)
    return ended


def merges_of(session: Session, members: Sequence[int], *, undone: bool = True) -> list[MergeLine]:
    """The edges of these parties, oldest first."""
    found: dict[int, MergeLine] = {}
    for part in portions(members):
        either = or_(MergeRecord.party_lo.in_(part), MergeRecord.party_hi.in_(part))
        found |= {line.id: line for line in _lines(session, either)}
    return [line for _, line in sorted(found.items()) if undone or line.undone_at is None]


def get_merges(session: Session, merge_ids: Sequence[int]) -> list[MergeLine]:
    """Some of them by their ids, oldest first."""
    return [line for part in portions(sorted(merge_ids)) for line in _lines(session, MergeRecord.id.in_(part))]


def all_edges(session: Session) -> tuple[list[Edge], dict[int, Edge]]:
    """All edges that hold: those of humans, and those of the resolver by merge id."""
    query = select(MergeRecord.id, MergeRecord.method, MergeRecord.party_lo, MergeRecord.party_hi)
    by_hand: list[Edge] = []
    by_itself: dict[int, Edge] = {}
    for merge_id, method, lo, hi in session.execute(
        query.where(MergeRecord.undone_at.is_(None)).order_by(MergeRecord.id)
    ):
        if method == MergeMethod.AUTO:
            by_itself[merge_id] = lo, hi
        else:
            by_hand.append((lo, hi))
    return by_hand, by_itself


def _lines(session: Session, which: object) -> list[MergeLine]:
    query = select(MergeRecord).where(which).order_by(MergeRecord.id)  # type: ignore[arg-type]
    rows = session.execute(query.execution_options(populate_existing=True)).scalars()
    return [
        MergeLine(
            row.id, row.party_lo, row.party_hi, row.method, read_judgement(row.evidence), row.at, row.by, row.undone_at,
            row.undone_by,
        )
        for row in rows
    ]  # fmt: skip
