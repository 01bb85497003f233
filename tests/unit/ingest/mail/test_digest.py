"""By what copies of one mail are recognised."""

import pytest

from mailcrm.ingest.mail.digest import body_digest, dedupe_key
from mailcrm.ingest.mail.headers import parse_headers
from tests.unit.ingest.mail.samples import ENVELOPE, sample


def key(header: bytes, body: str = "") -> str:
    return dedupe_key(parse_headers(header), body)


def test_copy_in_another_mailbox_has_the_same_key() -> None:
    assert key(b"Received: from a\nX-Spam: no\n" + ENVELOPE) == key(
        b"Received: from b\n" + ENVELOPE.replace(b"\n", b"\r\n")
    )


def test_key_of_a_header_alone_is_that_of_the_whole_message() -> None:
    raw = sample("gbk_inquiry")
    assert key(raw) == key(raw[: raw.index(b"\n\n") + 2])
    assert len(key(raw)) == 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"hello@example.org", b"other@example.org"),
        (b"ann@example.org", b"eve@example.org"),
        (b"09:00:00", b"09:00:01"),
    ],
)
def test_reused_message_id_of_another_mail_has_another_key(old: bytes, new: bytes) -> None:
    assert key(ENVELOPE.replace(old, new)) != key(ENVELOPE)


def test_spelling_of_sender_and_time_zone_do_not_matter() -> None:
    other = ENVELOPE.replace(b"Ann <ann@", b'"A. Lee" <ANN@').replace(b"09:00:00 +0000", b"11:00:00 +0200")
    assert key(other) == key(ENVELOPE)


def test_subject_and_body_matter_only_without_a_message_id() -> None:
    assert key(ENVELOPE, "x") == key(ENVELOPE.replace(b"Hello", b"Other"), "y")
    bare = ENVELOPE.replace(b"Message-ID: <hello@example.org>\n", b"")
    assert len({key(bare, "x"), key(bare, "y"), key(bare.replace(b"Hello", b"Other"), "x")}) == 3


def test_message_with_nothing_has_a_key() -> None:
    assert key(b"", "x") != key(b"", "y")


@pytest.mark.parametrize(
    "raw",
    [
        b"A: b\n\none\n\ntwo\n",
        b"A: b\r\n\r\none\r\n\r\ntwo\r\n",
        b"Received: x\nA: b\n\none  \n\ntwo\t\n\n\n",
        b"A: b\n\none\n\ntwo",
    ],
)
def test_body_digest_ignores_header_line_ends_and_trailing_space(raw: bytes) -> None:
    assert body_digest(raw) == body_digest(b"A: b\n\none\n\ntwo\n")


@pytest.mark.parametrize("raw", [b"A: b\n\none\ntwo\n", b"A: b\n\n one\n\ntwo\n", b"A: b\n\n"])
def test_body_digest_tells_bodies_apart(raw: bytes) -> None:
    assert body_digest(raw) != body_digest(b"A: b\n\none\n\ntwo\n")


@pytest.mark.timeout(20)
def test_megabytes_of_spaces_are_digested_in_time() -> None:
    assert body_digest(b"A: b\n\n" + b" " * 5_000_000 + b"x" + b" \n" * 1_000_000)
