"""Orders as shops, sheets, mails and humans tell of them: each once, however often it is told, with lines on the timeline."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.money import LARGEST, parse_currency, plain_money, show_money
from mailcrm.model.order import Order, OrderStatus, decide_status, is_older
from mailcrm.model.text import clean_line, clean_text
from mailcrm.store.bulk import insert_rows
from mailcrm.store.line_changes import note_line_changes, require_line_version
from mailcrm.store.payments import record_payments, short_ref
from mailcrm.store.rows.business import OrderLineRow, SalesOrder
from mailcrm.store.timeline import NewInteraction, append_interactions, find_line, update_line

_SHOWN_LINES = 5
_LONGEST_NOTE = 20_000
"""Characters: MariaDB keeps 64 kB in such a column."""

_MOST_THOUSANDTHS = 10**15


def record_order(session: Session, party_id: int, order: Order, source_ref: str, now: datetime) -> int:
    """Keep what a source tells of an order, and its payments; returns the id.

    `source_ref` names the order for ever, e.g. `woocommerce:1234`; what was told before changes nothing. A newer state
    changes the order, with the change on the timeline; a former one that comes late changes nothing, but its payments are
    kept. The order stays on the party it was found for first. Raises UserError for a currency that is none and for amounts
    beyond all bounds.
    """
    ref = short_ref(source_ref or order.source_ref)
    if not ref:
        raise UserError("an order needs a name that it is known by again: its source and number, e.g. shop:1234")
    _require_sane(order)
    row = session.execute(select(SalesOrder).where(SalesOrder.source_ref == ref).with_for_update()).scalar_one_or_none()
    digest = _digest(order)
    if row is None:
        row = _add(session, party_id, order, ref, digest, now)
    elif row.told == digest:
        return row.id
    elif not is_older(order.status, row.told_status):
        _take(session, row, order, digest, now)
    record_payments(session, row.party_id, row.id, row.source_ref, order.payments)
    return row.id


def _require_sane(order: Order) -> None:
    """Raises UserError for what cannot be kept or added up."""
    parse_currency(order.currency)
    amounts = [order.amount_minor, *(line.unit_minor or 0 for line in order.lines)]
    if any(abs(amount) > LARGEST for amount in amounts) or any(
        abs(line.qty_milli) > _MOST_THOUSANDTHS for line in order.lines
    ):
        raise UserError(f"order {order.order_no!r}: an amount is beyond all bounds; look at its source")


def _digest(order: Order) -> str:
    told = asdict(order) | {"source_ref": "", "ordered_at": order.ordered_at.astimezone(UTC)}
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _add(session: Session, party_id: int, order: Order, ref: str, digest: str, now: datetime) -> SalesOrder:
    row = SalesOrder(
        party_id=party_id, order_no=clean_line(order.order_no, 80), ordered_at=order.ordered_at,
        currency=parse_currency(order.currency), amount_minor=order.amount_minor, status=order.status,
        source=clean_line(ref.rpartition(":")[0], 40), source_ref=ref, note=clean_text(order.note)[:_LONGEST_NOTE],
        told=digest, told_status=order.status, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _write_lines(session, row.id, order)
    line = NewInteraction(
        InteractionKind.ORDER, _key(row.id), row.ordered_at, _title(row), ((party_id, "buyer"),),
        body=_body(order), outcome=row.status,
    )  # fmt: skip
    append_interactions(session, [line])
    return row


def _take(session: Session, row: SalesOrder, order: Order, digest: str, now: datetime) -> None:
    """What the source says now is so, but for a status that a human changed since."""
    status = decide_status(row.status, order.status, row.told_status)
    wanted = {
        "order_no": clean_line(order.order_no, 80), "ordered_at": order.ordered_at, "currency": parse_currency(order.currency),
        "amount_minor": order.amount_minor, "note": clean_text(order.note)[:_LONGEST_NOTE] or row.note, "status": status,
    }  # fmt: skip
    row.told, row.told_status = digest, order.status
    session.execute(delete(OrderLineRow).where(OrderLineRow.order_id == row.id))
    _write_lines(session, row.id, order)
    _change(session, row, wanted, now, body=_body(order))


def _write_lines(session: Session, order_id: int, order: Order) -> None:
    rows = [
        {
            "order_id": order_id, "position": position, "sku": clean_line(line.sku, 120), "title": clean_line(line.title),
            "qty_milli": line.qty_milli, "unit_minor": line.unit_minor,
        }
        for position, line in enumerate(order.lines)
    ]  # fmt: skip
    insert_rows(session, OrderLineRow, rows)


# --- changing ----------------------------------------------------------------------------------------------------


def change_status(
    session: Session, order_id: int, status: OrderStatus, now: datetime, version: int | None = None
) -> int:
    """Set how far an order is; the change stands on the timeline. Returns the new row version.

    `version` is the one that was looked at. Raises NotFound, and Conflict if somebody changed the status since then, or
    the order is archived.
    """
    row = _locked(session, order_id)
    if row.archived_at is not None:
        raise Conflict(
            f"order {row.order_no} is archived; bring it back first: mailcrm orders archive --undo #{row.id}"
        )
    require_line_version(session, line_of(session, row.id), row.row_version, version, {"status": status})
    _change(session, row, {"status": status}, now)
    return row.row_version


def archive_order(
    session: Session, order_id: int, now: datetime, version: int | None = None, *, undo: bool = False
) -> int:
    """Take an order out of lists and totals, or bring it back; nothing of it is deleted. Returns the new row version.
    Raises NotFound, and Conflict as `change_status` does."""
    row = _locked(session, order_id)
    archived = None if undo else row.archived_at or now
    wanted = {"archived_at": "" if archived is None else str(archived)}
    require_line_version(session, line_of(session, row.id), row.row_version, version, wanted)
    _change(session, row, {"archived_at": archived}, now)
    return row.row_version


def line_of(session: Session, order_id: int) -> int:
    """The id of its line on the timeline."""
    return find_line(session, InteractionKind.ORDER, _key(order_id))


def _locked(session: Session, order_id: int) -> SalesOrder:
    row = session.get(SalesOrder, order_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no order #{order_id}; see: mailcrm orders list")
    return row


def _change(
    session: Session, row: SalesOrder, wanted: Mapping[str, object], now: datetime, body: str | None = None
) -> None:
    """Set what is new, note what was before, and keep the line on the timeline as it is; a new status gets its own."""
    line = line_of(session, row.id)
    held = {name: getattr(row, name) for name in wanted}
    before, after = _texts(held, row.currency), _texts(wanted, str(wanted.get("currency", row.currency)))
    changed = {name: (before[name], after[name]) for name in wanted if held[name] != wanted[name]}
    if changed:
        for name in changed:
            setattr(row, name, wanted[name])
        row.row_version, row.updated_at = row.row_version + 1, now
        session.flush()
        note_line_changes(session, line, changed, row.row_version, now)
        if "status" in changed:
            _tell(session, row, *changed["status"], now)
    update_line(session, line, at=row.ordered_at, title=_title(row), body=body, outcome=row.status)


def _texts(values: Mapping[str, object], currency: str) -> dict[str, str]:
    """Values as they stand in the history."""
    found = {name: "" if value is None else str(value) for name, value in values.items()}
    amount = values.get("amount_minor")
    return found | ({"amount_minor": plain_money(amount, currency)} if isinstance(amount, int) else {})


def _tell(session: Session, row: SalesOrder, before: str, after: str, now: datetime) -> None:
    step = NewInteraction(
        InteractionKind.ORDER, f"{_key(row.id)}:{row.row_version}", now, row.order_no, ((row.party_id, "buyer"),),
        body=f"{before} → {after}", outcome=after,
    )  # fmt: skip
    append_interactions(session, [step])


def _key(order_id: int) -> str:
    return f"order:{order_id}"


def _title(row: SalesOrder) -> str:
    return f"{row.order_no} · {show_money(row.amount_minor, row.currency)}"


def _body(order: Order) -> str:
    named = [clean_line(line.title, 200) for line in order.lines]
    more = [f"and {len(named) - _SHOWN_LINES} more"] if len(named) > _SHOWN_LINES else []
    return "; ".join([*named[:_SHOWN_LINES], *more])
