"""Opens a file of customers, whatever it is, says what is in it, and reads it: the shell of the reading half of this room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mailcrm.errors import UserError
from mailcrm.exchange.canonical import FORMAT, from_json
from mailcrm.exchange.cards.reader import read_card_file
from mailcrm.exchange.columns import Guess, guess_columns, mapping_of
from mailcrm.exchange.mapping import Mapping as ColumnMapping
from mailcrm.exchange.presets import detect
from mailcrm.exchange.records import Headed, ReadRow, find_headings, read_rows
from mailcrm.exchange.tables.objects import read_objects
from mailcrm.exchange.tables.opening import FileKind, file_kind, open_table, sheet_names
from mailcrm.exchange.tables.row import Source
from mailcrm.model.record import CustomerRecord

_FAMILY = FORMAT.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of customers. A table has a `source`, headings and guesses; cards and our own JSON say what they hold.
    `program` is whose export it is ('' unknown), `sheets` are those of a workbook."""

    path: Path
    kind: FileKind
    is_own: bool = False
    source: Source | None = None
    headed: Headed | None = None
    guesses: tuple[Guess, ...] = ()
    program: str = ""
    sheets: tuple[str, ...] = field(default=())

    def mapping(self, base: ColumnMapping | None = None) -> ColumnMapping:
        """What would be read: the rules of `base`, and for all other columns the guesses that can be taken."""
        if self.headed is None:
            return base or ColumnMapping()
        return mapping_of(self.guesses, self.headed.headings, base)


def open_customers(path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Opened:
    """Looks into a file: what it is, and for a table which column is what. Raises UserError where there is nothing to read."""
    kind = file_kind(path)
    if kind is FileKind.CARDS:
        return Opened(path, kind)
    if kind is FileKind.JSON and _is_own(path):
        return Opened(path, kind, is_own=True)
    source = open_table(path, sheet=sheet, encoding=encoding, delimiter=delimiter)
    headed = find_headings(source)
    preset = detect(headed.headings)
    guesses = guess_columns(headed.headings, headed.sample)
    return Opened(path, kind, False, source, headed, guesses, preset.title if preset else "", sheet_names(source))


def read_customers(opened: Opened, mapping: ColumnMapping, *, of: str, at: datetime) -> Iterator[ReadRow]:
    """The customers, one after the other, in bounded memory (but for workbooks, whose library loads the sheet).

    `of` names the file for ever (`import:shop.xlsx`), `at` (UTC) is the time of notes that have none of their own. Raises
    UserError with row or place where the file is damaged; what came before was read.
    """
    if opened.source is not None and opened.headed is not None:
        yield from read_rows(opened.source, opened.headed, mapping, of=of, at=at)
    elif opened.is_own:
        yield from _own(opened.path)
    else:
        yield from read_card_file(opened.path, region=mapping.region, of=of, at=at)


def _is_own(path: Path) -> bool:
    """Whether the first object says that it is of our own format, of whatever version."""
    first = next(read_objects(path), None)
    return first is not None and str(first[1].get("format", "")).startswith(_FAMILY)


def _own(path: Path) -> Iterator[ReadRow]:
    for number, each in read_objects(path):
        yield ReadRow(number, _record(number, each))


def _record(number: int, each: Mapping[str, Any]) -> CustomerRecord:
    try:
        return from_json(each)
    except UserError as exc:
        raise UserError(f"object {number}: {exc.message}") from exc
