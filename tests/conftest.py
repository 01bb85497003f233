"""Fixtures for all tests: real servers, started when a test first asks for one."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.quick import keep_files_in_memory, share_compiled_statements
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.mail import MAIL_SERVERS, MailServer
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.servers.server import Server
from tests.servers.smtp_sink import SmtpSink

settings.register_profile("patient", deadline=None)  # a busy machine is not a fault of the code
settings.load_profile("patient")
keep_files_in_memory()
share_compiled_statements()

_SERVER_FIXTURES = frozenset(
    {"dovecot", "cyrus", "mail_server", "compressing_server", "smtp_sink", "postgres", "mariadb"}
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m "not servers"` leaves it out."""
    for item in items:
        if _SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")


def pytest_collection_finish() -> None:
    """What was collected stays until the end: no need to look through it for garbage again and again."""
    gc.freeze()


def require(server: type[Server]) -> None:
    """Skip the test if the server is not installed; fail where CI says that all must be."""
    missing = server.available()
    if missing and os.environ.get("MAILCRM_REQUIRE_SERVERS") == "1":
        pytest.fail(missing, pytrace=False)
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """An IMAP server; tests share it, so each takes a user name of its own."""
    require(Dovecot)
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """Another IMAP server, with ids for mails and folders; each test takes a user name of its own."""
    require(Cyrus)
    with Cyrus() as server:
        yield server


@pytest.fixture(scope="session", params=MAIL_SERVERS)
def mail_server(request: pytest.FixtureRequest) -> MailServer:
    """Each IMAP server in turn, for what must be the same on all."""
    server: MailServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def compressing_dovecot() -> Iterator[Dovecot]:
    """One that offers COMPRESS=DEFLATE, which takes a plugin; Cyrus needs none."""
    require(Dovecot)
    with Dovecot("protocol imap {\n  mail_plugins = imap_zlib\n}") as server:
        yield server


@pytest.fixture(scope="session", params=["compressing_dovecot", "cyrus"])
def compressing_server(request: pytest.FixtureRequest) -> MailServer:
    """Each IMAP server in turn, with COMPRESS=DEFLATE."""
    server: MailServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `postgres.new_database()` gives each test an empty database."""
    require(Postgres)
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A MariaDB server; `mariadb.new_database()` gives each test an empty database."""
    require(MariaDB)
    with MariaDB() as server:
        yield server


@pytest.fixture
def smtp_sink() -> Iterator[Callable[..., SmtpSink]]:
    """Starts smtp-sinks: `smtp_sink()` or, with flags of smtp-sink(1), `smtp_sink("-r", "rcpt")`."""
    require(SmtpSink)
    started: list[SmtpSink] = []

    def start(*flags: str) -> SmtpSink:
        started.append(SmtpSink(*flags))
        return started[-1].start()

    yield start
    for sink in started:
        sink.stop()
