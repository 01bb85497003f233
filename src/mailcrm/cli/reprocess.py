"""`mailcrm reprocess`: stored mail is understood anew, without its server."""

from typing import TYPE_CHECKING, Annotated

import typer

from mailcrm.cli.console import err
from mailcrm.cli.context import Json, context_of, print_json, say, warn

if TYPE_CHECKING:
    from mailcrm.service.reprocess import Reprocessed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reprocess)


def reprocess(
    ctx: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Also what the present rules have read.")] = False,
    json: Json = False,
) -> None:
    """Read stored mail again by the rules of this version: texts, kinds, reports, facts. No server is asked.

    Do it after an update that says so. Stopped, it goes on where it was; what people entered is never changed. Exit code 1 if
    some mail could not be understood: it stays as it was, with its reason in `mailcrm accounts problems`.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from mailcrm.service.reprocess import reprocess as run

    context = context_of(ctx)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with context.app() as crm, Progress(*columns, console=err, disable=json, transient=True) as bar:
        task = bar.add_task("mails", total=None)

        def shown(report: "Reprocessed") -> None:
            bar.update(task, total=report.total, completed=report.done)

        report = run(crm, context.actor, shown, all_=all_)
    if json:
        print_json(report)
    elif not report.done:
        say("all mail was read by the present rules; --all reads it again")
    else:
        say(f"{report.done} mails read again")
    if report.failed:
        warn(f"{report.failed} of them could not be understood and stay as they were")
        raise typer.Exit(1)
