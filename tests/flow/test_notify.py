"""New mail in any folder of a real Dovecot is read at once (NOTIFY), also after the line was cut."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.store import Store, coverage
from tests.builders import a_store
from tests.flow.instance import imap_account
from tests.providers.reading import Daemon
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import ScriptedProxy

_LONG = 1740
"""Seconds between two polls: what comes sooner was not polled for."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


@contextmanager
def another_program(dovecot: Dovecot, user: str) -> Iterator[imaplib.IMAP4]:
    """Dovecot notices what comes by IMAP (or LMTP), not what is put into its folders from behind."""
    with imaplib.IMAP4(dovecot.host, dovecot.port) as client:
        client.login(user, PASSWORD)
        client.create("Work/Orders")
        yield client


def append(client: imaplib.IMAP4, number: int, folder: str = "Work/Orders") -> None:
    raw = f"From: a@c.example\r\nMessage-ID: <m{number}@c.example>\r\nSubject: S\r\n\r\n1\r\n"
    assert client.append(folder, "", "", raw.encode())[0] == "OK"


def stored(store: Store, folder: str = "Work/Orders") -> int:
    with store.read() as session:
        return sum(line.stored for line in coverage.count_folders(session) if line.folder == folder)


def test_mail_in_any_folder_is_read_without_a_poll_and_through_a_cut_line(
    dovecot: Dovecot, store: Store, tmp_path: Path
) -> None:
    user = tmp_path.name
    (tmp_path / "secret").write_text(PASSWORD)
    with another_program(dovecot, user) as client, ScriptedProxy("socks5") as proxy:
        account = imap_account(tmp_path, dovecot, user)
        account["imap"]["proxy"] = proxy.url()
        daemon = Daemon(store, [account], sync={"poll_seconds": _LONG})

        sent = 0

        def read_all() -> bool:
            """Whether a pass was complete since the last mail was sent, and brought it."""
            return stored(store) == sent and daemon.row().last_ok_at == daemon.now

        def send() -> None:
            nonlocal sent
            daemon.now += timedelta(minutes=1)
            append(client, sent)
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
