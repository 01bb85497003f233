"""`mailcrm people value|email|tie`: what a customer has several of, what is suggested, and what it was before."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.errors import UserError
from mailcrm.model.party import AffiliationKind

value = typer.Typer(help="Several phones, handles, addresses; suggestions; history.", no_args_is_help=True)
email = typer.Typer(help="The e-mail addresses of a customer.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="A customer number, or an e-mail address.")]
Field = Annotated[str, typer.Argument(help="The field, e.g. mobile, wechat, address.")]
Sensitive = Annotated[bool, typer.Option("--sensitive", help="Show sensitive fields, too.")]
Value = Annotated[str, typer.Argument(help="The value, as `mailcrm people show` prints it.")]


# --- values ------------------------------------------------------------------------------------------------------


@value.command()
def add(
    ctx: typer.Context,
    who: Who,
    field: Field,
    text: Annotated[str, typer.Argument(help="The value; not needed for an address given by --part.")] = "",
    label: Annotated[str, typer.Option(help='What kind of it, e.g. "office".')] = "",
    part: Annotated[
        list[str] | None,
        typer.Option(help="Of a postal address: country=, region=, city=, district=, street=, postcode="),
    ] = None,
) -> None:
    """One more value; the first one stays the one to use."""
    from mailcrm.service.customers import ADDRESS_PARTS, add_value
    from mailcrm.store import parties

    parts = dict(each.partition("=")[::2] for each in part or ())
    unknown = [name for name in parts if name not in ADDRESS_PARTS]
    if unknown:
        raise UserError(f"an address has no part {unknown[0]!r}; there are: {', '.join(ADDRESS_PARTS)}")
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        party_id = parties.get_party(session, who)
        add_value(session, party_id, field, text, crm.clock(), label=label, parts=parts)
    say(f"{who}: one more {field}")


@value.command()
def end(ctx: typer.Context, who: Who, field: Field, text: Value) -> None:
    """A value holds no more, or a suggestion is wrong. It is kept, and can be entered again."""
    from mailcrm.service.customers import end_value
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        end_value(session, parties.get_party(session, who), field, text, crm.clock())
    say(f"{who}: {field} {text!r} is ended")


@value.command()
def accept(ctx: typer.Context, who: Who, field: Field, text: Value) -> None:
    """Take a suggestion: from now on it is the value."""
    from mailcrm.service.customers import accept_value
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        accept_value(session, parties.get_party(session, who), field, text, context.viewer, crm.clock())
    say(f"{who}: {field} is {text!r}")


@value.command()
def suggestions(ctx: typer.Context, who: Who, json: Json = False) -> None:
    """What weaker sources say otherwise: mail, files, forms."""
    from mailcrm.model.contact import Standing
    from mailcrm.store import parties, people

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        archive = people.get_archive(session, parties.get_party(session, who), context.viewer)
    found = [fact for fact in archive.facts if fact.standing is Standing.SUGGESTION]
    if json:
        print_json(found)
        return
    present = {fact.field: fact.value for fact in archive.facts if fact.is_current} | {"name": archive.line.name}
    print_table(
        ("field", "suggested", "now", "source", "confidence", "seen"),
        [(f.field, f.value, present.get(f.field, ""), f.source, f"{f.confidence:.0%}", f.observed_at) for f in found],
        empty="nothing is suggested",
    )


@value.command()
def history(
    ctx: typer.Context,
    who: Who,
    field: Annotated[str | None, typer.Argument(help="Only of this field.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    sensitive: Sensitive = False,
    json: Json = False,
) -> None:
    """What fields held before, who changed them, and when."""
    from mailcrm.store import parties
    from mailcrm.store.history import history_of

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        lines = history_of(session, parties.get_party(session, who), field, limit, sensitive=sensitive)
    if json:
        print_json(lines)
        return
    rows = [
        (x.at, x.field, x.before, x.after, x.source + (f" {x.source_ref}" if x.source_ref else ""), x.by) for x in lines
    ]
    print_table(("when", "field", "before", "after", "source", "by"), rows, empty="nothing was changed yet")


# --- e-mail addresses --------------------------------------------------------------------------------------------


@email.command("add")
def email_add(ctx: typer.Context, who: Who, address: str) -> None:
    """One more address. Mail of it that is in the archive already is on the timeline at once."""
    from mailcrm.service.customers import add_address
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        mails = add_address(session, parties.get_party(session, who), address, crm.own, crm.clock())
    say(f"{who} has the address {address}" + (f"; {mails} mails came with it" if mails else ""))


@email.command("end")
def email_end(ctx: typer.Context, who: Who, address: str) -> None:
    """It is not used any more. It is kept, and its mail is filed as before."""
    _arrange(ctx, who, address, "end")


@email.command("restore")
def email_restore(ctx: typer.Context, who: Who, address: str) -> None:
    """It is used again."""
    _arrange(ctx, who, address, "restore")


@email.command("first")
def email_first(ctx: typer.Context, who: Who, address: str) -> None:
    """Write to this one first."""
    _arrange(ctx, who, address, "first")


@email.command("label")
def email_label(ctx: typer.Context, who: Who, address: str, label: str) -> None:
    """Say what kind of address it is."""
    _arrange(ctx, who, address, "label", label)


def _arrange(ctx: typer.Context, who: str, address: str, what: str, label: str = "") -> None:
    from mailcrm.service.customers import arrange_address
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        arrange_address(session, parties.get_party(session, who), address, what, crm.clock(), label)
    say(f"{who}: {address}: {what} {label}".rstrip())


# --- ties --------------------------------------------------------------------------------------------------------


def tie(
    ctx: typer.Context,
    who: Who,
    organisation: Annotated[str, typer.Argument(help="The organisation, by number or address.")],
    kind: Annotated[AffiliationKind, typer.Option(help="What they are to it.")] = AffiliationKind.EMPLOYEE,
    title: Annotated[str, typer.Option(help="Their job there.")] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From when on.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Until when.")] = None,
    end: Annotated[bool, typer.Option("--end", help="It is over since today.")] = False,
) -> None:
    """Whom somebody works for, is the agent of, or is an end customer of."""
    from mailcrm.service.customers import tie_to, untie
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        person, org = parties.get_party(session, who), parties.get_party(session, organisation)
        if end:
            untie(session, person, org, crm.clock())
        else:
            tie_to(session, person, org, kind, crm.clock(), title=title, since=_utc(since), until=_utc(until))
    say(f"{who} {'is no longer' if end else 'is'} {kind.value.replace('_', ' ')} of {organisation}")


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None
