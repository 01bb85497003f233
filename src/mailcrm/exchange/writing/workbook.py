"""Tables as XLSX, one sheet each; owner of openpyxl.

Text is text: 007, 1E5 and +8613800138000 stay what they are, and nothing is ever a formula. The library streams each sheet into
a temporary file, so memory does not grow with the rows.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from lxml.etree import LxmlError
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.workbook.workbook import Workbook

from mailcrm.errors import UserError
from mailcrm.exchange.writing.customer_row import iso_utc
from mailcrm.exchange.writing.sheets import CellType, Sheet, Value
from mailcrm.model.record import CustomerRecord
from mailcrm.model.text import clean_text

MOST_ROWS = 1_048_576
"""What Excel shows of a sheet, with the headings."""

LONGEST_CELL = 32_767
"""Characters that Excel holds in a cell, counted in UTF-16."""

_CUT = " […]"
_FIRST_DAY = datetime(1900, 3, 1, tzinfo=UTC)
"""Days before are one off in Excel, or cannot be written."""

_DIGITS = 15
"""What a number of Excel keeps."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORMATS = {CellType.TEXT: "@", CellType.TIME: "yyyy-mm-dd hh:mm:ss"}


def write_workbook(file: BinaryIO, sheets: Sequence[Sheet], records: Iterable[CustomerRecord]) -> dict[str, int]:
    """The rows written below the headings of each sheet. Times are UTC, as their headings say; texts that are too long for a
    cell end with […]. More rows than Excel shows go on in a further sheet. Raises UserError where the temporary files of the
    sheets cannot be written, OSError where `file` cannot."""
    book = Workbook(write_only=True)
    writers = [_SheetWriter(book, sheet) for sheet in sheets]
    try:
        for record in records:
            for writer in writers:
                writer.write(record)
        book.save(file)
    except LxmlError as exc:  # what openpyxl writes sheets with hides the OSError
        for writer in writers:
            writer.give_up()
        raise UserError(
            f"the sheets cannot be written to the folder of temporary files ({exc}); free some space there, or name another "
            "folder by TMPDIR"
        ) from exc
    return {str(writer.sheet.name): writer.count for writer in writers}


class _SheetWriter:
    """The rows of one table, in one or more sheets of the book."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self._book = book
        self.sheet = sheet
        self.count = 0
        self._parts = 0
        self._begin()

    def write(self, record: CustomerRecord) -> None:
        for row in self.sheet.rows_of(record):
            if self._row == MOST_ROWS:
                self._begin()
            pairs = zip(row, self.sheet.columns, strict=True)
            self._page.append([_cell(self._page, value, column.type) for value, column in pairs])
            self._row += 1
            self.count += 1

    def give_up(self) -> None:
        """Closes what is open, which cannot end well either."""
        with suppress(LxmlError, OSError):
            self._page.close()

    def _begin(self) -> None:
        self._parts += 1
        title = self.sheet.name.capitalize()
        self._page = self._book.create_sheet(title if self._parts == 1 else f"{title} {self._parts}")
        self._page.freeze_panes = "A2"
        headings = (
            (f"{each.heading} (UTC)" if each.type is CellType.TIME else each.heading) for each in self.sheet.columns
        )
        self._page.append([_cell(self._page, heading, CellType.TEXT) for heading in headings])
        self._row = 1


def _cell(page: Any, value: Value, kind: CellType) -> Any:
    if value is None or value == "":
        return None
    shown = _shown(value)
    cell: Any = WriteOnlyCell(page, shown)
    if isinstance(shown, str):
        cell.data_type = "s"  # the library takes =1+1 for a formula
    cell.number_format = _format(value, shown, kind)
    return cell


def _format(value: Value, shown: object, kind: CellType) -> str:
    if isinstance(shown, str):
        return "@"
    if isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        return f"0.{'0' * places}" if places else "0"
    return _FORMATS.get(kind, "General")


def _shown(value: Value) -> str | int | Decimal | date | datetime:
    """What Excel can hold exactly: other numbers and days become text."""
    match value:
        case bool() | None:
            return "yes" if value else "no"
        case datetime() if value >= _FIRST_DAY:
            return value.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        case datetime():
            return iso_utc(value)
        case int() | Decimal():
            return value if len(Decimal(value).as_tuple().digits) <= _DIGITS else f"{value:f}"
        case date():
            return value
    return _text(value)


def _text(value: str) -> str:
    """As XML allows it. _x0041_ would be read as A (ECMA-376 part 1, section 22.9.2.19), unless its _ is written so itself."""
    text = _NOT_XML.sub("\ufffd", clean_text(value)).replace("\r\n", "\n").replace("\r", "\n")
    if len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
        room = (LONGEST_CELL - len(_CUT)) * 2
        text = text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + _CUT
    return _LOOKS_ESCAPED.sub("_x005F_", text)
