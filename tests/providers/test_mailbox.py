"""The contract of Mailbox, against every provider and against Dovecot."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from mailcrm.errors import LoginRefused, PermanentError
from mailcrm.ingest.imap.fetching import Command
from mailcrm.ingest.imap.mailbox import Change, CommandRefused, Login, Mailbox, open_mailbox
from mailcrm.ingest.imap.responses import uid_of
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.model.provider import Security
from tests.providers import profiles
from tests.providers.server import Quirks, ScriptedImap
from tests.servers.dovecot import PASSWORD, Dovecot

_RAW = b"From: Zhang San <zhang@example.com>\r\nSubject: =?UTF-8?B?5oql5Lu3?=\r\nX-Other: no\r\n\r\nline\r\n.\r\n)\r\n"
_WHEN = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@dataclass
class Backend:
    """A server with an empty mailbox: how to get in, how to deliver from behind, and what its quirks are."""

    login: Login
    deliver: Callable[[bytes, str], None]  # raw, Maildir flags, into INBOX
    seen: Callable[[], Sequence[bool]]  # whether each message of INBOX is \\Seen
    quirks: Quirks | None = None
    server: ScriptedImap | None = None


@contextlib.contextmanager
def _scripted(quirks: Quirks) -> Iterator[Backend]:
    with ScriptedImap(quirks) as server:

        def deliver(raw: bytes, flags: str) -> None:
            names = {"S": "\\Seen", "F": "\\Flagged", "R": "\\Answered"}
            server.append("INBOX", raw, [names[each] for each in flags], _WHEN)

        def seen() -> list[bool]:
            return ["\\Seen" in message.flags for message in server.box.folders["INBOX"].messages]

        login = Login(server.host, server.port, Security.NONE, server.user, server.secret, None, 5, 5)
        yield Backend(login, deliver, seen, quirks, server)
        assert server.violations == []


@contextlib.contextmanager
def _dovecot(dovecot: Dovecot, user: str) -> Iterator[Backend]:
    def deliver(raw: bytes, flags: str) -> None:
        dovecot.deliver(user, raw, flags=flags, when=_WHEN)

    def seen() -> list[bool]:
        with dovecot.reader(user) as reader:
            return ["\\Seen" in flags for _, flags in sorted(reader.flags("INBOX").items())]

    yield Backend(
        Login(dovecot.host, dovecot.tls_port, Security.TLS, user, PASSWORD, dovecot.ca_file, 5, 5), deliver, seen
    )


@pytest.fixture(params=[*(each.name for each in profiles.ALL), "Dovecot"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Each provider in turn."""
    if request.param == "Dovecot":
        dovecot = request.getfixturevalue("dovecot")
        with _dovecot(dovecot, f"contract-{uuid.uuid4().hex}") as backend:
            yield backend
        return
    with _scripted(next(each for each in profiles.ALL if each.name == request.param)) as backend:
        yield backend


def _inbox(mailbox: Mailbox) -> FolderInfo:
    return next(folder for folder in mailbox.list_folders() if folder.role is FolderRole.INBOX)


# --- the contract


def test_we_log_in_and_say_who_we_are(backend: Backend) -> None:
    with open_mailbox(backend.login) as mailbox:
        assert "IMAP4REV1" in mailbox.capabilities
        mailbox.list_folders()
        if backend.server:
            assert len(backend.server.sent("ID")) == 1
    if backend.server:
        assert backend.server.commands[-1] == "LOGOUT"


def test_every_login_says_it_anew(backend: Backend) -> None:
    for _ in range(2):
        with open_mailbox(backend.login) as mailbox:
            mailbox.examine(_inbox(mailbox))


def test_special_folders_are_known(backend: Backend) -> None:
    with open_mailbox(backend.login) as mailbox:
        folders = mailbox.list_folders()
    roles = [folder.role for folder in folders]
    for role in (FolderRole.INBOX, FolderRole.SENT, FolderRole.DRAFTS, FolderRole.TRASH):
        assert roles.count(role) == 1
    assert FolderRole.JUNK in roles
    if backend.quirks:
        assert [folder.name for folder in folders] == [name for name, _ in backend.quirks.folders]


