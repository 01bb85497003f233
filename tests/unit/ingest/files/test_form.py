"""Mail as files hold it: line ends, the fields that are looked at, and what its owner had thrown away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.files.form import discarded, fields_of, unquoted, wire_form


@pytest.mark.parametrize("raw", [b"A: 1\n\nx\ny\n", b"A: 1\r\n\r\nx\r\ny\r\n", b"A: 1\r\n\nx\ny\r\n"])
def test_lines_end_as_on_the_wire(raw: bytes) -> None:
    assert wire_form(raw) == b"A: 1\r\n\r\nx\r\ny\r\n"


@given(st.binary())
def test_the_form_of_the_wire_is_not_changed_again(raw: bytes) -> None:
    assert wire_form(wire_form(raw)) == wire_form(raw)


def test_only_the_body_is_unquoted() -> None:
    assert unquoted(b">From x\nA: 1\n\n>From x\n") == b">From x\nA: 1\n\nFrom x\n"


def test_fields_are_taken_with_their_folds_and_nothing_else() -> None:
    header = b"From: a\r\n b\r\nSubject: s\r\n\tt\r\nX-Long: 1\r\n 2\r\nTo : c\r\nno field\r\n\r\n"
    assert fields_of(header, {"from", "to"}) == b"From: a\r\n b\r\nTo : c\r\n\r\n"
    assert fields_of(header, {"subject"}) == b"Subject: s\r\n\tt\r\n\r\n"
    assert fields_of(header, {"date"}) == b""
    assert fields_of(b"From: a", {"from"}) == b"From: a\r\n"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("X-Mozilla-Status: 0009", "deleted in Thunderbird"),
        ("X-Mozilla-Status: 0001", None),
        ("X-Mozilla-Status: what", None),
        ("X-Gmail-Labels: Inbox,Spam,Unread", "Gmail label Spam"),
        ("X-Gmail-Labels: Archived,Important", None),
        ("X-Gmail-Labels: =?UTF-8?B?5ouo5YWl,5Z6D5Zy+6YKu5Lu2?=", None),
        ("X-Gmail-Labels: =?UTF-8?Q?=E5=B7=B2=E8=AF=BB,=E5=9E=83=E5=9C=BE=E9=82=AE=E4=BB=B6?=", "Gmail label 垃圾邮件"),
        ("Subject: X-Gmail-Labels", None),
    ],
)
def test_what_the_owner_threw_away_is_left_out(field: str, reason: str | None) -> None:
    assert discarded(f"From: a@b.example\r\n{field}\r\n\r\n".encode()) == reason
