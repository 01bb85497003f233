"""Bodies taken out and put back: whatever the mail, the parser finds what it finds in the whole message."""

from email.feedparser import FeedParser
from email.message import Message
from email.policy import compat32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.ingest.mail.fields import raw_payload
from mailcrm.ingest.mail.outline import Outline

LONG = b"x" * 300
LINES = st.sampled_from([
    b"--b\n", b"--b\r\n", b"--b \n", b"--b--\n", b"--c\n", b"--c--\r\n", b"--\n", b"-- \n", b"words --b\n", b"\r--b\r",
    b"\n", b"\r\n", b"\r", b"\n\n\n", LONG + b"\n", LONG + b"\r\n", LONG + b"\r", LONG, LONG + b"\n\r\n\n", b"\xff\0" * 200,
    b"short\r\n", b" folded\n", b"Content-Type: text/plain\n", b"Content-Type: message/rfc822\n",
    b"Content-Type: multipart/mixed; boundary=c\n", b"Content-Type: multipart/digest; boundary=c\r\n",
])  # fmt: skip
HEAD = b"Content-Type: multipart/mixed; boundary=b\n"


def tree(text: bytes, outline: Outline | None) -> object:
    parser: FeedParser[Message] = FeedParser(policy=compat32)
    parser.feed(text.decode("ascii", "surrogateescape"))
    return shape(parser.close(), outline)


def shape(message: Message, outline: Outline | None) -> object:
    body = raw_payload(message)
    parts = message.get_payload() if message.is_multipart() else []
    return (
        list(message.raw_items()),
        outline.restore(body) if outline else body,
        [type(defect) for defect in message.defects],
        [shape(part, outline) for part in parts],
    )


@given(st.lists(LINES, max_size=24).map(b"".join))
@example(b"\n" + LONG + b"\n--b\n\n" + LONG + b"\r\n--b--\n" + LONG)
@example(b"\n--b\nContent-Type: multipart/mixed; boundary=c\n\n" + LONG + b"\n--c\n\n" + LONG + b"\n--c--\n--b--")
def test_the_parser_finds_the_same(body: bytes) -> None:
    outline = Outline(HEAD + body)
    assert tree(outline.text, outline) == tree(HEAD + body, None)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_long_bodies_are_not_read_line_by_line(end: bytes) -> None:
    body = (b"A" * 76 + end) * 10_000
    raw = end.join([HEAD.strip(), b"", b"--b", b"Content-Transfer-Encoding: base64", b"", body + b"--b--", b""])
    outline = Outline(raw)
    assert len(outline.text) < 300
    assert outline.restore(outline.text) == raw


def test_a_mail_cannot_bring_its_own_marks() -> None:
    raw = HEAD + b"\n--b\n\n" + LONG + b"\n--b\n\n"
    first = Outline(raw + b"\0" * 20)
    copied = first.text.partition(b"\0")[2][:30]
    forged = Outline(raw + b"\0" + copied)
    assert forged.restore(forged.text) == raw + b"\0" + copied
