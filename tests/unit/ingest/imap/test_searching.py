"""Which UIDs there are, and which folders: in few bytes where the server can, and never by an answer that is odd."""

from __future__ import annotations

import pytest

from mailcrm.errors import Throttled
from mailcrm.ingest.imap import transport
from mailcrm.ingest.imap.mailbox import CommandRefused
from mailcrm.model.folder import FolderInfo, FolderRole, FolderStatus
from tests.unit.ingest.imap.script import DONE, talking

_FOUND = b'* ESEARCH (TAG "@") UID ALL 2:3,8\r\n' + DONE
_FETCHED = b"* 1 FETCH (UID 2)\r\n* 2 FETCH (UID 5)\r\n* 3 FETCH (UID 9)\r\n" + DONE


def test_uids_come_as_ranges_where_the_server_can() -> None:
    answers = (_FOUND, b'* ESEARCH (TAG "@") UID\r\n' + DONE, b'* ESEARCH (TAG "@") uid COUNT 1 all 8\r\n' + DONE)
    with talking(*answers, capabilities=b"ESEARCH") as (mailbox, script):
        assert mailbox.uids(1) == [2, 3, 8]
        assert mailbox.uids(9) == []
        assert mailbox.uids(7, 8) == [8]
        assert mailbox.uids(9, 8) == []
        sets = (b"1:4294967295", b"9:4294967295", b"7:8")
        assert script.commands == [b"UID SEARCH RETURN (ALL) UID " + each for each in sets]


def test_every_split_of_such_an_answer_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b"* VANISHED 77\r\n* 3 EXISTS\r\n" + _FOUND
    with talking(*[answer] * len(answer), capabilities=b"ESEARCH") as (mailbox, _script):
        for size in range(1, len(answer) + 1):
            monkeypatch.setattr(transport, "_RECEIVE", size)
            assert mailbox.uids(1) == [2, 3, 8]
            assert mailbox.changes().vanished == ((77, 77),)


@pytest.mark.parametrize(
    "odd",
    [
        b'* ESEARCH (TAG "other") UID ALL 2:3,8\r\n',
        b"* ESEARCH UID ALL 2:3,8\r\n",
        b"* ESEARCH\r\n",
        b'* ESEARCH (TAG "@") ALL 2:3,8\r\n',  # numbers of messages, not UIDs
        b'* ESEARCH (TAG "@") UID ALL\r\n',
        b'* ESEARCH (TAG "@") UID COUNT 3\r\n',
        b'* ESEARCH (TAG "@") UID ALL (2:3 8)\r\n',
        b'* ESEARCH (TAG "@") UID ALL 2:3,x\r\n',
        b'* ESEARCH (TAG "@") UID ALL 2:*\r\n',
        b'* ESEARCH (TAG "@") UID ALL 1:4294967295\r\n',
        b'* ESEARCH (TAG "@") UID ALL 2:3\r\n',  # three are there
        b'* ESEARCH (TAG "@") UID\r\n',
        b'* ESEARCH (TAG "@") UID ALL 2:3,8\r\n* ESEARCH (TAG "@") UID ALL 9\r\n',
        b"* SEARCH 2 3 8\r\n",
        b"",
    ],
)
def test_an_odd_answer_is_not_believed(odd: bytes) -> None:
    with talking(odd + DONE, _FETCHED, capabilities=b"ESEARCH") as (mailbox, script):
        assert mailbox.uids(1) == [2, 5, 9]
        assert script.commands[1] == b"UID FETCH 1:4294967295 (UID)"


def test_uids_outside_of_the_range_make_an_answer_odd() -> None:
    with talking(_FOUND, _FETCHED, capabilities=b"ESEARCH") as (mailbox, _script):
        assert mailbox.uids(3, 9) == [5, 9]


def test_a_refused_search_is_no_obstacle_but_a_request_to_wait_is_heard() -> None:
    with talking(b"@ BAD what?\r\n", _FETCHED, b"@ NO [UNAVAILABLE] later\r\n", capabilities=b"ESEARCH") as (
        mailbox,
        _,
    ):
        assert mailbox.uids(1) == [2, 5, 9]
        with pytest.raises(Throttled):
            mailbox.uids(1)


# --- folders

