"""The order that a row tells of, and what happened: notes, calls and visits."""

import hashlib
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from mailcrm.exchange.amounts import currency_of, parse_money, parse_number
from mailcrm.exchange.cells import text_of, whole_digits
from mailcrm.exchange.mapping import Placed
from mailcrm.exchange.rows.held import CellProblem, Held
from mailcrm.exchange.tables.row import Cell
from mailcrm.model.activity import Activity
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import Order, OrderLine, OrderStatus
from mailcrm.model.text import clean_line, clean_text

_STATUS = {
    word: status
    for status, words in {
        OrderStatus.QUOTED: "quoted quote draft 报价 已报价 angebot",
        OrderStatus.OPEN: "open new pending processing unpaid confirmed on-hold 待付款 未付款 待发货 待处理 处理中 offen",
        OrderStatus.PAID: "paid 已付款 已支付 付款 已收款 bezahlt payé pagado",
        OrderStatus.SHIPPED: "shipped sent dispatched 已发货 待收货 versendet expédié enviado",
        OrderStatus.COMPLETED: "completed complete fulfilled done delivered 已完成 完成 交易成功 已签收 erledigt terminé",
        OrderStatus.CANCELLED: "cancelled canceled void voided failed 已取消 取消 交易关闭 已关闭 作废 storniert annulé",
        OrderStatus.REFUNDED: "refunded 已退款 退款 退款成功 erstattet remboursé",
    }.items()
    for word in words.split()
}
_KINDS = {
    word: kind
    for kind, words in {
        InteractionKind.CALL: "call phone telephone 电话 来电 去电 anruf appel",
        InteractionKind.VISIT: "visit 拜访 上门 面谈 besuch visite",
        InteractionKind.MEETING: "meeting 会议 见面 termin réunion",
        InteractionKind.CHAT: "chat wechat whatsapp qq 微信 聊天 在线沟通",
        InteractionKind.SMS: "sms 短信",
        InteractionKind.SOCIAL: "social 社交",
        InteractionKind.LETTER: "letter mail post 信件 brief",
        InteractionKind.FEEDBACK: "feedback 反馈 评价",
        InteractionKind.COMPLAINT: "complaint 投诉 beschwerde",
        InteractionKind.INQUIRY: "inquiry enquiry 询价 询盘 咨询 anfrage",
        InteractionKind.SERVICE: "service 售后 服务 维修",
        InteractionKind.NOTE: "note 备注 笔记 其他 notiz",
    }.items()
    for word in words.split()
}


def read_order(row: Held, before: Order | None) -> Order | None:
    """The order with the line of this row. `before` is the order of the row above: where it is the same, what this row leaves
    out (date, currency) is that of the order."""
    number = row.text("order_no", 100)
    number = number.removesuffix(".0") if number.replace(".", "").isdigit() else number
    if not number:
        return None
    same = before if before is not None and before.order_no == number else None
    ordered_at = row.time("order_date") or (same.ordered_at if same else None)
    if ordered_at is None:
        row.problems.append(CellProblem("", number, "the order has no date that can be read; it was left out"))
        return None
    currency = currency_of(row.text("order_currency")) or (same.currency if same else row.how.mapping.currency)
    amount, currency = _amount(row, currency)
    line, currency = _line(row, currency)
    if not currency:
        row.problems.append(
            CellProblem("", number, "the order has no currency: name one for the file; it was left out")
        )
        return None
    lines = (line,) if line else ()
    total = amount if amount is not None else _sum(lines)
    note = row.text("order_note", 2000)
    return Order(number, ordered_at, currency, total, _status(row, same), f"{row.how.of}#{number}", lines, (), note)


