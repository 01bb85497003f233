"""Replies of mail servers as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.delivery.attempt import Attempt, Stage, reply_text


@pytest.mark.parametrize(
    ("message", "enhanced"),
    [
        ("5.1.1 user unknown", "5.1.1"),
        (" 2.0.0 Ok: queued as 4F", "2.0.0"),
        ("5.7.515 Access denied", "5.7.515"),
        ("4.7.0\nhttps://support.example", "4.7.0"),
        ("user unknown (5.1.1)", ""),
        ("10.5.1.1 is blocked", ""),
        ("5.1.1234 no", ""),
        ("3.1.1 no class", ""),
        ("", ""),
    ],
)
def test_enhanced_code_stands_before_the_text(message: str, enhanced: str) -> None:
    assert Attempt.of_reply(Stage.RCPT, 550, message).enhanced == enhanced


def test_reply_in_gbk_is_readable() -> None:
    assert reply_text("5.1.1 用户不存在".encode("gbk").decode("utf-8", "surrogateescape")) == "5.1.1 用户不存在"
    assert reply_text("5.1.1 用户不存在") == "5.1.1 用户不存在"


@given(st.binary(max_size=2000))
def test_any_reply_is_one_storable_line(raw: bytes) -> None:
    text = reply_text(raw.decode("utf-8", "surrogateescape"))
    assert len(text) <= 500
    assert not set(text) & {"\r", "\n", "\0"}
    text.encode("utf-8")
