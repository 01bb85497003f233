"""`mailcrm mail`: one mail, its attachments, and how to open them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli.console import err
from mailcrm.cli.context import Json, cell, context_of, human_size, print_json, print_table, say
from mailcrm.errors import Conflict, UserError
from mailcrm.model.text import for_terminal

app = typer.Typer(help="Single mails: what they say, and their attachments.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="MAIL", help="Its number, as `people show` has it, or its Message-ID.")]


@app.command()
def show(
    ctx: typer.Context,
    which: Which,
    html: Annotated[Path | None, typer.Option(help="Write its HTML, made harmless, to this file instead.")] = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="In --html: with pictures from elsewhere; their sender sees it.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    json: Json = False,
) -> None:
    """A mail: who wrote to whom, the text, the attachments, and what was odd about it."""
    from mailcrm.service.reading import mail_page, read_mail

    context = context_of(ctx)
    with context.app() as crm:
        if html is not None:
            document, shown = mail_page(crm, context.viewer, which, remote=remote)
        else:
            found = read_mail(crm, context.viewer, which)
    if html is not None:
        _write(html, document, force=force)
        say(f"{html}" + (f"; {shown.blocked} pictures from elsewhere left out (--remote)" if shown.blocked else ""))
    elif json:
        print_json({"mail": found.mail, "attachments": [_json(each) for each in found.attachments]})
    else:
        _print(found)


def _write(path: Path, document: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(document)
    except FileExistsError as exc:
        raise Conflict(f"{path} exists already; --force overwrites it") from exc
    except OSError as exc:
        raise UserError(f"cannot write {path}: {exc.strerror or exc}") from exc


def _print(found: Any) -> None:
    from mailcrm.cli.console import escape, out

    mail = found.mail
    out.print(f"[bold]{escape(mail.subject) or '(no subject)'}[/bold]  [dim]mail {mail.id}[/dim]", soft_wrap=True)
    for role in ("from", "to", "cc", "bcc", "reply_to"):
        if people := mail.of(role):
            out.print(f"{role.replace('_', '-')}: {escape(people)}", soft_wrap=True)
    kind = "" if mail.kind == "person" else f" · {mail.kind}"
    out.print(f"[dim]{cell(mail.at)}{kind} · {escape(mail.message_id)}[/dim]", soft_wrap=True)
    for defect in mail.defects:
        out.print(f"[yellow]{escape(defect)}[/yellow]", soft_wrap=True)
    text = for_terminal(mail.text) if mail.text is not None else f"(its text is not here: {mail.body_state})"
    out.print(f"\n{escape(text)}", soft_wrap=True)
    if found.attachments:
        out.print("")
    for each in found.attachments:
        out.print(
            f"[dim]{each.number}[/dim] {escape(each.filename or each.mime_type)} [dim]{_size(each)}, {_where(each)}[/dim]",
            soft_wrap=True,
        )


@app.command("attachments")
def attachments_(ctx: typer.Context, which: Which, json: Json = False) -> None:
    """The attachments of a mail: which are in the archive, which still on the server."""
    from mailcrm.service.attachments import mail_with_attachments

    context = context_of(ctx)
    with context.app() as crm:
        mail = mail_with_attachments(crm, context.viewer, which)
    if json:
        print_json(
            {"mail": mail.line.id, "subject": mail.line.subject, "attachments": [_json(e) for e in mail.attachments]}
        )
        return
    print_table(
        ("number", "name", "type", "size", "where"),
        [(a.number, a.filename, a.mime_type, _size(a), _where(a)) for a in mail.attachments],
        empty=mail.why_none,
        title=mail.line.subject or None,
    )


@app.command("open")
def open_(
    ctx: typer.Context,
    which: Which,
    number: Annotated[int | None, typer.Argument(help="Of the attachment; without it all are opened.")] = None,
    to: Annotated[Path, typer.Option(help="The file, or the directory where they get their own names.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
    json: Json = False,
) -> None:
    """Write attachments to files. What is still on the server is fetched and kept; the mailbox is not changed."""
    from mailcrm.service.attachments import mail_with_attachments, save

    context = context_of(ctx)
    with context.app() as crm, _progress(quiet=json) as received:
        mail = mail_with_attachments(crm, context.viewer, which)
        chosen = mail.chosen(number)
        written = save(crm, context.actor, mail, chosen, to, force=force, received=received)
    if json:
        print_json([{"number": number, "path": str(path.absolute())} for number, path in written.items()])
        return
    for path in written.values():
        say(f"{path} ({human_size(path.stat().st_size)})")


def _json(attachment: Any) -> dict[str, Any]:
    return {
        "number": attachment.number, "name": attachment.filename, "type": attachment.mime_type,
        "size": attachment.size, "inline": attachment.inline, "in_archive": attachment.sha256 is not None,
        "sha256": attachment.sha256,
    }  # fmt: skip


def _size(attachment: Any) -> str:
    return ("" if attachment.sha256 else "about ") + human_size(attachment.size)


def _where(attachment: Any) -> str:
    return "archive" if attachment.sha256 else "server"


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=err, disable=quiet, transient=True) as bar:
        tasks: dict[int, Any] = {}

        def received(attachment: Any, count: int) -> None:
            if attachment.id not in tasks:
                tasks[attachment.id] = bar.add_task(f"attachment {attachment.number}", total=None)
            bar.advance(tasks[attachment.id], count)

        yield received
