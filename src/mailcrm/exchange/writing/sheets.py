"""What tables show of customers: the columns of each sheet, with headings that our own import knows again.

A record gives one row of customers and any number of the others, which name the customer by its number.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from mailcrm.exchange.writing.customer_row import PLAIN, customer_cells, said_no
from mailcrm.model.activity import Activity
from mailcrm.model.money import EXPONENTS
from mailcrm.model.order import Order, OrderLine, Payment
from mailcrm.model.recipient import Suppress
from mailcrm.model.record import Claim, CustomerRecord, EmailEntry

Value = str | int | Decimal | bool | date | datetime | None
"""A cell. Times are UTC; text is never a formula."""


class SheetName(StrEnum):
    """The tables, in the order in which a workbook shows them."""

    CUSTOMERS = "customers"
    ADDRESSES = "addresses"
    ORDERS = "orders"
    ORDER_LINES = "order lines"
    PAYMENTS = "payments"
    TIMELINE = "timeline"


class CellType(StrEnum):
    """What all cells of a column are."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what its cells are."""

    heading: str
    type: CellType = CellType.TEXT


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its columns, and the rows that a customer has in it."""

    name: SheetName
    columns: tuple[Column, ...]
    rows_of: Callable[[CustomerRecord], Iterable[Sequence[Value]]]


def customer_sheet(own: Sequence[str] = ()) -> Sheet:
    """One row per customer. `own` are the team's own fields (`x.budget`) that get a column."""
    columns = (*(Column(heading) for heading in PLAIN), *(Column(field) for field in own))
    return Sheet(SheetName.CUSTOMERS, columns, lambda record: (customer_cells(record, own),))


def all_sheets(own: Sequence[str] = ()) -> tuple[Sheet, ...]:
    """Everything that tables can show of customers."""
    return (customer_sheet(own), ADDRESSES, ORDERS, ORDER_LINES, PAYMENTS, TIMELINE)


# --- addresses ---------------------------------------------------------------------------------------------------


def _address_rows(record: CustomerRecord) -> Iterator[Sequence[Value]]:
    for entry in record.emails:
        yield _email_row(record, entry)
    for claim in record.claims:
        yield _claim_row(record, claim)


def _email_row(record: CustomerRecord, entry: EmailEntry) -> Sequence[Value]:
    """What closes an address stands in columns that an import understands: it must not make a yes of a no."""
    said = "; ".join(f"{each.purpose or 'everything'}: {each.state.value}" for each in entry.consents)
    closed = (_yes(said_no(entry)), _yes(entry.closed == Suppress.HARD_BOUNCE), entry.closed, said)
    return (
        *_who(record),
        "email",
        entry.address,
        entry.label,
        entry.ended_at is None,
        entry.ended_at,
        "",
        None,
        *closed,
    )


def _yes(true: bool) -> str:
    return "yes" if true else ""


def _claim_row(record: CustomerRecord, claim: Claim) -> Sequence[Value]:
    proof = claim.proof
    held = (claim.is_current, claim.ended_at, proof.source, proof.observed_at)
    return (*_who(record), claim.field, claim.value, claim.label, *held, "", "", "", "")


# --- orders ------------------------------------------------------------------------------------------------------


def _order_rows(record: CustomerRecord) -> Iterator[Sequence[Value]]:
    for order in record.orders:
        amount = in_units(order.amount_minor, order.currency)
        what = (order.order_no, order.ordered_at, order.currency, amount, order.status.value, order.note)
        yield (*_who(record), *what, order.source_ref)


def _line_rows(record: CustomerRecord) -> Iterator[Sequence[Value]]:
    for order in record.orders:
        yield from (_line_row(record, order, line) for line in order.lines)


def _line_row(record: CustomerRecord, order: Order, line: OrderLine) -> Sequence[Value]:
    price = None if line.unit_minor is None else in_units(line.unit_minor, order.currency)
    quantity = Decimal(line.qty_milli).scaleb(-3).normalize()
    return (*_who(record), order.order_no, line.sku, line.title, quantity, price, order.currency)


def _payment_rows(record: CustomerRecord) -> Iterator[Sequence[Value]]:
    for order in record.orders:
        yield from (_payment_row(record, order, each) for each in order.payments)


def _payment_row(record: CustomerRecord, order: Order, paid: Payment) -> Sequence[Value]:
    amount = in_units(paid.amount_minor, paid.currency)
    return (*_who(record), order.order_no, paid.paid_at, amount, paid.currency, paid.method, paid.reference)


def in_units(minor: int, currency: str) -> Decimal:
    """Minor units as an exact number with all the decimals that the currency has (ISO 4217)."""
    return Decimal(minor).scaleb(-EXPONENTS.get(currency, 2))


# --- timeline ----------------------------------------------------------------------------------------------------


def _timeline_rows(record: CustomerRecord) -> Iterator[Sequence[Value]]:
    for each in sorted(record.activities, key=lambda activity: activity.at.astimezone(UTC), reverse=True):
        yield (*_who(record), *_activity_cells(each))


def _activity_cells(each: Activity) -> Sequence[Value]:
    what = (
        each.at,
        each.kind.value,
        each.direction.value if each.direction else "",
        each.channel,
        each.title,
        each.body,
    )
    case = (each.state.value if each.state else "", each.owner, each.due_at)
    return (*what, each.outcome, each.by, each.rating, each.minutes, *case)


def _who(record: CustomerRecord) -> tuple[str, str]:
    return record.number, record.fields.get("name", "")


_WHO = (Column("Customer number"), Column("Name"))
_TIME = CellType.TIME

ADDRESSES = Sheet(
    SheetName.ADDRESSES,
    (
        *_WHO, Column("Field"), Column("Value"), Column("Kind"), Column("Current", CellType.YES_NO), Column("Until", _TIME),
        Column("Told by"), Column("Observed at", _TIME), Column("Unsubscribed"), Column("Bounced"),
        Column("Closed because"), Column("Said of purposes"),
    ),
    _address_rows,
)  # fmt: skip
"""E-mail addresses and contact points, former ones too, one a row, with what was said about mail to them."""

ORDERS = Sheet(
    SheetName.ORDERS,
    (
        *_WHO, Column("Order number"), Column("Order date", _TIME), Column("Currency"),
        Column("Order amount", CellType.MONEY), Column("Order status"), Column("Order note"), Column("Reference"),
    ),
    _order_rows,
)  # fmt: skip

ORDER_LINES = Sheet(
    SheetName.ORDER_LINES,
    (
        *_WHO, Column("Order number"), Column("SKU"), Column("Product"), Column("Quantity", CellType.MONEY),
        Column("Unit price", CellType.MONEY), Column("Currency"),
    ),
    _line_rows,
)  # fmt: skip

PAYMENTS = Sheet(
    SheetName.PAYMENTS,
    (
        *_WHO, Column("Order number"), Column("Paid at", _TIME), Column("Amount", CellType.MONEY), Column("Currency"),
        Column("Method"), Column("Payment reference"),
    ),
    _payment_rows,
)  # fmt: skip

TIMELINE = Sheet(
    SheetName.TIMELINE,
    (
        *_WHO, Column("Activity date", _TIME), Column("Activity type"), Column("Direction"), Column("Via"),
        Column("Activity subject"), Column("Activity note"), Column("Outcome"), Column("By"),
        Column("Stars", CellType.NUMBER), Column("Minutes", CellType.NUMBER), Column("Progress"), Column("In charge"),
        Column("Due", _TIME),
    ),
    _timeline_rows,
)  # fmt: skip
