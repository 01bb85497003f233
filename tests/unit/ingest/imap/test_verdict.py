"""What a refusal means, by its code and words."""

from datetime import timedelta

import pytest

from mailcrm.ingest.imap.verdict import LoginVerdict, asks_to_wait, judge_login, suggested_wait
from tests.providers.profiles import ALL, GMAIL, QQ

SLOW, WRONG, UNCLEAR = LoginVerdict.SLOW_DOWN, LoginVerdict.WRONG, LoginVerdict.UNCLEAR


@pytest.mark.parametrize(
    "text",
    [
        b"[THROTTLED] Request is throttled. Suggested Backoff Time: 299961 milliseconds",
        b"[UNAVAILABLE] Server error - Please try again later",
        b"[LIMIT] LOGIN Rate limit hit",
        b"[INUSE] mailbox in use",
        b"[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        b"Account exceeded command or bandwidth limits",
        b"[ALERT] Too many simultaneous connections. (Failure)",
        b"Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        b"System is busy",
        "系统繁忙，请稍后再试".encode("gbk"),
        "请求过于频繁".encode("gb18030"),
        "登录频率过高".encode(),
    ],
)
def test_a_busy_server_asks_to_wait(text: bytes) -> None:
    assert asks_to_wait(text)
    assert judge_login(text, ambiguous=True) is SLOW


@pytest.mark.parametrize("text", [b"[SERVERBUG] internal error", b"EXAMINE no such folder", b"[ALERT] be careful", b""])
def test_what_is_wrong_does_not_pass_by_waiting(text: bytes) -> None:
    assert not asks_to_wait(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"Request is throttled. Suggested Backoff Time: 299961 milliseconds", 299.961),
        (b"suggested backoff time 3000 ms", 3),
        (b"too many logins, try again in 90 seconds", 90),
        (b"too many logins, retry again after 2 minutes", 120),
        (b"try again in 1 hour", 3600),
        (b"Suggested Backoff Time: soon", None),
        (b"try again later", None),
        (b"Suggested Backoff Time: 99999999999999999999 milliseconds", None),
    ],
)
def test_how_long_the_server_wants_to_be_left_alone(text: bytes, seconds: float | None) -> None:
    assert suggested_wait(text) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)", WRONG),
        (b"[EXPIRED] That password isn't the right one", WRONG),
        (b"[ALERT] Application-specific password required: https://support.example (Failure)", WRONG),
        (b"LOGIN failed.", UNCLEAR),
        (b"LOGIN Login error or password error", UNCLEAR),
        ("缺少login参数，或者登录失败".encode("gbk"), UNCLEAR),
        # A code for everything, and words that take it back.
        (b"[AUTHENTICATIONFAILED] incorrect password, or login frequency limited", UNCLEAR),
        ("密码错误或系统繁忙".encode("gbk"), UNCLEAR),
        (QQ.login_error.removeprefix(b"NO "), UNCLEAR),
    ],
)
def test_only_a_proof_makes_a_login_wrong(text: bytes, verdict: LoginVerdict) -> None:
    assert judge_login(text, ambiguous=False) is verdict


def test_what_a_provider_says_of_everything_proves_nothing() -> None:
    for quirks in ALL:
        assert judge_login(quirks.login_error[3:].lstrip(), ambiguous=True) is UNCLEAR
    assert judge_login(GMAIL.login_error[3:].lstrip(), ambiguous=False) is WRONG
