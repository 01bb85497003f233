"""Finds the mail below a path: mbox files, Maildirs, folders of .eml files, one source each.

Folders of junk, deleted mail and drafts are left out below the path, as those of a server are; they are named in the
result, and whoever means one names it as the path.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.ingest.files.mbox import is_mbox
from mailcrm.ingest.imap.folders import folder_role, wanted
from mailcrm.ingest.imap.responses import folder_name, readable
from mailcrm.model.folder import FolderInfo

_HEAD = 4096
_LEAVES = ("cur", "new", "tmp")
_MAIL_SUFFIX = ".eml"
_CONTAINER_SUFFIXES = (".mbox", ".mbx", ".sbd")  # .sbd: Thunderbird's folder for the folders below a folder
_LOOKS_LIKE_MAIL = re.compile(rb"(?:\xef\xbb\xbf)?(?:[!-9;-~]+:|>?From )")
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive; unpack it and import what is in it"),
    (b"\x1f\x8b", "a gzip archive; unpack it and import what is in it"),
    (b"!BDN", "an Outlook data file; turn it into mbox first, e.g. with readpst or by way of Thunderbird"),
    (b"\xd0\xcf\x11\xe0", "an Outlook message; save it as .eml"),
)


class SourceKind(StrEnum):
    """How mail lies in a source."""

    MBOX = "mbox"
    MAILDIR = "maildir"
    EML = "eml"


@dataclass(frozen=True, slots=True)
class Source:
    """An mbox, one folder of a Maildir, or all .eml files below a folder.

    `name` is for people. `size` is the bytes of an mbox, else the number of files; `folders` are those with .eml files.
    """

    kind: SourceKind
    path: Path
    name: str
    size: int
    folders: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """The path as text that can be stored, different for different paths."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


@dataclass
class Found:
    """What there is: sources, folders that were left out, files that are no mail, and what could not be looked at."""

    sources: list[Source] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    other_files: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)


def find_sources(path: Path, leave_out: Sequence[str]) -> Found:
    """What is to be imported at `path`, without the folders in `leave_out` (readable names or patterns).

    Raises UserError where there is nothing, with what to do.
    """
    real = Path(os.path.realpath(path))
    try:
        path.stat()
        if real.is_file():
            return Found([_one_file(real, path)])
    except OSError as exc:
        raise UserError(f"{path} cannot be read: {exc.strerror}") from exc
    if not real.is_dir():
        raise UserError(f"{path} is neither a file nor a folder")
    found = _Walk(real, leave_out).all()
    if not found.sources:
        problems = [f"{name}: {reason}" for name, reason in found.failures]
        problems += [f"left out: {name}" for name in found.left_out]
        raise UserError(f"there is no mail in {path}: no mbox, no Maildir, no .eml file", problems=problems)
    return found


def shown(name: Path | str) -> str:
    """A file name for people: UTF-8, else GB 18030."""
    return readable(os.fsencode(name))


def _one_file(path: Path, typed: Path) -> Source:
    head = _head(path)
    if is_mbox(head):
        return Source(SourceKind.MBOX, path, shown(path.name), path.stat().st_size)
    if not head.strip():
        raise UserError(f"{typed} is empty: there is no mail in it")
    for magic, what in _OTHER_FORMATS:
        if head.startswith(magic):
            raise UserError(f"{typed} is {what}")
    if is_eml(path.name) or _LOOKS_LIKE_MAIL.match(head):
        return Source(SourceKind.EML, path, shown(path.name), 1)
    raise UserError(f"{typed} is no mail: an mbox begins with a line 'From ...', an .eml file with header fields")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def is_eml(name: str) -> bool:
    """Whether a file is a mail by its name."""
    return name.lower().endswith(_MAIL_SUFFIX) and not name.startswith(".")


