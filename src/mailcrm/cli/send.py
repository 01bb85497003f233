"""`mailcrm send`: the one switch for everything that leaves the house."""

import typer

from mailcrm.cli.ask import require_yes
from mailcrm.cli.context import Yes, context_of, say

app = typer.Typer(help="The switch for all sending. It is off until you turn it on.", no_args_is_help=True)


@app.command()
def on(ctx: typer.Context, yes: Yes = False) -> None:
    """Allow sending. Campaigns still ask for their number of recipients before they start."""
    require_yes("Running campaigns will go out. Allow sending?", yes=yes)
    _switch(ctx, True)
    say("sending is on")


@app.command()
def off(ctx: typer.Context) -> None:
    """Stop all sending before the next mail; nothing is lost, `send on` goes on."""
    _switch(ctx, False)
    say("sending is off")


def _switch(ctx: typer.Context, value: bool) -> None:
    from mailcrm.store import audit, settings

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        settings.switch_sending(session, value, crm.clock())
        audit.append_audit(session, "send.on" if value else "send.off", "sending", crm.clock())
