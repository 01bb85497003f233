"""`mailcrm inspect`: what mailcrm understands of a mail, without a mailbox or a database."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli.console import out
from mailcrm.cli.context import print_json, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(inspect)


def inspect(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Mail files; none: one path per line on standard input.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON per mail, in order.")] = False,
) -> None:
    """Show what is understood of mail files (.eml). A mail that cannot be read has its reason in the output.

    Exit code 2 if a file is not there; damaged mail is shown as far as it goes.
    """
    import json as encoder

    from mailcrm.ingest.mail.inspect import describe
    from mailcrm.ingest.mail.threads import ThreadIndex

    threads, unread = ThreadIndex(), 0
    for path in files or _from_stdin():
        try:
            found = describe(str(path), path.read_bytes(), threads)
        except OSError as exc:
            found = {"path": str(path), "error": exc.strerror or str(exc)}
            unread += 1
        if json:
            sys.stdout.write(encoder.dumps(found, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        elif len(found) > 2:
            out.rule(str(path))
            print_json(found)
        else:
            say(f"{path}: {found.get('error')}", style="red")
    if unread:
        raise typer.Exit(2)


def _from_stdin() -> Iterable[Path]:
    return (Path(line.rstrip("\n")) for line in sys.stdin if line.strip())
