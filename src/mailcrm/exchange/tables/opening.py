"""Opens a file as a table by what its bytes say, not by its name."""

from enum import StrEnum
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.exchange.tables.delimited import Delimited
from mailcrm.exchange.tables.objects import Objects
from mailcrm.exchange.tables.row import LARGEST_FILE, Source
from mailcrm.exchange.tables.workbook import Sheet


class FileKind(StrEnum):
    """What a file is."""

    TEXT = "text"
    WORKBOOK = "workbook"
    JSON = "json"
    CARDS = "cards"


_START = 4096
_NOT_TABLES = (
    (b"%PDF", "is a PDF"),
    (b"\x1f\x8b", "is packed with gzip"),
    (b"Rar!", "is a RAR archive"),
    (b"7z\xbc\xaf", "is a 7z archive"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"SQLite format 3", "is a database"),
)


def file_kind(path: Path) -> FileKind:
    """Raises UserError where there is no file, it is empty or too large, or of a kind that holds no table."""
    start = _start(path)
    for mark, kind in _NOT_TABLES:
        if start.startswith(mark):
            raise UserError(f"{path.name} {kind}, and no table; export the customers as XLSX, CSV, vCard or JSON")
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return FileKind.WORKBOOK
    plain = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    lowered = plain[:400].lower()
    if lowered.startswith(b"<"):
        raise UserError(
            f"{path.name} is a web page or XML, whatever its name says; open it in a spreadsheet program and save it as XLSX"
        )
    if lowered.startswith(b"begin:vcard"):
        return FileKind.CARDS
    return FileKind.JSON if plain[:1] in (b"{", b"[") else FileKind.TEXT


def open_table(path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Source:
    """The table in a file: `sheet` (the first that is shown), `encoding` and `delimiter` are guessed where they are not given.

    Raises UserError where there is none, and later, while rows are read, where the file is damaged.
    """
    match file_kind(path):
        case FileKind.WORKBOOK:
            return Sheet.of(path, sheet)
        case FileKind.JSON:
            return Objects.of(path)
        case FileKind.CARDS:
            raise UserError(f"{path.name} holds vCards, which have no columns")
        case _:
            return Delimited.of(path, encoding, delimiter)


def sheet_names(source: Source) -> tuple[str, ...]:
    """The sheets of the workbook that a table is of, () of other files."""
    return source.sheets if isinstance(source, Sheet) else ()


def _start(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise UserError(f"{path.name} has {size:,} bytes, and {LARGEST_FILE:,} are allowed; split it")
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as exc:
        raise UserError(f"{path} cannot be opened: {exc.strerror or exc}") from exc
    if not start:
        raise UserError(f"{path.name} is empty")
    return start
