"""The header block: where it ends, and its fields by name, raw but found again quickly."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.params import parse_parameters

BLANK_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(r"\r?\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIELD = re.compile(r"^([!-9;-~]++):[ \t]*+(.*+(?:\n[ \t].*+)*+)", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_FIELD_LINE = re.compile(r"From |[\041-\071\073-\176]*:|[\t ]")
_BLANK = frozenset({"\n", "\r", "\r\n"})


class HeaderFields:
    """The fields of one header block (of a message or of a part), by lower-case name, in order."""

    __slots__ = ("_values", "content_type", "guesser")

    def __init__(self, items: Iterable[tuple[str, str]], guesser: Guesser) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in items:
            self._values.setdefault(name.lower(), []).append(value)
        self.guesser = guesser
        self.content_type = parse_parameters(self.first("content-type"))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def has_any(self, names: Iterable[str]) -> bool:
        """Whether a field of one of these names stands in the block."""
        return not self._values.keys().isdisjoint(names)

    def count(self, name: str) -> int:
        """How often a field stands in the block."""
        return len(self._values.get(name, ()))

    def first(self, name: str) -> str:
        """The first field of that name, unfolded (RFC 5322 section 2.2.3) but not decoded; '' if absent."""
        values = self._values.get(name)
        return _unfold(values[0]) if values else ""

    def every(self, name: str) -> list[str]:
        """All fields of that name, unfolded but not decoded."""
        values = self._values.get(name)
        return [_unfold(value) for value in values] if values else []

    @property
    def charset(self) -> str:
        """The declared charset of the body: what raw 8-bit header bytes are probably written in, too."""
        return self.content_type.plain("charset")


def _unfold(value: str) -> str:
    return _FOLD.sub("", value).strip() if "\n" in value or "\r" in value else value.strip()


def normalise_raw(raw: bytes) -> tuple[bytes, list[str]]:
    """`raw` with lines that the parser can tell apart, and the defects that had to be mended."""
    defects = []
    if raw.startswith(_BYTE_ORDER_MARK):
        raw = raw[3:]
        defects.append("byte order mark before the header")
    if b"\r" in raw and b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
        defects.append("lines end in CR only")
    elif raw.find(b"\r\r\n", 0, 4096) >= 0:
        raw = raw.replace(b"\r\r\n", b"\r\n")
        defects.append("lines end in CR CR LF")
    return raw, defects


def header_block(raw: bytes) -> bytes:
    """The header block of a message with its blank line, without a copy of the body."""
    return raw[: _edges(raw)[0]]


def split_message(raw: bytes) -> tuple[bytes, bytes]:
    """The header block with its blank line, and the body behind it."""
    end, body = _edges(raw)
    return raw[:end], raw[body:]


def _edges(raw: bytes) -> tuple[int, int]:
    """Where the header ends, and where the body begins."""
    if raw[:1] == b"\n" or raw[:2] == b"\r\n":  # no header at all
        return 0, raw.index(b"\n") + 1
    blank = BLANK_LINE.search(raw)
    return (blank.end(), blank.end()) if blank else (len(raw), len(raw))


class Block(NamedTuple):
    """A header block taken apart: fields in order, raw; what was wrong; and where it gave up, the lines behind."""

    items: list[tuple[str, str]]
    defects: list[str]
    rest: bytes


def read_block(block: bytes) -> Block:
    """Take a header block apart as the standard parser does (compat32), several times as fast.

    What does not look like a header field ends the block. A test holds this to the standard parser on any bytes; newer
    policies of it raise, loop or lose bytes on wild mail.
    """
    text = block.decode("ascii", "surrogateescape")
    items = plain_fields(text)
    return _read_odd_block(text) if items is None else Block(items, [], b"")


def plain_fields(text: str) -> list[tuple[str, str]] | None:
    """The fields of a well-formed block, with or without its blank line; None where another line is in it.

    Lines of a value end in LF here, whatever they ended in. A mailbox separator at the top is left out.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            return None
    if text.startswith("From "):
        text = text.partition("\n")[2]
    text = text.removesuffix("\n").removesuffix("\n")
    items = _FIELD.findall(text)
    lines = text.count("\n") + 1
    folds = text.count("\n ") + text.count("\n\t")
    return items if len(items) + folds == lines else None


def _read_odd_block(text: str) -> Block:
    """A block with something in it that is no field, line by line."""
    lines = _LINE.findall(text)
    end = next((index for index, line in enumerate(lines) if not _FIELD_LINE.match(line)), len(lines))
    defects = []
    if end < len(lines) and lines[end] in _BLANK:
        del lines[end]
    elif end < len(lines):
        defects.append("the header ends in a line that is no header field")
    if end > 1 and lines[end - 1].startswith("From "):  # a mailbox separator that belongs to what follows
        end -= 1
    items = _odd_items(lines[:end], defects)
    return Block(items, defects, "".join(lines[end:]).encode("ascii", "surrogateescape"))


def _odd_items(lines: list[str], defects: list[str]) -> list[tuple[str, str]]:
    """The fields that the lines of a block make up, each value with its folds."""
    items: list[tuple[str, str]] = []
    name, values = "", [""]
    for index, line in enumerate(lines):
        if line[0] in " \t":
            if name:
                values.append(line)
            else:
                defects.append("the header begins with a continuation line")
            continue
        if name:
            items.append((name, "".join(values).rstrip("\r\n")))
            name = ""
        if line.startswith("From "):
            if index:
                defects.append("a mailbox separator stands inside the header")
            continue
        name, _, value = line.partition(":")
        if not name:
            defects.append("a header field has no name")
        values = [value.lstrip(" \t")]
    if name:
        items.append((name, "".join(values).rstrip("\r\n")))
    return items