_CAN_SURVEY = b"SPECIAL-USE LIST-EXTENDED LIST-STATUS CONDSTORE OBJECTID"
_SURVEY = (
    b'* LIST () "/" INBOX\r\n'
    b'* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 50)\r\n'
    b'* LIST (\\Sent) "/" "Out box"\r\n* LIST (\\NonExistent) "/" gone\r\n'
    b'* STATUS "Out box" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\n' + DONE
)  # fmt: skip
_IDS = (
    b'* LIST () "/" INBOX\r\n* STATUS INBOX (MAILBOXID (F-1))\r\n'
    b'* LIST () "/" new\r\n* STATUS new (MAILBOXID (F-2))\r\n' + DONE
)  # fmt: skip
_FOLDERS = [
    FolderInfo("INBOX", "INBOX", FolderRole.INBOX),
    FolderInfo("Out box", "Out box", FolderRole.SENT),
    FolderInfo("gone", "gone", FolderRole.OTHER, selectable=False),
]
_STATUSES = {"INBOX": FolderStatus(7, 9, 3, 50, "F-1"), "Out box": FolderStatus(8, 1, 0)}


def test_all_folders_and_their_numbers_come_in_one_round_trip() -> None:
    """In two commands: not every server keeps counters and ids apart. A folder that comes in between is not seen."""
    in_flight = _SURVEY.replace(b"@", b"@1") + _IDS.replace(b"@", b"@2")
    with talking(b"", in_flight, capabilities=_CAN_SURVEY, opened=False) as (mailbox, script):
        assert mailbox.survey() == (_FOLDERS, _STATUSES)
        assert script.commands == [
            b'LIST "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))',
            b'LIST "" "*" RETURN (SPECIAL-USE STATUS (MAILBOXID))',
        ]


def test_every_split_of_a_survey_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = _SURVEY.replace(b'"Out box" (', b"{7}\r\nOut box (")
    with talking(*[answer, _IDS] * len(answer), capabilities=_CAN_SURVEY, opened=False) as (mailbox, _script):
        for size in range(1, len(answer) + 1):
            monkeypatch.setattr(transport, "_RECEIVE", size)
            assert mailbox.survey() == (_FOLDERS, _STATUSES)


def test_ids_that_a_server_will_not_tell_stay_unknown() -> None:
    with talking(_SURVEY, b"@ BAD no\r\n", capabilities=_CAN_SURVEY, opened=False) as (mailbox, _script):
        folders, statuses = mailbox.survey()
        assert (folders, statuses["INBOX"]) == (_FOLDERS, FolderStatus(7, 9, 3, 50))


def test_mod_sequences_and_ids_are_asked_for_only_where_they_are_offered() -> None:
    capabilities = b"SPECIAL-USE LIST-EXTENDED LIST-STATUS"
    with talking(_SURVEY, capabilities=capabilities, opened=False) as (mailbox, script):
        mailbox.survey()
        (command,) = script.commands
        assert command.endswith(b"STATUS (MESSAGES UIDNEXT UIDVALIDITY))")


@pytest.mark.parametrize(
    ("capabilities", "answers"),
    [
        (b"", ()),
        (b"SPECIAL-USE LIST-STATUS", (b"@ BAD Command Argument Error. 12\r\n",)),
        (b"SPECIAL-USE LIST-STATUS", (DONE,)),  # there is no mailbox without a folder
    ],
)
def test_a_server_that_cannot_is_asked_one_by_one(capabilities: bytes, answers: tuple[bytes, ...]) -> None:
    lists = b'* LIST () "/" INBOX\r\n* LIST (\\Sent) "/" "Out box"\r\n' + DONE
    inbox = b"* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)\r\n"
    out = b'* STATUS "Out box" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\n'
    status = (inbox + out + DONE,) if capabilities else (b"", inbox + b"@1 OK done\r\n" + out + b"@2 OK done\r\n")
    with talking(*answers, lists, *status, capabilities=capabilities, opened=False) as (mailbox, _script):
        folders, statuses = mailbox.survey()
        assert [each.role for each in folders] == [FolderRole.INBOX, FolderRole.SENT]
        assert statuses == {"INBOX": FolderStatus(7, 9, 3), "Out box": FolderStatus(8, 1, 0)}


def test_a_survey_that_is_refused_for_good_says_so() -> None:
    refusals = (b"@ NO not today\r\n", b"@ NO not today\r\n")
    with (
        talking(*refusals, capabilities=b"SPECIAL-USE LIST-STATUS", opened=False) as (mailbox, _script),
        pytest.raises(CommandRefused, match="not today"),
    ):
        mailbox.survey()
