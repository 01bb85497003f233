"""A mailbox on a real server, while a second client changes things behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from mailcrm.ingest.imap.changes import Gone
from mailcrm.ingest.imap.client import MailClient
from mailcrm.ingest.imap.mailbox import Change, CommandRefused, Login, Mailbox, open_mailbox
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.model.provider import Compress, Security
from tests.conftest import require
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.imap_reader import ImapReader
from tests.servers.mail import MailServer

_INBOX = FolderInfo("INBOX", "INBOX", FolderRole.INBOX)


def _mail(number: int, size: int = 10) -> bytes:
    return b"From: a@example.com\r\nSubject: mail %d\r\n\r\n" % number + b"x" * size + b"\r\n"


@contextlib.contextmanager
def _two_clients(
    server: MailServer, user: str, mails: int, *, qresync: bool = True
) -> Iterator[tuple[Mailbox, ImapReader]]:
    if mails:
        server.fill(user, (_mail(number) for number in range(1, mails + 1)))
    login = Login(server.host, server.port, Security.NONE, user, PASSWORD, None, 5, 5, qresync=qresync)
    with server.reader(user) as other, open_mailbox(login) as mailbox:
        yield mailbox, other


def _plain(flags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(flags) - {"\\Recent"}


def _change(other: ImapReader) -> None:
    """As other clients do: flags, a removal in the middle and one at the end, and a new mail."""
    other.set_flags("INBOX", 2, ["\\Seen", "\\Answered"])
    other.set_flags("INBOX", 9, ["\\Flagged"])
    for uid in (5, 6, 20):
        other.delete("INBOX", uid)
    other.append("INBOX", _mail(21), flags=["\\Seen"])


# --- changes


@pytest.mark.parametrize("qresync", [True, False])
def test_a_folder_is_followed_by_its_changes_alone(mail_server: MailServer, qresync: bool) -> None:
    """What we knew, the changes, and the new mail give what a reader of the whole folder sees."""
    with _two_clients(mail_server, f"follow{qresync:d}", 20, qresync=qresync) as (mailbox, other):
        before = mailbox.examine(_INBOX)
        known = {uid: _plain(flags.flags) for uid, flags in mailbox.all_flags(1)}
        assert known == other.flags("INBOX")
        assert before.highestmodseq
        _change(other)

        after = mailbox.examine(_INBOX, (before.uidvalidity, before.highestmodseq))
        assert mailbox.resyncs is qresync
        if not qresync:
            assert not mailbox.changes()
            known |= {uid: _plain(flags.flags) for uid, flags in mailbox.flags_since(before.highestmodseq)}
            known = {uid: known[uid] for uid in mailbox.uids(1)}
        changes = mailbox.changes()
        gone = Gone(list(changes.vanished))
        known |= {uid: _plain(flags.flags) for uid, flags in changes.flags.items()}
        known = {uid: flags for uid, flags in known.items() if uid not in gone}
        assert known == other.flags("INBOX")
        assert (len(known), after.uidnext) == (after.exists, other.status("INBOX")["UIDNEXT"])
        assert not changes.incomplete
        assert after.highestmodseq is not None
        assert after.highestmodseq > before.highestmodseq


def test_an_open_folder_is_followed_without_opening_it_again(mail_server: MailServer) -> None:
    with _two_clients(mail_server, "stay", 20) as (mailbox, other):
        before = mailbox.examine(_INBOX)
        assert before.highestmodseq
        known = {uid: _plain(flags.flags) for uid, flags in mailbox.all_flags(1)}
        _change(other)
        known |= {uid: _plain(flags.flags) for uid, flags in mailbox.flags_since(before.highestmodseq)}
        known |= {header.uid: _plain(header.flags) for header in mailbox.fetch_headers(21, None, ("From",))}
        changes = mailbox.changes()
        gone = Gone(list(changes.vanished))
        known |= {uid: _plain(flags.flags) for uid, flags in changes.flags.items()}
        assert {uid: flags for uid, flags in known.items() if uid not in gone} == other.flags("INBOX")
        assert mailbox.exists == other.status("INBOX")["MESSAGES"]


@pytest.mark.parametrize("qresync", [True, False])
def test_the_news_of_idle_are_kept(mail_server: MailServer, qresync: bool) -> None:
    with _two_clients(mail_server, f"idle{qresync:d}", 20, qresync=qresync) as (mailbox, other):
        mailbox.examine(_INBOX)
        _change(other)
        assert mailbox.wait_for_change(10) is Change.CHANGED
        mailbox.uids(1)
        changes = mailbox.changes()
        assert (changes.vanished, changes.expunged_by_number) == (
            (((5, 6), (20, 20)), False) if qresync else ((), True)
        )
        assert mailbox.exists == 18


# --- folders and UIDs


def test_uids_and_folders_are_those_that_a_second_client_sees(mail_server: MailServer) -> None:
    with _two_clients(mail_server, "searching", 300) as (mailbox, other):
        for uid in (7, 100, 101, 300):
            other.delete("INBOX", uid)
        mailbox.examine(_INBOX)
        received = mailbox.received
        assert mailbox.uids(1) == other.uids("INBOX")
        assert mailbox.received - received < 200
        assert mailbox.uids(99, 102) == [99, 102]
        folders, statuses = mailbox.survey()
        assert sorted(folder.name for folder in folders) == other.folders()
        assert sorted(folders, key=repr) == sorted(mailbox.list_folders(), key=repr)
        assert statuses == mailbox.status(folders)
        assert statuses["INBOX"].exists == 296
        assert statuses["INBOX"].highestmodseq
        assert {folder.role for folder in folders} >= {FolderRole.INBOX, FolderRole.SENT, FolderRole.TRASH}


def test_folders_below_the_inbox_with_dots_between_have_their_roles() -> None:
    """As Cyrus names them without altnamespace, which used to be its default."""
    require(Cyrus)
    with Cyrus("unixhierarchysep: no\naltnamespace: no") as server, _two_clients(server, "dots", 0) as (mailbox, other):
        other.create("INBOX.Projects.客户")
        folders, statuses = mailbox.survey()
        assert {folder.name: folder.role for folder in folders if folder.role is not FolderRole.OTHER} == {
            "INBOX": FolderRole.INBOX, "INBOX.Sent": FolderRole.SENT, "INBOX.Drafts": FolderRole.DRAFTS,
            "INBOX.Junk": FolderRole.JUNK, "INBOX.Trash": FolderRole.TRASH,
        }  # fmt: skip
        ids = {folder.name: statuses[folder.name_raw].mailboxid for folder in folders if folder.selectable}
        assert "INBOX.Projects.客户" in ids
        for folder in folders:
            if folder.selectable:
                assert mailbox.examine(folder).mailboxid == ids[folder.name]


def test_dovecot_does_not_look_through_a_maildir_to_say_how_many_mails_it_has(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does where INBOX is closed. Others are not asked to open it."""
    said: list[str] = []
    start = MailClient.start

    def listen(client: MailClient, command: str, *arguments: bytes) -> bytes:
        said.append(command)
        return start(client, command, *arguments)

    with _two_clients(mail_server, "opened", 3) as (mailbox, other):
        monkeypatch.setattr(MailClient, "start", listen)
        for number in (3, 4):
            folders, statuses = mailbox.survey()
            inbox = next(each for each in folders if each.role is FolderRole.INBOX)
            assert statuses[inbox.name_raw].exists == number
            assert (said[0] == "EXAMINE") == isinstance(mail_server, Dovecot)
            said.clear()
            other.append("INBOX", _mail(number + 1))
        mailbox.examine(next(each for each in folders if each.role is FolderRole.SENT))
        said.clear()
        assert mailbox.survey()[1][inbox.name_raw].exists == 5
        assert "EXAMINE" not in said, "the folder that is open stays so"