def test_every_selectable_folder_can_be_examined(backend: Backend) -> None:
    with open_mailbox(backend.login) as mailbox:
        for folder in mailbox.list_folders():
            if folder.selectable:
                assert mailbox.examine(folder).uidvalidity > 0


def test_examine_tells_where_the_folder_stands(backend: Backend) -> None:
    with open_mailbox(backend.login) as mailbox:
        empty = mailbox.examine(_inbox(mailbox))
        assert (empty.exists, mailbox.highest_uid(empty.exists)) == (0, 0)
        backend.deliver(_RAW, "")
        backend.deliver(_RAW, "")
        status = mailbox.examine(_inbox(mailbox))
        highest = mailbox.highest_uid(status.exists)
        no_uidnext = backend.quirks is not None and backend.quirks.no_uidnext
        assert (status.exists, status.uidnext) == (2, None if no_uidnext else highest + 1)
        assert mailbox.uids(1) == [highest - 1, highest]


def test_status_never_invents_an_empty_folder(backend: Backend) -> None:
    backend.deliver(_RAW, "")
    with open_mailbox(backend.login) as mailbox:
        folders = mailbox.list_folders()
        found = mailbox.status(folders)
        if backend.quirks and backend.quirks.empty_status:
            assert found == {}
            return
        assert set(found) == {folder.name_raw for folder in folders if folder.selectable}
        status = mailbox.examine(_inbox(mailbox))
        assert replace(found["INBOX"], highestmodseq=status.highestmodseq) == status


def test_headers(backend: Backend) -> None:
    backend.deliver(_RAW, "SF")
    backend.deliver(_RAW, "")
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        first, second = mailbox.fetch_headers(1, None, ("From", "Subject"))
        assert first.header == b"From: Zhang San <zhang@example.com>\r\nSubject: =?UTF-8?B?5oql5Lu3?=\r\n\r\n"
        assert {"\\Seen", "\\Flagged"} <= set(first.flags)
        assert "\\Seen" not in second.flags
        assert (first.internaldate, first.size) == (_WHEN, len(_RAW))
        assert first.uid < second.uid


def test_a_range_means_what_it_says(backend: Backend) -> None:
    """`n:*` would return the last message even where it lies below n (RFC 3501, 6.4.8)."""
    for _ in range(3):
        backend.deliver(_RAW, "")
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        first, second, third = mailbox.uids(1)

        def found(lo: int, hi: int | None) -> list[int]:
            uids = [header.uid for header in mailbox.fetch_headers(lo, hi, ("From",))]
            assert mailbox.uids(lo, hi) == uids
            return uids

        assert found(second, None) == [second, third]
        assert found(first, second) == [first, second]
        assert found(third + 1, None) == found(third + 1, third) == []


def test_flags_come_by_uid(backend: Backend) -> None:
    for flags in ("", "S", "FS"):
        backend.deliver(_RAW, flags)
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        uids = mailbox.uids(1)
        found = {uid: set(flags) - {"\\Recent"} for uid, flags in mailbox.flags(1).items()}
        assert found == dict(zip(uids, (set(), {"\\Seen"}, {"\\Flagged", "\\Seen"}), strict=True))
        assert list(mailbox.flags(uids[1], uids[1])) == [uids[1]]
        assert mailbox.flags(uids[2] + 1) == {}


def test_bodies_come_byte_for_byte_and_ascending(backend: Backend) -> None:
    raws = [b"Subject: %d\r\n\r\n" % number + bytes(range(32, 127)) * number + b"\r\n" for number in range(1, 5)]
    for raw in raws:
        backend.deliver(raw, "")
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        uids = mailbox.uids(1)
        wanted = [uids[3], uids[0], uids[2], uids[3] + 1000]  # one that is not there, none in order
        bodies = list(mailbox.fetch_bodies(wanted))
        assert [body.uid for body in bodies] == [uids[0], uids[2], uids[3]]
        assert [body.raw for body in bodies] == [raws[0], raws[2], raws[3]]
        assert list(mailbox.fetch_bodies([])) == []


