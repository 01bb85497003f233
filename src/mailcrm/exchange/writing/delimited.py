"""Tables as CSV for Excel, LibreOffice and programs: UTF-8, RFC 4180, and no cell that is computed."""

import csv
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TextIO

from mailcrm.exchange.guarded import guard
from mailcrm.exchange.writing.customer_row import iso_utc
from mailcrm.exchange.writing.sheets import Sheet, Value
from mailcrm.model.record import CustomerRecord
from mailcrm.model.text import clean_text

BOM = "\ufeff"
"""Excel takes a CSV without it for the code page of its country; IMPORTDATA and most programs want none."""


def write_csv(file: TextIO, sheet: Sheet, records: Iterable[CustomerRecord], *, bom: bool = False) -> int:
    """The number of rows written below the headings. `file` is open as UTF-8 with newline=''. One record at a time is held.

    Cells with line breaks, commas or quotes stand in quotes; times are ISO 8601 in UTC, amounts have a decimal point.
    """
    if bom:
        file.write(BOM)
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow([guard(column.heading) for column in sheet.columns])
    count = 0
    for record in records:
        for row in sheet.rows_of(record):
            rows.writerow([written(value) for value in row])
            count += 1
    return count


def written(value: Value) -> str:
    """A cell as text. Numbers keep their minus: only text can be a formula."""
    match value:
        case None:
            return ""
        case str():
            return guard(clean_text(value))
        case bool():
            return "yes" if value else "no"
        case datetime():
            return iso_utc(value)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case int():
            return str(value)
