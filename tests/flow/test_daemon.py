"""`mailcrm run`: many mailboxes, some of them broken, in one process that stops when it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailcrm.clock import utc_now
from mailcrm.model.account import AccountState
from mailcrm.model.recipient import RecipientState
from mailcrm.model.rights import Viewer
from mailcrm.service.app import App
from mailcrm.service.campaigns import read_report
from mailcrm.service.daemon import free_port
from mailcrm.store import leases, people, sync_state
from tests.flow.campaigning import quick_sections, started
from tests.flow.instance import Instance, imap_account, until
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink

_SUBJECT = "Secret merger plans"


def _raw(number: int, sender: str = "kim@client.example") -> bytes:
    return (
        f"From: Kim Client <{sender}>\nTo: ok@own.example\nSubject: {_SUBJECT} {number}\n"
        f"Message-ID: <live{number}-{sender}>\nDate: Tue, 10 Nov 2026 09:00:00 +0000\n\nConfidential words\n"
    ).encode()


@pytest.fixture
def instance(dovecot: Dovecot, tmp_path: Path) -> Instance:
    """One good mailbox, one with a wrong password, one whose server is not there."""
    (tmp_path / "wrong").write_text("not-the-password")
    good = imap_account(tmp_path, dovecot, "ok", "good", {"customer_when": "all known"})
    refused = imap_account(tmp_path, dovecot, "refused", "refused")
    refused["secret"] = {"file": str(tmp_path / "wrong")}
    away = imap_account(tmp_path, dovecot, "away", "away")
    away["imap"] = {**away["imap"], "port": free_port("127.0.0.1")}
    return Instance(tmp_path, [good, refused, away], **quick_sections())


@pytest.fixture
def app(instance: Instance) -> Iterator[App]:
    crm = instance.app()
    yield crm
    crm.store.close()


def _names(app: App) -> list[str]:
    with app.store.read() as session:
        return [line.name for line in people.list_people(session, Viewer.system(), utc_now())]


def _account(app: App, name: str) -> sync_state.AccountRow:
    with app.store.read() as session:
        return sync_state.get_account(session, name)


def test_new_mail_makes_a_customer_within_seconds_while_other_accounts_fail(
    instance: Instance, app: App, dovecot: Dovecot
) -> None:
    with instance.daemon() as daemon:
        until(lambda: _account(app, "good").last_ok_at)
        dovecot.deliver("ok", _raw(1))
        started_at = time.monotonic()
        until(lambda: "Kim Client" in _names(app), 10)
        assert time.monotonic() - started_at < 10
        until(lambda: _account(app, "refused").state == AccountState.PARKED)
        until(lambda: _account(app, "away").fail_count >= 1)
        assert daemon.terminate() == 0
    refused, away = _account(app, "refused"), _account(app, "away")
    assert "refused the login of refused" in refused.last_error
    assert "connection refused; is the port right?" in away.last_error
    assert away.state == AccountState.ACTIVE
    assert away.next_try_at is not None


def test_a_parked_account_is_read_again_after_resume(instance: Instance, app: App, dovecot: Dovecot) -> None:
    with instance.daemon() as daemon:
        until(lambda: _account(app, "refused").state == AccountState.PARKED)
        daemon.terminate()
    (instance.folder / "wrong").write_text("pass")
    instance.cli("accounts", "resume", "refused")
    with instance.daemon() as daemon:
        until(lambda: _account(app, "refused").last_ok_at, 30)
        daemon.terminate()
    assert _account(app, "refused").last_error == ""


def test_the_log_has_no_content_addresses_or_secrets(instance: Instance, app: App, dovecot: Dovecot) -> None:
    with instance.daemon() as daemon:
        dovecot.deliver("ok", _raw(2, "log@client.example"))
        until(lambda: "Kim Client" in _names(app), 20)
        until(lambda: _account(app, "refused").state == AccountState.PARKED)
        daemon.terminate()
    text = daemon.log.read_text()
    assert daemon.events(), "one JSON object per line"
    for secret in (_SUBJECT, "Confidential", "client.example", "not-the-password", "Kim"):
        assert secret not in text


def test_all_leases_are_given_back_at_the_end(instance: Instance, app: App) -> None:
    with instance.daemon() as daemon:
        until(lambda: _account(app, "good").last_ok_at)
        begun = time.monotonic()
        assert daemon.terminate() == 0
        assert time.monotonic() - begun < 10
    with app.store.read() as session:
        assert [row.name for row in leases.list_leases(session) if row.owner] == []


def test_a_mailbox_that_the_daemon_reads_is_not_read_beside_it(instance: Instance, app: App) -> None:
    with instance.daemon() as daemon:
        until(lambda: _account(app, "good").last_ok_at)
        done = instance.cli("sync", "--once", "--account", "good", ok=2)
        assert "good: the daemon reads it" in done.stderr
        assert instance.json("status")["workers"]
        assert daemon.terminate() == 0
    assert "0 new mails" in instance.cli("sync", "--once", "--account", "good").stdout
    assert instance.json("status")["workers"] == []


def test_sigterm_in_the_middle_of_a_campaign_leaves_nothing_in_doubt(
    dovecot: Dovecot, smtp_sink: Callable[..., SmtpSink], tmp_path: Path
) -> None:
    sink = smtp_sink("-a")
    smtp = {"host": sink.host, "port": sink.port, "security": "none"}
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "term", smtp=smtp)], **quick_sections())
    app = instance.app()
    started(app, tmp_path, 150)
    with instance.daemon() as daemon:
        until(lambda: sink.count() >= 30, 30, every=0.005)
        assert daemon.terminate() == 0
    states = read_report(app, "News").counts.states
    assert states[RecipientState.SENT] == sink.count() < 150
    assert states[RecipientState.SENT] + states[RecipientState.READY] == 150
    app.store.close()


def test_a_second_daemon_cannot_take_the_same_port(instance: Instance) -> None:
    instance.document["public"] = {"port": free_port("127.0.0.1")}
    instance.write()
    with instance.daemon() as first:
        until(lambda: any(event["event"] == "running" for event in first.events()))
        second = instance.cli("run", ok=2)
        assert "is mailcrm running already?" in second.stderr
        first.terminate()
