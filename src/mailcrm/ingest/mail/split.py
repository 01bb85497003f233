"""A message cut into its pieces, as the standard parser (compat32) cuts it, but for most mail without reading each line.

A multipart that keeps RFC 2046 section 5.1.1 is cut at its boundaries by searching for them. Whatever is odd, a boundary
in doubt or a header that is not one, goes to the standard parser, which has an answer to everything; a test holds the two
to the same result on any bytes. Pieces of type message/* stay whole in both.
"""

import re
from collections.abc import Sequence
from email.feedparser import FeedParser
from email.message import Message
from email.policy import compat32
from itertools import pairwise
from typing import NamedTuple, cast

from mailcrm.ingest.mail.fields import BLANK_LINE, header_block, plain_fields, read_block, split_message

_DEEPEST = 40
_PARAMETER = r';\s*+([A-Za-z0-9_-]++)=(?:"([^"\\\r\n]*+)"|([^\s";\\]++))\s*+'
_MULTIPART = re.compile(rf"\s*multipart/[a-z0-9.+-]++\s*+(?P<parameters>(?:{_PARAMETER})++);?\s*+", re.IGNORECASE)
_EACH_PARAMETER = re.compile(_PARAMETER)
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-](?:[0-9A-Za-z'()+_,./:=? -]*[0-9A-Za-z'()+_,./:=?-])?")
_BEHIND_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r\n?|\n|\Z)")
_NO_ENCODING = frozenset({"", "7bit", "8bit", "binary"})
_DEFECT_WORDS = {
    "MissingHeaderBodySeparatorDefect": "the header ends in a line that is no header field",
    "NoBoundaryInMultipartDefect": "multipart without a boundary",
    "StartBoundaryNotFoundDefect": "multipart whose boundary never occurs",
    "CloseBoundaryNotFoundDefect": "multipart that is not closed",
    "MultipartInvariantViolationDefect": "multipart without parts",
    "InvalidMultipartContentTransferEncodingDefect": "multipart with a transfer encoding",
}


class Piece(NamedTuple):
    """One node: header fields as they stand, the body of a leaf, what was wrong, and the pieces of a multipart."""

    items: Sequence[tuple[str, str]]
    body: bytes
    defects: Sequence[str] = ()
    children: Sequence["Piece"] = ()


class _Odd(Exception):
    """Not for this cutter."""


def split(raw: bytes) -> Piece:
    """The pieces of a whole message. Raises RecursionError where multiparts are nested too deep for the library."""
    found = cut(raw)
    if found is None and b"multipart/" not in header_block(raw).lower():
        header, body = split_message(raw)
        block = read_block(header)
        found = Piece(block.items, block.rest + body if block.rest else body, block.defects)
    return found or read_by_line(raw)


def cut(raw: bytes) -> Piece | None:
    """The pieces of a well-formed message; None where something in it is odd."""
    try:
        return _cut(raw, 0, len(raw), 0)
    except _Odd:
        return None


def _cut(raw: bytes, start: int, end: int, depth: int) -> Piece:
    items, body = _header(raw, start, end)
    content_type = _first(items, "content-type")
    if "multipart/" not in content_type.lower():
        return Piece(items, raw[body:end])
    if depth == _DEEPEST or _first(items, "content-transfer-encoding").lower() not in _NO_ENCODING:
        raise _Odd
    ranges = _ranges(raw, _boundary(content_type), body, end)
    return Piece(items, b"", children=[_cut(raw, first, last, depth + 1) for first, last in ranges])


def _header(raw: bytes, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
    """The fields of the block at `start`, and where the body behind it begins."""
    for empty in (b"\n", b"\r\n"):
        if raw.startswith(empty, start, end):
            return [], start + len(empty)
    blank = BLANK_LINE.search(raw, start, end)
    block = raw[start : blank.start() + 1 if blank else end].decode("ascii", "surrogateescape")
    items = plain_fields(block)
    if items is None:
        raise _Odd
    return items, blank.end() if blank else end


def _first(items: Sequence[tuple[str, str]], wanted: str) -> str:
    for name, value in items:
        if len(name) == len(wanted) and name.lower() == wanted:
            return value
    return ""


def _boundary(content_type: str) -> bytes:
    found = _MULTIPART.fullmatch(content_type)
    if found is None:
        raise _Odd
    parameters = _EACH_PARAMETER.findall(found["parameters"])
    given: list[str] = [(quoted or bare).rstrip() for name, quoted, bare in parameters if name.lower() == "boundary"]
    if len(given) != 1 or not _BOUNDARY.fullmatch(given[0]):
        raise _Odd
    return given[0].encode("ascii")


def _ranges(raw: bytes, boundary: bytes, body: int, end: int) -> list[tuple[int, int]]:
    """Where the parts of a body lie. The line end before a boundary belongs to the boundary."""
    lines = _boundary_lines(raw, b"\n--" + boundary, body, end)
    ranges = []
    for (_, start), (stop, _) in pairwise(lines):
        if start == stop:  # two boundaries in a row: the standard parser has its own ways with them
            raise _Odd
        stop -= 2 if raw.startswith(b"\r\n", stop - 2) and stop - 2 >= start else 1
        ranges.append((start, stop))
    return ranges


def _boundary_lines(raw: bytes, line: bytes, body: int, end: int) -> list[tuple[int, int]]:
    """Begin and end of each line that is a boundary, the closing one last."""
    if raw.find(b"\r" + line[1:], body, end) >= 0:  # the standard parser ends a line at a lone CR, too
        raise _Odd
    lines = []
    at = raw.find(line, body - 1, end)
    while at >= 0:
        behind = _BEHIND_BOUNDARY.match(raw, at + len(line), end)
        if behind is None:
            at = raw.find(line, at + 1, end)
            continue
        lines.append((at + 1, behind.end()))
        if behind[1]:
            break
        at = raw.find(line, behind.end() - 1, end)
    if at < 0 or len(lines) < 2:
        raise _Odd
    return lines


class _WholeMessages(Message):
    """A message whose message/* parts look like leaves to the standard parser, so that it does not go into them."""

    def get_content_type(self) -> str:
        """The content type, hidden behind another name where the parser would descend."""
        content_type = super().get_content_type()
        return "application/octet-stream" if content_type.startswith("message/") else content_type


def read_by_line(raw: bytes) -> Piece:
    """The pieces of any message at all, by the standard parser. Raises RecursionError."""
    parser: FeedParser[Message] = FeedParser(_WholeMessages, policy=compat32)
    parser.feed(raw.decode("ascii", "surrogateescape"))
    return _piece(parser.close())


def _piece(message: Message) -> Piece:
    payload = getattr(message, "_payload", None)  # get_payload() would decode 8-bit text by its declared charset
    return Piece(
        list(message.raw_items()),
        payload.encode("ascii", "surrogateescape") if isinstance(payload, str) else b"",
        [_DEFECT_WORDS.get(type(defect).__name__, type(defect).__name__) for defect in message.defects],
        [_piece(part) for part in cast("list[Message]", message.get_payload())] if message.is_multipart() else (),
    )
