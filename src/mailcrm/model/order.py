"""Orders, their lines and payments, as shops, sheets and mails tell of them: money in minor units, never in floats."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
