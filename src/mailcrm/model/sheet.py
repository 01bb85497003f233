"""Spreadsheets (XLSX, XLSB, XLS, ODS) as rows of values; owner of python-calamine.

The library holds a whole sheet in memory, so who opens files of strangers asks `bounds` first, or does it in a guarded child.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO, NamedTuple

import python_calamine

from mailcrm.errors import Unparsable

SheetValue = str | int | float | bool | date | datetime | time | timedelta


class Span(NamedTuple):
    """Cells that are shown as one: rows and columns from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


class Book:
    """An open workbook. Raises Unparsable for what is no spreadsheet, is damaged, or needs a password."""

    def __init__(self, file: bytes | BinaryIO) -> None:
        try:
            self._book = python_calamine.CalamineWorkbook.from_filelike(
                io.BytesIO(file) if isinstance(file, bytes) else file
            )
            self.names: tuple[str, ...] = tuple(self._book.sheet_names)
        except python_calamine.PasswordError as exc:
            raise Unparsable("it is encrypted: it needs a password") from exc
        except MemoryError:
            raise
        except Exception as exc:  # damaged zip, XML or sheets: each an exception of its own
            raise _refused(exc) from exc

    @property
    def hidden(self) -> frozenset[str]:
        """Sheets that the program does not show."""
        shown = python_calamine.SheetVisibleEnum.Visible
        return frozenset(each.name for each in self._book.sheets_metadata if each.visible != shown)

    def rows(self, name: str) -> Iterator[tuple[int, list[SheetValue]]]:
        """Rows up to the last with a value, with their numbers as the program shows them; empty cells are ''. What a formula
        could not compute is empty, too."""
        try:
            sheet = self._book.get_sheet_by_name(name)
            before: list[SheetValue] = [""] * (sheet.start[1] if sheet.start else 0)  # the library leaves them away
            for number, row in enumerate(sheet.iter_rows(), 1):
                yield number, before + row
        except MemoryError:
            raise
        except Exception as exc:
            raise _refused(exc) from exc

    def merged(self, name: str) -> tuple[Span, ...]:
        """Cells that were merged; the value stands in the first of them. Not known of ODS and XLSB."""
        try:
            ranges = self._book.get_sheet_by_name(name).merged_cell_ranges or []
        except Exception as exc:
            raise _refused(exc) from exc
        return tuple(Span(top, left, bottom, right) for (top, left), (bottom, right) in ranges)


def _refused(exc: Exception) -> Unparsable:
    said = str(exc).strip().splitlines()
    return Unparsable(f"this is no spreadsheet that can be read: {said[0][:200] if said else type(exc).__name__}")
