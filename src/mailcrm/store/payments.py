"""Payments: money that came or went back, each once, in the currency it was paid in, with a line on the timeline."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import UserError
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.money import LARGEST, parse_currency, show_money
from mailcrm.model.order import Payment
from mailcrm.model.text import clean_line
from mailcrm.store.rows.business import PaymentRow
from mailcrm.store.timeline import NewInteraction, append_interactions

_LONGEST_REF = 190


def short_ref(text: str) -> str:
    """A name that a source gives something, as it fits into a unique column; the rest of a long one by its hash."""
    ref = clean_line(text, 10_000)
    if len(ref) <= _LONGEST_REF:
        return ref
    return f"{ref[: _LONGEST_REF - 65]}:{hashlib.sha256(ref.encode()).hexdigest()}"


def record_payment(
    session: Session, party_id: int, payment: Payment, source_ref: str, order_id: int | None = None
) -> int:
    """Keep a payment, for an order or for none that is known; returns the id, also if it is known already.

    A payment is never changed: what went back is a payment of a negative amount. Raises UserError for a currency that is
    none, and an amount of nothing or beyond all bounds.
    """
    currency = parse_currency(payment.currency)
    if not 0 < abs(payment.amount_minor) <= LARGEST:
        raise UserError("a payment is of some amount, and not beyond all bounds")
    ref = short_ref(source_ref)
    known = session.execute(select(PaymentRow.id).where(PaymentRow.source_ref == ref)).scalar_one_or_none()
    if known is not None:
        return known
    row = PaymentRow(
        order_id=order_id, party_id=party_id, paid_at=payment.paid_at, amount_minor=payment.amount_minor, currency=currency,
        method=clean_line(payment.method, 60), reference=clean_line(payment.reference, 190), source_ref=ref,
    )  # fmt: skip
    session.add(row)
    session.flush()
    line = NewInteraction(
        InteractionKind.PAYMENT, f"payment:{row.id}", row.paid_at, show_money(row.amount_minor, currency),
        ((party_id, "payer"),), Direction.IN if row.amount_minor > 0 else Direction.OUT,
        body=" · ".join(filter(None, (row.method, row.reference))),
    )  # fmt: skip
    append_interactions(session, [line])
    return row.id


def record_payments(
    session: Session, party_id: int, order_id: int, order_ref: str, payments: Sequence[Payment]
) -> None:
    """Keep those that a source tells of with an order, each once however often it is told."""
    seen: Counter[str] = Counter()
    for payment in payments:
        name = _name(payment)
        seen[name] += 1
        record_payment(session, party_id, payment, f"{order_ref}:{name}:{seen[name]}", order_id)


def _name(payment: Payment) -> str:
    """What it is known by again: its reference, else all that is said of it. Who pays twice on one day paid twice."""
    way = "back" if payment.amount_minor < 0 else "paid"
    if payment.reference:
        return f"{way}:{clean_line(payment.reference, 190)}"
    at = payment.paid_at.astimezone(UTC).isoformat()
    said = "|".join((at, str(payment.amount_minor), payment.currency, payment.method))
    return f"{way}:{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:16]}"
