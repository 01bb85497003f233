"""`mailcrm export archive`: all that is known of one customer, on a page to read, print and hand over."""

from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, say
from mailcrm.errors import UserError
from mailcrm.exchange.page.texts import PageLanguage
from mailcrm.service.archive_page import PageFormat

_BY_NAME = {".html": PageFormat.HTML, ".htm": PageFormat.HTML, ".pdf": PageFormat.PDF, ".json": PageFormat.JSON}


def add_to(app: typer.Typer) -> None:
    """Make it a command of `mailcrm export`."""
    app.command("archive")(archive)


def archive(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer number, or an e-mail address.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    form: Annotated[PageFormat | None, typer.Option("--format", help="Without it: by the name of the file.")] = None,
    language: Annotated[
        PageLanguage, typer.Option(help="Of the page; what is known stays as it is.")
    ] = PageLanguage.EN,
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Also sensitive fields.")] = False,
    lines: Annotated[int | None, typer.Option(min=1, help="So many lines of the timeline; default: all.")] = None,
    receiver: Annotated[str, typer.Option(help="Who gets it; kept in the log.")] = "",
    reason: Annotated[str, typer.Option(help="What for; kept in the log.")] = "",
    json: Json = False,
) -> None:
    """All that is known of one customer on a page to print: HTML, PDF or JSON. Every export is logged."""
    from mailcrm.service.archive_page import Wanted, print_archive

    wanted = Wanted(form or _by_name(out), language, sensitive, lines, receiver, reason)
    context = context_of(ctx)
    with context.app() as crm:
        done = print_archive(crm, context.actor, context.viewer, who, out, wanted)
    if json:
        print_json(done)
        return
    rest = f", {done.left_out} older ones left out" if done.left_out else ""
    say(f"{out}: the archive of {done.customer}, {done.lines} lines of the timeline{rest}; in the log of exports")


def _by_name(path: Path) -> PageFormat:
    if path.suffix.lower() not in _BY_NAME:
        raise UserError(f"{path.name}: say what to write, --format {'|'.join(PageFormat)}, or end the name so")
    return _BY_NAME[path.suffix.lower()]
