"""The parts of the page that say what happened: orders and payments, cases, notes, changes, and the timeline."""

from collections.abc import Iterable
from itertools import groupby

from mailcrm.exchange.page.content import ArchiveContent
from mailcrm.exchange.page.document import Entry, Grid, Group, Section
from mailcrm.exchange.page.shown import Look, grouped, joined, section
from mailcrm.model.activity import ActivityLine
from mailcrm.model.archive import FieldChangeLine, TimelineLine
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.money import plain_money, show_money
from mailcrm.model.order import OrderDetails, OrderTotals, Payment

_MAIL = (InteractionKind.EMAIL_IN, InteractionKind.EMAIL_OUT, InteractionKind.EMAIL_INTERNAL)
_ARROWS = {Direction.IN: "→", Direction.OUT: "←", Direction.INTERNAL: "·", None: ""}


def standing_sections(content: ArchiveContent, look: Look) -> Iterable[Section | None]:
    """What waits, and what the team pinned: above all else."""
    yield section(look, "cases", (_activity(each, look) for each in content.cases))
    yield section(look, "pinned", (_activity(each, look) for each in content.pinned))


def business_sections(content: ArchiveContent, look: Look) -> Iterable[Section | None]:
    """What was sold and paid."""
    yield section(look, "totals", (_total(each, look) for each in content.totals))
    yield section(look, "orders", (_order(each, look) for each in content.orders))
    yield section(look, "payments", (_payment(each, look) for each in content.payments))


def history_sections(content: ArchiveContent, look: Look) -> Iterable[Section | None]:
    """What happened, by month, the newest first; and what values were changed."""
    yield grouped(look, "timeline", _months(content, look), "timeline_hint")
    yield section(look, "changes", (_change(each, content, look) for each in content.changes), "changes_hint")


# --- cases and notes ---------------------------------------------------------------------------------------------


def _activity(line: ActivityLine, look: Look) -> Entry:
    kept, say = line.activity, look.words.say
    note = joined((
        look.name("what", kept.kind.value),
        look.name("case", kept.state.value) if kept.state else "",
        say("due", day=look.minute(kept.due_at)) if kept.due_at else "",
        say("owner", who=kept.owner) if kept.owner else "",
        kept.by.partition(":")[2],
        say("is_private") if kept.private else "",
    ))  # fmt: skip
    return Entry(look.day(kept.at), kept.title, note, (kept.body,) if kept.body and kept.body != kept.title else ())


# --- orders ------------------------------------------------------------------------------------------------------


def _money(minor: int, currency: str, look: Look) -> str:
    return show_money(minor, currency, look.words.language)


def _total(each: OrderTotals, look: Look) -> Entry:
    amount, paid = (_money(minor, each.currency, look) for minor in (each.amount_minor, each.paid_minor))
    count = look.words.say("count_one" if each.orders == 1 else "count", orders=each.orders)
    return Entry(each.currency, look.words.say("total_line", amount=amount, paid=paid), count)


def _order(order: OrderDetails, look: Look) -> Entry:
    head, say = order.summary, look.words.say
    text = joined((head.order_no, _money(head.amount_minor, head.currency, look)))
    paid = say("paid", amount=_money(head.paid_minor, head.currency, look))
    note = joined((look.name("order", head.status.value), paid, look.name("source", head.source)))
    details = [order.note] if order.note else []
    details += [f"{say('payment')} {_paid(payment, look)}" for payment in order.payments]
    return Entry(look.day(head.ordered_at), text, note, tuple(details), _positions(order, look))


def _positions(order: OrderDetails, look: Look) -> Grid | None:
    if not order.lines:
        return None
    say, currency = look.words.say, order.summary.currency
    rows = tuple(
        (
            joined((line.title, line.sku)),
            f"{line.qty_milli / 1000:.3f}".rstrip("0").rstrip("."),
            "" if line.unit_minor is None else plain_money(line.unit_minor, currency),
        )
        for line in order.lines
    )
    return Grid((say("item"), say("quantity"), f"{say('unit_price')} ({currency})"), rows, (1, 2))


def _payment(payment: Payment, look: Look) -> Entry:
    text = _money(payment.amount_minor, payment.currency, look)
    return Entry(look.day(payment.paid_at), text, joined((payment.method, payment.reference)))


def _paid(payment: Payment, look: Look) -> str:
    amount = _money(payment.amount_minor, payment.currency, look)
    return joined((look.day(payment.paid_at), amount, payment.method, payment.reference))


# --- history -----------------------------------------------------------------------------------------------------


def _months(content: ArchiveContent, look: Look) -> Iterable[Group]:
    for month, lines in groupby(content.timeline, key=lambda line: look.day(line.at)[:7]):
        yield Group(month, tuple(_happening(line, look) for line in lines))


def _happening(line: TimelineLine, look: Look) -> Entry:
    say = look.words.say
    attached = ""
    if line.attachments:
        attached = say("one_attachment") if line.attachments == 1 else say("attachments", count=line.attachments)
    title = line.title or (say("no_subject") if line.kind in _MAIL else "")
    note = joined((look.name("what", line.kind.value), line.who, line.outcome.replace("_", " "), attached))
    details = tuple(text for text in (line.said, line.body) if text and text != line.title)
    return Entry(look.minute(line.at)[5:], f"{_ARROWS[line.direction]} {title}".strip(), note, details)


def _change(change: FieldChangeLine, content: ArchiveContent, look: Look) -> Entry:
    spec, nothing = content.specs.get(change.field), look.words.say("nothing")
    called = look.words.label("field", change.field) if spec is None else spec.label
    text = look.words.colon(called, f"{change.before or nothing} ⇒ {change.after or nothing}")
    return Entry(
        look.minute(change.at), text, joined((look.name("source", change.source), change.by.partition(":")[2]))
    )
