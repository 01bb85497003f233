"""`mailcrm run`, `sync` and `status`: the service, one pass by hand, and how it stands."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, account_names, cell, context_of, print_json, print_table, say, warn
from mailcrm.errors import MailcrmError, UserError

_FOLDER_LINES = 8


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run_)
    app.command()(sync)
    app.command()(status)


def run_(ctx: typer.Context) -> None:
    """Run the service: watch the mailboxes, send what is due, answer unsubscribe links. Ends on SIGTERM."""
    from mailcrm.service import daemon, upgrade
    from mailcrm.service.logs import configure_logs
    from mailcrm.web.app import build_asgi

    context = context_of(ctx)
    config = context.config()
    configure_logs(config.log)
    upgrade.upgrade_if_embedded(config)
    with context.app() as crm:
        code = daemon.run(crm, build_asgi(crm))
    raise typer.Exit(code)


def sync(
    ctx: typer.Context,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be repeated.")] = None,
    once: Annotated[bool, typer.Option("--once", help="One pass over the mailboxes, then end.")] = False,
    json: Json = False,
) -> None:
    """Read the mailboxes once, with progress. `mailcrm run` does it all the time."""
    from mailcrm.service.passes import sync_once

    if not once:
        raise UserError("`sync --once` reads the mailboxes once; `mailcrm run` keeps reading them")
    with context_of(ctx).app() as crm:
        results = [_one(crm, name, sync_once, quiet=json) for name in account_names(crm, account)]
    if json:
        print_json(results)
    if any(result["error"] for result in results):
        raise typer.Exit(2)
    if any(result["failures"] for result in results):
        raise typer.Exit(1)


def _one(crm: Any, name: str, sync_once: Any, *, quiet: bool) -> dict[str, Any]:
    started = time.monotonic()
    with _progress(name, quiet=quiet) as show:
        try:
            report, customers = sync_once(crm, name, show)
        except MailcrmError as exc:
            if not quiet:
                from mailcrm.cli.console import err, escape

                err.print(f"[bold red]{name}:[/bold red] {escape(str(exc))}", soft_wrap=True)
            return {"account": name, "error": str(exc), "failures": []}
    took = time.monotonic() - started
    if not quiet:
        say(
            f"{name}: {report.headers} new mails, {report.bodies} bodies, {report.skipped} left out, "
            f"{report.quarantined} quarantined; {report.unchanged} of {report.folders} folders unchanged; "
            f"{customers} new customers; {took:.1f} s"
        )
        for folder, error in report.failures:
            warn(f"{name}/{folder}: {error}")
        if report.paused:
            warn(f"{name}: today's budget of bytes is spent; old mail goes on after midnight UTC (`mailcrm status`)")
    return {"account": name, "error": None, "seconds": round(took, 2), "customers": customers} | _counts(report)


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Callable[[Any], None]]:
    """What takes the reports of a pass: a bar, where somebody sees it."""
    if quiet or not sys.stderr.isatty():
        yield lambda _report: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from mailcrm.cli.console import err

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("mails"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(name, total=None)

        def show(report: Any) -> None:
            bar.update(task, completed=report.headers + report.skipped, total=report.expected or None)

        yield show


def _counts(report: Any) -> dict[str, Any]:
    names = ("headers", "bodies", "skipped", "quarantined", "folders", "unchanged", "complete", "paused", "failures")
    return {name: getattr(report, name) for name in names}


def status(ctx: typer.Context, json: Json = False) -> None:
    """How everything stands: mailboxes, archive, campaigns, sending, the daemon."""
    from mailcrm.cli.reading import reading_text
    from mailcrm.service.status import read_status

    with context_of(ctx).app() as crm:
        found = read_status(crm)
    if json:
        print_json(found)
        return
    say(
        f"sending is {'on' if found.sending else 'off'} · daemon {'running' if found.workers else 'not running'}",
        "bold",
    )
    say("  ".join(f"{count} {name}" for name, count in found.archive.items()))
    if found.pairs:
        say(f"{found.pairs} {'pair' if found.pairs == 1 else 'pairs'} may be one customer: mailcrm identity review")
    print_table(
        (
            "account", "state", "folders", "stored", "server", "imported", "left out", "quarantined", "to come",
            "last complete",
        ),
        [
            (
                a.name, a.state, _sound(a), a.stored, a.server, a.imported, a.skipped, a.quarantined, a.pending,
                a.last_ok_at,
            )
            for a in found.accounts
        ],
        empty="no accounts; `mailcrm init` adds one",
    )  # fmt: skip
    for account in found.accounts:  # on a line of its own: in a column it would be a word wide
        if account.problem:
            warn(f"{account.name}: {account.problem}{_next_try(account)}")
        if account.reading is not None:
            say(f"{account.name}: {reading_text(account.reading)}")
        for line in _folder_lines(account):
            warn(line)
    if found.campaigns:
        print_table(
            ("campaign", "state", "recipients"),
            [(c.name, c.state, "  ".join(f"{k} {v}" for k, v in c.counts.items())) for c in found.campaigns],
            empty="",
            title="\ncampaigns under way",
        )
    for work in found.troubled:
        warn(f"{work.name}: {work.last_error} (due again {cell(work.due)})")


def _next_try(account: Any) -> str:
    if account.state == "parked":
        return f"\n  parked; when that is mended: mailcrm accounts resume {account.name}"
    return f" (next try {cell(account.next_try_at)})" if account.next_try_at else ""


def _sound(account: Any) -> str:
    """How many of the folders that are read are in order."""
    read = [folder for folder in account.folders if folder.healthy is not None]
    return f"{sum(folder.healthy for folder in read)} of {len(read)} healthy"


def _folder_lines(account: Any) -> list[str]:
    """What is wrong with folders, but for what stands in the account's own line."""
    lines = [f"{account.name}/{folder.folder}: {text}" for folder in account.folders for text in folder.problems]
    lines = [line for line in lines if line != f"{account.name}/{account.problem}"]
    more = len(lines) - _FOLDER_LINES
    return lines if more <= 0 else [*lines[:_FOLDER_LINES], f"and {more} more: mailcrm status --json"]
