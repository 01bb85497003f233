"""Reads an mbox from front to back with bounded memory, from any place where a mail begins.

A mail's number is the byte at which it begins, plus one; so the cursor is the byte at which to go on, and nothing has to
be indexed. A line `From ` separates mails if it follows an empty line (or begins the file) and looks like a separator: it
has a date in it, or a header field follows. Bodies of programs that do not quote such lines are rarely cut then.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import BinaryIO

from mailcrm.ingest.files.filemail import FileMail, too_large
from mailcrm.ingest.files.form import unquoted, wire_form

_CHUNK = 1024 * 1024
_TAIL = 64 * 1024
_LONGEST_LINE = 2_000
"""More than any separator has; as much again shows whether a header field follows."""

_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
# As asctime writes it (RFC 4155), with the zone where some programs put it: in front of the year or behind it.
_DATE = re.compile(
    rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(\d{1,2})\s+"
    rb"(\d\d):(\d\d)(?::(\d\d))?\s+(?:([+-]\d{4}|[A-Z]{1,5})\s+)?(\d{4})\b(?:\s+([+-]\d{4})\b)?"
)
_FIELD = re.compile(rb">?[!-9;-~]{1,100}:|>From ")
_NO_SENDER = re.compile(rb"From\s+-?\s")
_MARKS = b"\xef\xbb\xbf"


def is_mbox(head: bytes) -> bool:
    """Whether a file that begins with these bytes (4 kB of them) is an mbox with a mail in it."""
    start = head.removeprefix(_MARKS).lstrip(b"\r\n")
    return start.startswith(b"From ") and bool(_separates(bytearray(start), 0, whole=True))


def read_mbox(file: BinaryIO, start: int, largest: int) -> Iterator[FileMail]:
    """The mails from byte `start` on, where one begins or the file ends. Raises OSError.

    A mail of more than `largest` bytes comes without them; it is never wholly in memory.
    """
    file.seek(start)
    text, begin, scan, base, ended = bytearray(), -1, 0, start, False
    while True:
        if begin < 0:  # blank lines in front of the first mail
            blank = len(text) - len(text.lstrip(b"\r\n" if base else b"\r\n" + _MARKS))
            base += blank
            del text[:blank]
            if text:
                begin = base
        at, scan = _next_separator(text, scan, whole=ended)
        if at is not None or (ended and begin >= 0):
            end = base + (len(text) if at is None else at)
            yield _mail(begin, bytes(text[: end - base]), end, largest, cut=base > begin, last=at is None)
            del text[: end - base]
            base, begin, scan = end, end, 0
            if at is None:
                return
        elif ended:
            return
        else:
            if len(text) > largest + _CHUNK:  # its bytes are let go, the search for its end goes on
                drop = max(scan - 4, 0)
                base += drop
                scan -= drop
                del text[:drop]
            chunk = file.read(_CHUNK)
            ended = not chunk
            text += chunk


def _next_separator(text: bytearray, scan: int, *, whole: bool) -> tuple[int | None, int]:
    """Where the next separator begins, and from where to search on when there is more text; `whole`: there is not."""
    while (found := text.find(b"\nFrom ", scan)) >= 0:
        if text[max(found - 1, 0) : found] == b"\n" or text[max(found - 2, 0) : found] == b"\n\r":
            separates = _separates(text, found + 1, whole=whole)
            if separates is None:
                return None, found
            if separates:
                return found + 1, 0
        scan = found + 1
    return None, max(scan, len(text) - len(b"\nFrom ") + 1)


def _separates(text: bytearray, at: int, *, whole: bool) -> bool | None:
    """Whether the `From ` line at `at` separates mails; None if more text has to be seen."""
    enough = whole or len(text) - at > 2 * _LONGEST_LINE
    end = text.find(b"\n", at, at + _LONGEST_LINE)
    if end < 0:
        return bool(_DATE.search(text, at, at + _LONGEST_LINE)) if enough else None
    if _DATE.search(text, at, end):
        return True
    return bool(_FIELD.match(text, end + 1)) if enough else None


def _mail(begin: int, text: bytes, end: int, largest: int, *, cut: bool, last: bool) -> FileMail:
    uid, where = begin + 1, f"at byte {begin}"
    if cut or len(text) > largest:
        return FileMail(uid, None, where, problem=too_large(largest), end=end)
    line, _, rest = text.partition(b"\n")
    if rest.endswith((b"\n\n", b"\n\r\n", b"\r\n\r\n")) or (not last and rest.endswith(b"\n")):
        rest = rest[:-1].removesuffix(b"\r")  # the empty line belongs to the separator
    if not rest.strip():
        return FileMail(uid, None, where, problem="the mail is empty", end=end)
    return FileMail(uid, wire_form(unquoted(rest)), where, arrival(line), end=end)


def arrival(line: bytes) -> datetime | None:
    """When the mail of a `From ` line arrived, in UTC; UTC is also what a line without a zone means (RFC 4155).

    Thunderbird's `From - ` tells when the mail was written into the file, which may be years later: None.
    """
    found = _DATE.search(line)
    if found is None or _NO_SENDER.match(line):
        return None
    month, day, hour, minute, second, zone, year, zone_behind = found.groups()
    try:
        local = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC
        )
        return local.replace(tzinfo=_offset(zone_behind or zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(zone: bytes | None) -> timezone:
    if zone is None or not zone[1:].isdigit():
        return UTC
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return timezone(timedelta(minutes=-minutes if zone.startswith(b"-") else minutes))


def tail_mark(file: BinaryIO, end: int) -> str:
    """A digest of what stands in front of byte `end`: a file that was changed there has moved. Raises OSError."""
    start = max(end - _TAIL, 0)
    return hashlib.sha256(os.pread(file.fileno(), end - start, start)).hexdigest()


def goes_on(file: BinaryIO, end: int) -> bool:
    """Whether at byte `end` the file ends or the next mail begins. Raises OSError."""
    head = os.pread(file.fileno(), 2 * _LONGEST_LINE, end)
    return is_mbox(head) or not head.strip(b"\r\n")
