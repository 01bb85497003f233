"""The orders of many customers at once, with their lines and payments."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.order import Order, OrderLine, Payment
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.business import OrderLineRow, PaymentRow, SalesOrder


def orders_by_party(session: Session, members: Mapping[int, int]) -> dict[int, list[Order]]:
    """The orders (not archived ones) of parties, by the root that `members` names for each; the oldest first."""
    rows = list(rows_in(session, _orders(), sorted(members)))
    ids = [row[0] for row in rows]
    lines: dict[int, list[OrderLine]] = {}
    for order_id, title, qty, unit, sku in rows_in(session, _lines(), ids) if ids else ():
        lines.setdefault(order_id, []).append(OrderLine(title, qty, unit, sku))
    paid: dict[int, list[Payment]] = {}
    for order_id, *payment in rows_in(session, _payments(), ids) if ids else ():
        paid.setdefault(order_id, []).append(Payment(*payment))
    found: dict[int, list[Order]] = {}
    for order_id, party_id, number, at, currency, amount, status, ref, note in rows:
        order = Order(
            number, at, currency, amount, status, ref, tuple(lines.get(order_id, ())), tuple(paid.get(order_id, ())),
            note,
        )  # fmt: skip
        found.setdefault(members[party_id], []).append(order)
    return found


@cache
def _orders() -> Lookup:
    row = SalesOrder
    columns = (
        row.id, row.party_id, row.order_no, row.ordered_at, row.currency, row.amount_minor, row.status, row.source_ref,
        row.note,
    )  # fmt: skip
    query = select(*columns).where(row.archived_at.is_(None)).order_by(row.ordered_at, row.id)
    return Lookup(query, row.party_id)


@cache
def _lines() -> Lookup:
    row = OrderLineRow
    columns = row.order_id, row.title, row.qty_milli, row.unit_minor, row.sku
    return Lookup(select(*columns).order_by(row.order_id, row.position), row.order_id)


@cache
def _payments() -> Lookup:
    row = PaymentRow
    columns = row.order_id, row.paid_at, row.amount_minor, row.currency, row.method, row.reference
    return Lookup(select(*columns).order_by(row.paid_at, row.id), row.order_id)
