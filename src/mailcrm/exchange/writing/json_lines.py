"""Customers as JSON lines: one object a line, whole, in the form of `canonical`, which our own import reads back exactly."""

import json
from collections.abc import Iterable
from typing import TextIO

from mailcrm.exchange.canonical import to_json
from mailcrm.model.record import CustomerRecord


def write_json_lines(file: TextIO, records: Iterable[CustomerRecord]) -> int:
    """The number of customers written. `file` is open as UTF-8; one record at a time is held.

    U+2028 and U+2029 are escaped, for some programs end a line there.
    """
    count = 0
    for record in records:
        line = json.dumps(to_json(record), ensure_ascii=False, separators=(",", ":"))
        file.write(line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n")
        count += 1
    return count