class _Walk:
    """Looks through a folder and all below it; links to folders are not followed, they could lead in circles."""

    def __init__(self, root: Path, leave_out: Sequence[str]) -> None:
        self.root, self.leave_out, self.found = root, leave_out, Found()
        self.eml_folders: list[Path] = []
        self.eml_files = 0

    def all(self) -> Found:
        """Everything below the root."""
        self._visit(self.root, ())
        if self.eml_files:
            name = shown(self.root.name or str(self.root))
            folders = tuple(self.eml_folders)
            self.found.sources.append(Source(SourceKind.EML, self.root, name, self.eml_files, folders))
        return self.found

    def _visit(self, folder: Path, levels: tuple[str, ...]) -> None:
        try:
            entries = _entries(folder)
        except OSError as exc:
            self._failed(levels, exc)
            return
        below = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        if _is_maildir(folder, entries):
            self._maildir(folder, levels)
            below = [entry for entry in below if entry.name not in _LEAVES]
        else:
            self._files(folder, levels, [entry for entry in entries if entry.is_file()])
        for entry in below:
            deeper = (*levels, *_levels(entry.name))
            if self._is_wanted(deeper):
                self._visit(Path(entry.path), deeper)
            else:
                self.found.left_out.append("/".join(deeper))

    def _maildir(self, folder: Path, levels: tuple[str, ...]) -> None:
        try:
            size = sum(len(file_names(part)) for part in maildir_parts(folder))
        except OSError as exc:
            self._failed(levels, exc)
            return
        if size:
            self.found.sources.append(Source(SourceKind.MAILDIR, folder, self._name(levels), size))

    def _files(self, folder: Path, levels: tuple[str, ...], files: Iterable[os.DirEntry[str]]) -> None:
        before = self.eml_files
        for entry in files:
            if is_eml(entry.name):
                self.eml_files += 1
            else:
                self._other(Path(entry.path), (*levels, *_levels(entry.name)))
        if self.eml_files > before:
            self.eml_folders.append(folder)

    def _other(self, path: Path, levels: tuple[str, ...]) -> None:
        try:
            head, size = _head(path), path.stat().st_size
        except OSError as exc:
            self._failed(levels, exc)
            return
        if not is_mbox(head):
            self.found.other_files += bool(size)
        elif self._is_wanted(levels):
            self.found.sources.append(Source(SourceKind.MBOX, path, self._name((*levels[:-1], shown(path.name))), size))
        else:
            self.found.left_out.append("/".join(levels))

    def _is_wanted(self, levels: tuple[str, ...]) -> bool:
        name = "/".join(levels)
        return wanted(FolderInfo(name, name, folder_role(levels[-1], (), None)), self.leave_out)

    def _name(self, levels: tuple[str, ...]) -> str:
        return "/".join((shown(self.root.name or str(self.root)), *levels))

    def _failed(self, levels: tuple[str, ...], exc: OSError) -> None:
        self.found.failures.append((self._name(levels), exc.strerror or str(exc)))


def maildir_parts(folder: Path) -> list[Path]:
    """Where the mails of one folder of a Maildir lie."""
    return [part for part in (folder / "cur", folder / "new") if part.is_dir()]


def file_names(folder: Path) -> list[str]:
    """What lies in a folder, by name. Raises OSError."""
    with os.scandir(folder) as found:
        return sorted(entry.name for entry in found)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _is_maildir(folder: Path, entries: Iterable[os.DirEntry[str]]) -> bool:
    """By its folders, of which archives may have lost the empty ones; `new` alone may be anything elsewhere."""
    there = {entry.name for entry in entries if entry.name in _LEAVES and entry.is_dir()}
    return "cur" in there or ("new" in there and ("tmp" in there or folder.name.startswith(".")))


def _levels(name: str) -> tuple[str, ...]:
    """The folder names that a file name stands for: Maildir++ has `.Archive.2020`, in modified UTF-7."""
    if name.startswith("."):
        return tuple(part for part in folder_name(os.fsencode(name)).split(".") if part) or (name,)
    for suffix in _CONTAINER_SUFFIXES:
        name = name.removesuffix(suffix) or name
    return (shown(name),)
