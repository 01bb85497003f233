"""JSON as rows: a list of objects, an object a line, or {"customers": [...]}, read one object at a time."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mailcrm.errors import UserError
from mailcrm.exchange.tables.encoding import guess_encoding
from mailcrm.exchange.tables.raw import Broken, byte_pieces, text_pieces
from mailcrm.exchange.tables.row import LONGEST_CELL, MOST_COLUMNS, Cell, Row
from mailcrm.exchange.tables.workbook import digits
from mailcrm.model.text import clean_text

_LONGEST_OBJECT = 10 * 1024 * 1024
_CUSTOMERS = re.compile(r'\s*\{[^{}\[\]]{0,2000}"customers"\s*:\s*\[')
_LIST = re.compile(r"\s*\[")
_BETWEEN = re.compile(r"[\s,]*")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects as a table: what they hold in objects of their own is a column `address.city`, lists of values are one cell."""

    path: Path
    named: Sequence[str]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Reads through the file once for the names of all columns."""
        names: dict[str, None] = {}
        for number, each in read_objects(path):
            names.update(dict.fromkeys(_flat(each, number)))
            if len(names) > MOST_COLUMNS:
                raise UserError(
                    f"object {number}: more than {MOST_COLUMNS:,} different names; is this a list of customers?"
                )
        return cls(path, tuple(names))

    def rows(self) -> Iterator[Row]:
        """A row for each object."""
        for number, each in read_objects(self.path):
            flat = _flat(each, number)
            yield Row(number, tuple(flat.get(name, "") for name in self.named))


def read_objects(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects with their places from 1. Raises UserError where it is no JSON, is cut short, or holds something else."""
    text = _Buffer(text_pieces(path, guess_encoding(byte_pieces(path))))
    number = 0
    try:
        for number, each in enumerate(_each(text), 1):
            yield number, each
    except Broken as exc:
        raise UserError(f"object {number + 1}: {exc}") from exc


def _each(text: "_Buffer") -> Iterator[Mapping[str, Any]]:
    in_list = text.skip(_CUSTOMERS) or text.skip(_LIST)
    number = 0
    while text.has_more(stop="]" if in_list else ""):
        number += 1
        value = text.take(number)
        if not isinstance(value, Mapping):
            raise UserError(
                f"object {number}: expected an object with the fields of a customer, not {str(value)[:40]!r}"
            )
        yield value
    if in_list and not text.closed:
        raise UserError(
            f"object {number}: the file ends behind it without the ] of the list: it was cut short. Export it again"
        )


class _Buffer:
    """As much of the text as the next object needs."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self.closed = False

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Whether the text goes on so; then it is taken."""
        while len(self._text) < 4096 and self._grow():
            pass
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match is not None

    def has_more(self, stop: str) -> bool:
        """Whether there is another object; takes what stands before it."""
        while True:
            self._at = match.end() if (match := _BETWEEN.match(self._text, self._at)) else self._at
            if self._at < len(self._text):
                self.closed = bool(stop) and self._text[self._at] == stop
                return not self.closed
            if not self._grow():
                return False

    def take(self, number: int) -> Any:
        while True:
            try:
                value, self._at = self._decoder.raw_decode(self._text, self._at)
            except RecursionError as exc:
                raise UserError(f"object {number}: is nested too deeply") from exc
            except ValueError as exc:
                size = len(self._text) - self._at
                if size > _LONGEST_OBJECT:
                    raise UserError(
                        f"object {number}: is larger than {_LONGEST_OBJECT // 2**20} MB, or never closed"
                    ) from exc
                if not self._grow(at_least=size):
                    raise UserError(
                        f"object {number}: cannot be read as JSON ({exc}); was the file cut short?"
                    ) from exc
            else:
                return value

    def _grow(self, at_least: int = 0) -> bool:
        """Takes in as much again as waits already, so that a long object is not tried too often."""
        grown: list[str] = []
        size = 0
        for piece in self._pieces:
            grown.append(piece)
            size += len(piece)
            if size >= at_least:
                break
        self._text = self._text[self._at :] + "".join(grown)
        self._at = 0
        return bool(grown)


def _flat(value: Mapping[str, Any], number: int, before: str = "", depth: int = 0) -> dict[str, Cell]:
    if depth > _DEEPEST:
        raise UserError(f"object {number}: is nested too deeply")
    flat: dict[str, Cell] = {}
    for key, each in value.items():
        name = before + clean_text(key).strip()
        if isinstance(each, Mapping):
            flat |= _flat(each, number, f"{name}.", depth + 1)
        else:
            flat[name] = text = _text(each)
            if len(text) > LONGEST_CELL:
                raise UserError(f"object {number}, {name}: has more than {LONGEST_CELL:,} characters; shorten it")
    return flat


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return digits(value)
    if isinstance(value, list):
        simple = all(not isinstance(each, (list, Mapping)) for each in value)
        return "; ".join(map(_text, value)) if simple else json.dumps(value, ensure_ascii=False)
    return clean_text(str(value)).strip()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
