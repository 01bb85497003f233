"""Important dates of customers: kept once each, ended and never wiped, and found among many when their day comes up."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import NotFound
from mailcrm.model.calendar.occurrences import comes_round_on, days_kept_on, ordinal
from mailcrm.model.calendar.rules import validate
from mailcrm.model.calendar.shown import canonical_text
from mailcrm.model.important_date import Calendar, DateKind, DueDate, ImportantDate, KeptDate
from mailcrm.model.party import PartyState, may_replace
from mailcrm.store.bulk import portions
from mailcrm.store.identity import profiles
from mailcrm.store.rows.dates import ImportantDateRow
from mailcrm.store.rows.party import Party

_LIVING = (PartyState.CANDIDATE, PartyState.ACTIVE)


def add_date(session: Session, party_id: int, date_: ImportantDate, source: str, now: datetime) -> KeptDate:
    """Keep a date of a party; `now` is when it was seen. The same day of the same kind and label again is the same row:
    open again if it was ended, with the wishes (leap rule, lead days) of the stronger source. Raises UserError for a date that
    is none."""
    date_ = validate(date_)
    day_key = canonical_text(date_)
    query = select(ImportantDateRow).where(
        ImportantDateRow.party_id == party_id,
        ImportantDateRow.kind == date_.kind,
        ImportantDateRow.day_key == day_key,
        ImportantDateRow.label == date_.label,
    )
    row = session.execute(query).scalar_one_or_none()
    known = row is not None and row.ended_at is None
    if row is None:
        row = _new(party_id, date_, day_key, source)
        session.add(row)
    if not known or may_replace(source, row.source):
        row.leap_rule, row.lead_days, row.recurs = date_.leap_rule, date_.lead_days, date_.recurs
        row.source, row.observed_at, row.ended_at = source, now, None
    session.flush()
    if not known:
        _stir(session, row)
    return _kept(row)


def _new(party_id: int, date_: ImportantDate, day_key: str, source: str) -> ImportantDateRow:
    kind = DateKind(date_.kind)
    return ImportantDateRow(
        party_id=party_id, kind=kind, calendar=date_.calendar, month=date_.month, day=date_.day, year=date_.year,
        leap_month=date_.leap_month, label=date_.label, day_key=day_key, source=source,
    )  # fmt: skip


def end_date(session: Session, date_id: int, now: datetime) -> KeptDate:
    """It holds no more; what it was stays. Raises NotFound for one that is none or was ended."""
    row = session.get(ImportantDateRow, date_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound(f"no date {date_id}; `mailcrm dates list CUSTOMER` shows those of a customer")
    row.ended_at = now
    session.flush()
    _stir(session, row)
    return _kept(row)


def _stir(session: Session, row: ImportantDateRow) -> None:
    """A birth date is evidence of who somebody is: the resolver looks again."""
    if row.kind == DateKind.BIRTHDAY and row.calendar is Calendar.SOLAR and row.year is not None:
        profiles.touch(session, [row.party_id])


def dates_of(session: Session, party_ids: Iterable[int], *, ended: bool = False) -> dict[int, list[KeptDate]]:
    """The dates of customers by their (root) party id, those of all members, by kind and day; `ended` ones too if asked."""
    found: dict[int, list[KeptDate]] = {}
    for part in portions(sorted(set(party_ids))):
        query = (
            select(Party.root_id, ImportantDateRow)
            .join(Party, Party.id == ImportantDateRow.party_id)
            .where(Party.root_id.in_(part))
            .order_by(ImportantDateRow.kind, ImportantDateRow.month, ImportantDateRow.day, ImportantDateRow.id)
        )
        if not ended:
            query = query.where(ImportantDateRow.ended_at.is_(None))
        for root, row in session.execute(query):
            found.setdefault(root or row.party_id, []).append(_kept(row))
    return found


# --- what comes up -----------------------------------------------------------------------------------------------


def select_due(session: Session, today: date, ahead_days: int = 0) -> list[DueDate]:
    """Whose dates come up from `today` on in so many days, or in as many as the date itself wants (`lead_days`), in order.

    A day that several members of a customer tell is told once. Who is archived or erased is left out.
    """
    found = _due(session, _days(today, 0, ahead_days), today, ahead_days)
    longest = session.execute(select(func.max(ImportantDateRow.lead_days))).scalar_one()
    if longest is not None and longest > ahead_days:
        found += _due(session, _days(today, ahead_days + 1, longest), today, ahead_days, early=True)
    once: dict[tuple[object, ...], DueDate] = {}
    for due in sorted(found, key=lambda each: (each.day, each.name, each.kept.id)):
        once.setdefault((due.party_id, due.kept.date.kind, due.kept.date.label, due.day), due)
    return list(once.values())


def _days(today: date, first: int, last: int) -> list[date]:
    return [today + timedelta(days=ahead) for ahead in range(first, last + 1)]


_Key = tuple[Calendar, int, int]


def _due(session: Session, days: Sequence[date], today: date, ahead_days: int, *, early: bool = False) -> list[DueDate]:
    """Those that come round on these days; `early`: only where somebody wants to be told so long before."""
    by_key: dict[_Key, list[date]] = {}
    for day in days:
        for key in days_kept_on(day):
            by_key.setdefault(key, []).append(day)
    found = []
    for part in portions(list(by_key)):
        query = _candidates(part)
        if early:
            query = query.where(ImportantDateRow.lead_days > ahead_days)
        for root, number, name, row in session.execute(query):
            for day in by_key[row.calendar, row.month, row.day]:
                if not early or (day - today).days <= row.lead_days:
                    found += _if_due(root, number or "", name, _kept(row), day)
    return found


def _candidates(keys: Sequence[_Key]) -> Select[int, str | None, str, ImportantDateRow]:
    root = aliased(Party)
    where = tuple_(ImportantDateRow.calendar, ImportantDateRow.month, ImportantDateRow.day)
    return (
        select(root.id, root.customer_no, root.display_name, ImportantDateRow)
        .join(Party, Party.id == ImportantDateRow.party_id)
        .join(root, root.id == Party.root_id)
        .where(where.in_(keys), ImportantDateRow.ended_at.is_(None), root.state.in_(_LIVING))
    )


def _if_due(root: int, number: str, name: str, kept: KeptDate, day: date) -> list[DueDate]:
    occurrence = comes_round_on(kept.date, day)
    if occurrence is None:
        return []
    return [DueDate(root, number, name, kept, day, occurrence.key, ordinal(kept.date, occurrence.year))]


def _kept(row: ImportantDateRow) -> KeptDate:
    date_ = ImportantDate(
        row.kind, row.calendar, row.month, row.day, row.year, row.leap_month, row.leap_rule, row.lead_days, row.label,
        row.recurs,
    )  # fmt: skip
    return KeptDate(row.id, row.party_id, date_, row.source, row.observed_at, row.ended_at)
