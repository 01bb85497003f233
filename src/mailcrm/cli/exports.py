"""`mailcrm export`: customers as files, for people, for other programs, and to leave with at any time."""

from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli import archive_page
from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.cli.progress import counted
from mailcrm.errors import UserError
from mailcrm.exchange.writing.files import ExportFormat
from mailcrm.exchange.writing.sheets import SheetName

app = typer.Typer(help="Take customers out: CSV, XLSX, vCard, JSON, Parquet.", no_args_is_help=True)
archive_page.add_to(app)

_BY_NAME = {
    ".csv": ExportFormat.CSV, ".xlsx": ExportFormat.XLSX, ".vcf": ExportFormat.VCARD, ".json": ExportFormat.JSON,
    ".jsonl": ExportFormat.JSON, ".parquet": ExportFormat.PARQUET,
}  # fmt: skip


@app.callback()
def exports() -> None:
    """Take customers out: CSV, XLSX, vCard, JSON, Parquet."""


archive_page.add_to(app)


@app.command()
def people(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    form: Annotated[ExportFormat | None, typer.Option("--format", help="Without it: by the name of the file.")] = None,
    segment: Annotated[str, typer.Option(help="Only who matches, e.g. 'tag = vip'.")] = "",
    table: Annotated[SheetName, typer.Option(help="Which table a CSV or Parquet file holds.")] = SheetName.CUSTOMERS,
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Also sensitive fields.")] = False,
    bom: Annotated[bool, typer.Option("--excel", help="CSV with the mark by which Excel knows UTF-8.")] = False,
    receiver: Annotated[str, typer.Option(help="Who gets it; kept in the log.")] = "",
    reason: Annotated[str, typer.Option(help="What for; kept in the log.")] = "",
    json: Json = False,
) -> None:
    """Customers with all that is known of them. JSON holds everything, and can be imported again; every export is logged."""
    from mailcrm.service.exporting import Wanted, export_people

    wanted = Wanted(form or _by_name(out), segment, table, sensitive, bom, receiver, reason)
    context = context_of(ctx)
    with context.app() as crm, counted("", "customers", quiet=json) as report:
        line = export_people(
            crm, context.actor, context.viewer, out, wanted, lambda done, total: report("writing", done, total)
        )
    print_json(line) if json else say(f"{out}: {line.rows} rows; export {line.id} in the log")


def _by_name(path: Path) -> ExportFormat:
    if path.suffix.lower() not in _BY_NAME:
        raise UserError(f"{path.name}: say what to write, --format {'|'.join(ExportFormat)}, or end the name so")
    return _BY_NAME[path.suffix.lower()]


@app.command("all")
def all_(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    json: Json = False,
) -> None:
    """Everything, to leave with at any time: customers as JSON, CSV and vCard, orders, timelines, and all mails as .eml."""
    from mailcrm.service.leaving import export_all

    context = context_of(ctx)
    with context.app() as crm, counted("", "", quiet=json) as report:
        left = export_all(crm, context.actor, context.viewer, folder, report)
    print_json(left) if json else say(
        f"{folder}: {left.customers} customers, {left.mails} mails; README.txt says what is what"
    )


@app.command()
def log(ctx: typer.Context, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50, json: Json = False) -> None:
    """What left the archive: who, when, how much, for whom. The hash tells whether a file that turns up is one of them."""
    from mailcrm.store.exports import log as kept

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        lines = kept.list_exports(session, limit)
    if json:
        print_json(lines)
        return
    rows = [
        (x.id, x.at, x.actor, x.what, x.format, x.rows, x.filter, x.receiver, x.reason, x.file_sha256[:12])
        for x in lines
    ]
    print_table(
        ("export", "when", "by", "what", "format", "rows", "filter", "receiver", "reason", "sha256"), rows,
        empty="nothing was exported yet",
    )  # fmt: skip
