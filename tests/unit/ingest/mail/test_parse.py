"""Whole messages, the good, the bad and the hostile."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import Unparsable
from mailcrm.ingest.mail import parse
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.parts import Part
from mailcrm.model.message import MailKind, RawMessage
from tests.unit.ingest.mail.samples import DATA, ENVELOPE, multipart, parsed, sample


def test_message_is_understood_as_a_whole() -> None:
    message = parsed(sample("gbk_inquiry"))
    assert message.headers.subject == "生产线询价：合同"
    assert message.text.startswith("您好：\n\n请报价")
    assert message.html.startswith("<html>")
    assert message.reports == ()
    assert message.defects == ()
    (attachment,) = message.attachments
    assert (attachment.filename, attachment.mime_type, attachment.size) == ("报价单.pdf", "application/pdf", 9)
    assert attachment.sha256 == hashlib.sha256(b"%PDF-1.4\n").hexdigest()
    assert not attachment.inline


@pytest.mark.parametrize("path", sorted(DATA.glob("*.eml")), ids=lambda path: path.stem)
def test_every_sample_reads_the_same_with_any_line_end(path: Path) -> None:
    raw = sample(path.stem)
    message = parsed(raw)
    with_crlf = parsed(raw.replace(b"\n", b"\r\n"))
    assert with_crlf.headers == message.headers == parse_headers(raw)
    assert with_crlf.text == message.text
    assert with_crlf.reports == message.reports
    with_cr = parsed(raw.replace(b"\n", b"\r"))
    assert (with_cr.text, with_cr.reports) == (message.text, message.reports)
    assert "lines end in CR only" in with_cr.defects


def test_inline_image_and_nested_message_are_attachments() -> None:
    message = parsed(
        multipart(
            "mixed",
            b"\nsee below",
            b"Content-Type: image/png\nContent-ID: <logo>\n\npng",
            b"Content-Type: image/png\nContent-Disposition: inline\n\npng",
            b"Content-Type: image/png\nContent-ID: <x>\nContent-Disposition: attachment\n\npng",
            b"Content-Type: message/rfc822\n\nSubject: inner\n\ninner text",
        )
    )
    assert message.text == "see below"
    assert [(a.position, a.mime_type, a.inline, a.content_id) for a in message.attachments] == [
        (0, "image/png", True, "logo"),
        (1, "image/png", True, ""),
        (2, "image/png", False, "x"),
        (3, "message/rfc822", False, ""),
    ]
    assert message.attachments[3].size == len(b"Subject: inner\n\ninner text")
    assert [a.filename for a in message.attachments] == ["", "", "", "inner.eml"]


def test_mailbox_separator_before_the_header_is_dropped() -> None:
    message = parsed(b"From ann@example.org Mon May  6 09:00:00 2024\n" + ENVELOPE + b"\ntext")
    assert (message.headers.subject, message.text, message.defects) == ("Hello", "text", ())


def test_byte_order_mark_before_the_header_is_a_defect() -> None:
    message = parsed(b"\xef\xbb\xbf" + ENVELOPE + b"\ntext")
    assert (message.headers.subject, message.text) == ("Hello", "text")
    assert "byte order mark before the header" in message.defects


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n\r\n", b"\0\0\0", b" \t\n"])
def test_empty_message_is_a_message_with_a_defect(raw: bytes) -> None:
    message = parsed(raw)
    assert message.text == ""
    assert "the message is empty" in message.defects


def test_text_without_a_header_is_text() -> None:
    assert parsed(b"Hello you,\n\nhow are you?\n").text == "Hello you,\n\nhow are you?"


def test_nul_bytes_are_dropped() -> None:
    message = parsed(b"Subject: a\0b\n\nc\0d")
    assert (message.headers.subject, message.text) == ("ab", "cd")


def test_report_of_a_robot_that_looks_human_makes_it_a_bounce() -> None:
    raw = (
        b"From: no-reply@example.org\nTo: us@example.com\nSubject: Your mail\n\n"
        b"The following recipients could not be reached:\n\n  gone@example.org\n    550 User unknown\n"
    )
    assert parse_headers(raw).kind is MailKind.PERSON
    message = parsed(raw)
    assert message.headers.kind is MailKind.BOUNCE
    assert [report.recipient for report in message.reports] == ["gone@example.org"]


def nested(depth: int) -> bytes:
    raw = ENVELOPE + b"Content-Type: multipart/mixed; boundary=b0\n\n"
    for level in range(1, depth):
        raw += b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (level - 1, level)
    return raw + b"--b%d\n\nhello\n" % (depth - 1)


def test_moderate_nesting_is_read() -> None:
    assert parsed(nested(50)).text == "hello"


def test_nesting_beyond_reason_leaves_the_headers_and_a_defect() -> None:
    message = parsed(nested(2_000))
    assert message.headers.message_id == "hello@example.org"
    assert message.text == ""
    assert "the parts are nested too deep, only the header was read" in message.defects


def test_nested_messages_cost_nothing() -> None:
    message = parsed((ENVELOPE + b"Content-Type: message/rfc822\n\n") * 2_000)
    assert [a.mime_type for a in message.attachments] == ["message/rfc822"]


def test_message_too_big_for_the_memory_leaves_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(raw: bytes) -> Part:
        raise MemoryError

    monkeypatch.setattr(parse, "read_tree", no_memory)
    message = parsed(ENVELOPE + b"\ntext")
    assert message.headers.subject == "Hello"
    assert "the message needs too much memory, only the header was read" in message.defects


def test_failure_of_our_own_is_unparsable_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes) -> Part:
        raise ValueError("a bug")

    monkeypatch.setattr(parse, "read_tree", broken)
    with pytest.raises(Unparsable, match="ValueError: a bug") as failure:
        parse.parse_message(RawMessage(uid=1, raw=ENVELOPE))
    assert isinstance(failure.value.__cause__, ValueError)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("subtype", ["mixed", "alternative", "related"])
def test_twenty_thousand_parts_are_read_in_time(subtype: str) -> None:
    parsed(multipart(subtype, *[b"Content-Type: text/plain; charset=us-ascii\n\nh\xd5\xc5\xc8\xfd"] * 20_000))


@pytest.mark.timeout(30)
def test_megabytes_of_base64_text_are_read_in_time() -> None:
    raw = ENVELOPE + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"hello " * 1_000_000)
    assert len(parsed(raw).text) == 5_999_999


# Bytes that look like mail from afar.
LINES = st.sampled_from(
    [
        *(b"From: a@b", b"To: \xd5\xc5\xc8\xfd <a@b>", b"Subject: =?gbk?B?1cXI/Q==?=", b"Content-Type: text/html"),
        *(b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/alternative; boundary=c", b"--b"),
        *(b"--c", b"--b--", b"--c--", b"", b"", b" fold", b"Content-Transfer-Encoding: base64", b"aGVsbG8=", b"<p>x"),
        *(b"Content-Type: message/rfc822", b"Content-Type: message/delivery-status", b"Final-Recipient: x; a@b"),
        *(b"Action: failed", b"Return-Path: <>", b"From: MAILER-DAEMON", b"Content-Type: multipart/report; boundary=b"),
        *(b"X-Failed-Recipients: a@b, c@d", b"\xff\xfe\0", b"Message-ID: <a@b>", b"Feedback-Type: abuse"),
        *(b"Content-Type: message/feedback-report", b"Content-Type: multipart/related; boundary=b", b"550 unknown"),
    ]
)


@given(st.binary(max_size=500))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    parsed(raw)


@given(st.lists(LINES | st.binary(max_size=20), max_size=30), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_arrangement_of_mail_like_lines_is_a_message(lines: list[bytes], end: bytes) -> None:
    message = parsed(end.join(lines))
    for text in (message.text, message.html, *(a.filename for a in message.attachments)):
        assert "\0" not in text
        text.encode("utf-8")
    for report in message.reports:
        assert report.kind in ("bounced", "delayed", "delivered", "complained")
