"""Pairs that may be one customer: what the resolver found, and what humans said of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from mailcrm.model.identity import Judgement, Match, MatchState, judgement_text, read_judgement
from mailcrm.model.party import PartyState
from mailcrm.store.bulk import PORTION, portions, rows_in
from mailcrm.store.context import actor_name
from mailcrm.store.identity.clusters import roots_of
from mailcrm.store.identity.merges import hundredths
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.identity import MatchCandidate
from mailcrm.store.rows.party import Party

Pair = tuple[int, int]

_WAITING = (MatchState.OPEN, MatchState.LATER)


def propose(session: Session, matches: Iterable[Match], rules: int, now: datetime) -> int:
    """Ask about these pairs, with what was found last; those that a human decided stay decided. Returns how many are new."""
    wanted = {(match.party_lo, match.party_hi): match.judgement for match in matches}
    known = _rows(session, list(wanted))
    new = 0
    for pair, judgement in wanted.items():
        row = known.get(pair)
        if row is None:
            row = MatchCandidate(party_lo=pair[0], party_hi=pair[1], state=MatchState.OPEN, found_at=now, decided_by="")
            session.add(row)
            new += 1
        elif row.state not in _WAITING:
            continue
        _describe(row, judgement, rules)
    session.flush()
    return new


def withdraw(session: Session, pairs: Iterable[Pair]) -> None:
    """These are no question any more: what spoke for them is gone."""
    for row in _rows(session, list(pairs)).values():
        if row.state in _WAITING:
            session.delete(row)
    session.flush()


def open_pairs(session: Session, party_ids: Sequence[int]) -> list[Pair]:
    """The pairs with one of these that still wait for an answer."""
    found = {(row[0], row[1]) for side in (_open_below(), _open_above()) for row in rows_in(session, side, party_ids)}
    return sorted(found)


@cache
def _open_below() -> Lookup:
    return Lookup(_open(), MatchCandidate.party_lo)


@cache
def _open_above() -> Lookup:
    return Lookup(_open(), MatchCandidate.party_hi)


def _open() -> Select[int, int]:
    waits = or_(*(MatchCandidate.state == state for state in _WAITING))
    return select(MatchCandidate.party_lo, MatchCandidate.party_hi).where(waits)


def decide(
    session: Session,
    pair: Pair,
    state: MatchState,
    now: datetime,
    *,
    judgement: Judgement | None = None,
    rules: int = 0,
    until: datetime | None = None,
) -> None:
    """Note what a human said of a pair; `until` is when one that was put off is asked again."""
    row = _rows(session, [pair]).get(pair)
    if row is None:
        row = MatchCandidate(party_lo=pair[0], party_hi=pair[1], found_at=now)
        session.add(row)
        _describe(row, judgement, rules)
    row.state, row.later_until = state, until
    row.decided_at, row.decided_by = now, actor_name(session)
    session.flush()


def forget_verdicts(session: Session, pairs: Iterable[Pair], now: datetime) -> None:
    """A human says of pairs that were told apart that they are one after all. `restore_verdicts` takes it back."""
    for row in _rows(session, list(pairs)).values():
        if row.state == MatchState.REJECTED:
            row.state, row.decided_at, row.decided_by = MatchState.MERGED, now, actor_name(session)
    session.flush()


def restore_verdicts(session: Session, party_ids: Sequence[int], at: datetime, now: datetime) -> None:
    """The human's word of `at` on customers of these is taken back, for which earlier ones were forgotten: those hold again,
    of pairs that are two by now."""
    said = and_(MatchCandidate.state == MatchState.MERGED, MatchCandidate.decided_at == at)
    for part in portions(sorted(set(party_ids))):
        either = or_(MatchCandidate.party_lo.in_(part), MatchCandidate.party_hi.in_(part))
        query = select(MatchCandidate).where(said, either).order_by(MatchCandidate.id).with_for_update()
        rows = session.execute(query.execution_options(populate_existing=True)).scalars().all()
        roots = roots_of(session, [each for row in rows for each in (row.party_lo, row.party_hi)])
        for row in rows:
            if roots[row.party_lo] != roots[row.party_hi]:
                row.state, row.decided_at, row.decided_by = MatchState.REJECTED, now, actor_name(session)
    session.flush()


def _describe(row: MatchCandidate, judgement: Judgement | None, rules: int) -> None:
    row.score, row.rules = hundredths(judgement), rules
    row.evidence = judgement_text(judgement) if judgement else ""
    row.refused = judgement.refused[:120] if judgement else ""
    row.name_only = bool(judgement and judgement.name_only)


def _rows(session: Session, pairs: Sequence[Pair]) -> dict[Pair, MatchCandidate]:
    wanted = set(pairs)
    found: dict[Pair, MatchCandidate] = {}
    for part in portions(sorted(wanted), PORTION // 2):  # not all of each: one may have been asked about with hundreds
        both = MatchCandidate.party_lo.in_({lo for lo, _ in part}), MatchCandidate.party_hi.in_({hi for _, hi in part})
        query = select(MatchCandidate).where(*both).order_by(MatchCandidate.id).with_for_update()
        for row in session.execute(query.execution_options(populate_existing=True)).scalars():
            if (row.party_lo, row.party_hi) in wanted:
                found[row.party_lo, row.party_hi] = row
    return found


# --- the queue ---------------------------------------------------------------------------------------------------


def select_open(
    session: Session, now: datetime, limit: int | None = None, *, strangers: bool = False, name_only: bool | None = None
) -> list[tuple[int, Match, MatchState, datetime | None]]:
    """What waits for an answer, the most valuable first: (id, pair, state, put off until).

    Pairs that are one customer by now, for other reasons, are no question. Worth most is what concerns two customers, then
    one, then the last in touch. `strangers`: also pairs of which neither is a customer yet.
    """
    one, other = aliased(Party), aliased(Party)
    customers, touched = _customers(one, other), _touched(one, other)
    query = (
        select(MatchCandidate)
        .join(one, one.id == MatchCandidate.party_lo)
        .join(other, other.id == MatchCandidate.party_hi)
        .where(due(now), one.root_id != other.root_id)
        .order_by(customers.desc(), touched.desc(), MatchCandidate.score.desc(), MatchCandidate.id)
        .limit(limit)
    )
    if not strangers:
        query = query.where(customers > 0)
    if name_only is not None:
        query = query.where(MatchCandidate.name_only.is_(name_only))
    return [(row.id, _match(row), row.state, row.later_until) for row in session.execute(query).scalars()]


def get_match(session: Session, match_id: int) -> tuple[Match, MatchState, datetime | None] | None:
    """One of them, answered or not; None if there is none."""
    row = session.get(MatchCandidate, match_id)
    return None if row is None else (_match(row), row.state, row.later_until)


def verdicts(session: Session) -> list[tuple[float, bool]]:
    """What humans said, as (bits, whether they are one), of pairs that more than a name spoke for."""
    said = (MatchState.MERGED, MatchState.REJECTED)
    query = select(MatchCandidate.score, MatchCandidate.state).where(
        MatchCandidate.state.in_(said), MatchCandidate.score.is_not(None), MatchCandidate.name_only.is_(False)
    )
    return [(score / 100, state == MatchState.MERGED) for score, state in session.execute(query) if score is not None]


def verdict_on(session: Session, pair: Pair) -> MatchState | None:
    """How a pair stands; None if nobody was asked about it."""
    query = select(MatchCandidate.state).where(MatchCandidate.party_lo == pair[0], MatchCandidate.party_hi == pair[1])
    return session.execute(query).scalar_one_or_none()


def all_rejected(session: Session) -> list[Pair]:
    """All pairs of which a human said that they are two."""
    query = select(MatchCandidate.party_lo, MatchCandidate.party_hi).where(MatchCandidate.state == MatchState.REJECTED)
    return [(lo, hi) for lo, hi in session.execute(query.order_by(MatchCandidate.id))]


def count_open(session: Session, now: datetime) -> int:
    """How many pairs wait for an answer."""
    one, other = aliased(Party), aliased(Party)
    query = (
        select(func.count())
        .select_from(MatchCandidate)
        .join(one, one.id == MatchCandidate.party_lo)
        .join(other, other.id == MatchCandidate.party_hi)
    )
    return session.execute(query.where(due(now), one.root_id != other.root_id)).scalar_one()


def due(now: datetime) -> ColumnElement[bool]:
    """Of a pair: it is to be asked about now."""
    put_off = and_(MatchCandidate.state == MatchState.LATER, MatchCandidate.later_until <= now)
    return or_(MatchCandidate.state == MatchState.OPEN, put_off)


def _customers(*parties: type[Party]) -> ColumnElement[int]:
    counts = [case((party.state == PartyState.ACTIVE, 1), else_=0) for party in parties]
    return counts[0] + counts[1]


def _touched(one: type[Party], other: type[Party]) -> ColumnElement[datetime]:
    left, right = (func.coalesce(each.last_in_at, each.last_out_at, each.created_at) for each in (one, other))
    return case((left > right, left), else_=right)


def _match(row: MatchCandidate) -> Match:
    judgement = read_judgement(row.evidence, row.refused) or Judgement(0.0)
    return Match(row.party_lo, row.party_hi, judgement)
