"""Tokens: when to renew them, and how a mail server is shown one."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.model.oauth import (
    challenge_words,
    chosen_mechanism,
    first_message,
    last_message,
    new_tokens,
)

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_tokens_are_not_shown() -> None:
    assert "s3cret" not in repr(new_tokens("s3cret-a", "s3cret-r", timedelta(hours=1), NOW))


@pytest.mark.parametrize(("lifetime", "good_for"), [(3600, 3300), (1200, 900), (300, 225), (60, 45)])
def test_a_token_is_renewed_five_minutes_before_its_end_or_a_short_one_in_its_last_quarter(
    lifetime: int, good_for: int
) -> None:
    tokens = new_tokens("a", "r", timedelta(seconds=lifetime), NOW)
    end = NOW + timedelta(seconds=good_for)
    assert tokens.good(end - timedelta(microseconds=1))
    assert not tokens.good(end)


def test_a_token_that_was_refused_is_not_good() -> None:
    tokens = new_tokens("a", "r", timedelta(hours=1), NOW)
    assert not tokens.good(NOW, "a")
    assert tokens.good(NOW, "older")


def test_the_mechanism_is_one_that_is_offered() -> None:
    assert chosen_mechanism({"PLAIN", "OAUTHBEARER", "XOAUTH2"}) == "XOAUTH2"
    assert chosen_mechanism({"PLAIN", "OAUTHBEARER"}) == "OAUTHBEARER"
    assert chosen_mechanism({"PLAIN"}) is None


def test_xoauth2_as_google_describes_it() -> None:
    message = first_message("XOAUTH2", "someuser@example.com", "h", 1, "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
    assert message == (
        b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )
    assert last_message("XOAUTH2") == b""


def test_oauthbearer_as_rfc_7628_describes_it() -> None:
    message = first_message(
        "OAUTHBEARER", "user@example.com", "server.example.com", 143, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
    )
    assert base64.b64decode(message) == (
        b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
        b"auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"
    )
    assert base64.b64decode(last_message("OAUTHBEARER")) == b"\x01"
    odd = base64.b64decode(first_message("OAUTHBEARER", "a,b=c", "h", 1, "t"))
    assert odd.startswith(b"n,a=a=2Cb=3Dc,\x01")


@pytest.mark.parametrize(
    ("challenge", "words"),
    [
        (b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}', "400"),
        (b'{"status":"invalid_token","error_description":"it\\nhas expired"}', "invalid_token it has expired"),
        (b"[1]", ""),
        (b"{}", ""),
        (b"no JSON", ""),
    ],
)
def test_the_reason_is_read_from_a_challenge(challenge: bytes, words: str) -> None:
    assert challenge_words(base64.b64encode(challenge)) == words


def test_a_challenge_that_is_no_base64_has_no_reason() -> None:
    assert challenge_words(b"!!!") == ""
    assert challenge_words("ü".encode()) == ""
