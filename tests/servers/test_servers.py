"""Checks that each test server really serves; every other test with a server rests on this."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.conftest import require
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.imap_reader import decode_folder, encode_folder
from tests.servers.mail import MAIL_SERVERS, MailServer
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.servers.server import ServerDown, accepts
from tests.servers.smtp_sink import SmtpSink

LETTER = b"From: =?utf-8?b?5byg5LiJ?= <zhang@example.com>\r\nSubject: Order 7\r\n\r\nHello\r\n"


def test_appended_message_is_read_back(mail_server: MailServer) -> None:
    with mail_server.reader("append@example.com") as reader:
        reader.append("INBOX", LETTER, flags=["\\Flagged"])
        [uid] = reader.uids("INBOX")
        assert reader.raw("INBOX", uid) == LETTER
        assert reader.flags("INBOX") == {uid: frozenset({"\\Flagged"})}
        assert reader.status("INBOX")["UIDNEXT"] == uid + 1


def test_delivered_messages_get_uids_in_order(mail_server: MailServer) -> None:
    user, when = "deliver@example.com", datetime(2024, 2, 29, 12, tzinfo=UTC)
    bodies = [LETTER.replace(b"7", b"%d" % number) for number in range(12)]
    mail_server.fill(user, bodies, "客户 & Co/2024", flags="S")
    mail_server.deliver(user, LETTER, when=when)
    with mail_server.reader(user) as reader:
        assert "客户 & Co/2024" in reader.folders()
        uids = reader.uids("客户 & Co/2024")
        assert [reader.raw("客户 & Co/2024", uid) for uid in uids] == bodies
        assert set(reader.flags("客户 & Co/2024").values()) == {frozenset({"\\Seen"})}
        assert reader.flags("INBOX") == {1: frozenset()}


def test_new_mailbox_has_special_folders(mail_server: MailServer) -> None:
    with mail_server.reader("special@example.com") as reader:
        uses = reader.special_uses()
        reader.create("Kunden")
        reader.append("Kunden", LETTER)
        reader.set_flags("Kunden", 1, ["\\Seen"])
        assert reader.flags("Kunden") == {1: frozenset({"\\Seen"})}
        reader.delete("Kunden", 1)
        assert reader.uids("Kunden") == []
    assert uses == {"\\Sent": "Sent", "\\Drafts": "Drafts", "\\Junk": "Junk", "\\Trash": "Trash"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_certificate_is_trusted_through_its_authority(mail_server: MailServer, host: str) -> None:
    trust = ssl.create_default_context(cafile=str(mail_server.ca_file))
    with imaplib.IMAP4_SSL(host, mail_server.tls_port, ssl_context=trust, timeout=10) as connection:
        assert connection.login("tls@example.com", PASSWORD)[0] == "OK"
    with imaplib.IMAP4(host, mail_server.port, timeout=10) as connection:
        assert connection.starttls(trust)[0] == "OK"


def test_wrong_password_is_refused(mail_server: MailServer) -> None:
    with (
        imaplib.IMAP4(mail_server.host, mail_server.port, timeout=10) as connection,
        pytest.raises(imaplib.IMAP4.error, match=r"AUTHENTICATIONFAILED|Login failed"),
    ):
        connection.login("tls@example.com", "wrong")


def test_renumbered_folder_keeps_its_mail(mail_server: MailServer) -> None:
    user = "renumber@example.com"
    for folder in ("INBOX", "客户"):
        mail_server.fill(user, [LETTER] * 3, folder)
        with mail_server.reader(user) as reader:
            before, uids = reader.status(folder), reader.uids(folder)
        mail_server.renumber(user, folder)
        with mail_server.reader(user) as reader:
            after = reader.status(folder)
            assert after["UIDVALIDITY"] != before["UIDVALIDITY"]
            assert len(reader.uids(folder)) == after["MESSAGES"] == 3
            assert not set(uids) & set(reader.uids(folder))


def test_cyrus_says_what_each_folder_and_mail_is_called(cyrus: Cyrus) -> None:
    """Its ids stay while the names change (RFC 8474)."""
    with cyrus.reader("ids@example.com") as reader:
        reader.create("Kunden")
        reader.append("Kunden", LETTER)
        [email_id] = reader.object_ids("Kunden")
        reader.rename("Kunden", "Customers")
        assert reader.object_ids("Customers") == [email_id]
        reader.copy("Customers", 1, "INBOX")
        assert reader.object_ids("INBOX") == [email_id]


def test_extra_configuration_hides_idle(dovecot: Dovecot) -> None:
    with (
        Dovecot("protocol imap {\n imap_capability = IMAP4rev1 UIDPLUS\n}") as plain,
        imaplib.IMAP4(plain.host, plain.port, timeout=10) as connection,
    ):
        connection.login("plain@example.com", PASSWORD)
        assert "IDLE" not in connection.capability()[1][0].decode()
    assert not plain.folder.name, "its folder is gone"


def test_folder_names_survive_modified_utf7() -> None:
    for name, wire in {"INBOX": "INBOX", "客户": "&W6JiNw-", "A & B": "A &- B", "é/ü": "&AOk-/&APw-"}.items():
        assert encode_folder(name) == wire
        assert decode_folder(wire) == name


def test_sink_keeps_envelope_and_content(smtp_sink: Callable[..., SmtpSink]) -> None:
    sink = smtp_sink()
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "us@example.com", "list@example.com", "周年庆"
    letter.set_content("您好\n.\nA line with a dot stood above.\n")
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        client.send_message(letter, "bounce+7@example.com", ["li@example.com", "wang@example.com"])
    [swallowed] = sink.wait_for(1)
    assert swallowed.sender == "bounce+7@example.com"
    assert swallowed.recipients == ("li@example.com", "wang@example.com")
    assert swallowed.message["Subject"] == "周年庆"
    assert "\n.\n" in swallowed.message.get_content().replace("\r\n", "\n")


def test_sink_counts_only_what_it_accepted(smtp_sink: Callable[..., SmtpSink]) -> None:
    sink = smtp_sink()
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        for number in range(20):
            client.sendmail("us@example.com", [f"r{number}@example.com"], LETTER)
        assert sink.count() == 20, "a message is in its file before its client is told so"
        client.mail("us@example.com")
        client.rcpt("r99@example.com")
        client.docmd("DATA")
        client.send(LETTER)
        client.close()
    time.sleep(0.1)
    assert sink.recipients() == sorted(f"r{number}@example.com" for number in range(20))


def test_sink_flags_make_it_refuse(smtp_sink: Callable[..., SmtpSink]) -> None:
    sink = smtp_sink("-r", "rcpt")
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("us@example.com", ["li@example.com"], LETTER)
    assert sink.messages() == []


def test_postgres_keeps_chinese(postgres: Postgres) -> None:
    assert _round_trip(postgres.new_database(), "张三 🧧") == "张三 🧧"


def test_mariadb_keeps_chinese(mariadb: MariaDB) -> None:
    assert _round_trip(mariadb.new_database(), "张三 🧧") == "张三 🧧"


def _round_trip(url: str, name: str) -> str:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("create table person (name varchar(40))"))
        connection.execute(text("insert into person values (:name)"), {"name": name})
        return str(connection.execute(text("select name from person")).scalar_one())


def test_each_database_is_empty(postgres: Postgres, mariadb: MariaDB) -> None:
    assert postgres.new_database() != postgres.new_database()
    assert mariadb.new_database() != mariadb.new_database()


def test_failed_start_shows_the_log(dovecot: Dovecot) -> None:
    broken = Dovecot("no_such_setting = yes")
    with pytest.raises(ServerDown, match="no_such_setting"):
        broken.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("title", MAIL_SERVERS)
def test_servers_end_with_a_killed_test_run(title: str) -> None:
    require(MAIL_SERVERS[title])
    script = (
        "import os, signal, sys\n"
        "from tests.servers.mail import MAIL_SERVERS\n"
        f"server = MAIL_SERVERS[{title!r}]().start()\n"
        "print(server.port, server.folder, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    port, folder = killed.stdout.split()
    _wait_until_closed(int(port))
    subprocess.run(["rm", "-rf", folder], check=True)  # nobody was left to do it


def _wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + 10
    while accepts(port):
        assert time.monotonic() < deadline, "the server outlived its test run"
        time.sleep(0.05)
