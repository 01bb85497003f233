"""What an IMAP server says of the parts of a well-formed message, and the parts by their section numbers.

Cut by the standard library's parser and our own eyes: nothing of mailcrm has a hand in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

_BLANK = re.compile(rb"\r\n\r\n|\A\r\n")


@dataclass
class Node:
    """A part: its bytes, and what is in it."""

    head: bytes
    body: bytes
    fields: Message
    children: list[Node] = field(default_factory=list)

    @property
    def mime_type(self) -> str:
        """In lower case."""
        return self.fields.get_content_type()


def tree(raw: bytes, default_type: str = "text/plain") -> Node:
    """The parts of a message with CRLF."""
    blank = _BLANK.search(raw)
    end = blank.end() if blank else len(raw)
    fields = message_from_bytes(raw[:end])
    fields.set_default_type(default_type)
    node = Node(raw[:end], raw[end:], fields)
    boundary = fields.get_boundary()
    if fields.get_content_maintype() == "multipart" and boundary:
        line = re.compile(rb"(?:\A|\r\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?:\r\n|\Z)")
        below = "message/rfc822" if node.mime_type == "multipart/digest" else "text/plain"
        node.children = [tree(part, below) for part in _between(line, node.body)]
    return node


def _between(line: re.Pattern[bytes], body: bytes) -> list[bytes]:
    parts, start, at = [], None, 0
    while found := line.search(body, at):
        if start is not None:
            parts.append(body[start : found.start()])
        if found[1]:
            break
        start = found.end()
        at = start - 2  # the line end may belong to the next one, too
    return parts


def sections(raw: bytes) -> dict[str, bytes]:
    """Everything that BODY[...] may ask for but HEADER.FIELDS and TEXT."""
    root = tree(raw)
    found = {"": raw, "HEADER": root.head}
    if not root.children:
        return found | {"1": root.body}
    for number, child in enumerate(root.children, 1):
        found |= _sections(child, str(number))
    return found


def _sections(node: Node, name: str) -> dict[str, bytes]:
    found = {f"{name}.MIME": node.head, name: node.body}
    if node.mime_type == "message/rfc822":
        found[f"{name}.HEADER"] = tree(node.body).head
    for number, child in enumerate(node.children, 1):
        found |= _sections(child, f"{name}.{number}")
    return found


def bodystructure(raw: bytes) -> bytes:
    """All of it, as Dovecot writes it."""
    return _structure(tree(raw))


def _structure(node: Node) -> bytes:
    disposition = _disposition(node)
    if node.children:
        inner = b"".join(map(_structure, node.children))
        return b'(%s "%s" %s %s NIL NIL)' % (
            inner,
            node.mime_type.split("/")[1].encode(),
            _parameters(node),
            disposition,
        )
    main, _, sub = node.mime_type.partition("/")
    encoding = node.fields.get("Content-Transfer-Encoding", "7bit")
    words = [_string(main), _string(sub), _parameters(node), _string(node.fields.get("Content-ID")), b"NIL"]
    words += [_string(encoding), b"%d" % len(node.body)]
    lines = b"%d" % node.body.count(b"\n")
    if node.mime_type == "message/rfc822":
        words += [b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", _structure(tree(node.body)), lines]
    elif main == "text":
        words.append(lines)
    return b"(%s)" % b" ".join([*words, b"NIL", disposition, b"NIL", b"NIL"])


def _parameters(node: Node) -> bytes:
    return _pairs(node.fields, "content-type")


def _disposition(node: Node) -> bytes:
    word = node.fields.get_content_disposition()
    return b"NIL" if word is None else b"(%s %s)" % (_string(word), _pairs(node.fields, "content-disposition"))


def _pairs(fields: Message, name: str) -> bytes:
    """As they stand there, RFC 2231 and all."""
    found = re.findall(r';\s*([^\s=;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', str(fields.get(name, "")))
    pairs = [b"%s %s" % (_string(key), _string(quoted or bare)) for key, quoted, bare in found]
    return b"(%s)" % b" ".join(pairs) if pairs else b"NIL"


def _string(text: str | None) -> bytes:
    if text is None:
        return b"NIL"
    data = text.encode("utf-8", "surrogateescape")
    if data.isascii() and not re.search(rb"[\r\n]", data):
        return b'"%s"' % re.sub(rb'(["\\])', rb"\\\1", data)
    return b"{%d}\r\n%s" % (len(data), data)