def join_orders(order: Order, more: Order) -> tuple[Order, str]:
    """One order from two rows of it, and what is odd. Sheets repeat the amount of the order in each line, write it once,
    or write what each line comes to: then the order is their sum."""
    by_line = order.amount_minor == _sum(order.lines) and more.amount_minor == _sum(more.lines)
    total = order.amount_minor + more.amount_minor if by_line else order.amount_minor or more.amount_minor
    same = by_line or more.amount_minor in (0, total, _sum(more.lines))
    odd = "" if same else "the rows of this order say different amounts; the first one was taken"
    return replace(order, lines=(*order.lines, *more.lines), amount_minor=total), odd


def read_activities(row: Held, created: datetime | None) -> tuple[Activity, ...]:
    """Notes, and the call or visit of the row. What has no time of its own was so when the customer was entered, or the file
    read."""
    known = created or row.how.at
    notes = [_activity(row, InteractionKind.NOTE, known, text_of(cell)) for _, cell in row.of("note")]
    texts = [text_of(cell) for _, cell in row.of("activity_text")]
    title = row.text("activity_title", 200)
    if not texts and not title:
        return tuple(notes)
    at = row.time("activity_date") or known
    said = _activity(row, _kind(row), at, "\n".join(texts) or title)
    return (*notes, replace(said, title=title or said.title))


def note_of(
    text: str, *, of: str, at: datetime, kind: InteractionKind = InteractionKind.NOTE, is_dated: bool = False
) -> Activity:
    """A note with its first line as the title. What is no date of its own (`is_dated`) does not make it another note."""
    body = clean_text(text).strip()
    title = clean_line(body.partition("\n")[0], 200)
    seal = hashlib.sha256(f"{kind}\n{at.isoformat() if is_dated else ''}\n{body}".encode()).hexdigest()[:16]
    return Activity(kind, at, title, "" if body == title else body, source_ref=f"{of}#{seal}")


def _activity(row: Held, kind: InteractionKind, at: datetime, text: str) -> Activity:
    return note_of(text, of=row.how.of, at=at, kind=kind, is_dated=at != row.how.at)


def _kind(row: Held) -> InteractionKind:
    said = row.text("activity_kind").casefold()
    found = next(
        (kind for word, kind in _KINDS.items() if word in said.split() or (not word.isascii() and word in said)), None
    )
    if said and found is None:
        placed, cell = row.of("activity_kind")[0]
        row.complain(placed, cell, "is no kind of activity known here; it was taken for a note")
    return found or InteractionKind.NOTE


def _status(row: Held, same: Order | None) -> OrderStatus:
    for placed, cell in row.of("order_status"):
        if status := _STATUS.get(text_of(cell).strip().casefold()):
            return status
        row.complain(placed, cell, "is no state of an order known here; it was taken for open")
    return same.status if same else OrderStatus.OPEN


def _amount(row: Held, currency: str) -> tuple[int | None, str]:
    for placed, cell in row.of("order_amount"):
        if money := _money(row, placed, cell, currency):
            return money
    return None, currency


def _line(row: Held, currency: str) -> tuple[OrderLine | None, str]:
    title, sku = row.text("line_title", 300), row.text("line_sku", 100)
    qty = Decimal(1)
    for placed, cell in row.of("line_qty"):
        read = row.attempt(placed, cell, parse_number, row.how.mapping.decimal or ".")
        qty = read if read is not None else qty
    unit: int | None = None
    for placed, cell in row.of("line_price"):
        if money := _money(row, placed, cell, currency):
            unit, currency = money
    if not (title or sku or unit is not None):
        return None, currency
    return OrderLine(title or sku, round(qty * 1000), unit, sku), currency


def _money(row: Held, placed: Placed, cell: Cell, currency: str) -> tuple[int, str] | None:
    return row.attempt(placed, cell, parse_money, currency, row.how.mapping.decimal)


def _sum(lines: tuple[OrderLine, ...]) -> int:
    return sum(round(line.qty_milli * (line.unit_minor or 0) / 1000) for line in lines)


def parse_foreign_id(cell: Cell) -> str:
    """An id of another system, in digits again where a program made a fraction of it. Raises Unreadable for lost digits."""
    return clean_line(whole_digits(text_of(cell)), 200)
