"""A budget of bytes for a day: old mail waits for tomorrow, new mail comes all the same, and a restart forgets nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.errors import ConnectionLost
from mailcrm.model.message import BodyState
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once
from mailcrm.service.progress import Reading
from mailcrm.service.status import read_status
from mailcrm.store import Store, coverage, traffic
from tests.providers.reading import Daemon, account_at
from tests.providers.server import Quirks, ScriptedImap

_SIZE = 20_000
_MAILS = 60
_BUDGET = 900_000
_SMALL = {"sync": {"batch_bytes": 65_536, "batch_messages": 20, "poll_seconds": 1}}


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap(Quirks(), user="me@own.example", secret="pass") as scripted:
        for number in range(_MAILS):
            scripted.append("INBOX", a_mail(number))
        yield scripted


def a_mail(number: int) -> bytes:
    text = random.Random(number).randbytes(_SIZE // 2).hex()
    return f"From: a{number}@c.example\r\nMessage-ID: <m{number}@c.example>\r\nSubject: S\r\n\r\n{text}\r\n".encode()


def bodies(app: App) -> int:
    with app.store.read() as session:
        return coverage.count_messages(session).get(BodyState.DONE, 0)


def reading(app: App) -> Reading | None:
    return read_status(app).accounts[0].reading


def test_old_mail_waits_for_the_next_day_and_new_mail_does_not(
    server: ScriptedImap, store: Store, tmp_path: Path
) -> None:
    daemon = Daemon(store, [account_at(server, tmp_path, bytes_per_day=_BUDGET)], **_SMALL)
    daemon.read()
    first = bodies(daemon.app)
    assert 10 < first < _MAILS
    found = reading(daemon.app)
    assert found is not None
    assert (found.done, found.total) == (first, _MAILS)
    assert found.received_today >= _BUDGET
    assert found.waits_until == datetime(2025, 1, 7, tzinfo=UTC)

    server.append("INBOX", a_mail(1000))
    daemon.read()
    assert bodies(daemon.app) == first + 1  # the new one

    again = Daemon(store, [account_at(server, tmp_path, bytes_per_day=_BUDGET)], **_SMALL)
    again.now = daemon.now
    again.read()
    assert bodies(again.app) == first + 1

    for _ in range(3):
        again.now += timedelta(days=1)
        again.read()
    assert bodies(again.app) == _MAILS + 1
    assert reading(again.app) is None


def test_much_new_mail_and_large_new_mail_do_not_wait_either(
    server: ScriptedImap, store: Store, tmp_path: Path
) -> None:
    """More than comes at once with its headers; mail of old that somebody moved here is no new mail."""
    small = {"sync": {**_SMALL["sync"], "live_limit": 2}}
    daemon = Daemon(store, [account_at(server, tmp_path, bytes_per_day=_BUDGET)], **small)
    daemon.read()
    first = bodies(daemon.app)
    for number in range(1000, 1004):
        server.append("INBOX", a_mail(number), when=daemon.now - timedelta(hours=23))
        server.append("INBOX", a_mail(number + 100))
    server.append("INBOX", a_mail(1004) + b"more\r\n" * (2**20 // 6), when=daemon.now)
    daemon.read()
    assert bodies(daemon.app) == first + 5


def test_the_day_may_turn_while_a_mailbox_is_watched(server: ScriptedImap, store: Store, tmp_path: Path) -> None:
    daemon = Daemon(store, [account_at(server, tmp_path, bytes_per_day=_BUDGET)], **_SMALL)

    def all_came() -> bool:
        if daemon.row().last_ok_at == daemon.now:  # a whole pass with this clock: nothing more will come today
            daemon.now += timedelta(days=1)
        return bodies(daemon.app) == _MAILS

    daemon.turn(until=all_came)
    assert len(server.sent("LOGIN")) == 1


def test_without_a_budget_all_comes_at_once(server: ScriptedImap, store: Store, tmp_path: Path) -> None:
    daemon = Daemon(store, [account_at(server, tmp_path, bytes_per_day=0)], **_SMALL)
    daemon.read()
    assert bodies(daemon.app) == _MAILS


def test_a_pass_by_hand_keeps_to_it_and_says_so(server: ScriptedImap, store: Store, tmp_path: Path) -> None:
    daemon = Daemon(store, [account_at(server, tmp_path, bytes_per_day=_BUDGET)], **_SMALL)
    report, _ = sync_once(daemon.app, "main", lambda _report: None)
    assert (report.paused, report.complete, report.failures) == (True, False, [])
    first = bodies(daemon.app)
    report, _ = sync_once(daemon.app, "main", lambda _report: None)
    assert (report.paused, report.bodies) == (True, 0)
    assert bodies(daemon.app) == first
    daemon.now += timedelta(days=3)
    for _ in range(3):
        report, _ = sync_once(daemon.app, "main", lambda _report: None)
        daemon.now += timedelta(days=1)
    assert (report.paused, report.complete) == (False, True)


def test_what_came_before_a_connection_was_lost_counts(server: ScriptedImap, store: Store, tmp_path: Path) -> None:
    daemon = Daemon(store, [account_at(server, tmp_path, bytes_per_day=10 * _BUDGET)], **_SMALL)
    server.damaged[20] = "hang up"
    with pytest.raises(ConnectionLost):
        sync_once(daemon.app, "main", lambda _report: None)
    found = reading(daemon.app)
    assert found is not None
    assert (found.total, found.waits_until) == (_MAILS, None)
    with daemon.app.store.read() as session:
        [days] = traffic.traffic_since(session, [daemon.row().id], daemon.now.date()).values()
    assert sum(day.received for day in days) == found.received_today > 15 * _SIZE
