"""A message without its attachments: which parts can stay on the server, and the rest as a message that any parser reads.

The skeleton has the header and all parts of the whole message, with their own headers, but the bodies of attachments are
empty. So the one parser finds the same text, kind, reports and names in it, and all that is missing is counted by us.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import BLANK_LINE, HeaderFields, read_block
from mailcrm.ingest.mail.parts import Part
from mailcrm.ingest.mail.split import Piece, cut
from mailcrm.model.message import LARGE_MESSAGE, SMALL_MESSAGE, ParsedMessage

HEADER = "HEADER"
"""The section that is the header of a message."""

_SMALL_PART = 16 * 1024
"""Bytes up to which a part of another sort comes with the text, unless it says that it is an attachment."""

_LONGEST = 2 * LARGE_MESSAGE
"""Bytes of a skeleton: more came only if the server said less before."""

_PICTURES = frozenset({"image", "audio", "video"})
_BODIES = frozenset({"text/plain", "text/html"})
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_NO_ENCODING = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True)
class Outline:
    """A part as its server describes it. Words are in lower case, `size` is in bytes as they are encoded, 0 for those that
    have `children`. `section` is '' for a message of several parts. `named`: it has a file name."""

    section: str
    mime_type: str
    size: int = 0
    encoding: str = ""
    disposition: str = ""
    named: bool = False
    children: tuple["Outline", ...] = ()

    def leaves(self) -> Iterator["Outline"]:
        """The parts that hold something."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def nodes(self) -> Iterator["Outline"]:
        """Itself and all below it."""
        yield self
        for child in self.children:
            yield from child.nodes()


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The bytes of a message without its attachments, and by section the size of those that stayed behind: in decoded
    bytes, as good as it can be known."""

    raw: bytes = field(repr=False)
    left: Mapping[str, int]

    def described(self, parsed: ParsedMessage) -> ParsedMessage:
        """What the parser read in `raw`, with the truth about the attachments that are not in it."""
        attachments = tuple(
            replace(part, size=self.left[part.section], sha256=None) if part.section in self.left else part
            for part in parsed.attachments
        )
        return replace(parsed, attachments=attachments)


class _Odd(Exception):
    """Not what the server said before, or not for us."""


# --- what to ask for ---------------------------------------------------------------------------------------------


def left_behind(root: Outline) -> dict[str, Outline]:
    """The parts that nobody needs to understand the message, by section; none if it is better fetched whole."""
    if not root.children and root.mime_type.startswith("text/"):
        return {}  # whatever it says of itself: there is nothing else
    left = {leaf.section: leaf for leaf in root.leaves() if _can_stay(leaf)}
    wanted = sum(leaf.size for leaf in root.leaves() if leaf.section not in left)
    return left if wanted <= LARGE_MESSAGE else {}


def sections_of(root: Outline, left: Mapping[str, Outline]) -> list[str]:
    """What to ask for: the header, those of all parts, and what did not stay behind of their bodies."""
    found = [HEADER]
    for node in root.nodes():
        if node is not root:
            found.append(_head_of(node))
        if node.section in left:
            found += [_returned(node)] if node.mime_type in _MESSAGES else []
        elif not node.children:
            found.append(node.section)
    return found


def _head_of(node: Outline) -> str:
    return f"{node.section}.MIME"


def _returned(node: Outline) -> str:
    """The header of a message in a message: a bounce says by it which mail of ours came back."""
    return f"{node.section}.{HEADER}"


def _can_stay(part: Outline) -> bool:
    """Whether a part is an attachment or a picture, and no text, report or invitation."""
    kind = part.mime_type.partition("/")[0]
    attached = part.disposition == "attachment"
    if part.size <= 0:
        return False
    if part.mime_type in _MESSAGES:
        return part.size > SMALL_MESSAGE and part.encoding in _NO_ENCODING
    if kind == "message" or part.mime_type == "text/rfc822-headers":
        return False
    if kind in _PICTURES:
        return True
    if part.mime_type in _BODIES:
        return attached
    if part.mime_type in _CALENDARS:
        return part.size > SMALL_MESSAGE
    if kind == "text":
        return attached or part.size > SMALL_MESSAGE
    return attached or part.named or part.size > _SMALL_PART


# --- what to make of it ------------------------------------------------------------------------------------------


def build(root: Outline, left: Mapping[str, Outline], pieces: Mapping[str, bytes]) -> Skeleton | None:
    """The skeleton, of the sections that were asked for; None where they do not fit what the server said of the message:
    then it has to be fetched whole."""
    try:
        raw = _node(root, HEADER, left, pieces, "text/plain")
    except _Odd:
        return None
    found = cut(raw) if len(raw) <= _LONGEST else None
    if found is None or not _same_shape(found, root):
        return None
    return Skeleton(raw, {section: decoded_size(part.size, part.encoding) for section, part in left.items()})


def decoded_size(size: int, encoding: str) -> int:
    """How many bytes come of `size` encoded ones: within 3 for base64 in lines of 76, at most so many for others."""
    return size * 57 // 78 if encoding == "base64" else size


def _node(
    node: Outline, head_name: str, left: Mapping[str, Outline], pieces: Mapping[str, bytes], default_type: str
) -> bytes:
    """A part with its header. Raises _Odd."""
    head = _closed(pieces.get(head_name))
    part = Part(HeaderFields(read_block(head).items, Guesser()), b"", default_type)
    if part.mime_type.startswith("multipart/") != bool(node.children):
        raise _Odd
    if node.children:
        return head + _joined(node, part, left, pieces)
    if node.section not in left:
        body = pieces.get(node.section, b"" if node.size == 0 else None)
    else:
        _require_same(node, part)
        body = pieces.get(_returned(node)) if node.mime_type in _MESSAGES else b""
    if body is None:
        raise _Odd
    return head + body


def _joined(node: Outline, part: Part, left: Mapping[str, Outline], pieces: Mapping[str, bytes]) -> bytes:
    boundary = part.fields.content_type.raw.get("boundary", "").rstrip()
    if not boundary or not boundary.isascii():
        raise _Odd
    line = b"--" + boundary.encode()
    default_type = "message/rfc822" if part.mime_type == "multipart/digest" else "text/plain"
    parts = (_node(child, _head_of(child), left, pieces, default_type) for child in node.children)
    return b"".join(line + b"\r\n" + each + b"\r\n" for each in parts) + line + b"--\r\n"


def _require_same(node: Outline, part: Part) -> None:
    """By its own header, too, it is what can stay. Raises _Odd."""
    encoding = part.fields.first("content-transfer-encoding").lower()
    own = replace(
        node, mime_type=part.mime_type, encoding=encoding, disposition=part.disposition, named=part.has_filename
    )
    if own.mime_type != node.mime_type or not _can_stay(own):
        raise _Odd


def _closed(head: bytes | None) -> bytes:
    """A header block with its blank line, which some servers leave out. Raises _Odd."""
    if head is None:
        raise _Odd
    if not head.strip(b"\r\n"):
        return b"\r\n"
    blank = BLANK_LINE.search(head)
    if blank is None:
        return head + (b"\r\n" if head.endswith(b"\n") else b"\r\n\r\n")
    if blank.end() != len(head) or head[:1] in b"\r\n":
        raise _Odd
    return head


def _same_shape(piece: Piece, node: Outline) -> bool:
    children = piece.children
    return len(children) == len(node.children) and all(map(_same_shape, children, node.children))
