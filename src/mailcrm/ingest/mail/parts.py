"""The MIME tree of a message: parts with their fields, decoded on demand.

The standard library splits the bodies. Parts of type message/* stay whole: a mail inside a mail is an attachment with
its own bytes, and a report is read from its own text, so that neither nesting nor base64 inside them can do harm.
"""

import binascii
import re
from email.feedparser import FeedParser
from email.message import Message
from email.policy import compat32
from typing import cast

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, raw_payload, read_block, split_message
from mailcrm.ingest.mail.outline import Outline
from mailcrm.ingest.mail.params import parse_parameters
from mailcrm.ingest.mail.words import decode_words
from mailcrm.model.text import clean_line

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UU_CODINGS = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_DEFECT_WORDS = {
    "MissingHeaderBodySeparatorDefect": "the header ends in a line that is no header field",
    "NoBoundaryInMultipartDefect": "multipart without a boundary",
    "StartBoundaryNotFoundDefect": "multipart whose boundary never occurs",
    "CloseBoundaryNotFoundDefect": "multipart that is not closed",
    "MultipartInvariantViolationDefect": "multipart without parts",
    "InvalidMultipartContentTransferEncodingDefect": "multipart with a transfer encoding",
}
_PATH = re.compile(r"[/\\]")


class _WholeMessages(Message):
    """A message whose message/* parts look like leaves to the standard parser, so that it does not go into them."""

    def get_content_type(self) -> str:
        """The content type, hidden behind another name where the parser would descend."""
        content_type = super().get_content_type()
        return "application/octet-stream" if content_type.startswith("message/") else content_type


class Part:
    """One node of the tree: either `children` or a body. `mime_type` is lower case, text/plain where it is nonsense."""

    __slots__ = ("_body", "_disposition", "children", "defects", "fields", "mime_type")

    def __init__(self, fields: HeaderFields, body: bytes, default_type: str = "text/plain") -> None:
        self.fields = fields
        self.mime_type = _mime_type(fields, default_type)
        self.children: tuple[Part, ...] = ()
        self.defects: list[str] = []
        self._body = body
        self._disposition = parse_parameters(fields.first("content-disposition"))

    @property
    def disposition(self) -> str:
        """`inline`, `attachment` or ''."""
        return self._disposition.value

    @property
    def has_filename(self) -> bool:
        """Whether a file name is given at all (cheaper than `filename`)."""
        keys = (*self._disposition.raw, *self.fields.content_type.raw)
        return any(key.startswith(("filename", "name")) for key in keys)

    @property
    def content_id(self) -> str:
        """The Content-ID without angle brackets."""
        return clean_line(self.fields.first("content-id"), 255).strip("<>")

    @property
    def filename(self) -> str:
        """The file name a human may see, without a path, '' if there is none."""
        fields = self.fields
        name = self._disposition.decoded("filename", fields.guesser, fields.charset)
        name = name or fields.content_type.decoded("name", fields.guesser, fields.charset)
        return clean_line(_PATH.split(decode_words(name, fields.guesser))[-1], 255) if name else ""

    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        return decode_transfer(self._body, self.fields.first("content-transfer-encoding").lower())


def _mime_type(fields: HeaderFields, default_type: str) -> str:
    """RFC 2045 section 5.2: no type, or one that cannot be read, is text/plain."""
    found = fields.content_type.value.strip('"')
    if not found:
        return default_type
    return clean_line(found, 255) if found.count("/") == 1 and not found.endswith("/") else "text/plain"


def read_tree(raw: bytes) -> Part:
    """The tree of a whole message. Raises RecursionError where multiparts are nested too deep for the library."""
    block, body = split_message(raw)
    guesser = Guesser()
    if b"multipart/" in block.lower():
        outline = Outline(raw)
        parser: FeedParser[Message] = FeedParser(_WholeMessages, policy=compat32)
        parser.feed(outline.text.decode("ascii", "surrogateescape"))
        return _part(parser.close(), outline, guesser)
    head = read_block(block)
    root = Part(HeaderFields(head.items, guesser), head.rest + body)
    root.defects = head.defects
    return root


def _part(message: Message, outline: Outline, guesser: Guesser, default_type: str = "text/plain") -> Part:
    body = outline.restore(raw_payload(message))
    part = Part(HeaderFields(message.raw_items(), guesser), body, default_type)
    part.defects = [_DEFECT_WORDS.get(type(defect).__name__, type(defect).__name__) for defect in message.defects]
    if message.is_multipart():
        # RFC 2046 section 5.1.5
        default_type = "message/rfc822" if part.mime_type == "multipart/digest" else "text/plain"
        children = cast("list[Message]", message.get_payload())
        part.children = tuple(_part(child, outline, guesser, default_type) for child in children)
    return part


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding (RFC 2045 section 6); damaged data gives what can be had of it."""
    encoding = encoding.partition(";")[0].strip().strip('"')
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "base64":
        return _decode_base64(data)
    if encoding in _UU_CODINGS:
        return _decode_uu(data)
    return data


def _decode_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", data)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _decode_uu(data: bytes) -> bytes:
    """The lines between "begin" and "end"; without them, or if a line is broken, the data as it is."""
    _, begin, rest = data.partition(b"begin ")
    lines = rest.split(b"\nend", 1)[0].splitlines()[1:]
    try:
        return b"".join(map(binascii.a2b_uu, lines)) if begin else data
    except binascii.Error:
        return data
