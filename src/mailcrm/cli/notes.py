"""`mailcrm notes`: what to remember of customers."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, say
from mailcrm.cli.log import Attach, Body, Private, What, Who, keep, told
from mailcrm.model.activity import Activity
from mailcrm.model.interaction import InteractionKind

app = typer.Typer(help="Notes on customers; pinned ones stand above the timeline.", no_args_is_help=True)

Note = Annotated[int, typer.Argument(help="Its number, as `mailcrm notes list` shows it.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    who: Who,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json: Json = False,
) -> None:
    """The notes on a customer, the newest first."""
    from mailcrm.cli.activities_shown import print_notes
    from mailcrm.store import activity_lists, parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        party_id = parties.get_party(session, who)
        found = activity_lists.activities_of(session, party_id, context.viewer, [InteractionKind.NOTE], limit)
    if json:
        print_json(found)
        return
    print_notes(found, empty=f"no notes; `mailcrm notes add {who} 'what'` writes one")


@app.command()
def add(
    ctx: typer.Context,
    who: Who,
    what: What,
    body: Body = "",
    pin: Annotated[bool, typer.Option("--pin", help="Show it above the timeline.")] = False,
    private: Private = False,
    attach: Attach = None,
    json: Json = False,
) -> None:
    """Write a note."""
    context = context_of(ctx)
    with context.app() as crm:
        note = Activity(InteractionKind.NOTE, crm.clock(), what, body, pinned=pin, private=private)
        done = keep(context, crm, [who], note, attach)
    told(f"note {done} is written", {"id": done}, json=json)


@app.command()
def pin(ctx: typer.Context, note: Note) -> None:
    """Show a note above the timeline."""
    _pin(ctx, note, pinned=True)
    say(f"note {note} is pinned")


@app.command()
def unpin(ctx: typer.Context, note: Note) -> None:
    """Show a note in the timeline only."""
    _pin(ctx, note, pinned=False)
    say(f"note {note} is not pinned")


def _pin(ctx: typer.Context, note: int, *, pinned: bool) -> None:
    from mailcrm.service import activities

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        activities.change(session, note, {"pinned": pinned}, context.viewer, crm.clock())
