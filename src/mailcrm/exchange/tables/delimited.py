"""CSV, TSV and their kin as rows: encoding and delimiter guessed, damage named by row and byte."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from mailcrm.errors import UserError
from mailcrm.exchange.guarded import unguard
from mailcrm.exchange.tables.encoding import guess_encoding
from mailcrm.exchange.tables.raw import Broken, byte_pieces, known_encoding, text_pieces
from mailcrm.exchange.tables.row import LONGEST_CELL, Row
from mailcrm.model.text import clean_text

_LONGEST_LINE = 8 * 1024 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_LINES_TO_JUDGE = 100


@dataclass(frozen=True, slots=True)
class Delimited:
    """A text file. Each row is a record, whatever line breaks its cells hold, so the numbers are those that Excel shows."""

    path: Path
    encoding: str
    delimiter: str
    named: Sequence[str] | None = None

    @classmethod
    def of(cls, path: Path, encoding: str = "", delimiter: str = "") -> Self:
        """With what was not given guessed. Raises UserError for an unknown encoding."""
        encoding = known_encoding(encoding) if encoding else guess_encoding(byte_pieces(path))
        return cls(path, encoding, delimiter or guess_delimiter(_first_lines(path, encoding)))

    def rows(self) -> Iterator[Row]:
        """Raises UserError with row and byte where the text cannot be decoded, a cell is too long, or the end is missing."""
        text = _Text(self.path, self.encoding)
        number = width = 0
        reader = csv.reader(text, delimiter=self.delimiter)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as exc:
                raise UserError(f"row {number + 1}: {_explained(exc)}") from exc
            except Broken as exc:
                raise UserError(f"row {number + 1}: {exc}") from exc
            if cells is None:
                return
            number += 1
            if number == 1 and len(cells) <= 2 and cells[:1] and cells[0].lower().startswith("sep"):
                cells = []  # "sep=;" tells Excel the delimiter
            raw = text.taken()
            if _is_open(raw, self.delimiter):
                raise UserError(
                    f"row {number}: the file ends within quotes: it was cut short, or a closing quote is missing. "
                    "Export it again"
                )
            is_short = len(cells) < width and not raw.endswith(("\n", "\r"))
            width = len(cells)
            yield Row(number, tuple(_clean(cell) for cell in cells), _CUT if is_short else "")


def guess_delimiter(lines: Sequence[str]) -> str:
    """What stands between the cells of most lines; a comma where nothing does."""
    first = lines[0].strip().lower() if lines else ""
    if first.startswith("sep=") and len(first) == 5:
        return first[4]
    return max(_DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    """How many cells the usual row has, and how usual it is."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
    return 0.0 if width < 2 else (times / widths.total()) ** 2 * min(width, 20) ** 0.5


def _clean(cell: str) -> str:
    return unguard(clean_text(cell)).strip() if cell else ""


# --- text, piece by piece ----------------------------------------------------------------------------------------


class _Text:
    """The lines of a file with their ends, for the csv reader; remembers what it gave since it was asked."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._lines = _lines(path, encoding)
        self._given: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._given.append(line)
            yield line

    def taken(self) -> str:
        """What the reader took since the last call; the reader allows no more than a row with cells of limited length."""
        raw = "".join(self._given)
        self._given.clear()
        return raw


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines with their ends. Raises Broken after all whole lines before the damage."""
    rest = ""
    for text in text_pieces(path, encoding):
        *whole, rest = _split(rest + text)
        yield from whole
        if len(rest) > _LONGEST_LINE:
            raise Broken(_TOO_LONG)
    if rest:
        yield rest


def _split(text: str) -> list[str]:
    """Lines with their ends, the last one as far as it is there. Only CR and LF end lines: not U+2028, not form feeds."""
    upto = len(text) - 1 if text.endswith("\r") else len(text)  # its LF may be still to come
    ends = [0, *(match.end() for match in _LINE_END.finditer(text, 0, upto))]
    return [*(text[start:end] for start, end in pairwise(ends)), text[ends[-1] :]]


_LINE_END = re.compile(r"\r\n|\n|\r")


def _first_lines(path: Path, encoding: str) -> list[str]:
    lines: list[str] = []
    try:
        for line in _lines(path, encoding):
            lines.append(line)
            if len(lines) >= _LINES_TO_JUDGE:
                break
    except Broken:
        pass  # told when the rows are read, with the number of the row
    return lines


# --- what is said ------------------------------------------------------------------------------------------------


def _is_open(raw: str, delimiter: str) -> bool:
    """Whether a record ends within quotes, as the reader allows at the end of a file."""
    if raw.count('"') % 2 == 0:
        return False
    try:
        list(csv.reader(raw.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error as exc:
        return "unexpected end" in str(exc)
    return False


_CUT = "the file ends within this row: it may have been cut short; compare it with the original"

_TOO_LONG = (
    f"a cell holds more than {LONGEST_CELL:,} characters; is a closing quote missing in this row or before it? "
    "Shorten the cell or close the quote"
)


def _explained(exc: csv.Error) -> str:
    if "field larger" in str(exc):
        return _TOO_LONG
    return f"cannot be read as a table ({exc}); open the file in a spreadsheet program and save it as CSV again"
