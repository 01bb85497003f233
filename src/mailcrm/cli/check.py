"""`mailcrm check`: is everything right, and if not, what to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mailcrm.cli.console import err, escape, out
from mailcrm.cli.context import Json, context_of, print_json
from mailcrm.errors import ConfigError

_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Contact no mail server.")] = False,
    json: Json = False,
) -> None:
    """Look at the configuration, keys, database and mailboxes. Exit code 2 if anything does not work."""
    try:
        path = context_of(ctx).path()
    except ConfigError as exc:
        if json:
            print_json({"config": None, "errors": 1, "warnings": 0, "findings": [_missing(exc)]})
            raise typer.Exit(2) from exc
        raise
    found = []
    for finding in _findings(path, offline=offline):
        found.append(finding)
        if not json:
            _show(finding)
    errors, warnings = (sum(finding.level == level for finding in found) for level in ("error", "warning"))
    if json:
        print_json({"config": str(path), "errors": errors, "warnings": warnings, "findings": found})
    else:
        out.print(
            f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}" if errors or warnings else "all is right"
        )
    if errors:
        raise typer.Exit(2)


def _findings(path: Path, *, offline: bool) -> Iterator[Any]:
    """One after the other as they come: signing in takes its time."""
    from mailcrm.clock import utc_now
    from mailcrm.service.check import check_house
    from mailcrm.service.check_accounts import check_accounts

    house = check_house(path)
    yield from house.findings
    if house.config is not None:
        with err.status("Signing in to the mailboxes ..."):
            yield from check_accounts(house.config, house.standing, utc_now(), offline=offline)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _missing(exc: ConfigError) -> dict[str, str]:
    return {"level": "error", "key": "(file)", "text": exc.message, "fix": "run: mailcrm init"}


def _show(finding: Any) -> None:
    """The level in a column of its own; on a terminal long lines wrap beside it, elsewhere commands stay whole."""
    if not out.is_terminal:
        fix = f"\n{'':9}{escape(finding.fix)}" if finding.fix else ""
        out.print(f"{finding.level.value:9}{escape(f'{finding.key}: {finding.text}')}{fix}", soft_wrap=True)
        return
    line = Table.grid(padding=(0, 2))
    line.add_column(width=len("warning"), style=_STYLES[finding.level])
    fix = f"\n[cyan]{escape(finding.fix)}[/cyan]" if finding.fix else ""
    line.add_row(finding.level.value, f"[bold]{escape(finding.key)}[/bold]: {escape(finding.text)}{fix}")
    out.print(line)
