"""`mailcrm people`: customers, their archive, their consent."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli import values
from mailcrm.cli.ask import require_yes
from mailcrm.cli.console import out
from mailcrm.cli.context import Json, Yes, context_of, print_json, print_table, say, warn
from mailcrm.cli.people_list import list_
from mailcrm.cli.timeline import print_archive, print_standing, print_timeline
from mailcrm.cli.values import Sensitive
from mailcrm.clock import utc_now
from mailcrm.errors import UserError
from mailcrm.model.archive import EDITABLE_FIELDS
from mailcrm.model.consent import ConsentState
from mailcrm.model.conversation import Waiting

app = typer.Typer(help="Customers: the list, one archive, consent.", no_args_is_help=True)
consent = typer.Typer(
    help="Consent per purpose, with its proof. Marketing is sent to nobody without it.", no_args_is_help=True
)
app.add_typer(consent, name="consent")
app.add_typer(values.value, name="value")
app.add_typer(values.email, name="email")
app.command("tie")(values.tie)
app.command("list")(list_)

_ORDERS = 5
"""The newest ones are shown with a customer."""

Who = Annotated[str, typer.Argument(help="A customer number, or an e-mail address.")]


# --- looking -----------------------------------------------------------------------------------------------------


@app.command()
def show(
    ctx: typer.Context,
    who: Who,
    limit: Annotated[int, typer.Option(min=1, help="Lines of the timeline.")] = 30,
    sensitive: Sensitive = False,
    json: Json = False,
) -> None:
    """One customer: fields, addresses, consent, open cases, pinned notes, orders, and the timeline."""
    from mailcrm.cli.activities_shown import print_above
    from mailcrm.cli.orders_shown import order_json, print_orders_of
    from mailcrm.store import activity_lists, conversations, order_lists, parties, people, timeline

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        now = crm.clock()
        party_id = parties.get_party(session, who)
        archive = people.get_archive(session, party_id, context.viewer, sensitive=sensitive)
        waiting = [
            line
            for whom in (Waiting.US, Waiting.THEM)
            for line in conversations.list_waiting(session, context.viewer, whom, party_id=party_id)
        ]
        habits = conversations.select_habits(session, party_id, now)
        opened, pinned = activity_lists.standing_of(session, party_id, context.viewer)
        orders = order_lists.orders_of(session, party_id, context.viewer, _ORDERS)
        totals = order_lists.totals_of(session, party_id, context.viewer)
        lines = timeline.select_timeline(session, party_id, context.viewer, limit=limit)
    if json:
        above = {"cases": opened, "pinned": pinned, "orders": [order_json(each) for each in orders], "totals": totals}
        print_json({"archive": archive, "waiting": waiting, "habits": habits} | above | {"timeline": lines})
        return
    print_archive(archive)
    print_standing(waiting, habits, now)
    print_above(opened, pinned, now)
    print_orders_of(orders, totals)
    print_timeline(lines)


# --- changing ----------------------------------------------------------------------------------------------------


@app.command()
def add(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="E-mail address.")],
    name: Annotated[str, typer.Option(help="Name.")] = "",
    organisation: Annotated[bool, typer.Option("--organisation", help="Not a person.")] = False,
    phone: Annotated[str, typer.Option(help="A phone number.")] = "",
    company: Annotated[str, typer.Option(help="Whom they work for.")] = "",
    anyway: Annotated[bool, typer.Option("--anyway", help="Also if they may be known already.")] = False,
) -> None:
    """Make a customer by hand, or make somebody known from mail one. Says who may be the same before it does."""
    from mailcrm.service.customers import add_customer, change_customer, known_apart, look_alikes, typed
    from mailcrm.store import parties
    from mailcrm.store.identity import clusters

    context = context_of(ctx)
    given = {name: value for name, value in (("phone", phone), ("company", company)) if value}
    with context.app() as crm, crm.store.write(context.actor) as session:
        clusters.hold(session)
        new = parties.find_party(session, address) is None
        seen = typed(name, address, phone, company, organisation=organisation)
        alike = look_alikes(session, seen, context.viewer) if new else []
        if not anyway:
            _warn_of(alike)
        number = add_customer(session, address, name, crm.own, crm.clock(), organisation=organisation)
        if given:
            change_customer(session, parties.get_party(session, address), given, crm.clock())
        if new:
            known_apart(session, parties.get_party(session, address), alike, crm.clock())
    say(f"{address} is customer {number}")


def _warn_of(found: Sequence[Any]) -> None:
    """Raises UserError naming those who may be the same."""
    if found:
        raise UserError(
            "somebody like that is known already; with --anyway a new customer is made all the same",
            problems=[
                f"{each.line.number or f'#{each.line.id}'} {each.line.name} {each.line.email} "
                f"({each.bits:+.1f} bits: {each.why})"
                for each in found
            ],
        )


@app.command()
def similar(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(help="Name.")] = "",
    address: Annotated[str, typer.Option(help="E-mail address.")] = "",
    phone: Annotated[str, typer.Option(help="Phone number.")] = "",
    company: Annotated[str, typer.Option(help="Company.")] = "",
    organisation: Annotated[bool, typer.Option("--organisation", help="Not a person.")] = False,
    json: Json = False,
) -> None:
    """Who is known already that looks like this; makes nothing."""
    from mailcrm.service.customers import look_alikes, typed

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = look_alikes(session, typed(name, address, phone, company, organisation=organisation), context.viewer)
    if json:
        print_json(found)
        return
    rows = [(x.line.number or f"#{x.line.id}", x.line.name, x.line.email, f"{x.bits:+.1f}", x.why) for x in found]
    print_table(("number", "name", "email", "bits", "why"), rows, empty="nobody like that is known")


@app.command("set")
def set_(
    ctx: typer.Context,
    who: Who,
    values: Annotated[list[str], typer.Argument(help=f"field=value; fields: {', '.join(EDITABLE_FIELDS)}")],
) -> None:
    """Change fields; what you enter is never overwritten by what mail says. `phone=` says that there is none."""
    from mailcrm.service.customers import change_customer
    from mailcrm.store import parties

    patch = dict(_pair(value) for value in values)
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        change_customer(session, parties.get_party(session, who), patch, crm.clock())
    say(f"{who}: {len(patch)} field(s) changed")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"{text!r}: write field=value")
    return name.strip(), value


# --- consent -----------------------------------------------------------------------------------------------------


@consent.command("add")
def consent_add(
    ctx: typer.Context,
    purpose: Annotated[str, typer.Argument(help="What for, e.g. newsletter.")],
    addresses: Annotated[list[str] | None, typer.Argument(help="E-mail addresses.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="A sheet with the columns email and, if you have them, name, at, evidence."),
    ] = None,
    evidence: Annotated[str, typer.Option(help="The proof: where and how they said yes.")] = "",
    at: Annotated[datetime | None, typer.Option(help="When they said it (UTC); default: now.")] = None,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="They said no.")] = False,
    yes: Yes = False,
) -> None:
    """Record that people consented (or with --withdrawn that they do not). Evidence is needed for every yes."""
    from mailcrm.service.consents import Said, read_file, record_all

    context = context_of(ctx)
    action = ConsentState.WITHDRAWN if withdrawn else ConsentState.GIVEN
    moment = at.replace(tzinfo=UTC) if at else utc_now()
    said = [Said(address, "", moment, evidence) for address in addresses or ()]
    said += read_file(file, moment, evidence) if file else []
    if not said:
        raise UserError("name at least one address, or a --file")
    if action == ConsentState.GIVEN and len(said) > 1:
        require_yes(f"Did all {len(said)} people agree to get {purpose!r} mail, and can you prove it?", yes=yes)
    with context.app() as crm:
        done = record_all(crm, context.actor, purpose, action, said, source=file.name if file else "cli")
    say(f"{purpose}: {done.changed} changed, {done.same} as before, {done.created} new customers")
    for problem in done.problems:
        warn(problem)
    if done.problems:
        raise typer.Exit(1)


@consent.command("list")
def consent_list(ctx: typer.Context, who: Who, json: Json = False) -> None:
    """What one customer said, per address and purpose, with the proof."""
    from mailcrm.store import parties, people

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        archive = people.get_archive(session, parties.get_party(session, who), context.viewer)
    if json:
        print_json(archive.addresses)
        return
    rows = [
        (a.address, c.purpose, c.state, c.since, c.source, c.evidence) for a in archive.addresses for c in a.consents
    ]
    print_table(("address", "purpose", "state", "since", "source", "evidence"), rows, empty="nothing recorded")
    for line in archive.addresses:
        for closed in line.suppressions:
            out.print(f"[red]{line.address} is closed: {closed}[/red]")


@app.command()
def suppress(
    ctx: typer.Context,
    address: str,
    purpose: Annotated[str | None, typer.Option(help="Only for this purpose; default: everything.")] = None,
) -> None:
    """Never mail an address again."""
    from mailcrm.service.consents import close_address

    context = context_of(ctx)
    with context.app() as crm:
        fresh = close_address(crm, context.actor, address, purpose)
    say(f"{address} is closed for {purpose or 'everything'}" + ("" if fresh else " already"))


@app.command()
def unsuppress(ctx: typer.Context, address: str, yes: Yes = False) -> None:
    """Open a closed address again. Only do this when its owner asked for it; it is logged."""
    from mailcrm.service.consents import open_address

    require_yes(f"Did the owner of {address} ask for mail again?", yes=yes)
    context = context_of(ctx)
    with context.app() as crm:
        count = open_address(crm, context.actor, address)
    say(f"{address}: {'open again' if count else 'was not closed'}")
