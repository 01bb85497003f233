"""Lists mail files, one mail each, and reads them: those of a Maildir folder and .eml files.

A file's number is made of its name, size and time of change, so that it is the same in every run, whatever comes or goes
beside it; flags and the folder (new, cur) are not part of a Maildir name. A file that was changed is another mail.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailcrm.ingest.files.filemail import FileMail, too_large
from mailcrm.ingest.files.form import wire_form
from mailcrm.ingest.files.sources import Source, SourceKind, file_names, is_eml, maildir_parts, shown

_FLAGS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "T": "\\Deleted", "D": "\\Draft", "P": "$Forwarded"}
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)$")  # a colon cannot be in a name on some file systems
_DELIVERED = re.compile(r"(\d{9,10})\.")


@dataclass(frozen=True, slots=True)
class MailFile:
    """One file. `name` is its path within the source, for people; `problem` says why it cannot even be looked at."""

    uid: int
    path: Path
    name: str
    size: int
    arrived: datetime | None = None
    flags: tuple[str, ...] = ()
    problem: str = ""


def list_files(source: Source) -> Iterator[MailFile]:
    """The files of a source, folder by folder, by name. Raises OSError if a folder cannot be listed."""
    if source.kind is SourceKind.MAILDIR:
        for part in maildir_parts(source.path):
            for name in file_names(part):
                if not name.startswith("."):
                    yield _maildir_file(part / name)
    elif not source.folders:
        yield _eml_file(source.path, source.path.parent)
    for folder in source.folders:
        for name in file_names(folder):
            path = folder / name
            if is_eml(name) and (path.is_file() or not path.exists()):  # a link that leads nowhere is told of
                yield _eml_file(path, source.path)


def read_file(file: MailFile, largest: int) -> FileMail:
    """The mail in a file of at most `largest` bytes; what keeps it from being read is its problem."""
    raw, problem = b"", file.problem or (too_large(largest) if file.size > largest else "")
    if not problem:
        try:
            raw = file.path.read_bytes()
        except OSError as exc:
            problem = f"it cannot be read: {exc.strerror}"
        else:
            problem = "" if raw.strip() else "the file is empty"
    if problem:
        return FileMail(file.uid, None, file.name, problem=problem)
    if raw.startswith(b"From "):  # saved with the separator of an mbox
        raw = raw.partition(b"\n")[2]
    return FileMail(file.uid, wire_form(raw), file.name, file.arrived, file.flags)


def _maildir_file(path: Path) -> MailFile:
    info = _INFO.search(path.name)
    unique = path.name[: info.start()] if info else path.name
    flags = tuple(_FLAGS[flag] for flag in (info[1] if info else "") if flag in _FLAGS)
    return _mail_file(path, unique, f"{path.parent.name}/{shown(path.name)}", flags, arrives=True)


def _eml_file(path: Path, root: Path) -> MailFile:
    name = str(path.relative_to(root))
    return _mail_file(path, name, shown(name), (), arrives=False)


def _mail_file(path: Path, unique: str, name: str, flags: tuple[str, ...], *, arrives: bool) -> MailFile:
    try:
        found = path.stat()
    except OSError as exc:
        return MailFile(_number(unique, 0, 0), path, name, 0, problem=f"it cannot be read: {exc.strerror}")
    arrived = _arrival(unique, found.st_mtime) if arrives else None
    return MailFile(_number(unique, found.st_size, found.st_mtime_ns), path, name, found.st_size, arrived, flags)


def _number(name: str, size: int, changed: int) -> int:
    """63 bits, which every engine can hold: among a million files two get the same once in twenty million cases."""
    digest = hashlib.sha256(b"%d %d " % (size, changed) + os.fsencode(name)).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _arrival(name: str, changed: float) -> datetime | None:
    """When a mail came into a Maildir: the file's time, or that in its name if the file was copied later."""
    delivered = _DELIVERED.match(name)
    seconds = min(changed, float(delivered[1])) if delivered else changed
    return datetime.fromtimestamp(int(seconds), UTC) if seconds > 0 else None
