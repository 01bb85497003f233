"""The MIME tree of a message: parts with their fields, decoded on demand.

Parts of type message/* stay whole: a mail inside a mail is an attachment with its own bytes, and a report is read from
its own text, so that neither nesting nor base64 inside them can do harm.
"""

import binascii
import re

import pybase64

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, header_block, read_block
from mailcrm.ingest.mail.params import parse_parameters
from mailcrm.ingest.mail.split import Piece, split
from mailcrm.ingest.mail.words import decode_words
from mailcrm.model.text import clean_line

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UU_CODINGS = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_PATH = re.compile(r"[/\\]")
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_LONGEST_NAME = 255
_ENDING = ".eml"


class Part:
    """One node of the tree: either `children` or a body. `mime_type` is lower case, text/plain where it is nonsense.

    `section` is what IMAP calls the part (RFC 9051, 6.4.5.1); of no use for a root that has children.
    """

    __slots__ = ("_body", "_disposition", "children", "defects", "fields", "mime_type", "section")

    def __init__(self, fields: HeaderFields, body: bytes, default_type: str = "text/plain") -> None:
        self.fields = fields
        self.mime_type = _mime_type(fields, default_type)
        self.children: tuple[Part, ...] = ()
        self.section = "1"
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
        """The file name a human may see, without a path, '' if there is none. A mail without one goes by its subject."""
        fields = self.fields
        name = self._disposition.decoded("filename", fields.guesser, fields.charset)
        name = name or fields.content_type.decoded("name", fields.guesser, fields.charset)
        if name:
            return clean_line(_PATH.split(decode_words(name, fields.guesser))[-1], _LONGEST_NAME)
        return self._name_by_subject() if self.mime_type in _MESSAGES else ""

    def _name_by_subject(self) -> str:
        guesser = self.fields.guesser
        inner = HeaderFields(read_block(header_block(self.content())).items, guesser)
        subject = _PATH.sub("_", decode_words(inner.first("subject"), guesser, inner.charset))
        line = clean_line(subject, _LONGEST_NAME - len(_ENDING))
        return f"{line}{_ENDING}" if line else ""

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
    return _part(split(raw), Guesser())


def _part(piece: Piece, guesser: Guesser, default_type: str = "text/plain", section: str = "") -> Part:
    part = Part(HeaderFields(piece.items, guesser), piece.body, default_type)
    part.defects = list(piece.defects)
    part.section = section or "1"
    if piece.children:
        below = f"{section}." if section else ""
        # RFC 2046 section 5.1.5
        default_type = "message/rfc822" if part.mime_type == "multipart/digest" else "text/plain"
        part.children = tuple(
            _part(child, guesser, default_type, f"{below}{number}") for number, child in enumerate(piece.children, 1)
        )
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
        padding = data.find(b"=")
        if padding < 0 or not data[padding:].strip(b"=\r\n \t"):
            return pybase64.b64decode(data)
        return binascii.a2b_base64(data)  # what stands behind padding is no content; the quick one would go on
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