def test_no_message_becomes_seen(backend: Backend) -> None:
    backend.deliver(_RAW, "S")
    backend.deliver(_RAW, "")
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        assert len(mailbox.fetch_headers(1, None, ("From",))) == 2
        assert len(list(mailbox.fetch_bodies(mailbox.uids(1)))) == 2
        assert mailbox.wait_for_change(0.01) is Change.TIMEOUT
    assert backend.seen() == [True, False]


def test_new_mail_ends_the_wait(backend: Backend) -> None:
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        assert mailbox.wait_for_change(0.05) is Change.TIMEOUT
        timer = threading.Timer(0.1, backend.deliver, (_RAW, ""))
        timer.start()
        pushed = "IDLE" in mailbox.capabilities
        started = time.monotonic()
        assert mailbox.wait_for_change(20 if pushed else 0.5) is Change.CHANGED
        assert time.monotonic() - started < 15
        timer.join()
        assert len(mailbox.uids(1)) == 1
        assert mailbox.wait_for_change(0.05) is Change.TIMEOUT


def test_mail_that_came_since_examine_ends_the_next_wait(backend: Backend) -> None:
    with open_mailbox(backend.login) as mailbox:
        mailbox.examine(_inbox(mailbox))
        backend.deliver(_RAW, "")
        assert mailbox.wait_for_change(0.3) is Change.CHANGED


def test_the_wake_pipe_ends_the_wait_and_the_connection_goes_on(backend: Backend) -> None:
    reader, writer = os.pipe()
    try:
        with open_mailbox(backend.login, wake=reader) as mailbox:
            mailbox.examine(_inbox(mailbox))
            timer = threading.Timer(0.05, os.write, (writer, b"x"))
            timer.start()
            assert mailbox.wait_for_change(20) is Change.WOKEN
            timer.join()
            os.read(reader, 1)
            backend.deliver(_RAW, "")
            assert mailbox.examine(_inbox(mailbox)).exists == 1
    finally:
        os.close(reader)
        os.close(writer)


def test_a_wrong_password_is_told_in_readable_words(backend: Backend) -> None:
    login = replace(backend.login, secret="wrong-one")
    with pytest.raises(LoginRefused) as refused, open_mailbox(login):
        pass
    text = str(refused.value)
    assert backend.login.user in text
    assert "wrong-one" not in text
    assert "b'" not in text
    assert "\\x" not in text
    if backend.quirks and backend.quirks.name == "Exmail":
        assert "登录失败" in text


# --- what single providers do


def test_163_opens_no_folder_for_strangers() -> None:
    """The profile itself: without ID it refuses, and that is told as what it is."""
    with _scripted(replace(profiles.NETEASE_163, capabilities=("IMAP4rev1",))) as backend:
        with open_mailbox(backend.login) as mailbox, pytest.raises(PermanentError, match="authorization code"):
            mailbox.examine(_inbox(mailbox))
        assert backend.server
        assert backend.server.sent("ID") == []


def test_qq_refuses_sets_that_descend() -> None:
    """The profile itself, by the back door."""
    with _scripted(profiles.QQ) as backend:
        backend.deliver(_RAW, "")
        with open_mailbox(backend.login) as mailbox:
            mailbox.examine(_inbox(mailbox))
            with pytest.raises(CommandRefused, match="UID parameters!"):
                list(mailbox._fetching.stream([Command((b"2,1", b"(UID)"))], uid_of))
            assert len(mailbox.uids(1)) == 1


@pytest.mark.parametrize(("quirks", "trips"), [(profiles.GMAIL, 1), (profiles.ALIYUN, 5)])
def test_status_takes_one_command_where_list_status_is_offered(quirks: Quirks, trips: int) -> None:
    with _scripted(quirks) as backend, open_mailbox(backend.login) as mailbox:
        folders = mailbox.list_folders()
        assert backend.server
        before = len(backend.server.commands)
        mailbox.status(folders)
        assert len(backend.server.commands) - before == trips


def test_starttls_works_too(dovecot: Dovecot) -> None:
    login = Login(dovecot.host, dovecot.port, Security.STARTTLS, "starttls", PASSWORD, dovecot.ca_file, 5, 5)
    with open_mailbox(login) as mailbox:
        assert mailbox.examine(_inbox(mailbox)).exists == 0
