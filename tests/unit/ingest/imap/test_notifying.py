"""Hearing of mail in folders that are not open, and going on without that."""

from __future__ import annotations

import pytest

from mailcrm.ingest.imap.mailbox import Change
from mailcrm.model.folder import FolderInfo, FolderRole
from tests.unit.ingest.imap.script import DONE, INBOX, OPENED, talking

_NOTIFY = b"IDLE NOTIFY"
_SET = b"NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge))"
_IDLING = b"+ idling\r\n"


@pytest.mark.parametrize(
    "news",
    [b"* STATUS Work (MESSAGES 3 UIDNEXT 7)\r\n", b'* STATUS "Work" (UIDNEXT 7)\r\n', b"* STATUS {4}\r\nWork ()\r\n"],
)
def test_mail_in_another_folder_ends_a_wait(news: bytes) -> None:
    with talking(DONE, _IDLING + news, DONE, _IDLING, DONE, capabilities=_NOTIFY) as (mailbox, script):
        assert mailbox.notify({"Junk"})
        assert script.commands == [_SET]
        assert mailbox.wait_for_change(60) is Change.CHANGED
        assert mailbox.wait_for_change(0.05) is Change.TIMEOUT


def test_what_is_left_out_wakes_nobody() -> None:
    junk = b'* STATUS "Junk" (MESSAGES 3 UIDNEXT 7)\r\n'
    with talking(DONE, _IDLING + junk, DONE, capabilities=_NOTIFY) as (mailbox, _script):
        mailbox.notify({"Junk"})
        assert mailbox.wait_for_change(0.1) is Change.TIMEOUT


def test_news_that_come_between_the_waits_end_the_next_one() -> None:
    work = b"* STATUS Work (MESSAGES 3 UIDNEXT 7)\r\n"
    with talking(DONE, work + OPENED, capabilities=_NOTIFY) as (mailbox, script):
        mailbox.notify(())
        mailbox.examine(INBOX)
        assert mailbox.wait_for_change(60) is Change.CHANGED
        assert b"IDLE" not in script.commands


@pytest.mark.parametrize("twice", [False, True])
def test_what_we_ask_for_is_no_news_unless_it_comes_twice(twice: bool) -> None:
    answer = b"* STATUS Work (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 1)\r\n"
    answers = (DONE, answer * (1 + twice) + DONE, OPENED, _IDLING, DONE)
    with talking(*answers, capabilities=_NOTIFY) as (mailbox, _script):
        mailbox.notify(())
        assert mailbox.status([FolderInfo("Work", "Work", FolderRole.OTHER)])["Work"].exists == 3
        mailbox.examine(INBOX)
        assert mailbox.wait_for_change(0.1) is (Change.CHANGED if twice else Change.TIMEOUT)


@pytest.mark.parametrize("answer", [b"@ NO [BADEVENT ()] not these\r\n", b"@ BAD what?\r\n"])
def test_a_server_that_refuses_is_waited_at_as_before(answer: bytes) -> None:
    stray = b"* STATUS Work (MESSAGES 3)\r\n"
    with talking(answer, _IDLING + stray, DONE, capabilities=_NOTIFY) as (mailbox, script):
        assert not mailbox.notify(())
        assert mailbox.wait_for_change(0.1) is Change.TIMEOUT
        assert script.commands[1:] == [b"IDLE", b"DONE"]


def test_a_server_without_it_is_not_asked() -> None:
    with talking(capabilities=b"IDLE") as (mailbox, script):
        assert not mailbox.notify(())
        assert script.commands == []


def test_a_server_that_cannot_keep_up_is_read_at_once_and_then_waited_at_as_before() -> None:
    overflow = b"* OK [NOTIFICATIONOVERFLOW] too much\r\n"
    stray = b"* STATUS Work (MESSAGES 3)\r\n"
    answers = (DONE, _IDLING + overflow, DONE, DONE, _IDLING + stray, DONE)
    with talking(*answers, capabilities=_NOTIFY) as (mailbox, script):
        mailbox.notify(())
        assert mailbox.wait_for_change(60) is Change.CHANGED
        script.commands.clear()
        assert mailbox.wait_for_change(0.1) is Change.TIMEOUT
        selected = b"NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))"
        assert script.commands == [selected, b"IDLE", b"DONE"]
