"""XLSX, XLS and ODS as rows: what programs store as numbers is digits again, merged cells repeat their value downwards."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Self

from mailcrm.errors import Unparsable, UserError
from mailcrm.exchange.tables.row import LONGEST_CELL, Cell, Row, letter
from mailcrm.model.sheet import Book, SheetValue, Span
from mailcrm.model.text import clean_text

_MOST_CELLS = 20_000_000
"""Of the rectangle that holds all values of a sheet: the library allocates it whole, some 32 bytes each."""

_LARGEST_UNPACKED = 1024 * 1024 * 1024
_MOST_PARTS = 10_000
_PIECE = 1024 * 1024
_PLACE = re.compile(rb"""<(?:\w+:)?c\s[^>]{0,200}?\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]{0,200}(?<!/)>""")
_REPEATED_ROW = re.compile(rb"""<(?:\w+:)?table-row\b[^>]{0,400}?number-rows-repeated=["'](\d{1,9})["']""")
_REPEATED_CELL = re.compile(
    rb"""<(?:\w+:)?table-cell\b(?=[^>]{0,800}value-type=)[^>]{0,800}?number-columns-repeated=["'](\d{1,9})["']"""
)
_OVERLAP = 1024
_LARGEST_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; `sheets` are the names of all, also of hidden ones."""

    path: Path
    name: str
    sheets: tuple[str, ...]
    named: Sequence[str] | None = None

    @classmethod
    def of(cls, path: Path, name: str = "") -> Self:
        """The sheet with this name, or the first one that is shown. Raises UserError where there is none."""
        check_unpacked(path)
        with path.open("rb") as file:
            book = _opened(file.read())
        if name and name not in book.names:
            raise UserError(f"there is no sheet {name!r}; there are: {', '.join(book.names)}")
        shown = [each for each in book.names if each not in book.hidden]
        if not name and not shown:
            raise UserError("the workbook has no sheet that is shown")
        return cls(path, name or shown[0], book.names)

    def rows(self) -> Iterator[Row]:
        """Raises UserError with the row where a cell is too long."""
        with self.path.open("rb") as file:
            book = _opened(file.read())
        try:
            fill = _fills(book.merged(self.name))
            above: dict[int, Cell] = {}
            for number, values in book.rows(self.name):
                cells = [_cell(value) for value in values]
                _check_length(number, cells)
                yield Row(number, tuple(_filled(number - 1, cells, fill, above)))
        except Unparsable as exc:
            raise UserError(f"sheet {self.name!r}: {exc.message}") from exc


def _opened(data: bytes) -> Book:
    try:
        return Book(data)
    except Unparsable as exc:
        raise UserError(
            f"{exc.message}; open it in a spreadsheet program and save it as XLSX without a password"
        ) from exc


# --- cells -------------------------------------------------------------------------------------------------------


def _cell(value: SheetValue) -> Cell:
    """Numbers as digits without exponent: 13800000000.0 is a phone number. Dates stay dates, what a formula made is a value."""
    match value:
        case str():
            return clean_text(value).strip()
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return digits(value)
        case datetime():
            return value.date() if value.time() == time() else value.replace(tzinfo=None)
        case date():
            return value
        case timedelta():
            return str(value)
        case _:
            return value.isoformat()


def digits(value: float) -> str:
    """A number as a person types it. Whole numbers have no exponent and no fraction."""
    if value.is_integer() and abs(value) <= _LARGEST_EXACT:
        return str(int(value))
    return repr(value)  # one that is larger lost its last digits in the program that saved it; the exponent shows that


def _check_length(number: int, cells: Sequence[Cell]) -> None:
    for at, cell in enumerate(cells):
        if isinstance(cell, str) and len(cell) > LONGEST_CELL:
            raise UserError(f"row {number}, column {letter(at)}: has more than {LONGEST_CELL:,} characters; shorten it")


def _fills(spans: Sequence[Span]) -> dict[int, list[Span]]:
    """Merged cells that reach over several rows, by their first column."""
    tall: dict[int, list[Span]] = {}
    for span in spans:
        if span.bottom > span.top:
            tall.setdefault(span.left, []).append(span)
    for each in tall.values():
        each.sort(reverse=True)  # the next one to come is the last
    return tall


def _filled(row: int, cells: list[Cell], tall: dict[int, list[Span]], above: dict[int, Cell]) -> list[Cell]:
    """The cells with the values of merged ones that began in a row above. Only downwards: a title stays one cell."""
    for column, spans in tall.items():
        while spans and spans[-1].bottom < row:
            spans.pop()
        if not spans or column >= len(cells):
            continue
        if spans[-1].top == row:
            above[column] = cells[column]
        elif spans[-1].top < row and cells[column] == "":
            cells[column] = above.get(column, "")
    return cells


# --- what unpacks to more than it should -------------------------------------------------------------------------


def check_unpacked(path: Path) -> None:
    """Reads through a zipped workbook without keeping anything. Raises UserError where it is damaged or a bomb."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return  # XLS is not packed
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
                raise UserError("the workbook unpacks to more than a gigabyte; save the sheet as CSV and import that")
            for part in parts:
                if part.filename.lower().endswith(".xml"):
                    _check_part(archive, part)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
    ) as exc:
        raise UserError(f"the workbook is damaged or was cut short ({exc}); save it again") from exc


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """How large a rectangle the values of this part span."""
    width = height = 1
    rows = 1
    columns = 1
    rest = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            text = rest + piece
            for name, number in _PLACE.findall(text):
                width, height = max(width, _column(name)), max(height, int(number))
            if b"-repeated" in text:
                rows += sum(int(each) for each in _REPEATED_ROW.findall(text) if int(each) < _MOST_EMPTY)
                columns = max(columns, *map(int, _REPEATED_CELL.findall(text)), 1)
            rest = text[-_OVERLAP:]
    if width * height > _MOST_CELLS or rows * columns > _MOST_CELLS:
        raise UserError(
            f"the values of {part.filename} span {max(width * height, rows * columns):,} cells, and {_MOST_CELLS:,} are "
            "allowed; delete what stands far away from the table, or save it as CSV"
        )


_MOST_EMPTY = 1_000_000
"""Rows that ODS repeats so often are the empty ones below the table."""


def _column(name: bytes) -> int:
    number = 0
    for each in name:
        number = number * 26 + each - 64
    return number
