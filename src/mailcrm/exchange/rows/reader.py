"""Reads one row after the other: the order of things, what concerns mail first."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mailcrm.exchange.cells import text_of
from mailcrm.exchange.mapping import Mapping, Placed
from mailcrm.exchange.rows.held import CellProblem, Held, How
from mailcrm.exchange.rows.mail import read_emails
from mailcrm.exchange.rows.orders import parse_foreign_id, read_activities, read_order
from mailcrm.exchange.rows.person import read_claims, read_dates, read_fields, read_kind, read_number, read_tags
from mailcrm.exchange.tables.row import Cell
from mailcrm.exchange.targets import IGNORE, LABEL, PHONES
from mailcrm.model.order import Order
from mailcrm.model.party import PartyKind
from mailcrm.model.record import AffiliationEntry, CustomerRecord

_LABELLED = (*PHONES, "email", "url")


class RowReader:
    """Remembers the order of the row above, for shops write its date once only."""

    def __init__(self, placed: Sequence[Placed], mapping: Mapping, *, of: str, at: datetime) -> None:
        self._placed = tuple(each for each in placed if each.target.field != IGNORE)
        self._how = How(mapping, ZoneInfo(mapping.zone), at, of)
        self._before: Order | None = None

    def read(self, cells: Sequence[Cell]) -> tuple[CustomerRecord, tuple[CellProblem, ...]]:
        """The customer of a row, and what could not be read."""
        filled = tuple(
            (each, cells[each.index]) for each in self._placed if each.index < len(cells) and cells[each.index] != ""
        )
        row = Held(self._how, filled)
        labels = self._labels(row)
        emails = read_emails(row, labels)
        kind = read_kind(row)
        created = row.time("created")
        order = self._before = read_order(row, self._before)
        record = CustomerRecord(
            kind=kind,
            number=read_number(row),
            foreign_id=_foreign_id(row),
            created_at=created,
            fields=read_fields(row, kind),
            emails=emails,
            claims=read_claims(row, kind, labels),
            tags=read_tags(row),
            affiliations=_affiliations(row, kind),
            dates=read_dates(row),
            orders=(order,) if order else (),
            activities=read_activities(row, created),
        )
        return record, tuple(row.problems)

    def _labels(self, row: Held) -> dict[int, str]:
        """What kind of value a column holds, by the cell of the column before it."""
        labels: dict[int, str] = {}
        for placed, cell in row.of(LABEL):
            after = next((each for each in self._placed if each.index > placed.index), None)
            if after is not None and after.target.field in _LABELLED:
                labels[after.index] = text_of(cell).removeprefix("* ").strip()[:60]
        return labels


def _foreign_id(row: Held) -> str:
    for placed, cell in row.of("foreign_id"):
        return row.attempt(placed, cell, parse_foreign_id) or ""
    return ""


def _affiliations(row: Held, kind: PartyKind) -> tuple[AffiliationEntry, ...]:
    company = row.text("company")
    if kind is PartyKind.ORGANISATION or not company:
        return ()
    return (AffiliationEntry(company, title=row.text("title")),)
