"""`mailcrm campaigns`: write, check, start, stop, and see how it went."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel

from mailcrm.cli.ask import Questions
from mailcrm.cli.console import escape, out
from mailcrm.cli.context import Json, context_of, print_json, print_table, say, warn
from mailcrm.errors import Conflict, UserError
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.recipient import RecipientState

app = typer.Typer(help="Campaigns: segmented, personalised mail that never goes out twice.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The campaign's name.")]


@app.command("list")
def list_(
    ctx: typer.Context, all_: Annotated[bool, typer.Option("--all", help="Also tests.")] = False, json: Json = False
) -> None:
    """All campaigns, newest first."""
    from mailcrm.store import campaigns

    with context_of(ctx).app() as crm, crm.store.read() as session:
        rows = [
            (row, campaigns.count_recipients(session, row.id))
            for row in campaigns.list_campaigns(session)
            if all_ or row.kind != CampaignKind.SYSTEM
        ]
    if json:
        print_json([{"campaign": row, "counts": counts} for row, counts in rows])
        return
    print_table(
        ("name", "state", "account", "purpose", "recipients", "sent", "started", "reason"),
        [
            (
                r.name,
                r.state,
                r.account,
                r.purpose,
                c.total,
                c.states[RecipientState.SENT],
                r.started_at,
                r.state_reason,
            )
            for r, c in rows
        ],
        empty="no campaigns yet; `mailcrm campaigns create` makes one",
    )


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    template: Annotated[Path, typer.Option(help="The mail: 'Subject: ...', an empty line, then text or HTML.")],
    segment: Annotated[str, typer.Option(help="Who: the name of a stored segment, or an expression.")],
    account: Annotated[str | None, typer.Option(help="From which account; needed if there are several.")] = None,
    purpose: Annotated[str, typer.Option(help="What people consented to.")] = "newsletter",
) -> None:
    """Make a draft. Nothing is sent before `start`."""
    from mailcrm.service.campaigns import create_draft

    context = context_of(ctx)
    with context.app() as crm:
        row = create_draft(crm, context.actor, name, template, segment, account, purpose)
    say(f"draft {row.name!r}: {row.template.filename} (version {row.template.version}) to: {row.segment}")
    say(f"next: mailcrm campaigns preview '{row.name}'", style="dim")


@app.command()
def edit(ctx: typer.Context, name: Name, template: Annotated[Path, typer.Option(help="The new text.")]) -> None:
    """Give a draft another text."""
    from mailcrm.service.campaigns import change_text

    context = context_of(ctx)
    with context.app() as crm:
        row = change_text(crm, context.actor, name, template)
    say(f"draft {row.name!r} now has {row.template.filename} (version {row.template.version})")


@app.command()
def audience(ctx: typer.Context, name: Name, limit: int = 20, json: Json = False) -> None:
    """Who would get it today, who would not, and why."""
    ready = _prepare(ctx, name)
    chosen, withheld = ready.audience.chosen, ready.audience.withheld
    if json:
        print_json(
            {
                "recipients": len(chosen),
                "chosen": [
                    {"number": who.number, "name": who.name, "address": who.address, "party_id": who.party_id}
                    for who in chosen
                ],
                "withheld": ready.audience.reasons(),
                "left_out": withheld,
            }
        )
        return
    say(f"{len(chosen)} would get {name!r}, {len(withheld)} would not", style="bold")
    print_table(("left out because", "customers"), list(ready.audience.reasons().items()), empty="nobody is left out")
    print_table(
        ("number", "name", "address", "reason"),
        [(left.who.number, left.who.name, left.who.address, left.reason) for left in withheld[:limit]],
        empty="",
    ) if withheld else None


@app.command()
def preview(
    ctx: typer.Context,
    name: Name,
    as_: Annotated[
        str | None, typer.Option("--as", help="As which customer (number or address); default: the first.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the HTML to this file, to open it in a browser.")] = None,
    json: Json = False,
) -> None:
    """The mail as one customer would get it, and everything that must be right before a start."""
    from mailcrm.service.campaigns import preview_as

    with context_of(ctx).app() as crm:
        shown = preview_as(crm, name, as_)
    if html is not None:
        _write_html(html, shown.rendered.html)
    if json:
        print_json(
            {
                "to": shown.to,
                "mail": shown.rendered,
                "problems": shown.problems,
                "warnings": shown.warnings,
                "recipients": shown.recipients,
            }
        )
        return
    body = escape(shown.rendered.text)
    out.print(Panel(body, title=f"To: {escape(shown.to)}", subtitle=f"Subject: {escape(shown.rendered.subject)}"))
    _print_problems(shown.problems, shown.warnings, shown.recipients)


def _write_html(path: Path, text: str | None) -> None:
    if text is None:
        raise UserError("this campaign is plain text; there is no HTML to write")
    try:
        path.write_text(text, "utf-8")
    except OSError as exc:
        raise UserError(f"{path} cannot be written: {exc.strerror or exc}") from exc


def _print_problems(problems: list[str], warnings: list[str], recipients: int) -> None:
    for problem in (*problems, *warnings):
        warn(f"- {problem}")
    if not problems:
        say(f"ready: {recipients} recipients, every mail composed once without a problem", style="green")


@app.command("test")
def send_test_mail(
    ctx: typer.Context,
    name: Name,
    to: Annotated[str, typer.Option(help="One of your own addresses.")],
    as_: Annotated[str | None, typer.Option("--as", help="With the values of which customer.")] = None,
) -> None:
    """Send one mail of the campaign to yourself, as a customer would get it."""
    from mailcrm.service.campaigns import send_test

    context = context_of(ctx)
    with context.app() as crm:
        row = send_test(crm, context.actor, name, to, as_)
    say(f"queued for {to}; the daemon sends it ({row.name})")


@app.command()
def start(
    ctx: typer.Context,
    name: Name,
    yes_send: Annotated[
        int | None, typer.Option(help="The number of recipients, to confirm without being asked.")
    ] = None,
    at: Annotated[datetime | None, typer.Option(help="Not before this time (UTC).")] = None,
) -> None:
    """Freeze the audience and send. Asks for the number of recipients typed back."""
    from mailcrm.service.campaigns import look, require_future, start_campaign

    context = context_of(ctx)
    start_at = at.replace(tzinfo=UTC) if at else None
    with context.app() as crm:
        require_future(crm, start_at)
        ready = look(crm, name)
    count = len(ready.audience.chosen)
    if ready.problems:
        raise Conflict(f"campaign {name!r} cannot start", problems=ready.problems)
    for warning in ready.warnings:
        warn(f"- {warning}")
    print_table(("left out because", "customers"), list(ready.audience.reasons().items()), empty="nobody is left out")
    question = f"Type the number of recipients ({count}) to send"
    typed = yes_send if yes_send is not None else Questions(yes=False).count(question, "--yes-send N")
    if typed != count:
        raise UserError(f"{typed} is not {count}: nothing was sent")
    with context.app() as crm:
        row = start_campaign(crm, context.actor, name, count, start_at, ready.audience)
    say(f"{row.name!r} is {row.state}: {count} recipients are frozen. The daemon (`mailcrm run`) sends them.")


def _prepare(ctx: typer.Context, name: str) -> Any:
    from mailcrm.service.campaigns import look

    with context_of(ctx).app() as crm:
        return look(crm, name)


@app.command()
def pause(ctx: typer.Context, name: Name) -> None:
    """Stop before the next mail; `resume` goes on."""
    _move(ctx, name, CampaignState.PAUSED)


@app.command()
def resume(ctx: typer.Context, name: Name) -> None:
    """Go on with a paused or held campaign."""
    _move(ctx, name, CampaignState.RUNNING)


@app.command()
def cancel(ctx: typer.Context, name: Name) -> None:
    """Stop for good; who has not got it yet never will."""
    _move(ctx, name, CampaignState.CANCELLED)


def _move(ctx: typer.Context, name: str, state: CampaignState) -> None:
    from mailcrm.service.campaigns import move

    context = context_of(ctx)
    with context.app() as crm:
        row = move(crm, context.actor, name, state)
    say(f"{row.name!r} is {row.state}")


@app.command()
def report(
    ctx: typer.Context,
    name: Name,
    recipients: Annotated[bool, typer.Option("--recipients", help="One line per recipient.")] = False,
    state: Annotated[list[RecipientState] | None, typer.Option(help="Only recipients in this state.")] = None,
    json: Json = False,
) -> None:
    """How it went: every recipient is in exactly one state, and all of them add up."""
    from mailcrm.cli.report import print_report
    from mailcrm.service.campaigns import read_report

    with context_of(ctx).app() as crm:
        found = read_report(crm, name, tuple(state or ()), lines=recipients or bool(state))
    if json:
        print_json(found)
    else:
        print_report(found)
