"""Understands what IMAP servers answer, as tolerantly as can be: an odd line never hides the good ones around it. How the
text of an answer is read is in `values`."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailcrm.ingest.imap.changes import Flags
from mailcrm.ingest.imap.folders import Listed
from mailcrm.ingest.imap.values import Chunk, Value, parsed, upper, values_of
from mailcrm.model.folder import FolderStatus, UidRange
from mailcrm.model.message import FetchedHeader

_CODE = re.compile(rb"\[([A-Z0-9-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_INTERNALDATE = re.compile(rb" ?(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_DAY = 24 * 60  # minutes: no zone is so far from Greenwich
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_TEXT_LIMIT = 300
_LONGEST_ID = 255  # RFC 8474, 4.1
MAX_UID = 4294967295
MOST = 2**31 - 1
"""More messages in a folder, or bytes in a message, there are not: columns of the store hold no more."""

_SET = re.compile(rb"\d{1,10}(?::\d{1,10})?(?:,\d{1,10}(?::\d{1,10})?)*")
_RECENT = b"\\recent"


def uid_of(items: Mapping[bytes, Value]) -> int | None:
    """The UID of a FETCH answer; unsolicited ones have none."""
    return _number(items.get(b"UID"))


def flag_names(items: Mapping[bytes, Value]) -> tuple[str, ...]:
    r"""The flags in a FETCH answer, `\Recent` included."""
    flags = items.get(b"FLAGS")
    return tuple(flag.decode("ascii", "replace") for flag in flags or () if isinstance(flag, bytes))


def fetched_header(items: Mapping[bytes, Value]) -> FetchedHeader | None:
    """One message from a FETCH answer; None if it lacks the UID or the header, as flag changes of other clients do."""
    uid = uid_of(items)
    header = next((value for name, value in items.items() if name.startswith(b"BODY[HEADER")), None)
    if uid is None or not isinstance(header, bytes):
        return None
    return FetchedHeader(
        uid,
        header,
        flags=flag_names(items),
        internaldate=internaldate(items.get(b"INTERNALDATE")),
        size=min(_number(items.get(b"RFC822.SIZE")) or 0, MOST),
        object_id=_own_id(items, b"X-GM-MSGID", b"EMAILID"),
        server_thread=_own_id(items, b"X-GM-THRID", b"THREADID"),
        labels=labels_of(items),
    )


def labels_of(items: Mapping[bytes, Value]) -> tuple[str, ...] | None:
    """Gmail's labels in a FETCH answer; None if it does not tell them."""
    labels = items.get(b"X-GM-LABELS")
    if not isinstance(labels, list):
        return None
    return tuple(folder_name(label) for label in labels if isinstance(label, bytes))


def flags_of(items: Mapping[bytes, Value]) -> Flags | None:
    """The flags in a FETCH answer; None if it does not tell them."""
    flags = items.get(b"FLAGS")
    if not isinstance(flags, list):
        return None
    names = (flag for flag in flags if isinstance(flag, bytes) and flag.lower() != _RECENT)
    modseq = items.get(b"MODSEQ")
    return Flags(
        tuple(name.decode("ascii", "replace") for name in names),
        _number(modseq[0]) if isinstance(modseq, list) and modseq else None,
        labels_of(items),
    )


def uid_ranges(text: bytes) -> list[UidRange] | None:
    """A set of UIDs as its ranges, unsorted; None if it is not one. `*` means nothing in an answer."""
    if not _SET.fullmatch(text):
        return None
    found = []
    for part in text.split(b","):
        one, _, other = part.partition(b":")
        ends = int(one), int(other or one)
        found.append((min(ends), max(ends)))
    return found if all(lo >= 1 and hi <= MAX_UID for lo, hi in found) else None


def vanished(text: bytes) -> tuple[list[UidRange] | None, bool]:
    """The UIDs of a VANISHED answer (None if unreadable), and whether they were gone before we opened the folder."""
    first, _, rest = text.strip().partition(b" ")
    earlier = first.upper() == b"(EARLIER)"
    return uid_ranges(rest.strip() if earlier else text.strip()), earlier


def searched(chunks: Sequence[Chunk], tag: bytes) -> list[UidRange] | None:
    """The UIDs in the ESEARCH answer to the command of `tag` (RFC 4731); None if it is not exactly what was asked for.

    No ALL means that nothing was found.
    """
    answers = list(parsed(chunks))
    match answers:
        case [[[name, given], kind, *pairs]] if (upper(name), given, upper(kind)) == (b"TAG", tag, b"UID"):
            results = {upper(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=False)}
            found = results.get(b"ALL", b"") if len(pairs) % 2 == 0 else None
            return [] if not pairs else uid_ranges(found) if isinstance(found, bytes) else None
    return None


def body_of(items: Mapping[bytes, Value]) -> bytes | None:
    """The whole message of a FETCH answer; None where there is nothing."""
    body = items.get(b"BODY[]")
    return body if isinstance(body, bytes) and body else None


def internaldate(value: Value) -> datetime | None:
    """INTERNALDATE in UTC; None if it cannot be read."""
    found = _INTERNALDATE.fullmatch(value) if isinstance(value, bytes) else None
    if not found:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    ahead = int(zone_hours) * 60 + int(zone_minutes)
    if ahead >= _DAY:
        return None
    try:
        local = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        return local - timedelta(minutes=-ahead if sign == b"-" else ahead) if ahead else local
    except (KeyError, ValueError, OverflowError):
        return None


