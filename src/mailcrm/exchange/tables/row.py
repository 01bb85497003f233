"""What all table formats become: rows of cells, and what is too large to be one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from mailcrm.errors import UserError

Cell = str | date
"""A date (or a datetime without a zone) where the file itself says that it is one; all else is text, '' for nothing."""

MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
LONGEST_CELL = 131_072
"""Characters of one cell; a spreadsheet program allows 32,767."""

LARGEST_FILE = 500 * 1024 * 1024


class Row(NamedTuple):
    """`number` is that of the row in the program that shows the file (of an object in JSON: its place in the list, from 1).
    `flaw` says what is wrong with the row as a whole ('' nothing)."""

    number: int
    cells: tuple[Cell, ...]
    flaw: str = ""


class Source(Protocol):
    """A table in a file. It can be read again and again, and never holds all rows as objects of ours."""

    @property
    def named(self) -> Sequence[str] | None:
        """The columns, where the format itself names them (JSON); None where a row of the table does."""

    def rows(self) -> Iterator[Row]:
        """All rows, also empty ones. Raises UserError with the row where the file is damaged or too large."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A table in memory, for tests and for what was typed."""

    held: tuple[Row, ...]
    named: Sequence[str] | None = None

    @classmethod
    def of(cls, *rows: Sequence[Cell]) -> "Rows":
        """Rows numbered from 1."""
        return cls(tuple(Row(number, tuple(cells)) for number, cells in enumerate(rows, 1)))

    def rows(self) -> Iterator[Row]:
        """All of them."""
        return iter(self.held)


def counted(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, as long as they are within what we take on. Raises UserError where they are not."""
    for at, row in enumerate(rows):
        if at >= MOST_ROWS:
            raise UserError(f"row {row.number}: a file may have {MOST_ROWS:,} rows; split it into several")
        if len(row.cells) > MOST_COLUMNS:
            raise UserError(
                f"row {row.number}: has {len(row.cells):,} cells, and {MOST_COLUMNS:,} are allowed; is the delimiter right?"
            )
        yield row


def letter(column: int) -> str:
    """The name of a column, counted from 0, as spreadsheet programs show it: A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
