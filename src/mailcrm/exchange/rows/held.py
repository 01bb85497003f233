"""The cells of one row by what their columns mean, and what cannot be read of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TypeVar

from mailcrm.exchange.cells import text_of
from mailcrm.exchange.days import Unreadable, parse_time
from mailcrm.exchange.mapping import Mapping, Placed
from mailcrm.exchange.tables.row import Cell
from mailcrm.model.text import clean_line

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell that was left out or taken otherwise than it stands there. `column` is its heading ('' for the row), `text` what
    it holds, `what` is what is wrong and what became of it."""

    column: str
    text: str
    what: str


@dataclass(frozen=True, slots=True)
class How:
    """How cells are meant: the mapping, its zone, when the file was read (UTC), and which file it is (`import:shop.xlsx`)."""

    mapping: Mapping
    zone: tzinfo
    at: datetime
    of: str


@dataclass(slots=True)
class Held:
    """A row. `filled` are its cells with a value, in the order of the columns."""

    how: How
    filled: tuple[tuple[Placed, Cell], ...]
    problems: list[CellProblem] = field(default_factory=list)
    _by_field: dict[str, list[tuple[Placed, Cell]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.filled:
            self._by_field.setdefault(each[0].target.field, []).append(each)

    def of(self, *fields: str) -> list[tuple[Placed, Cell]]:
        """The cells of these fields, in the order of the columns."""
        found = [each for name in fields for each in self._by_field.get(name, ())]
        return found if len(fields) == 1 else sorted(found, key=lambda each: each[0].index)

    def text(self, name: str, limit: int = 500) -> str:
        """What the first cell of a field shows, as one line."""
        return next((self.line(placed, cell, limit) for placed, cell in self.of(name)), "")

    def line(self, placed: Placed, cell: Cell, limit: int = 500) -> str:
        """The cell as one line of a length that can be kept; complains of a longer one."""
        whole = clean_line(text_of(cell), limit + 1)
        if len(whole) > limit:
            self.complain(placed, cell, f"has more than {limit} characters; the rest was cut off")
        return whole[:limit].rstrip()

    def time(self, name: str) -> datetime | None:
        """The first cell of a field as a time in UTC."""
        for placed, cell in self.of(name):
            return self.attempt(placed, cell, parse_time, self.how.zone, self.how.mapping.date_order)
        return None

    def attempt(self, placed: Placed, cell: Cell, parse: Callable[..., _Value], *how: object) -> _Value | None:
        """What `parse` makes of the cell; None, and a complaint, where it is unreadable."""
        try:
            return parse(cell, *how)
        except Unreadable as exc:
            self.complain(placed, cell, exc.message)
            return None

    def complain(self, placed: Placed, cell: Cell, what: str) -> None:
        """Tells of a cell."""
        self.problems.append(CellProblem(placed.heading, text_of(cell)[:200], what))