def listed(chunks: Iterable[Chunk]) -> Iterator[Listed]:
    """The folders in LIST or XLIST answers."""
    for values in parsed(chunks):
        if len(values) < 3 or not isinstance(values[0], list):
            continue
        flags = tuple(flag.decode("ascii", "replace") for flag in values[0] if isinstance(flag, bytes))
        delimiter = values[1].decode("latin-1") if isinstance(values[1], bytes) else None
        # A name with spaces and without quotes comes in pieces; lists after it are extended data (RFC 5258).
        raw = b" ".join(b"NIL" if part is None else part for part in values[2:] if not isinstance(part, list))
        yield Listed(wire_name(raw), folder_name(raw), flags, delimiter or None)


def statuses(chunks: Iterable[Chunk]) -> dict[str, FolderStatus]:
    """What STATUS says of folders, by their names on the wire; nothing for a folder it says too little of.

    What is said of one folder may come in several answers. 163 answers `* STATUS "INBOX" ()` (chatmail/core#5049): that
    is not a folder with 0 messages.
    """
    found: dict[str, FolderStatus] = {}
    ids: dict[str, str] = {}
    for values in parsed(chunks):
        counts = values[-1] if len(values) >= 2 else None
        if not isinstance(counts, list) or not isinstance(values[0], bytes):
            continue
        name = wire_name(b" ".join(part for part in values[:-1] if isinstance(part, bytes)))
        pairs = {upper(item): value for item, value in zip(counts[::2], counts[1::2], strict=False)}
        numbers = {item: _number(value) for item, value in pairs.items()}
        if (exists := numbers.get(b"MESSAGES")) is not None and numbers.get(b"UIDVALIDITY"):
            found[name] = _status(numbers, exists, None)
        if mailboxid := _object_id(pairs.get(b"MAILBOXID")):
            ids[name] = mailboxid
    return {name: replace(status, mailboxid=ids.get(name)) for name, status in found.items()}


def examined(lines: Iterable[bytes], exists: int) -> FolderStatus:
    """What EXAMINE said: its untagged OK lines, and the number of messages. A missing or impossible UIDNEXT is None."""
    codes = dict(found for found in map(code, lines) if found)
    mailboxid = next(iter(values_of(codes.get(b"MAILBOXID", b""), ())), None)
    return _status({name: number(text) for name, text in codes.items()}, exists, _object_id(mailboxid))


def _status(numbers: Mapping[bytes, int | None], exists: int, mailboxid: str | None) -> FolderStatus:
    known = [numbers.get(name) or None for name in (b"UIDNEXT", b"HIGHESTMODSEQ")]
    return FolderStatus(numbers.get(b"UIDVALIDITY") or 0, known[0], exists, known[1], mailboxid)


def code(line: bytes) -> tuple[bytes, bytes] | None:
    """The response code at the beginning of a line, [NAME data], with the name in upper case."""
    found = _CODE.match(line)
    return (found[1].upper(), found[2] or b"") if found else None


def number(text: bytes) -> int | None:
    """A number of the protocol: digits and nothing else, with at most 63 bits (RFC 7162); no store holds more."""
    found = int(text) if text.isdigit() and len(text) < 21 else None
    return None if found is None or found >= 1 << 63 else found


def server_identity(chunks: Iterable[Chunk]) -> dict[str, str]:
    """The fields of an ID answer (RFC 2971); those that are NIL are left out."""
    found: dict[str, str] = {}
    for values in parsed(chunks):
        fields = values[0] if values and isinstance(values[0], list) else []
        pairs = zip(fields[::2], fields[1::2], strict=False)
        found |= {readable(k): readable(v) for k, v in pairs if isinstance(k, bytes) and isinstance(v, bytes)}
    return found


def readable(text: bytes) -> str:
    """What a server said, for a human: UTF-8, else GB 18030 (Exmail answers in GBK, fdm#30); one line, not endless."""
    return _UNPRINTABLE.sub(" ", _decoded(text)).strip()[:_TEXT_LIMIT]


def wire_name(raw: bytes) -> str:
    """A folder name as it has to be sent back, byte for byte."""
    return raw.decode("latin-1")


def folder_name(raw: bytes) -> str:
    """A folder name from modified UTF-7 (RFC 3501, 5.1.3); what breaks its rules stays as it is, and can be stored."""
    return _UNPRINTABLE.sub("\ufffd", _SHIFTED.sub(_unshifted, _decoded(raw)))


def _unshifted(shift: re.Match[str]) -> str:
    if not shift[1]:
        return "&"
    try:
        return base64.b64decode(shift[1].replace(",", "/") + "=" * (-len(shift[1]) % 4)).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return shift[0]


def _decoded(text: bytes) -> str:
    for charset in ("utf-8", "gb18030"):
        try:
            return text.decode(charset)
        except UnicodeDecodeError:
            continue
    return text.decode("latin-1")


def _object_id(value: Value) -> str | None:
    """An object identifier (RFC 8474), which comes in parentheses."""
    inner = value[0] if isinstance(value, list) and value else None
    return inner.decode("ascii", "replace") if isinstance(inner, bytes) else None


def _own_id(items: Mapping[bytes, Value], gmail: bytes, standard: bytes) -> str:
    """What the server calls a message or a conversation, however it moves; '' where it does not say."""
    if gmail not in items and standard not in items:
        return ""
    number = _number(items.get(gmail))
    found = _object_id(items.get(standard)) if number is None else str(number)
    return found if found and len(found) <= _LONGEST_ID else ""


def _number(value: Value) -> int | None:
    return number(value) if isinstance(value, bytes) else None
