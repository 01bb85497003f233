"""`mailcrm identity`: who is the same customer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli.console import err
from mailcrm.cli.context import Json, print_json, say, warn

app = typer.Typer(help="Who is the same customer.", no_args_is_help=True)

_SHOWN = 5
"""Keys that too many share; --json has all of them."""

Report = Callable[[str, int, int], None]


@app.callback()
def _identity() -> None:
    """A group, whatever number of commands it has."""


@app.command()
def cluster(
    source: Annotated[
        Path,
        typer.Option("--in", help="CSV: record_id and any of name, email, phone, company, birth_date, customer_no."),
    ],
    target: Annotated[Path, typer.Option("--out", help="CSV to write: record_id, cluster_id.")],
    review: Annotated[
        Path | None, typer.Option(help="CSV to write: pairs that a human should look at, with evidence.")
    ] = None,
    json: Json = False,
) -> None:
    """Find out which rows of a sheet are the same person, without an archive. The sheet itself is not changed.

    Rows are joined where that is all but certain; pairs that are only likely are written to --review, with what speaks
    for and against them in bits.
    """
    from mailcrm.service.clustering import cluster_file

    with _progress(quiet=json) as report:
        found = cluster_file(source, target, review, report)
    if json:
        print_json(found)
        return
    say(
        f"{found.records} records are {found.clusters} people; {found.review} pairs to look at -> {review or '--review FILE'}"
    )
    if found.capped:
        shown = ", ".join(f"{key} ({size})" for key, size in found.capped[:_SHOWN])
        warn(f"too many records share {len(found.capped)} keys to be compared by them alone: {shown}")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Report]:
    """A line on standard error while it lasts."""
    if quiet:
        yield lambda _what, _done, _of: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("reading")
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
