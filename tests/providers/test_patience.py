"""How the daemon bears refusals and busy servers: when it comes back, and what alone makes it stop."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from mailcrm.model.backoff import ACCOUNT_CAP
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import resume_account
from mailcrm.store import Store
from tests.providers import profiles
from tests.providers.reading import Daemon, account_at
from tests.providers.server import Quirks, ScriptedImap

MINUTE = timedelta(minutes=1)
_LATER = b"NO [UNAVAILABLE] Server error - Please try again later"


def server_of(quirks: Quirks | None = None) -> ScriptedImap:
    return ScriptedImap(quirks or Quirks(), user="me@own.example", secret="pass")


@pytest.mark.parametrize("quirks", [profiles.QQ, profiles.EXMAIL], ids=lambda quirks: quirks.name)
def test_an_unclear_refusal_gets_three_tries_in_half_an_hour_then_all_causes_are_named(
    store: Store, tmp_path: Path, quirks: Quirks
) -> None:
    with server_of(quirks) as server:
        daemon = Daemon(store, [account_at(server, tmp_path)])
        server.secret = "another code"
        waits = []
        while not daemon.is_parked():
            waits.append(daemon.turn())
            daemon.now += waits[-1]
        assert waits == [5 * MINUTE, 25 * MINUTE, MINUTE]
        problem = daemon.row().last_error
        for cause in ("code is wrong", "IMAP is switched off", "too many logins", "server is busy"):
            assert cause in problem
        assert "缺少login参数" in problem or "system is busy" in problem  # and its own words, readable
        assert daemon.turn() == MINUTE
        assert len(server.sent("LOGIN")) == 3


def test_lost_connections_are_none_of_the_three_tries(store: Store, tmp_path: Path) -> None:
    with server_of(profiles.QQ) as server:
        daemon = Daemon(store, [account_at(server, tmp_path)])
        for answer in (b"", b"", b"", _LATER):
            server.answer("LOGIN", answer)
            daemon.turn()
        server.secret = "another code"
        assert daemon.turn() == 5 * MINUTE
        assert daemon.row().fail_count == 5


def test_a_proved_refusal_parks_at_once_until_a_human_resumes(store: Store, tmp_path: Path) -> None:
    with server_of(profiles.GMAIL) as server:
        daemon = Daemon(store, [account_at(server, tmp_path)])
        server.answer("LOGIN", profiles.GMAIL.login_error)
        daemon.turn()
        assert daemon.is_parked()
        assert "Invalid credentials" in daemon.row().last_error
        daemon.turn()
        assert len(server.sent("LOGIN")) == 1
        resume_account(daemon.app, Actor.cli("test"), "main")
        daemon.read()
        assert daemon.row().last_error == ""


def test_another_secret_starts_a_parked_account_again(store: Store, tmp_path: Path) -> None:
    with server_of() as server:
        daemon = Daemon(store, [account_at(server, tmp_path)])
        (tmp_path / "secret").write_text("a wrong one")
        daemon.turn()
        assert daemon.is_parked()
        daemon.turn()
        (tmp_path / "secret").unlink()
        daemon.turn()
        assert daemon.is_parked()
        assert len(server.sent("LOGIN")) == 1
        (tmp_path / "secret").write_text("pass")
        daemon.read()
        assert not daemon.is_parked()


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (b"NO [THROTTLED] Request is throttled. Suggested Backoff Time: 299961 milliseconds", 299),
        (b"NO [UNAVAILABLE] Server error - Please try again later", 12),
        (b"NO [LIMIT] LOGIN Rate limit hit", 12),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", 12),
        (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", 12),
        ("NO 系统繁忙，请稍后再试".encode("gbk"), 12),
        ("BAD 登录过于频繁".encode("gbk"), 12),
        (b"", 12),
    ],
)
@pytest.mark.parametrize("command", ["LOGIN", "LIST", "EXAMINE"])
def test_a_busy_server_is_left_alone_for_as_long_as_it_says(
    store: Store, tmp_path: Path, command: str, answer: bytes, least: float
) -> None:
    with server_of() as server:
        server.append("INBOX", b"Subject: one\r\nMessage-ID: <1@c.example>\r\nFrom: a@c.example\r\n\r\n1\r\n")
        daemon = Daemon(store, [account_at(server, tmp_path)])
        server.answer(command, answer)
        wait = daemon.turn()
        assert timedelta(seconds=least) <= wait <= timedelta(seconds=max(18, least + 1))
        assert not daemon.is_parked()
        assert daemon.row().next_try_at == daemon.now + wait
        daemon.read()
        assert (daemon.row().fail_count, daemon.row().last_error) == (0, "")


def test_bye_in_the_middle_of_a_command_is_heard(store: Store, tmp_path: Path) -> None:
    with server_of() as server:
        daemon = Daemon(store, [account_at(server, tmp_path)])
        server.answer(
            "EXAMINE", b"* BYE [UNAVAILABLE] Request is throttled. Suggested Backoff Time: 60000 milliseconds"
        )
        assert daemon.turn() == MINUTE
        assert "slow down" in daemon.row().last_error


def test_waits_double_to_a_quarter_of_an_hour_and_only_a_whole_pass_ends_that(store: Store, tmp_path: Path) -> None:
    with server_of() as server:
        server.append("INBOX", b"Subject: one\r\nMessage-ID: <1@c.example>\r\nFrom: a@c.example\r\n\r\n1\r\n")
        daemon = Daemon(store, [account_at(server, tmp_path)])
        waits = []
        for _ in range(9):
            server.answer("EXAMINE", b"")  # the login works, the pass does not
            waits.append(daemon.turn())
        assert all(later > 1.3 * sooner for sooner, later in pairwise(waits[:6]))
        assert all(ACCOUNT_CAP * 0.6 <= wait <= ACCOUNT_CAP for wait in waits[6:])
        daemon.read()
        server.answer("LIST", b"")
        assert daemon.turn() < timedelta(seconds=20)


def test_a_missing_secret_or_server_is_tried_again_for_ever(store: Store, tmp_path: Path) -> None:
    with server_of() as server:
        daemon = Daemon(store, [account_at(server, tmp_path)])
        (tmp_path / "secret").unlink()
        for _ in range(12):
            daemon.turn()
        assert not daemon.is_parked()
        assert "cannot read the secret" in daemon.row().last_error
        (tmp_path / "secret").write_text("pass")
        daemon.read()
