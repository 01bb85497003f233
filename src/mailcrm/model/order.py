"""Orders, their lines and payments, as shops, sheets and mails tell of them: money in minor units, never in floats."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mailcrm.errors import UserError
from mailcrm.model.interaction import ChangeLine
from mailcrm.model.money import parse_money
from mailcrm.model.text import clean_line

_TYPED_LINE = re.compile(
    r"(?:(?P<qty>\d{1,9}(?:\.\d{1,3})?)\s*[x×*]\s+)?(?P<title>.+?)(?:\s+@\s*(?P<unit>\S+))?", re.ASCII
)


class OrderStatus(StrEnum):
    """How far an order is."""

    QUOTED = "quoted"
    OPEN = "open"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One position. `qty_milli` is in thousandths, `unit_minor` the price of one in minor units of the order's currency."""

    title: str
    qty_milli: int = 1000
    unit_minor: int | None = None
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came (negative: that went back), in minor units of its currency (ISO 4217). `paid_at` is UTC."""

    paid_at: datetime
    amount_minor: int
    currency: str
    method: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a customer. `order_no` is what the customer knows it by; `source_ref` makes a replay harmless: where it came
    from, e.g. `woocommerce:1234`. `ordered_at` is UTC, `currency` ISO 4217."""

    order_no: str
    ordered_at: datetime
    currency: str
    amount_minor: int
    status: OrderStatus = OrderStatus.OPEN
    source_ref: str = ""
    lines: tuple[OrderLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    note: str = ""


_RANK = {status: rank for rank, status in enumerate(OrderStatus)}
"""An order goes through them in this order; what is left out was passed."""

NOT_SOLD = (OrderStatus.QUOTED, OrderStatus.CANCELLED, OrderStatus.REFUNDED)
"""What does not count in totals."""


def is_older(told: OrderStatus, before: OrderStatus | None) -> bool:
    """Whether a source that told of `before` last now tells of a former state: mails and files come in any order."""
    return before is not None and _RANK[told] < _RANK[before]


def decide_status(held: OrderStatus, told: OrderStatus, before: OrderStatus | None) -> OrderStatus:
    """What an order that we hold as `held` is when its source tells of `told`, and told of `before` last.

    A source that only repeats itself does not undo what a human said meanwhile, and nothing that it says goes back.
    """
    return told if told != before and _RANK[told] >= _RANK[held] else held


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order in a list: whose it is (`number` and `name` of the customer), what was asked and what was paid of it."""

    id: int
    party_id: int
    order_no: str
    ordered_at: datetime
    currency: str
    amount_minor: int
    paid_minor: int
    status: OrderStatus
    source: str
    row_version: int
    archived_at: datetime | None = None
    number: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """An order with all that belongs to it; what changed, the newest first."""

    summary: OrderSummary
    lines: tuple[OrderLine, ...]
    payments: tuple[Payment, ...]
    note: str
    source_ref: str
    changes: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """What a customer ordered and paid in one currency. `orders` are those that count: neither quoted only, nor cancelled or
    refunded, nor archived; `paid_minor` is all money that came, less what went back."""

    currency: str
    orders: int
    amount_minor: int
    paid_minor: int


def parse_order_line(text: str, currency: str) -> OrderLine:
    """A position as people type it: "Widget", "2 x Widget", "2.5 x Cloth @ 12.50" (the price of one). Raises UserError for
    what cannot be an amount of the currency, and for no title."""
    found = _TYPED_LINE.fullmatch(clean_line(text))
    if found is None:
        raise UserError(f"{text!r} is no position of an order; write it like: 2 x Widget @ 12.50")
    qty = int(Decimal(found["qty"]) * 1000) if found["qty"] else 1000
    return OrderLine(found["title"], qty, parse_money(found["unit"], currency) if found["unit"] else None)
