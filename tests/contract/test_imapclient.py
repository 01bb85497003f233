"""What the IMAP engine takes for granted of imapclient and imaplib, whose names with a "_" promise nothing.

`make contract` runs this, and the tests of the engine, over each version of imapclient in turn; MAILCRM_IMAPCLIENT then
says which one it must be.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import imapclient
import pytest

from mailcrm.ingest.imap.client import MailClient
from mailcrm.ingest.imap.failures import Place
from mailcrm.ingest.imap.transport import Transport
from tests.servers.dovecot import PASSWORD
from tests.servers.mail import MailServer

_TOP = Path(__file__).parents[2]


@pytest.fixture
def client(mail_server: MailServer) -> Iterator[MailClient]:
    """Connected to a server, as nobody."""
    client = MailClient(Place(mail_server.host, mail_server.port, 5, 5))
    yield client
    client.transport.shutdown()


def _log_in(client: MailClient, user: str) -> None:
    assert client.call("LOGIN", user.encode(), PASSWORD.encode()).ok
    client.transport.state = "AUTH"


# --- which version -----------------------------------------------------------------------------------------------


def test_version_is_the_one_that_is_meant() -> None:
    wanted = os.environ.get("MAILCRM_IMAPCLIENT", imapclient.__version__)
    assert imapclient.__version__ == wanted


def test_versions_that_are_run_are_those_that_are_allowed() -> None:
    project = tomllib.loads((_TOP / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    run = re.search(r"(?m)^VERSIONS \?= (.+)$", (_TOP / "Makefile").read_text("utf-8"))
    locked = re.search(r"(?m)^imapclient==(\S+)", (_TOP / "requirements.lock").read_text("utf-8"))
    assert run
    assert locked
    oldest, *_, newest = run[1].split()
    assert f"imapclient>={oldest},<{int(newest.split('.')[0]) + 1}" in project
    assert locked[1] == newest


# --- imapclient: it makes our transport, and leaves it alone -----------------------------------------------------


def test_the_factory_makes_the_connection(client: MailClient) -> None:
    assert type(client._imap) is Transport
    assert client._imap is client.transport


def test_logging_of_bodies_can_be_switched_off_for_good(client: MailClient) -> None:
    _log_in(client, "imapclient-debug")
    client.call("NOOP")
    assert client._imap.debug == 0


def test_patience_is_ours(client: MailClient) -> None:
    client.transport.limit(3)
    client.call("NOOP")
    assert client.transport.sock.gettimeout() == 3


# --- imaplib: tags, answers, and what comes unasked --------------------------------------------------------------


def test_greeting_and_abilities_are_kept(client: MailClient) -> None:
    assert client.transport.state == "NONAUTH"
    assert b"ready" in client.transport.welcome
    assert "IMAP4REV1" in client.transport.capabilities


def test_commands_on_their_way_are_known_by_their_tags(client: MailClient) -> None:
    _log_in(client, "imapclient-tags")
    tags = [client._imap._command("NOOP") for _ in range(3)]
    assert [client._imap.tagged_commands[tag] for tag in tags] == [None, None, None]
    for tag in tags:
        assert client.finish(tag).ok
    assert client._imap.tagged_commands == {}


def test_what_comes_untagged_is_filed_by_its_keyword(client: MailClient) -> None:
    _log_in(client, "imapclient-untagged")
    client.forget()
    tag = client._imap._command("LIST", b'""', b'"*"')
    assert client.finish(tag).ok
    assert b'"/" INBOX' in b" ".join(client._imap.untagged_responses["LIST"])


def test_literals_come_as_pairs(client: MailClient, mail_server: MailServer) -> None:
    mail_server.deliver("imapclient-literal", b"Subject: x\r\n\r\nbody\r\n")
    _log_in(client, "imapclient-literal")
    assert client.call("EXAMINE", b"INBOX").ok
    client.transport.state = "SELECTED"
    client.forget()
    tag = client._imap._command("FETCH", b"1", b"(BODY.PEEK[TEXT])")
    while client._imap.tagged_commands[tag] is None:
        client._imap._get_response()
    line, literal = client._imap.untagged_responses["FETCH"][0]
    assert line.endswith(b"{6}")
    assert literal == b"body\r\n"


def test_request_to_go_on_is_no_answer(client: MailClient) -> None:
    _log_in(client, "imapclient-idle")
    assert client.call("EXAMINE", b"INBOX").ok
    client.transport.state = "SELECTED"
    tag = client._imap._command("IDLE")
    assert client.asked_to_go_on(tag)
    client.transport.send(b"DONE\r\n")
    assert client.finish(tag).ok


def test_our_commands_are_not_refused_for_their_state(client: MailClient) -> None:
    """imaplib knows in which state a command is allowed, and does not know all of them."""
    _log_in(client, "imapclient-state")
    for command in ("ENABLE QRESYNC", "ID NIL", 'XLIST "" *', "COMPRESS DEFLATE"):
        name, *arguments = command.encode().split()
        client.finish(client._imap._command(name.decode(), *arguments))