# --- many messages, and big ones


def test_many_messages_come_through_several_commands_at_once(mail_server: MailServer) -> None:
    with _two_clients(mail_server, "pipeline", 300) as (mailbox, other):
        other.delete("INBOX", 150)
        mailbox.examine(_INBOX)
        wanted = range(1, 301)
        sizes = {header.uid: header.size for header in mailbox.fetch_headers(1, 300, ("Subject",))}
        assert sorted(sizes) == other.uids("INBOX")
        found = {raw.uid: raw.raw for raw in mailbox.fetch_bodies(wanted, sizes=sizes, at_once=2000)}
        assert found == {uid: _mail(uid) for uid in wanted if uid != 150}


def test_a_big_message_comes_in_pieces_that_fit_together(mail_server: MailServer) -> None:
    raw = _mail(1) + bytes(range(33, 127)) * 40_000
    mail_server.deliver("big", raw)
    with _two_clients(mail_server, "big", 0) as (mailbox, other):
        mailbox.examine(_INBOX)
        whole = other.raw("INBOX", 1)
        assert b"".join(data for _, data in mailbox.fetch_body_parts(1, size=len(whole))) == whole
        assert b"".join(data for _, data in mailbox.fetch_body_parts(1, 3_000_000)) == whole[3_000_000:]
        assert list(mailbox.fetch_body_parts(1, len(whole))) == []
        with pytest.raises(CommandRefused, match="gives no part of message 2"):
            list(mailbox.fetch_body_parts(2))


# --- compression


@pytest.mark.parametrize("security", [Security.NONE, Security.TLS])
def test_a_compressed_connection_brings_the_same_in_fewer_bytes(
    compressing_server: MailServer, security: Security
) -> None:
    server, user = compressing_server, f"zip-{security}"
    server.fill(user, (_mail(number, 5000) for number in range(1, 51)))
    port = server.tls_port if security is Security.TLS else server.port
    received = {}
    for compress in (Compress.OFF, Compress.ON):
        login = Login(server.host, port, security, user, PASSWORD, server.ca_file, 5, 5, compress=compress)
        with open_mailbox(login) as mailbox:
            assert mailbox.examine(_INBOX).exists == 50
            assert mailbox.compressed is (compress is Compress.ON)
            found = {raw.uid: raw.raw for raw in mailbox.fetch_bodies(range(1, 51))}
            assert found == {uid: _mail(uid, 5000) for uid in range(1, 51)}
            assert mailbox.wait_for_change(0.05) is Change.TIMEOUT
            received[compress] = mailbox.received
    assert received[Compress.ON] < received[Compress.OFF] / 5
