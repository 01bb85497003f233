"""New mail in any folder of a real Dovecot (NOTIFY), in the inbox of Cyrus (IDLE), is read at once, also after a cut."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import Mailbox, open_mailbox
from mailcrm.ingest.imap.watch import watch_account
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.service.accounts import account_row, imap_login, sync_job
from mailcrm.store import Store, coverage
from tests.builders import a_store
from tests.flow.instance import Instance, imap_account
from tests.providers.reading import Daemon
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.mail import MailServer
from tests.servers.proxy import ScriptedProxy

_LONG = 1740
"""Seconds between two polls: what comes sooner was not polled for."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


@contextmanager
def another_program(server: MailServer, user: str) -> Iterator[imaplib.IMAP4]:
    """Dovecot notices what comes by IMAP (or LMTP), not what is put into its folders from behind."""
    with imaplib.IMAP4(server.host, server.port) as client:
        client.login(user, PASSWORD)
        client.create("Work/Orders")
        yield client


def append(client: imaplib.IMAP4, number: int, folder: str = "Work/Orders") -> None:
    raw = f"From: a@c.example\r\nMessage-ID: <m{number}@c.example>\r\nSubject: S\r\n\r\n1\r\n"
    assert client.append(folder, "", "", raw.encode())[0] == "OK"


def stored(store: Store, folder: str) -> int:
    with store.read() as session:
        return sum(line.stored for line in coverage.count_folders(session) if line.folder == folder)


def test_mail_is_read_without_a_poll_and_through_a_cut_line(
    mail_server: MailServer, store: Store, tmp_path: Path
) -> None:
    user = tmp_path.name
    folder = "Work/Orders" if isinstance(mail_server, Dovecot) else "INBOX"
    (tmp_path / "secret").write_text(PASSWORD)
    with another_program(mail_server, user) as client, ScriptedProxy("socks5") as proxy:
        account = imap_account(tmp_path, mail_server, user)
        account["imap"]["proxy"] = proxy.url()
        daemon = Daemon(store, [account], sync={"poll_seconds": _LONG})

        sent = 0

        def read_all() -> bool:
            """Whether a pass was complete since the last mail was sent, and brought it."""
            return stored(store, folder) == sent and daemon.row().last_ok_at == daemon.now

        def send() -> None:
            nonlocal sent
            daemon.now += timedelta(minutes=1)
            append(client, sent, folder)
            sent += 1

        def three_then_cut() -> bool:
            if read_all() and sent < 3:
                send()
            elif read_all():
                proxy.cut()
            return False

        wait = daemon.turn(until=three_then_cut)
        assert wait.total_seconds() > 0  # a lost line waits a little
        assert "broke off" in daemon.row().last_error

        def two_more() -> bool:
            if read_all() and sent < 5:
                send()
            return sent == 5 and read_all()

        daemon.turn(until=two_more)


def test_old_mail_that_waits_for_tomorrow_is_not_looked_for_twice_at_each_poll(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = tmp_path.name
    with another_program(dovecot, user) as client:
        append(client, 1)
    app = Instance(tmp_path, [imap_account(tmp_path, dovecot, user)]).app()
    account, seen, wait = app.account("main"), list[PassReport | None](), Mailbox.wait_for_change

    def waits(mailbox: Mailbox, seconds: float) -> object:
        seen.append(None)
        return wait(mailbox, seconds)

    monkeypatch.setattr(Mailbox, "wait_for_change", waits)
    with open_mailbox(imap_login(app.config, account)) as mailbox:
        assert mailbox.notify(set())
        watch_account(
            mailbox, app.store, lambda: sync_job(app, account, account_row(app.store, "main")), app.clock,
            parse=parse_message, retry=lambda work: work(), poll_seconds=0.1, stopped=lambda: seen.count(None) > 3,
            progress=lambda _report: None, passed=seen.append, enough=lambda: True,
        )  # fmt: skip
    app.store.close()
    assert [report is None or report.paused for report in seen] == [True] * len(seen)
    assert [report is None for report in seen[:6]] == [False, True] * 3
