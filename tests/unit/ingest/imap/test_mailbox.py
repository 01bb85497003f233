"""A mailbox in trouble: what is refused, lost or odd, and what still works afterwards."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mailcrm.errors import ConnectionLost, MailcrmError, PermanentError, Throttled
from mailcrm.ingest.imap import mailbox as module
from mailcrm.ingest.imap.mailbox import Change, CommandRefused, Login, Mailbox, open_mailbox
from mailcrm.model.folder import FolderInfo, FolderRole, FolderStatus
from mailcrm.model.provider import Security
from tests.providers import profiles
from tests.providers.conversation import Conversation
from tests.providers.server import Quirks, ScriptedImap

_RAW = b"From: a@example.com\r\n\r\nline\r\n"
_TEXTBOOK = Quirks()
_INBOX = FolderInfo("INBOX", "INBOX", FolderRole.INBOX)


@contextlib.contextmanager
def _open(quirks: Quirks = _TEXTBOOK) -> Iterator[tuple[Mailbox, ScriptedImap]]:
    with ScriptedImap(quirks) as server:
        login = Login(server.host, server.port, Security.NONE, server.user, server.secret, None, 5, 5)
        with open_mailbox(login) as mailbox:
            yield mailbox, server
        assert server.violations == []


@contextlib.contextmanager
def _open_inbox(quirks: Quirks = _TEXTBOOK) -> Iterator[tuple[Mailbox, ScriptedImap]]:
    with _open(quirks) as (mailbox, server):
        mailbox.examine(_INBOX)
        yield mailbox, server


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        (b"NO [NONEXISTENT] no such folder", CommandRefused, "refused to open 'INBOX'"),
        (b"NO [UNAVAILABLE] later", Throttled, "later"),
        (b"NO [ALERT] Account exceeded command or bandwidth limits.", Throttled, "bandwidth"),
        (b"BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds", Throttled, "299961"),
        (b"NO User is authenticated but not connected.", ConnectionLost, "is IMAP allowed"),
        (b"NO EXAMINE Unsafe Login. Please contact kefu@188.com for help", PermanentError, "kefu@188.com"),
        (b"", ConnectionLost, "closed"),
    ],
)
def test_a_refused_folder_is_told_apart_from_a_lost_connection(
    line: bytes, kind: type[MailcrmError], words: str
) -> None:
    with _open_inbox() as (mailbox, server):
        server.answer("EXAMINE", line)
        with pytest.raises(kind) as failure:
            mailbox.examine(_INBOX)
        assert type(failure.value) is kind
        assert words in str(failure.value)


def test_the_connection_outlives_a_refused_command() -> None:
    with _open_inbox() as (mailbox, server):
        uid = server.append("INBOX", _RAW)
        server.answer("LIST", b"NO not this time")
        with pytest.raises(CommandRefused):
            mailbox.list_folders()
        server.answer("EXAMINE", b"NO not this time")
        with pytest.raises(CommandRefused):
            mailbox.examine(_INBOX)
        assert mailbox.examine(_INBOX).exists == 1
        for command in ("UID FETCH", "UID FETCH"):
            server.answer(command, b"NO not this time")
        with pytest.raises(CommandRefused):
            mailbox.fetch_headers(1, None, ("From",))
        with pytest.raises(CommandRefused):
            list(mailbox.fetch_bodies([uid]))
        assert len(list(mailbox.fetch_bodies([uid]))) == 1


def test_bodies_that_came_before_a_no_are_not_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with _open_inbox() as (mailbox, server):
        uids = [server.append("INBOX", _RAW) for _ in range(2)]
        _after_data(monkeypatch, server, b"NO Some of the requested messages could not be read")
        assert [body.uid for body in mailbox.fetch_bodies(uids)] == uids
        with pytest.raises(CommandRefused):
            mailbox.fetch_headers(1, None, ("From",))
        _after_data(monkeypatch, server, b"NO [THROTTLED] slowly")
        with pytest.raises(Throttled):
            list(mailbox.fetch_bodies(uids))


def _after_data(monkeypatch: pytest.MonkeyPatch, server: ScriptedImap, line: bytes) -> None:
    """Let FETCH send its data and then fail."""
    stock = Conversation._fetch

    def failing(self: Conversation, number_set: str, items: str, *, by_uid: bool, since: int = 0) -> bytes:
        stock(self, number_set, items, by_uid=by_uid, since=since)
        return line

    monkeypatch.setattr(Conversation, "_fetch", failing)


def test_flags_that_another_client_sets_meanwhile_are_not_taken_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7162 lets a server add the UID to what it tells unasked."""
    stock = Conversation._fetch

    def with_news(self: Conversation, number_set: str, items: str, *, by_uid: bool, since: int = 0) -> bytes:
        self._send(b"* 3 FETCH (UID 3 FLAGS (\\Flagged))", b"* 1 FETCH (FLAGS (\\Flagged))")
        return stock(self, number_set, items, by_uid=by_uid, since=since)

    with _open_inbox() as (mailbox, server):
        for _ in range(3):
            server.append("INBOX", _RAW)
        monkeypatch.setattr(Conversation, "_fetch", with_news)
        assert sorted(mailbox.flags(1, 2)) == [1, 2]


