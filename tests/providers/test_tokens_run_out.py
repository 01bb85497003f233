"""A provider ends each session when its OAuth token runs out, in the middle of whatever it is: nothing is lost by that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mailcrm.clock import utc_now
from mailcrm.errors import ConnectionLost
from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import TokenExpired
from mailcrm.model.account import AccountState
from mailcrm.model.oauth import new_tokens
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row
from mailcrm.service.app import App
from mailcrm.service.leases import Claim
from mailcrm.service.passes import sync_once
from mailcrm.service.works import all_works
from mailcrm.store import coverage, tokens
from tests.flow.instance import Instance
from tests.providers.profiles import EXCHANGE
from tests.providers.server import ScriptedImap
from tests.servers.authorization import AuthorizationServer

ME = "me@own.example"
OVER = b"* BYE AccessTokenExpired"
MAILS = 12


class Imap(ScriptedImap):
    """Takes the tokens that the authorization server gave."""

    def __init__(self, server: AuthorizationServer) -> None:
        super().__init__(EXCHANGE, user=ME)
        self._tokens = server

    def takes(self, token: str) -> bool:
        return self._tokens.active(token) == self.user

    def end_session(self, *commands: str) -> None:
        """The token is over: it ends this session at the next such command, and opens no other."""
        self._tokens.expire()
        for command in commands:
            self.answer(command, OVER)


@pytest.fixture
def server() -> Iterator[AuthorizationServer]:
    with AuthorizationServer(ME) as found:
        yield found


@pytest.fixture
def imap(server: AuthorizationServer) -> Iterator[Imap]:
    with Imap(server) as found:
        for number in range(MAILS):
            found.append("INBOX", _mail(number))
        yield found


@pytest.fixture
def app(server: AuthorizationServer, imap: Imap, tmp_path: Path) -> Iterator[App]:
    account = {
        "name": "main",
        "address": ME,
        "oauth": server.section(),
        "imap": {"host": imap.host, "port": imap.port, "security": "none"},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
    }
    crm = Instance(tmp_path, [account], sync={"batch_messages": 3}).app()
    given = server.give()
    kept = new_tokens(given["access_token"], given["refresh_token"], timedelta(hours=1), utc_now())
    with crm.store.write(Actor.cli("test")) as session:
        tokens.save_tokens(session, account_row(crm.store, "main").id, kept, crm.store.keys.master)
    yield crm
    crm.store.close()


def _mail(number: int) -> bytes:
    head = f"From: Kim <kim@client.example>\r\nTo: {ME}\r\nSubject: Lamps\r\nMessage-ID: <{number}@client.example>\r\n"
    return f"{head}Date: Tue, 10 Nov 2026 09:00:{number:02d} +0800\r\n\r\nHello {number}\r\n".encode()


def at_batch(wanted: int, do: Callable[[], None]) -> Callable[[PassReport], None]:
    """A `progress` that does something after so many batches."""
    batches: list[PassReport] = []

    def progress(report: PassReport) -> None:
        batches.append(report)
        if len(batches) == wanted:
            do()

    return progress


def stored(app: App) -> int:
    with app.store.read() as session:
        return sum(folder.stored - folder.pending for folder in coverage.count_folders(session))


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_a_pass_goes_on_where_the_token_ran_out(app: App, imap: Imap, server: AuthorizationServer, batch: int) -> None:
    report, _ = sync_once(app, "main", at_batch(batch, lambda: imap.end_session("UID FETCH")))
    assert report.complete
    assert stored(app) == MAILS
    assert server.asked == ["refresh_token"]
    assert len(imap.sent("AUTHENTICATE")) == 3  # at first, the token that is over, the new one
    row = account_row(app.store, "main")
    assert (row.state, row.fail_count, row.last_error) == (AccountState.ACTIVE, 0, "")


def test_a_session_that_always_ends_at_once_is_not_opened_for_ever(app: App, imap: Imap) -> None:
    for _ in range(20):
        imap.answer("XLIST", OVER)
        imap.answer("LIST", OVER)
    with pytest.raises(TokenExpired):
        sync_once(app, "main", lambda _report: None)
    assert account_row(app.store, "main").state == AccountState.ACTIVE
    assert len(imap.sent("AUTHENTICATE")) == 1


class Watch:
    """The daemon's work on the mailbox."""

    def __init__(self, app: App) -> None:
        self._work = all_works(app, "worker", Random(1))["mailbox:main"]

    def run(self) -> timedelta:
        """Once; returns when it is due again."""
        claim = Claim(self._work, 0, timedelta(minutes=1), Random(1))
        claim.run()
        claim.close()
        assert not claim.failed, claim.error
        return claim.again


def test_the_daemon_opens_the_mailbox_again_at_once(app: App, imap: Imap) -> None:
    imap.answer("IDLE", OVER)  # it has read everything, and waits
    assert Watch(app).run() == timedelta(0)
    assert stored(app) == MAILS
    assert account_row(app.store, "main").fail_count == 0


def test_the_daemon_does_not_open_it_for_ever_if_that_does_not_help(app: App, imap: Imap) -> None:
    for _ in range(3):
        imap.answer("IDLE", OVER)
    watch = Watch(app)
    assert watch.run() == timedelta(0)
    assert watch.run() > timedelta(0)
    row = account_row(app.store, "main")
    assert (row.state, row.fail_count) == (AccountState.ACTIVE, 1)
    assert "its token ran out" in row.last_error


def test_a_fresh_token_that_is_refused_parks_after_three_tries(app: App, imap: Imap) -> None:
    imap.takes = lambda _token: False  # type: ignore[method-assign]
    watch = Watch(app)
    assert [watch.run(), watch.run()] == [timedelta(minutes=5), timedelta(minutes=25)]
    assert account_row(app.store, "main").state == AccountState.ACTIVE
    watch.run()
    row = account_row(app.store, "main")
    assert row.state == AccountState.PARKED
    assert "Did somebody else sign in" in row.last_error


def test_a_sign_in_that_is_over_parks_at_once(app: App, imap: Imap, server: AuthorizationServer) -> None:
    server.revoke()
    Watch(app).run()
    row = account_row(app.store, "main")
    assert row.state == AccountState.PARKED
    assert "sign in again: mailcrm accounts sign-in main" in row.last_error


def test_trouble_at_the_authorization_server_parks_nothing(app: App, imap: Imap, server: AuthorizationServer) -> None:
    server.broken = 503
    server.expire()
    with pytest.raises(ConnectionLost):
        sync_once(app, "main", lambda _report: None)
    assert account_row(app.store, "main").state == AccountState.ACTIVE
    server.broken = None
    assert sync_once(app, "main", lambda _report: None)[0].complete
