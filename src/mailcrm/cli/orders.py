"""`mailcrm orders`: what customers ordered and paid."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, plain, print_json, say
from mailcrm.errors import UserError
from mailcrm.model.order import OrderStatus

app = typer.Typer(help="Orders and payments of customers.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="The customer: number or e-mail address.")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="Its number, its source's name for it, or #id.")]
At = Annotated[str | None, typer.Option("--at", help="When, e.g. 2026-12-01 or '2026-12-01 15:30'; default: now.")]
Amount = Annotated[str, typer.Option(help="How much, e.g. 1299.50.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    who: Annotated[str | None, typer.Argument(help="Only of this customer, with totals: number or address.")] = None,
    status: Annotated[OrderStatus | None, typer.Option(help="Only those (of all customers).")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Also archived ones.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json: Json = False,
) -> None:
    """Orders, the newest first."""
    from mailcrm.cli.orders_shown import order_json, print_orders, print_totals
    from mailcrm.store import order_lists, parties

    if who and status:
        raise UserError("--status is for the list of all customers; leave out one of the two")
    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        if who:
            party_id = parties.get_party(session, who)
            found = order_lists.orders_of(session, party_id, context.viewer, limit, archived=archived)
            totals = order_lists.totals_of(session, party_id, context.viewer)
        else:
            found = order_lists.list_orders(session, context.viewer, status=status, limit=limit, archived=archived)
            totals = []
    if json:
        print_json({"orders": [order_json(each) for each in found], "totals": totals})
        return
    print_orders(found, empty="no orders; `mailcrm orders add` enters one")
    print_totals(totals)


@app.command()
def show(ctx: typer.Context, order: Order, json: Json = False) -> None:
    """One order with its positions, payments and history."""
    from mailcrm.cli.orders_shown import details_json, print_order
    from mailcrm.store import order_lists

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = order_lists.get_order(session, order_lists.find_order(session, order), context.viewer)
    if json:
        print_json(details_json(found))
        return
    print_order(found)


# --- entering ----------------------------------------------------------------------------------------------------


@app.command()
def add(
    ctx: typer.Context,
    who: Who,
    number: Annotated[str, typer.Argument(help="The number that the customer knows the order by.")],
    amount: Amount,
    currency: Annotated[str, typer.Option(help="ISO 4217, e.g. CNY, EUR.")],
    at: At = None,
    status: Annotated[OrderStatus, typer.Option(help="How far it is.")] = OrderStatus.OPEN,
    line: Annotated[
        list[str] | None, typer.Option(help="A position, e.g. '2 x Widget @ 12.50'; may be given several times.")
    ] = None,
    note: Annotated[str, typer.Option(help="Anything else.")] = "",
    json: Json = False,
) -> None:
    """Enter an order by hand."""
    from mailcrm.cli.when import typed_moment
    from mailcrm.model import order as values
    from mailcrm.model.money import parse_currency, parse_money
    from mailcrm.model.text import clean_line
    from mailcrm.service.orders import enter_order
    from mailcrm.store import parties

    code, typed = parse_currency(currency), clean_line(number, 80)
    if not typed:
        raise UserError("an order needs a number")
    lines = tuple(values.parse_order_line(each, code) for each in line or ())
    minor = parse_money(amount, code)
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        now = crm.clock()
        entered = values.Order(typed, typed_moment(at, now), code, minor, status, lines=lines, note=note)
        order_id = enter_order(session, parties.get_leaf(session, who), entered, now)
    _done(f"order {typed} is entered as #{order_id}", {"id": order_id}, json=json)


@app.command("import-one")
def import_one(
    ctx: typer.Context,
    who: Who,
    file: Annotated[Path, typer.Argument(help="JSON of one order in our own format; - for standard input.")],
    json: Json = False,
) -> None:
    """Take an order from another program. The same again changes nothing, a newer state changes the order."""
    from mailcrm.service.orders import import_order
    from mailcrm.store import parties

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"{file} cannot be read: {exc}") from exc
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        order_id = import_order(session, parties.get_leaf(session, who), text, crm.clock())
    _done(f"the order is #{order_id}", {"id": order_id}, json=json)


@app.command("status")
def status_(
    ctx: typer.Context,
    order: Order,
    status: Annotated[OrderStatus, typer.Argument(help="How far it is now.")],
    version: Annotated[
        int | None, typer.Option(help="The version you looked at: refused if somebody changed the status since.")
    ] = None,
    json: Json = False,
) -> None:
    """Change how far an order is; the change stands on the timeline."""
    from mailcrm.service.orders import enter_status
    from mailcrm.store import order_lists

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        order_id = order_lists.find_order(session, order)
        changed = enter_status(session, order_id, status, crm.clock(), version)
    _done(f"order {order} is {status}", {"id": order_id, "status": status, "row_version": changed}, json=json)


@app.command()
def pay(
    ctx: typer.Context,
    amount: Amount,
    order: Annotated[str | None, typer.Argument(metavar="ORDER", help="Number, source's name or #id.")] = None,
    customer: Annotated[str | None, typer.Option(help="For no order: the customer who paid.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217; default: that of the order.")] = None,
    at: At = None,
    method: Annotated[str, typer.Option(help="How it was paid.")] = "",
    reference: Annotated[str, typer.Option(help="What the bank or the customer wrote.")] = "",
    json: Json = False,
) -> None:
    """Enter money that came for an order (a negative amount: that went back). An order that is wholly paid gets that status."""
    from mailcrm.cli.when import typed_moment
    from mailcrm.model.money import parse_currency, parse_money, show_money
    from mailcrm.model.order import Payment
    from mailcrm.service import orders
    from mailcrm.store import order_lists, parties

    if (order is None) == (customer is None):
        raise UserError("name an order, or with --customer who paid for none")
    context = context_of(ctx)
    whole = False
    with context.app() as crm, crm.store.write(context.actor) as session:
        now = crm.clock()
        order_id = order_lists.find_order(session, order) if order else None
        if order_id is not None and currency is None:
            currency = order_lists.get_order(session, order_id, context.viewer).summary.currency
        if currency is None:
            raise UserError("say of which currency: --currency CNY")
        code = parse_currency(currency)
        payment = Payment(typed_moment(at, now), parse_money(amount, code), code, method, reference)
        if order_id is not None:
            whole = orders.enter_payment(session, order_id, payment, now)
        else:
            orders.enter_payment_alone(session, parties.get_leaf(session, str(customer)), payment, now)
    text = f"{show_money(payment.amount_minor, code)} entered" + (f"; order {order} is paid" if whole else "")
    _done(text, {"id": order_id, "paid": whole, "payment": plain(payment)}, json=json)


@app.command()
def archive(
    ctx: typer.Context,
    order: Order,
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back.")] = False,
) -> None:
    """Take an order out of lists and totals. Nothing of it is deleted."""
    from mailcrm.service import orders
    from mailcrm.store import order_lists

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        orders.archive(session, order_lists.find_order(session, order), crm.clock(), undo=undo)
    say(f"order {order} is {'back' if undo else 'archived'}")


def _done(text: str, values: dict[str, object], *, json: bool) -> None:
    if json:
        print_json(values)
    else:
        say(text)
