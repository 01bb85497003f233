"""Messages without their attachments: the parser reads the same in them as in the whole, but for what they leave out."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.ingest.imap.structure import outline
from mailcrm.ingest.imap.values import fetched
from mailcrm.ingest.mail.skeleton import Outline, Skeleton, build, left_behind, sections_of
from mailcrm.model.message import SMALL_MESSAGE, Attachment, ParsedMessage
from tests.providers.structure import bodystructure, sections
from tests.unit.ingest.mail.samples import DATA, ENVELOPE, parsed

HEAD = ENVELOPE.replace(b"\n", b"\r\n")


def outlined(raw: bytes) -> Outline:
    (items,) = fetched([b"1 (UID 5 BODYSTRUCTURE %s)" % bodystructure(raw)])
    found = outline(items[b"BODYSTRUCTURE"])
    assert found is not None
    return found


def skeleton_of(raw: bytes) -> tuple[Skeleton | None, list[str]]:
    """What comes of the sections that are asked for; and which those are. None also where nothing can stay."""
    root = outlined(raw)
    left = left_behind(root)
    asked = sections_of(root, left)
    there = sections(raw)
    return (build(root, left, {name: there[name] for name in asked}) if left else None), asked


def described(raw: bytes) -> tuple[ParsedMessage, Skeleton]:
    skeleton, _ = skeleton_of(raw)
    assert skeleton is not None
    return skeleton.described(parsed(skeleton.raw)), skeleton


def part(kind: str, body: bytes, *more: str, encoding: str = "") -> bytes:
    """A part with its header."""
    fields = [f"Content-Type: {kind}", *more, *([f"Content-Transfer-Encoding: {encoding}"] if encoding else [])]
    return "".join(f"{each}\r\n" for each in fields).encode("utf-8") + b"\r\n" + body


def encoded(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def multipart(subtype: str, *parts: bytes, boundary: str = "cut") -> bytes:
    line = f"--{boundary}".encode()
    inner = b"".join(line + b"\r\n" + each + b"\r\n" for each in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode() + inner + line + b"--\r\n"


DATA_OF_PDF = bytes(range(256)) * 40
PDF = part("application/pdf", encoded(DATA_OF_PDF), "Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5.pdf",
           encoding="base64")  # fmt: skip
TEXT = part("text/plain; charset=utf-8", "Guten Tag 你好\r\n".encode(), encoding="8bit")


def test_an_attachment_is_left_and_described() -> None:
    raw = HEAD + multipart("mixed", TEXT, PDF)
    skeleton, asked = skeleton_of(raw)
    assert skeleton is not None
    assert asked == ["HEADER", "1.MIME", "1", "2.MIME"]
    assert len(skeleton.raw) < 700
    found = skeleton.described(parsed(skeleton.raw))
    assert found.text == "Guten Tag 你好"
    (attachment,) = found.attachments
    assert (attachment.filename, attachment.mime_type, attachment.section) == ("报.pdf", "application/pdf", "2")
    assert attachment.sha256 is None
    assert abs(attachment.size - len(DATA_OF_PDF)) <= 3


def test_a_mail_that_is_nothing_but_an_attachment() -> None:
    raw = HEAD + PDF
    skeleton, asked = skeleton_of(raw)
    assert asked == ["HEADER"]
    assert skeleton is not None
    assert skeleton.left.keys() == {"1"}
    (attachment,) = skeleton.described(parsed(skeleton.raw)).attachments
    assert (attachment.filename, attachment.section, attachment.sha256) == ("报.pdf", "1", None)


def big(size: int = 3 * SMALL_MESSAGE) -> bytes:
    return encoded(b"x" * size)


CAN_STAY = {
    "a picture in the text": part("image/png", b"aGk=", "Content-ID: <a>", encoding="base64"),
    "a text that is attached": part("text/plain", b"notes", "Content-Disposition: attachment"),
    "a table": part("text/csv", b"1,2", 'Content-Disposition: attachment; filename="a.csv"'),
    "a signature with a name": part('application/pkcs7-signature; name="smime.p7s"', b"aGk=", encoding="base64"),
    "a large part of any sort": part("application/x-thing", big(), encoding="base64"),
    "a large mail": part("message/rfc822", HEAD + b"\r\n" + big()),
    "a very large invitation": part("text/calendar; method=REQUEST", big()),
}
MUST_COME = {
    "text with a name": part('text/plain; name="a.txt"', b"notes"),
    "a web page": part("text/html", b"<p>" + big()),
    "an invitation": part("text/calendar; method=REQUEST", b"BEGIN:VCALENDAR", "Content-Disposition: attachment"),
    "a report": part("message/delivery-status", b"Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; b@c.example"),
    "a small mail": part("message/rfc822", HEAD + b"\r\nhello", "Content-Disposition: attachment"),
    "a mail that is encoded": part("message/rfc822", big(), encoding="base64"),
    "returned headers": part("text/rfc822-headers", HEAD * 500),
    "something small": part("application/x-thing", b"aGk=", encoding="base64"),
    "nothing": part("application/pdf", b"", "Content-Disposition: attachment"),
}


@pytest.mark.parametrize("piece", CAN_STAY.values(), ids=CAN_STAY)
def test_what_can_stay_on_the_server(piece: bytes) -> None:
    assert left_behind(outlined(HEAD + multipart("mixed", TEXT, piece))).keys() == {"2"}


@pytest.mark.parametrize("piece", MUST_COME.values(), ids=MUST_COME)
def test_what_must_come(piece: bytes) -> None:
    left = left_behind(outlined(HEAD + multipart("mixed", TEXT, piece, PDF)))
    assert left.keys() == {"3"}


def test_text_in_one_part_comes_whatever_it_calls_itself() -> None:
    assert left_behind(outlined(HEAD + part("text/plain", b"hello", "Content-Disposition: attachment"))) == {}


def test_a_message_with_too_much_text_for_the_memory_comes_whole() -> None:
    long = part("text/html", b"<p>" + big(2 * 1024 * 1024))
    assert left_behind(outlined(HEAD + multipart("mixed", long, PDF))) == {}


def test_a_bounce_with_a_large_mail_of_ours_says_as_much_without_it() -> None:
    ours = HEAD + multipart("mixed", TEXT, part("image/png", big(), encoding="base64"), boundary="inner")
    status = (
        b"Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; bob@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    raw = b"From: MAILER-DAEMON@a.example\r\nTo: ann@example.org\r\nSubject: Undelivered\r\n" + multipart(
        "report; report-type=delivery-status", part("text/plain", b"User unknown"),
        part("message/delivery-status", status), part("message/rfc822", ours),
    )  # fmt: skip
    found, skeleton = described(raw)
    assert len(skeleton.raw) < 1500
    assert found.reports == parsed(raw).reports
    assert found.reports[0].original_message_id == "hello@example.org"


@pytest.mark.parametrize(
    ("name", "lie"),
    {
        "no header": ("HEADER", None),
        "not the boundary of its parts": ("HEADER", HEAD + b'Content-Type: multipart/mixed; boundary="x\r\n\r\n'),
        "one part only": ("HEADER", HEAD + b"Content-Type: text/plain\r\n\r\n"),
        "two blocks": ("2.MIME", b"Content-Type: application/pdf\r\n\r\nmore\r\n\r\n"),
        "no header of a part": ("2.MIME", None),
        "text that was called an attachment": ("2.MIME", b"Content-Type: text/plain\r\n\r\n"),
        "another sort": ("2.MIME", b"Content-Type: application/zip\r\nContent-Disposition: attachment\r\n\r\n"),
        "no text": ("1", None),
        "text with the boundary in it": ("1", b"hello\r\n--cut\r\n\r\nfalse"),
    }.items(),
)  # fmt: skip
def test_where_the_server_contradicts_itself_there_is_no_skeleton(name: str, lie: tuple[str, bytes | None]) -> None:
    raw = HEAD + multipart("mixed", TEXT, PDF)
    pieces = sections(raw)
    section, said = lie
    pieces.pop(section)
    root = outlined(raw)
    found = build(root, left_behind(root), pieces | ({section: said} if said is not None else {}))
    assert found is None, name


def test_a_header_block_may_come_without_its_blank_line() -> None:
    raw = HEAD + multipart("mixed", TEXT, PDF)
    pieces = {name: piece.removesuffix(b"\r\n") if name.endswith("R") or "M" in name else piece
              for name, piece in sections(raw).items()}  # fmt: skip
    root = outlined(raw)
    found = build(root, left_behind(root), pieces)
    assert found is not None
    assert found.described(parsed(found.raw)).text == "Guten Tag 你好"


# --- any mail ----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["", '; name="a.pdf"', "; name=b.dat", '; name="=?utf-8?b?5oql5Lu3?="', "; name*=utf-8''%E6%8A%A5",
     "; name*0*=utf-8''a%20; name*1=b.xls", '; name="with \\"quotes\\""'],
)  # fmt: skip
KINDS = st.sampled_from(
    ["application/pdf", "application/octet-stream", "image/png", "audio/wav", "text/csv", "text/calendar",
     "application/x-thing", "IMAGE/JPEG", "text/plain", "text/html; charset=gb18030"],
)  # fmt: skip
DISPOSITIONS = st.sampled_from(
    [(), ("Content-Disposition: attachment",), ("Content-Disposition: inline; filename=c.png",),
     ("Content-Disposition: ATTACHMENT; filename*=gb18030''%B1%A8",), ("Content-ID: <x@y>",)],
)  # fmt: skip


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    """Text or an attachment; bodies are large enough to be left, or small."""
    size = draw(st.sampled_from([0, 5, 2000, 2000, 20_000]))
    data = draw(st.binary(min_size=1, max_size=20)) * (size // 10)
    encoding = draw(st.sampled_from(["base64", "8bit", "quoted-printable"]))
    body = encoded(data) if encoding == "base64" else b"line of text =E4\r\n" * (size // 16)
    return part(draw(KINDS) + draw(NAMES), body, *draw(DISPOSITIONS), encoding=encoding)


@st.composite
def mails(draw: st.DrawFn, depth: int = 0) -> bytes:
    """The header and body of a part that may hold others."""
    if depth == 2 or draw(st.integers(0, 3)) == 0:
        return draw(leaves())
    subtype = draw(st.sampled_from(["mixed", "alternative", "related", "report", "signed"]))
    parts = [TEXT, *draw(st.lists(st.deferred(lambda: mails(depth=depth + 1)), min_size=1, max_size=2))]
    inner = draw(st.booleans()) and depth
    forwarded = [part("message/rfc822", HEAD + draw(mails(depth=2)))] if inner else []
    return multipart(subtype, *draw(st.permutations(parts + forwarded)), boundary=f"cut {depth}")


def shown(found: tuple[Attachment, ...]) -> list[Attachment]:
    return [replace(each, size=0, sha256=None) for each in found]


@settings(max_examples=100, deadline=None)
@given(mails())
def test_any_mail_says_the_same_without_its_attachments(body: bytes) -> None:
    raw = HEAD + body
    skeleton, asked = skeleton_of(raw)
    if skeleton is None:
        assert not left_behind(outlined(raw))
        return
    whole, found = parsed(raw), skeleton.described(parsed(skeleton.raw))
    assert (found.headers, found.text, found.html) == (whole.headers, whole.text, whole.html)
    assert found.reports == whole.reports
    assert shown(found.attachments) == shown(whole.attachments)
    left = [
        (mine, true) for mine, true in zip(found.attachments, whole.attachments, strict=True) if mine.sha256 is None
    ]
    assert {mine.section for mine, _ in left} == skeleton.left.keys()
    there = sections(raw)
    assert len(skeleton.raw) <= len(raw) - sum(len(there[section]) for section in skeleton.left) + 64 * len(asked)
    for mine, true in left:
        assert true.size - 3 <= mine.size <= max(len(there[mine.section]), true.size)
    empty = hashlib.sha256(b"").hexdigest()
    assert all(mine.sha256 != empty or true.sha256 == empty
               for mine, true in zip(found.attachments, whole.attachments, strict=True))  # fmt: skip


@pytest.mark.parametrize("path", sorted(DATA.glob("*.eml")), ids=lambda path: path.stem)
def test_mail_of_the_wild_says_the_same(path: object) -> None:
    raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # type: ignore[attr-defined]
    whole = parsed(raw)
    if not outlined(raw).children:
        return
    root = outlined(raw)
    everything = {leaf.section: leaf for leaf in root.leaves()}
    found = build(root, {}, sections(raw))
    assert everything
    assert found is not None
    again = parsed(found.raw)
    assert (again.headers, again.text, again.reports) == (whole.headers, whole.text, whole.reports)
