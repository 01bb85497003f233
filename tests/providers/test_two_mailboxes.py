"""One mail to two mailboxes that are read at the same moment: filed once, and neither reader has to give up."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from mailcrm.clock import utc_now
from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import open_mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.service.accounts import account_row, imap_login, sync_job
from mailcrm.service.app import App
from mailcrm.service.retry import store_retry
from mailcrm.store import coverage
from tests.flow.instance import Instance
from tests.providers.server import Quirks, ScriptedImap
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres

_NAMES = ("ann", "bob")
_ROUNDS = 6
_MAILS = 4


@pytest.fixture
def servers() -> Iterator[list[ScriptedImap]]:
    with (
        ScriptedImap(Quirks(), user="ann@own.example", secret="pass") as first,
        ScriptedImap(Quirks(), user="bob@own.example", secret="pass") as second,
    ):
        yield [first, second]


@pytest.fixture(params=[pytest.param(n, marks=pytest.mark.servers) for n in ("postgres", "mariadb")])
def app(request: pytest.FixtureRequest, servers: list[ScriptedImap], tmp_path: Path) -> Iterator[App]:
    database: Postgres | MariaDB = request.getfixturevalue(request.param)
    accounts = [
        {
            "name": name,
            "address": server.user,
            "secret": {"file": str(tmp_path / "secret")},
            "imap": {"host": server.host, "port": server.port, "security": "none"},
            "initial": {"capture": "all", "visibility": "team", "customer_when": "all known"},
        }
        for name, server in zip(_NAMES, servers, strict=True)
    ]
    instance = Instance(tmp_path, accounts, store={"url": database.new_database()})
    instance.cli("db", "upgrade")
    crm = instance.app()
    yield crm
    crm.store.close()


def test_two_readers_of_the_same_mail_do_not_stop_each_other(app: App, servers: list[ScriptedImap]) -> None:
    for number in range(_ROUNDS):
        for each in range(_MAILS):
            for server in servers:
                server.append("INBOX", a_mail(number * _MAILS + each))
        gate = Barrier(len(_NAMES))
        with ThreadPoolExecutor(len(_NAMES)) as pool:
            results = [future.result(60) for future in [pool.submit(read, app, name, gate) for name in _NAMES]]
        assert all(report.complete for report in results), results
    with app.store.read() as session:
        assert sum(coverage.count_messages(session).values()) == _ROUNDS * _MAILS
        inboxes = [line for line in coverage.count_folders(session) if line.folder == "INBOX"]
        assert [(line.stored, line.quarantined) for line in inboxes] == [(_ROUNDS * _MAILS, 0)] * 2


def read(app: App, name: str, gate: Barrier) -> PassReport:
    account = app.account(name)
    with open_mailbox(imap_login(app.config, account)) as mailbox:
        job = sync_job(app, account, account_row(app.store, name))
        gate.wait(10)
        return sync_account(mailbox, app.store, job, utc_now, parse=parse_message, retry=store_retry)


def a_mail(number: int) -> bytes:
    return (
        f"From: Person <person{number}@c.example>\r\nTo: ann@own.example, bob@own.example\r\nSubject: S{number}\r\n"
        f"Message-ID: <m{number}@c.example>\r\nDate: Tue, 10 Nov 2026 09:00:00 +0800\r\n\r\nbody {number}\r\n"
    ).encode()
