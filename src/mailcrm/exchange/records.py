"""Rows become customers: each cell by what its column means, and what cannot be read is told with its place.

Rows of one order (one order number after the other, of the same customer) become one customer with one order of several lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from mailcrm.errors import UserError
from mailcrm.exchange.amounts import guess_decimal
from mailcrm.exchange.columns import find_heading
from mailcrm.exchange.days import guess_order
from mailcrm.exchange.mapping import Mapping, Placed
from mailcrm.exchange.rows.held import CellProblem
from mailcrm.exchange.rows.orders import join_orders
from mailcrm.exchange.rows.reader import RowReader
from mailcrm.exchange.tables.row import Cell, Row, Source, counted
from mailcrm.model.consent import ConsentState
from mailcrm.model.record import Claim, CustomerRecord, EmailEntry

_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A customer of a file. `number` is the row where it begins, as the program shows it (of a card or an object: its place in
    the file, from 1)."""

    number: int
    record: CustomerRecord
    problems: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Headed:
    """A table whose headings are known. `heading_row` is their row (0: they are no row), `sample` the first rows below."""

    headings: tuple[str, ...]
    heading_row: int
    sample: tuple[tuple[Cell, ...], ...]


def find_headings(source: Source) -> Headed:
    """The headings of a table, wherever they stand, and the first rows. Raises UserError for a table without a value."""
    first = [row for row in islice(counted(source.rows()), _SAMPLE) if any(cell != "" for cell in row.cells)]
    if not first:
        raise UserError("the table is empty: there is no row with a value")
    if source.named is not None:
        return Headed(tuple(source.named), 0, tuple(row.cells for row in first))
    at = find_heading([row.cells for row in first])
    width = max(len(row.cells) for row in first)
    if at is None:
        return Headed(("",) * width, 0, tuple(row.cells for row in first))
    texts = [" ".join(str(cell).split()) for cell in first[at].cells]
    while (
        texts and not texts[-1] and all(len(row.cells) < len(texts) or row.cells[len(texts) - 1] == "" for row in first)
    ):
        texts.pop()  # nothing stands below it either
    return Headed(tuple(texts), first[at].number, tuple(row.cells for row in first[at + 1 :]))


def read_rows(source: Source, headed: Headed, mapping: Mapping, *, of: str, at: datetime) -> Iterator[ReadRow]:
    """The customers of a table, one after the other. `of` names the file for ever ("import:shop.xlsx"): a replay does no
    harm; `at` (UTC) is the time of notes that have none. Raises UserError where the mapping or the file is wrong."""
    placed = mapping.resolve(headed.headings)
    reader = RowReader(placed, _completed(mapping, headed, placed), of=of, at=at)
    rows = (row for row in counted(source.rows()) if row.number > headed.heading_row)
    each = (_read(reader, row, len(headed.headings)) for row in rows if any(cell != "" for cell in row.cells))
    return _grouped(each)


def _completed(mapping: Mapping, headed: Headed, placed: Sequence[Placed]) -> Mapping:
    """The mapping with what the columns show of dates and numbers, where nobody said."""
    dates = [each.index for each in placed if each.target.field in _DATES]
    amounts = [each.index for each in placed if each.target.field in ("order_amount", "line_price")]
    return replace(
        mapping,
        date_order=mapping.date_order or guess_order(_below(headed, dates)),
        decimal=mapping.decimal or guess_decimal(_below(headed, amounts)),
    )


_DATES = ("created", "birthday", "anniversary", "date", "order_date", "activity_date", "consent_at")


def _below(headed: Headed, columns: Sequence[int]) -> list[Cell]:
    return [row[at] for row in headed.sample for at in columns if at < len(row)]


def _read(reader: RowReader, row: Row, width: int) -> ReadRow:
    record, problems = reader.read(row.cells)
    extra = [str(cell) for cell in row.cells[width:] if cell != ""]
    if extra:
        problems = (
            *problems,
            CellProblem("", "; ".join(extra)[:200], f"the row has more cells than the {width} columns"),
        )
    if row.flaw:
        problems = (*problems, CellProblem("", "", row.flaw))
    return ReadRow(row.number, record, problems)


def _grouped(rows: Iterable[ReadRow]) -> Iterator[ReadRow]:
    """Rows that go on with the order of the row before join it."""
    waiting: ReadRow | None = None
    for row in rows:
        if waiting is not None and _goes_on(waiting.record, row.record):
            waiting = _joined(waiting, row)
            continue
        if waiting is not None:
            yield waiting
        waiting = row
    if waiting is not None:
        yield waiting


def _goes_on(before: CustomerRecord, record: CustomerRecord) -> bool:
    """The same order number, and nobody else: sheets repeat the customer in each line, shops leave him out after the first."""
    if len(before.orders) != 1 or len(record.orders) != 1 or before.orders[0].order_no != record.orders[0].order_no:
        return False
    return all(not theirs or theirs == ours for ours, theirs in zip(_who(before), _who(record), strict=True))


def _who(record: CustomerRecord) -> tuple[object, ...]:
    emails = tuple(entry.address.casefold() for entry in record.emails)
    return record.number, record.foreign_id, emails, record.fields.get("name", "")


def _joined(first: ReadRow, row: ReadRow) -> ReadRow:
    order, odd = join_orders(first.record.orders[0], row.record.orders[0])
    record = replace(
        first.record,
        orders=(order,),
        emails=_joined_emails((*first.record.emails, *row.record.emails)),
        claims=_each_once((*first.record.claims, *row.record.claims)),
        tags=tuple(dict.fromkeys((*first.record.tags, *row.record.tags))),
        activities=tuple(dict.fromkeys((*first.record.activities, *row.record.activities))),
    )
    told = (CellProblem("", order.order_no, f"row {row.number}: {odd}"),) if odd else ()
    return ReadRow(first.number, record, tuple(dict.fromkeys((*first.problems, *row.problems, *told))))


def _joined_emails(entries: Sequence[EmailEntry]) -> tuple[EmailEntry, ...]:
    """Each address once. A no in any row counts, and takes what another row gave."""
    joined: dict[str, EmailEntry] = {}
    for entry in entries:
        key = entry.address.casefold()
        if key not in joined:
            joined[key] = entry
            continue
        said = tuple(dict.fromkeys((*joined[key].consents, *entry.consents)))
        refused = {each.purpose for each in said if each.state is ConsentState.WITHDRAWN}
        kept = [each for each in said if each.state is ConsentState.WITHDRAWN or not refused & {"", each.purpose}]
        joined[key] = replace(joined[key], consents=tuple(kept), closed=joined[key].closed or entry.closed)
    return tuple(joined.values())


def _each_once(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    once: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        once.setdefault((claim.field, claim.value), claim)
    return tuple(once.values())
