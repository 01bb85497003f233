"""`mailcrm identity`: who is the same customer."""

from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli.context import Json, print_json, say, warn
from mailcrm.cli.progress import counted

app = typer.Typer(help="Who is the same customer.", no_args_is_help=True)

_SHOWN = 5
"""Keys that too many share; --json has all of them."""


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

    with counted(quiet=json) as report:
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
