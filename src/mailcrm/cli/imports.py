"""`mailcrm import`: what you have elsewhere, taken over."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from mailcrm.cli import people_imports
from mailcrm.cli.console import err
from mailcrm.cli.context import Json, context_of, print_json, say, warn
from mailcrm.model.account import Capture

if TYPE_CHECKING:
    from mailcrm.ingest.files.report import ImportReport
    from mailcrm.service.importing import ImportResult

app = typer.Typer(help="Take over what you have elsewhere: customers, orders, old mail.", no_args_is_help=True)


@app.callback()
def imports() -> None:
    """Take over what you have elsewhere: customers, orders, old mail."""


people_imports.add_to(app)


@app.command()
def mail(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="An mbox file, a Maildir, an .eml file, or a folder with any of them.")],
    account: Annotated[str | None, typer.Option(help="Whose mail it is; needed if there are several.")] = None,
    json: Json = False,
) -> None:
    """Import old mail from files: mbox (Thunderbird, Gmail Takeout), Maildir, .eml.

    The rules of the account hold for it as for mail from its server. What is in the archive already is not doubled, and
    an import that was stopped goes on where it was: just run it again.
    """
    from mailcrm.service.importing import import_mail

    context = context_of(ctx)
    started = time.monotonic()
    with context.app() as crm, _bar(quiet=json) as bar:
        result = import_mail(crm, context.actor, path, account, _Shown(bar))
    seconds = round(time.monotonic() - started, 2)
    if json:
        print_json(_as_json(result, seconds))
    else:
        _tell(result, path, seconds)
    if result.report.failures:
        raise typer.Exit(1)


def _bar(*, quiet: bool) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[mails]} mails"), TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=err, disable=quiet, transient=True)


class _Shown:
    """One line of progress, for the source that is being read."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task = bar.add_task("", total=None, mails=0)
        self.sources = 0

    def __call__(self, report: "ImportReport") -> None:
        if report.sources != self.sources:  # the speed of one source says nothing about the next
            self.sources = report.sources
            self.bar.reset(self.task, description=report.source)
        self.bar.update(self.task, completed=report.done, total=report.total, mails=report.mails)


def _as_json(result: "ImportResult", seconds: float) -> dict[str, object]:
    report = result.report
    names = (
        "mails", "read", "new", "known", "left_out", "quarantined", "sources", "folders_left_out", "other_files",
        "failures",
    )  # fmt: skip
    counts = {name: getattr(report, name) for name in names}
    return {"account": result.account, "customers": result.customers, "seconds": seconds, **counts}


def _tell(result: "ImportResult", path: Path, seconds: float) -> None:
    report = result.report
    left_out = sum(report.left_out.values())
    say(
        f"{result.account}: {report.mails} mails ({report.read} read now): {report.new} new, {report.known} already there, "
        f"{left_out} left out, {report.quarantined} quarantined; {result.customers} new customers; {seconds:.1f} s"
    )
    for rule, count in sorted(report.left_out.items()):
        say(f"  left out: {count} × {rule}")
    if report.folders_left_out:
        say(f"  left out: the folders {', '.join(report.folders_left_out)}; who wants one imports it by its own path")
    if report.other_files:
        say(f"  files that are no mail: {report.other_files}")
    if result.capture != Capture.ALL:
        say(f"  {result.account} keeps {result.capture} only: texts and attachments were not taken over")
    if report.quarantined:
        say("  `mailcrm accounts problems` lists what could not be read, with the reason")
    for name, reason in report.failures:
        warn(f"{name}: {reason}; when that is mended, import {path} again")
