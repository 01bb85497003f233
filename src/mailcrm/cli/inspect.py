"""`mailcrm inspect`: what mailcrm understands of a mail, without a mailbox or a database."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailcrm.cli.context import collect_seldom, print_json, say
from mailcrm.cli.paths import path_batches

if TYPE_CHECKING:
    from mailcrm.ingest.mail.threads import ThreadIndex

_HEADER_WITHIN = 1 << 18
"""Bytes of a mail that are looked through for its header."""

_KEPT = 1 << 25
"""Bytes of mails that are kept from the look ahead, so that their files are read but once."""


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
    from mailcrm.service.guard import Guard

    collect_seldom()
    threads, unread = ThreadIndex(), 0
    guard = Guard()
    for batch in [files] if files else path_batches(sys.stdin.fileno()):
        kept = _look_ahead(threads, batch)
        for path in batch:
            try:
                found = describe(str(path), kept.pop(path, b"") or path.read_bytes(), threads, guard)
            except OSError as exc:
                found = {"path": str(path), "error": exc.strerror or str(exc)}
                unread += 1
            if json:
                sys.stdout.write(encoder.dumps(found, ensure_ascii=False) + "\n")
            else:
                _show(path, found)
            sys.stdout.flush()
    guard.close()
    if unread:
        raise typer.Exit(2)


def _show(path: Path, found: Mapping[str, object]) -> None:
    if len(found) > 2:
        from mailcrm.cli.console import out

        out.rule(str(path))
        print_json(found)
    else:
        say(f"{path}: {found.get('error')}", style="red")


def _look_ahead(threads: "ThreadIndex", batch: Sequence[Path]) -> dict[Path, bytes]:
    """Join the threads of a batch before its first line is written: a later mail may make two threads one. Returns some
    of the mails, whole."""
    from mailcrm.ingest.mail.headers import parse_thread_ids

    kept: dict[Path, bytes] = {}
    room = _KEPT
    for path in batch if len(batch) > 1 else ():
        with suppress(OSError), path.open("rb") as file:  # it is said when its turn comes
            head = file.read(_HEADER_WITHIN)
            if ids := parse_thread_ids(head):
                threads.join(ids)
            if len(head) < min(_HEADER_WITHIN, room):
                kept[path] = head
                room -= len(head)
    return kept
