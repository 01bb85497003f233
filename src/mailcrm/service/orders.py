"""Orders and payments entered by humans, from the command line and later from a form: one way for all faces."""

import hashlib
import json
from datetime import UTC, datetime

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.exchange.canonical import from_json
from mailcrm.model.order import Order, OrderStatus, Payment
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, audit, order_lists, orders, payments

_BY_HAND = "hand"


def enter_order(session: Session, party_id: int, order: Order, now: datetime) -> int:
    """Keep an order that somebody typed; returns its id. Raises Conflict if one of this number was typed before."""
    ref = f"{_BY_HAND}:{order.order_no}"
    try:
        known = order_lists.find_order(session, ref)
    except NotFound:
        order_id = orders.record_order(session, party_id, order, ref, now)
        audit.append_audit(session, "order.add", f"order:{order_id}", now, party=party_id)
        return order_id
    raise Conflict(f"order {order.order_no} was entered already; see: mailcrm orders show '#{known}'")


def import_order(session: Session, party_id: int, text: str, now: datetime) -> int:
    """Keep an order that a program wrote as JSON (the object of an order in our own format); the same again changes nothing,
    a newer state changes the order. Returns its id. Raises UserError with the place if it cannot be understood."""
    try:
        told = json.loads(text)
    except ValueError as exc:
        raise UserError(f"this is no JSON: {exc}") from exc
    [order] = from_json({"orders": [told]}).orders
    if not order.source_ref:
        raise UserError("orders[0].source_ref: is missing; write the source and its number, e.g. woocommerce:1234")
    order_id = orders.record_order(session, party_id, order, order.source_ref, now)
    audit.append_audit(session, "order.import", f"order:{order_id}", now)
    return order_id


def enter_status(
    session: Session, order_id: int, status: OrderStatus, now: datetime, version: int | None = None
) -> int:
    """Set the status of an order; returns its row version. Raises Conflict if somebody did so since `version`."""
    changed = orders.change_status(session, order_id, status, now, version)
    audit.append_audit(session, "order.status", f"order:{order_id}", now, status=status.value)
    return changed


def archive(session: Session, order_id: int, now: datetime, *, undo: bool = False) -> None:
    """Take an order out of lists and totals, or bring it back."""
    orders.archive_order(session, order_id, now, undo=undo)
    audit.append_audit(session, "order.unarchive" if undo else "order.archive", f"order:{order_id}", now)


def enter_payment(session: Session, order_id: int, payment: Payment, now: datetime) -> bool:
    """Keep money that came for an order. An order that is quoted or open is paid when all of it came, in its own currency:
    then True is returned."""
    before = order_lists.get_order(session, order_id, Viewer.system()).summary
    done = payments.record_payment(session, before.party_id, payment, _made(payment, order_id, now), order_id)
    audit.append_audit(session, "payment.add", f"payment:{done}", now, order=order_id)
    after = order_lists.get_order(session, order_id, Viewer.system()).summary
    whole = after.paid_minor >= after.amount_minor and after.paid_minor > before.paid_minor
    if whole and after.archived_at is None and after.status in (OrderStatus.QUOTED, OrderStatus.OPEN):
        orders.change_status(session, order_id, OrderStatus.PAID, now)
        return True
    return False


def enter_payment_alone(session: Session, party_id: int, payment: Payment, now: datetime) -> None:
    """Keep money that came from a customer, for no order that is known."""
    done = payments.record_payment(session, party_id, payment, _made(payment, 0, now))
    audit.append_audit(session, "payment.add", f"payment:{done}", now, party=party_id)


def _made(payment: Payment, order_id: int, now: datetime) -> str:
    """Who sends the same form twice at one moment means it once."""
    said = repr((order_id, payment, now.astimezone(UTC).isoformat()))
    return f"{_BY_HAND}:{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()}"