@pytest.mark.parametrize(
    "act",
    [
        lambda mailbox: mailbox.list_folders(),
        lambda mailbox: mailbox.fetch_headers(1, None, ("From",)),
        lambda mailbox: list(mailbox.fetch_bodies([1])),
        lambda mailbox: mailbox.wait_for_change(20),
        lambda mailbox: mailbox.status([FolderInfo("INBOX", "INBOX", FolderRole.INBOX)]),
        lambda mailbox: mailbox.highest_uid(1),
    ],
)
def test_a_lost_connection_is_noticed_everywhere_at_once(act: Callable[[Mailbox], Any]) -> None:
    with _open_inbox() as (mailbox, server):
        server.drop()
        started = time.monotonic()
        with pytest.raises(ConnectionLost, match=f"{server.host}:{server.port}"):
            act(mailbox)
        assert time.monotonic() - started < 20


def test_a_connection_cut_while_waiting_ends_the_wait() -> None:
    with _open_inbox() as (mailbox, server):
        timer = threading.Timer(0.1, server.drop)
        timer.start()
        with pytest.raises(ConnectionLost):
            mailbox.wait_for_change(20)
        timer.join()


def test_highest_uid_is_never_guessed() -> None:
    with _open_inbox() as (mailbox, server):
        uid = server.append("INBOX", _RAW)
        server.answer("FETCH", b"OK nothing for you")
        assert mailbox.highest_uid(1) == uid
        server.answer("FETCH", b"OK nothing for you")
        server.answer("UID FETCH", b"OK nothing for you")
        with pytest.raises(CommandRefused, match="name the last message"):
            mailbox.highest_uid(1)


def test_status_of_a_folder_that_has_gone_is_left_out() -> None:
    gone = FolderInfo("gone", "gone", FolderRole.OTHER)
    with _open_inbox() as (mailbox, server):
        assert mailbox.status([gone, _INBOX]) == {"INBOX": FolderStatus(1700000000, 1, 0)}
        server.answer("STATUS", b"NO [UNAVAILABLE] busy")
        with pytest.raises(Throttled):
            mailbox.status([gone, _INBOX])
        assert mailbox.examine(_INBOX).exists == 0


def test_a_list_return_that_is_refused_after_all_is_asked_again_without() -> None:
    with _open(profiles.GMAIL) as (mailbox, server):
        server.answer("LIST", b"BAD Command Argument Error. 12")
        assert [folder.role for folder in mailbox.list_folders()].count(FolderRole.SENT) == 1


def test_flags_of_xlist_beat_names() -> None:
    folders = (("INBOX", ()), ("Ausgang", ("\\Sent",)), ("Sent", ()))
    quirks = replace(profiles.ALIYUN, folders=folders)
    with _open(quirks) as (mailbox, server):
        assert [folder.name for folder in mailbox.list_folders() if folder.role is FolderRole.SENT] == ["Ausgang"]
        server.answer("XLIST", b"BAD not today")
        assert [folder.name for folder in mailbox.list_folders() if folder.role is FolderRole.SENT] == ["Sent"]


