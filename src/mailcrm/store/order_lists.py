"""Orders as people look at them: those of a customer with totals, the newest of all, and one with all that belongs to it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import Conflict, NotFound
from mailcrm.model.order import NOT_SOLD, OrderDetails, OrderLine, OrderStatus, OrderSummary, OrderTotals, Payment
from mailcrm.model.rights import Viewer
from mailcrm.model.text import clean_line
from mailcrm.store.bulk import rows_in, rows_of
from mailcrm.store.line_changes import line_changes_of
from mailcrm.store.orders import line_of
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.base import UtcMicros
from mailcrm.store.rows.business import OrderLineRow, PaymentRow, SalesOrder
from mailcrm.store.rows.party import Party
from mailcrm.store.timeline import members_of

_LARGEST_ID = 2**63 - 1


def orders_of(
    session: Session,
    party_id: int,
    viewer: Viewer,
    limit: int = 50,
    before: tuple[datetime, int] | None = None,
    *,
    archived: bool = False,
) -> list[OrderSummary]:
    """The newest orders of a customer (all members of its cluster); `before` is (ordered at, id) of the last one seen.

    One limited range of the index for each member, as on the timeline. Every viewer sees all orders.
    """
    del viewer  # rights per customer come with teams
    query = _range(archived=archived, paged=before is not None)
    values = {"before": before[0], "before_id": before[1]} if before is not None else {}
    found: list[_Row] = []
    for member in members_of(session, party_id):
        found += [_Row(*row) for row in rows_of(session, query, member=member, most=limit, **values)]
    found.sort(key=lambda row: (row.ordered_at, row.id), reverse=True)
    return _summaries(session, found[:limit])


class _Row(NamedTuple):
    id: int
    party_id: int
    order_no: str
    ordered_at: datetime
    currency: str
    amount_minor: int
    status: OrderStatus
    source: str
    row_version: int
    archived_at: datetime | None


def _columns() -> Select[*tuple[Any, ...]]:
    return select(
        SalesOrder.id, SalesOrder.party_id, SalesOrder.order_no, SalesOrder.ordered_at, SalesOrder.currency,
        SalesOrder.amount_minor, SalesOrder.status, SalesOrder.source, SalesOrder.row_version, SalesOrder.archived_at,
    )  # fmt: skip


@cache
def _range(*, archived: bool, paged: bool) -> Select[*tuple[Any, ...]]:
    """The newest orders of one member; kept, for it takes longer to put it together than to run it."""
    query = _columns().where(SalesOrder.party_id == bindparam("member")).order_by(*_newest())
    query = query.limit(bindparam("most", type_=Integer))
    if not archived:
        query = query.where(SalesOrder.archived_at.is_(None))
    return query.where(_behind(bindparam("before", type_=UtcMicros()), bindparam("before_id"))) if paged else query


def list_orders(
    session: Session,
    viewer: Viewer,
    *,
    status: OrderStatus | None = None,
    limit: int = 50,
    before: tuple[datetime, int] | None = None,
    archived: bool = False,
) -> list[OrderSummary]:
    """The newest orders of all customers; `before` is (ordered at, id) of the last one seen."""
    del viewer
    shown = and_(
        true() if archived else SalesOrder.archived_at.is_(None),
        true() if status is None else SalesOrder.status == status,
        true() if before is None else _behind(*before),
    )
    query = _columns().where(shown).order_by(*_newest()).limit(limit)
    return _summaries(session, [_Row(*row) for row in session.execute(query)])


def _newest() -> tuple[ColumnElement[datetime], ColumnElement[int]]:
    return SalesOrder.ordered_at.desc(), SalesOrder.id.desc()


def _behind(at: Any, order_id: Any) -> ColumnElement[bool]:
    return or_(SalesOrder.ordered_at < at, and_(SalesOrder.ordered_at == at, SalesOrder.id < order_id))


def totals_of(session: Session, party_id: int, viewer: Viewer) -> list[OrderTotals]:
    """What a customer (all members) ordered and paid, by currency, the most orders first."""
    del viewer
    members = members_of(session, party_id)
    ordered: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for currency, count, amount in rows_in(session, _ordered(), members):
        ordered[currency] += count
        amounts[currency] += int(amount)
    for currency, amount in rows_in(session, _came(), members):
        paid[currency] += int(amount)
    totals = [OrderTotals(each, ordered[each], amounts[each], paid[each]) for each in ordered.keys() | paid.keys()]
    return sorted(totals, key=lambda each: (-each.orders, each.currency))


@cache
def _ordered() -> Lookup:
    counted = and_(SalesOrder.archived_at.is_(None), *(SalesOrder.status != status for status in NOT_SOLD))
    sums = select(SalesOrder.currency, func.count(), func.sum(SalesOrder.amount_minor)).where(counted)
    return Lookup(sums.group_by(SalesOrder.currency), SalesOrder.party_id)


@cache
def _came() -> Lookup:
    sums = select(PaymentRow.currency, func.sum(PaymentRow.amount_minor)).where(_counts())
    return Lookup(sums.group_by(PaymentRow.currency), PaymentRow.party_id)


def _counts() -> ColumnElement[bool]:
    """Of a payment: it is for no order, or for one that is not archived."""
    archived = exists().where(SalesOrder.id == PaymentRow.order_id, SalesOrder.archived_at.is_not(None))
    return ~archived


# --- one ---------------------------------------------------------------------------------------------------------


def find_order(session: Session, text: str) -> int:
    """The id of the order that a number, a source's name for it, or `#id` names.

    Raises NotFound, and Conflict where two shops have orders of that number: then it tells them apart.
    """
    wanted = clean_line(text)
    number = wanted.removeprefix("#")
    if wanted.startswith("#") and number.isascii() and number.isdigit():
        query = select(SalesOrder).where(SalesOrder.id == min(int(number), _LARGEST_ID))
    else:
        query = select(SalesOrder).where(or_(SalesOrder.order_no == wanted, SalesOrder.source_ref == wanted))
    rows = session.execute(query.order_by(SalesOrder.id).limit(10)).scalars().all()
    if not rows:
        raise NotFound(f"there is no order {text!r}; see: mailcrm orders list")
    if len(rows) > 1:
        problems = [f"#{row.id}: {row.source_ref} of {row.ordered_at:%Y-%m-%d}" for row in rows]
        raise Conflict(f"several orders have the number {text!r}; name one by its #id", problems=problems)
    return rows[0].id


def get_order(session: Session, order_id: int, viewer: Viewer) -> OrderDetails:
    """An order with lines, payments and history. Raises NotFound."""
    del viewer
    row = session.get(SalesOrder, order_id)
    if row is None:
        raise NotFound(f"there is no order #{order_id}; see: mailcrm orders list")
    [summary] = _summaries(session, [_Row(*session.execute(_columns().where(SalesOrder.id == order_id)).one())])
    return OrderDetails(
        summary, _lines(session, row.id), _payments(session, row.id), row.note, row.source_ref,
        line_changes_of(session, line_of(session, row.id)),
    )  # fmt: skip


def _lines(session: Session, order_id: int) -> tuple[OrderLine, ...]:
    query = select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.position)
    return tuple(OrderLine(r.title, r.qty_milli, r.unit_minor, r.sku) for r in session.execute(query).scalars())


def _payments(session: Session, order_id: int) -> tuple[Payment, ...]:
    query = select(PaymentRow).where(PaymentRow.order_id == order_id).order_by(PaymentRow.paid_at, PaymentRow.id)
    return tuple(
        Payment(r.paid_at, r.amount_minor, r.currency, r.method, r.reference) for r in session.execute(query).scalars()
    )


def payments_of(session: Session, party_id: int, viewer: Viewer, limit: int = 50) -> list[Payment]:
    """The newest payments of a customer (all members), also those that are for no order."""
    del viewer
    found: list[PaymentRow] = []
    for member in members_of(session, party_id):
        query = select(PaymentRow).where(PaymentRow.party_id == member, _counts())
        newest = query.order_by(PaymentRow.paid_at.desc(), PaymentRow.id.desc()).limit(limit)
        found += session.execute(newest).scalars()
    found.sort(key=lambda row: (row.paid_at, row.id), reverse=True)
    return [Payment(r.paid_at, r.amount_minor, r.currency, r.method, r.reference) for r in found[:limit]]


def _summaries(session: Session, rows: Sequence[_Row]) -> list[OrderSummary]:
    """With what was paid of each in its own currency, and whose they are (by root)."""
    paid: Counter[tuple[int, str]] = Counter()
    for order_id, currency, amount in rows_in(session, _paid(), [row.id for row in rows]):
        paid[order_id, currency] += int(amount)
    people = rows_in(session, _customers(), [row.party_id for row in rows])
    whose = {party_id: (number or f"#{root_id}", name) for party_id, root_id, number, name in people}
    return [
        OrderSummary(
            r.id, r.party_id, r.order_no, r.ordered_at, r.currency, r.amount_minor, paid[r.id, r.currency],
            r.status, r.source, r.row_version, r.archived_at, *whose[r.party_id],
        )
        for r in rows
    ]  # fmt: skip


@cache
def _paid() -> Lookup:
    sums = select(PaymentRow.order_id, PaymentRow.currency, func.sum(PaymentRow.amount_minor))
    return Lookup(sums.group_by(PaymentRow.order_id, PaymentRow.currency), PaymentRow.order_id)


@cache
def _customers() -> Lookup:
    root = aliased(Party)
    query = select(Party.id, root.id, root.customer_no, root.display_name).join(root, root.id == Party.root_id)
    return Lookup(query, Party.id)
