"""Tables as Parquet for analysts, one file per sheet; with `by_splink` owner of pyarrow (`mailcrm[parquet]`).

Money is int64 in minor units beside its currency, quantities are int64 in thousandths, times are timestamps in UTC.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from mailcrm.errors import UserError
from mailcrm.exchange.writing.customer_row import PLAIN, customer_cells
from mailcrm.exchange.writing.sheets import ADDRESSES, TIMELINE, CellType, Sheet, SheetName
from mailcrm.model.record import CustomerRecord
from mailcrm.model.text import clean_text

_ROWS = 10_000
"""Rows of a row group: what is held in memory at a time."""

_ARROW = {CellType.TEXT: "string", CellType.TIME: "time", CellType.YES_NO: "bool", CellType.NUMBER: "int64"}


@dataclass(frozen=True, slots=True)
class ArrowTable:
    """The columns (name and type) of a file, and the rows that a customer has in it."""

    name: SheetName
    columns: tuple[tuple[str, str], ...]
    rows_of: Callable[[CustomerRecord], Iterable[Sequence[object]]]


def write_parquet(file: BinaryIO, table: ArrowTable, records: Iterable[CustomerRecord]) -> int:
    """The number of rows written; a group of rows is held at a time. Raises UserError where pyarrow is not installed."""
    arrow, parquet = _libraries()
    schema = arrow.schema([(name, _type(arrow, kind)) for name, kind in table.columns])
    rows = (row for record in records for row in table.rows_of(record))
    count = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(rows, _ROWS)):
            columns = [[_stored(value) for value in column] for column in zip(*group, strict=True)]
            arrays = [arrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            count += len(group)
    return count


def arrow_tables(own: Sequence[str] = ()) -> tuple[ArrowTable, ...]:
    """What there is of customers. `own` are the team's own fields (`x.budget`) that get a column."""
    columns = tuple((_column(heading), "string") for heading in (*PLAIN, *own))
    customers = ArrowTable(SheetName.CUSTOMERS, columns, lambda record: (customer_cells(record, own),))
    return (customers, _as_shown(ADDRESSES), ORDERS, ORDER_LINES, PAYMENTS, _as_shown(TIMELINE))


def _as_shown(sheet: Sheet) -> ArrowTable:
    """A table without money, as the other formats have it."""
    columns = tuple((_column(each.heading), _ARROW[each.type]) for each in sheet.columns)
    return ArrowTable(sheet.name, columns, sheet.rows_of)


def _column(heading: str) -> str:
    """customer_number, e_mail, x.budget: names that SQL takes without quotes, but for the point of own fields."""
    return heading.lower().replace(" ", "_").replace("-", "_")


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as exc:
        raise UserError("Parquet needs pyarrow: pip install 'mailcrm[parquet]', or choose csv, xlsx or json") from exc
    return pyarrow, pyarrow.parquet


def _type(arrow: Any, kind: str) -> Any:
    return arrow.timestamp("us", "UTC") if kind == "time" else getattr(arrow, "bool_" if kind == "bool" else kind)()


def _stored(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


# --- money -------------------------------------------------------------------------------------------------------


def _order_rows(record: CustomerRecord) -> Iterable[Sequence[object]]:
    for each in record.orders:
        money = (each.currency, each.amount_minor)
        yield (record.number, each.order_no, each.ordered_at, *money, each.status.value, each.note, each.source_ref)


def _line_rows(record: CustomerRecord) -> Iterable[Sequence[object]]:
    for order in record.orders:
        for each in order.lines:
            what = (each.sku, each.title, each.qty_milli, each.unit_minor, order.currency)
            yield (record.number, order.order_no, *what)


def _payment_rows(record: CustomerRecord) -> Iterable[Sequence[object]]:
    for order in record.orders:
        for each in order.payments:
            paid = (each.paid_at, each.amount_minor, each.currency, each.method, each.reference)
            yield (record.number, order.order_no, *paid)


_ORDER = (("customer_number", "string"), ("order_number", "string"))

ORDERS = ArrowTable(
    SheetName.ORDERS,
    (
        *_ORDER, ("ordered_at", "time"), ("currency", "string"), ("amount_minor", "int64"), ("status", "string"),
        ("note", "string"), ("reference", "string"),
    ),
    _order_rows,
)  # fmt: skip

ORDER_LINES = ArrowTable(
    SheetName.ORDER_LINES,
    (
        *_ORDER, ("sku", "string"), ("product", "string"), ("quantity_milli", "int64"), ("unit_minor", "int64"),
        ("currency", "string"),
    ),
    _line_rows,
)  # fmt: skip

PAYMENTS = ArrowTable(
    SheetName.PAYMENTS,
    (
        *_ORDER, ("paid_at", "time"), ("amount_minor", "int64"), ("currency", "string"), ("method", "string"),
        ("payment_reference", "string"),
    ),
    _payment_rows,
)  # fmt: skip