def test_an_idle_that_is_refused_is_not_tried_again() -> None:
    with _open_inbox() as (mailbox, server):
        server.answer("IDLE", b"NO not for you")
        for _ in range(2):
            assert mailbox.wait_for_change(0.02) is Change.TIMEOUT
        assert len(server.sent("IDLE")) == 1
        server.append("INBOX", _RAW)
        assert mailbox.wait_for_change(0.02) is Change.CHANGED


def test_an_idle_that_the_server_ends_by_itself_does_not_make_us_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    def impatient(self: Conversation) -> bytes:
        self._send(b"+ idling")
        return b"OK enough of that"

    monkeypatch.setattr(Conversation, "_do_idle", impatient)
    with _open_inbox() as (mailbox, _server):
        started = time.monotonic()
        assert mailbox.wait_for_change(0.2) is Change.TIMEOUT
        assert time.monotonic() - started >= 0.2


def test_mail_removed_elsewhere_is_no_new_mail() -> None:
    with _open_inbox() as (mailbox, server):
        uids = [server.append("INBOX", _RAW) for _ in range(2)]
        assert mailbox.examine(_INBOX).exists == 2
        server.box.remove("INBOX", uids[0])
        assert mailbox.wait_for_change(0.1) is Change.TIMEOUT
        server.append("INBOX", _RAW)
        assert mailbox.wait_for_change(0.1) is Change.CHANGED


def test_waiting_without_a_folder_is_possible() -> None:
    with _open() as (mailbox, server):
        assert mailbox.wait_for_change(0.02) is Change.TIMEOUT
        assert server.sent("IDLE") == []


def test_closing_does_not_wait_for_a_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOGOUT_SECONDS", 0.1)
    hang = threading.Event()
    monkeypatch.setattr(Conversation, "_do_logout", lambda _self: b"" if hang.wait(5) else b"OK late")
    with _open_inbox() as (mailbox, _server):
        started = time.monotonic()
        mailbox.close()
        assert time.monotonic() - started < 4
        hang.set()


def test_a_connection_that_failed_gets_no_farewell() -> None:
    with _open_inbox() as (mailbox, server):
        server.drop()
        with pytest.raises(ConnectionLost):
            mailbox.uids(1)
        sent = mailbox._client.transport.tx
        mailbox.close()
        assert mailbox._client.transport.tx == sent


def test_long_sets_go_out_in_short_commands() -> None:
    with _open_inbox() as (mailbox, server):
        uids = [server.append("INBOX", b"Subject: x\r\n\r\n%d" % number) for number in range(1500)]
        wanted = uids[::2]
        assert [body.uid for body in mailbox.fetch_bodies(wanted)] == wanted
        assert max(len(line) for line in server.sent("UID FETCH")) <= 4096


def test_a_server_that_always_adds_the_last_message_is_not_believed() -> None:
    with _open_inbox(replace(_TEXTBOOK, last_one_always=True)) as (mailbox, server):
        uid = server.append("INBOX", _RAW)
        assert mailbox.uids(uid) == [uid]
        assert mailbox.uids(uid + 1) == []
        assert mailbox.fetch_headers(uid + 1, None, ("From",)) == []


def test_inbox_is_one_folder_in_any_case_of_letters() -> None:
    with _open() as (mailbox, server):
        server.append("INBOX", _RAW)
        assert mailbox.status([replace(_INBOX, name_raw="Inbox")])["Inbox"].exists == 1


def test_folders_with_awkward_names_can_be_opened() -> None:
    names = ('a"b\\c', "R&D", "客户 (重要)", "{7}", "[x]")
    quirks = replace(_TEXTBOOK, folders=(("INBOX", ()), *((name, ()) for name in names)))
    with _open(quirks) as (mailbox, _server):
        folders = [folder for folder in mailbox.list_folders() if folder.role is not FolderRole.INBOX]
        assert [folder.name for folder in folders] == list(names)
        for folder in folders:
            assert mailbox.examine(folder).exists == 0
