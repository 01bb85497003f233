"""How orders look on a terminal."""

from collections.abc import Sequence
from typing import Any

from mailcrm.cli.console import escape, out
from mailcrm.cli.context import cell, plain, print_table, say
from mailcrm.model.money import plain_money, show_money
from mailcrm.model.order import OrderDetails, OrderSummary, OrderTotals


def print_orders(orders: Sequence[OrderSummary], *, empty: str) -> None:
    """A table; what was paid is empty where nothing was."""
    print_table(
        ("order", "", "ordered", "customer", "name", "amount", "paid", "status"),
        [
            (
                order.order_no,
                f"#{order.id}",
                order.ordered_at,
                order.number,
                order.name,
                show_money(order.amount_minor, order.currency),
                show_money(order.paid_minor, order.currency) if order.paid_minor else "",
                f"{order.status}{' (archived)' if order.archived_at else ''}",
            )
            for order in orders
        ],
        empty=empty,
    )


def print_totals(totals: Sequence[OrderTotals]) -> None:
    """One line for each currency."""
    for each in totals:
        say(_total(each))


def print_orders_of(orders: Sequence[OrderSummary], totals: Sequence[OrderTotals]) -> None:
    """The newest orders of a customer, below what all come to."""
    for each in totals:
        out.print(f"  orders: {escape(_total(each))}", soft_wrap=True)
    for order in orders:
        money = escape(show_money(order.amount_minor, order.currency))
        out.print(
            f"    {cell(order.ordered_at)[:10]} {escape(order.order_no)}: {money} [dim]{order.status}[/dim]",
            soft_wrap=True,
        )


def _total(each: OrderTotals) -> str:
    count = "1 order" if each.orders == 1 else f"{each.orders} orders"
    paid = f", paid {show_money(each.paid_minor, each.currency)}" if each.paid_minor else ""
    return f"{count}, {show_money(each.amount_minor, each.currency)}{paid}"


def print_order(order: OrderDetails) -> None:
    """One order with its positions, payments and history."""
    head = order.summary
    state = f"{head.status}{', archived' if head.archived_at else ''}"
    out.print(f"[bold]{escape(head.order_no)}[/bold]  {state}  {escape(show_money(head.amount_minor, head.currency))}")
    out.print(
        f"[dim]#{head.id} · {escape(head.number)} {escape(head.name)} · {cell(head.ordered_at)} · "
        f"{escape(order.source_ref)} · version {head.row_version}[/dim]",
        soft_wrap=True,
    )
    for line in order.lines:
        price = f" @ {show_money(line.unit_minor, head.currency)}" if line.unit_minor is not None else ""
        sku = f" [dim]{escape(line.sku)}[/dim]" if line.sku else ""
        out.print(f"  {line.qty_milli / 1000:g} x {escape(line.title)}{escape(price)}{sku}", soft_wrap=True)
    for payment in order.payments:
        how = " · ".join(filter(None, (payment.method, payment.reference)))
        money = show_money(payment.amount_minor, payment.currency)
        out.print(f"  paid {cell(payment.paid_at)}: {escape(money)}  [dim]{escape(how)}[/dim]", soft_wrap=True)
    if order.note:
        out.print(f"  {escape(order.note)}", soft_wrap=True)
    for each in order.changes:
        out.print(
            f"  [dim]{cell(each.at)} {escape(each.by)}: {each.field} "
            f"{escape(each.before) or '(nothing)'} → {escape(each.after) or '(nothing)'}[/dim]",
            soft_wrap=True,
        )


def order_json(order: OrderSummary) -> dict[str, Any]:
    """With the amounts as people type them, too."""
    shown: dict[str, Any] = plain(order)
    return shown | {
        "amount": plain_money(order.amount_minor, order.currency),
        "paid": plain_money(order.paid_minor, order.currency),
    }


def details_json(order: OrderDetails) -> dict[str, Any]:
    """The same with all that belongs to it."""
    shown: dict[str, Any] = plain(order)
    return shown | {"summary": order_json(order.summary)}
