"""What a server tells unasked: nothing of it is lost, whatever command it comes with, and it never takes much memory."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap import changes as module
from mailcrm.ingest.imap import transport
from mailcrm.ingest.imap.changes import Changes, Flags, Gone, Harvest, count, merged
from mailcrm.ingest.imap.mailbox import Change, CommandRefused, Mailbox
from mailcrm.ingest.imap.responses import uid_ranges, vanished
from tests.unit.ingest.imap.script import DONE, INBOX, OPENED, QRESYNC, talking

_SEEN = Flags(("\\Seen",), 60)
_NEWS = b"* VANISHED 2,5:6\r\n* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ (60))\r\n"
_RANGES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)).map(lambda each: (each[0], each[0] + each[1])))


# --- gathering


@given(_RANGES)
def test_ranges_are_merged_without_changing_what_is_in_them(ranges: list[tuple[int, int]]) -> None:
    inside = {uid for lo, hi in ranges for uid in range(lo, hi + 1)}
    found = merged(ranges)
    assert count(found) == len(inside)
    assert {uid for uid in range(1, 80) if uid in Gone(found)} == inside
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(found))


def test_a_harvest_is_handed_out_once() -> None:
    harvest = Harvest()
    harvest.vanished([(5, 9), (1, 2)])
    harvest.vanished([(3, 3), (4294967000, 4294967295)])
    harvest.flagged(20, _SEEN)
    harvest.flagged(6, _SEEN)
    harvest.expunged()
    assert harvest.take() == Changes(((1, 3), (5, 9), (4294967000, 4294967295)), {20: _SEEN}, expunged_by_number=True)
    assert not harvest.take()


def test_flags_that_somebody_asked_for_replace_older_ones_that_wait() -> None:
    harvest = Harvest()
    harvest.flagged(1, _SEEN)
    harvest.renew(1, Flags((), 61))
    harvest.renew(2, Flags((), 61))
    assert harvest.take().flags == {1: Flags((), 61)}


def test_more_changes_than_fit_are_not_named_but_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.MOST_RANGES == module.MOST_FLAGS == 100_000
    monkeypatch.setattr(module, "MOST_RANGES", 20)
    monkeypatch.setattr(module, "MOST_FLAGS", 20)
    harvest = Harvest()
    for uid in range(1, 101):
        harvest.flagged(uid, _SEEN)
        harvest.vanished([(2 * uid + 1000, 2 * uid + 1000)])
    assert len(harvest._vanished) < 100
    taken = harvest.take()
    assert (len(taken.flags), taken.incomplete) == (20, True)
    harvest.vanished([(1, 4294967295)])
    assert harvest.take() == Changes(((1, 4294967295),))


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (b"7", [(7, 7)]),
        (b"9:7,1", [(7, 9), (1, 1)]),
        (b"1:4294967295", [(1, 4294967295)]),
        *((odd, None) for odd in (b"", b"0", b"1:*", b"1,,2", b"1:2:3", b"4294967296", b"-1", b"1 2", b"x")),
    ],
)
def test_a_set_of_uids_is_read_or_refused(text: bytes, ranges: list[tuple[int, int]] | None) -> None:
    assert uid_ranges(text) == ranges


def test_what_was_gone_before_is_told_apart() -> None:
    assert vanished(b"(EARLIER) 1:2") == ([(1, 2)], True)
    assert vanished(b"1:2") == ([(1, 2)], False)
    assert vanished(b"(EARLIER)") == (None, True)


# --- on the wire


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (lambda mailbox: mailbox.uids(1), DONE),
        (lambda mailbox: list(mailbox.all_flags(1)), DONE),
        (lambda mailbox: list(mailbox.flags_since(5)), DONE),
        (lambda mailbox: mailbox.fetch_headers(1, None, ("From",)), DONE),
        (lambda mailbox: list(mailbox.fetch_bodies([1, 2])), DONE),
        (lambda mailbox: mailbox.list_folders(), DONE),
        (lambda mailbox: mailbox.status([INBOX]), DONE),
        (lambda mailbox: mailbox.wait_for_change(0.01), DONE),
        (lambda mailbox: list(mailbox.fetch_bodies([1, 2])), b"@ NO hm\r\n"),
        (lambda mailbox: mailbox.uids(1), b"@ BAD hm\r\n"),
    ],
)
def test_news_are_kept_whatever_command_they_come_with(act: Callable[[Mailbox], Any], answer: bytes) -> None:
    with talking(b"* VANISHED 2,5:6\r\n" + answer, capabilities=QRESYNC) as (mailbox, _script):
        with contextlib.nullcontext() if answer is DONE else pytest.raises(CommandRefused, match="hm"):
            act(mailbox)
        assert mailbox.changes().vanished == ((2, 2), (5, 6))
        assert mailbox.exists == 0
        assert not mailbox.changes()


@pytest.mark.parametrize("act", [lambda m: m.fetch_headers(2, 3, ("From",)), lambda m: list(m.fetch_bodies([2]))])
def test_flags_of_another_message_are_news(act: Callable[[Mailbox], Any]) -> None:
    body = b"* 2 FETCH (UID 2 BODY[] {1}\r\nx FLAGS (b) BODY[HEADER.FIELDS (FROM)] {0}\r\n)\r\n"
    with talking(_NEWS + body + DONE) as (mailbox, _script):
        act(mailbox)
        assert mailbox.changes().flags[1] == _SEEN


def test_flags_that_come_with_a_body_are_news_too() -> None:
    with talking(b"* 2 FETCH (UID 2 FLAGS (b) BODY[] {1}\r\nx)\r\n" + DONE) as (mailbox, _script):
        assert [raw.raw for raw in mailbox.fetch_bodies([2])] == [b"x"]
        assert mailbox.changes().flags == {2: Flags(("b",))}


def test_flags_that_come_with_a_header_replace_older_news() -> None:
    header = b"* 1 FETCH (UID 1 FLAGS (new) BODY[HEADER.FIELDS (FROM)] {0}\r\n)\r\n"
    with talking(_NEWS + header + DONE) as (mailbox, _script):
        assert [each.flags for each in mailbox.fetch_headers(1, 1, ("From",))] == [("new",)]
        assert mailbox.changes().flags == {1: Flags(("new",))}


def test_the_count_follows_what_vanishes_now_and_not_what_vanished_before() -> None:
    answers = (
        b"* VANISHED (EARLIER) 1:2\r\n" + DONE,
        b"* VANISHED 5\r\n" + DONE,
        b"* VANISHED 1:4294967295\r\n" + DONE,
    )
    with talking(*answers, capabilities=QRESYNC) as (mailbox, _script):
        seen = []
        for _ in answers:
            mailbox.uids(1)
            seen.append(mailbox.exists)
        assert seen == [3, 2, 0]
        assert mailbox.changes() == Changes(((1, 4294967295),))


def test_mail_that_vanishes_is_no_new_mail_and_what_comes_after_it_is() -> None:
    idle = b"+ idling\r\n* VANISHED 1:2\r\n* 2 EXISTS\r\n"
    with talking(idle, DONE, capabilities=QRESYNC + b" IDLE") as (mailbox, _script):
        assert mailbox.wait_for_change(5) is Change.CHANGED
        assert (mailbox.exists, mailbox.changes().vanished) == (2, ((1, 2),))


@pytest.mark.parametrize(
    "line", [b"* 1 FETCH (FLAGS (x))", b"* VANISHED *", b"* VANISHED (EARLIER) 1:*", b"* VANISHED"]
)
def test_what_cannot_be_read_is_not_taken_for_nothing(line: bytes) -> None:
    with talking(line + b"\r\n" + DONE, capabilities=QRESYNC) as (mailbox, _script):
        mailbox.uids(1)
        assert mailbox.changes() == Changes(incomplete=True)


def test_an_expunge_by_number_says_that_it_is_not_known_which() -> None:
    with talking(b"* 2 EXPUNGE\r\n" + DONE) as (mailbox, _script):
        mailbox.uids(1)
        assert (mailbox.exists, mailbox.changes()) == (2, Changes(expunged_by_number=True))


# --- opening a folder


def test_a_known_folder_is_opened_with_what_changed_since() -> None:
    answer = OPENED.replace(b"@", b"* VANISHED (EARLIER) 4:6\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (60))\r\n@")
    with talking(answer, OPENED, OPENED, capabilities=QRESYNC, opened=False) as (mailbox, script):
        status = mailbox.examine(INBOX, (7, 40))
        assert (status.uidvalidity, status.uidnext, status.exists, status.highestmodseq) == (7, 9, 3, 50)
        assert mailbox.changes() == Changes(((4, 6),), {1: _SEEN})
        mailbox.examine(INBOX)
        mailbox.examine(INBOX, (7, 0))
        assert script.commands == [b'EXAMINE "INBOX" (QRESYNC (7 40))', b'EXAMINE "INBOX"', b'EXAMINE "INBOX"']


def test_every_split_of_such_an_answer_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = OPENED.replace(
        b"@", b"* OK [MAILBOXID (F1)] ok\r\n* VANISHED (EARLIER) 4:6\r\n* 1 FETCH (UID 1 FLAGS (a {1}\r\nb))\r\n@"
    )
    with talking(*[answer] * len(answer), capabilities=QRESYNC, opened=False) as (mailbox, _script):
        for size in range(1, len(answer) + 1):
            monkeypatch.setattr(transport, "_RECEIVE", size)
            status = mailbox.examine(INBOX, (7, 40))
            assert (status.exists, status.highestmodseq, status.mailboxid) == (3, 50, "F1")
            assert mailbox.changes() == Changes(((4, 6),), {1: Flags(("a", "b"))})


def test_news_of_the_folder_before_are_not_those_of_the_next() -> None:
    late = b"* 9 EXISTS\r\n* VANISHED 3\r\n* 8 FETCH (UID 8 FLAGS (old))\r\n* OK [CLOSED] before\r\n"
    with talking(_NEWS + DONE, late + OPENED, capabilities=QRESYNC) as (mailbox, _script):
        mailbox.uids(1)
        assert mailbox.examine(INBOX, (7, 40)).exists == 3
        assert not mailbox.changes()


def test_without_qresync_what_comes_before_the_end_of_examine_is_dropped() -> None:
    with talking(b"* 8 FETCH (UID 8 FLAGS (old))\r\n" + OPENED) as (mailbox, _script):
        mailbox.examine(INBOX, (7, 40))
        assert not mailbox.changes()


def test_answers_nobody_waits_for_any_more_do_not_reach_the_next_folder() -> None:
    body = b"* 1 FETCH (UID 1 FLAGS (old) BODY[] {1}\r\nx)\r\n"
    two = body + b"@1 OK done\r\n" + body.replace(b"UID 1", b"UID 2") + b"@2 OK done\r\n"
    with talking(b"", two, OPENED, capabilities=QRESYNC) as (mailbox, _script):
        assert next(iter(mailbox.fetch_bodies([1, 2], sizes={1: 9, 2: 9}, at_once=9))).uid == 1
        mailbox.examine(INBOX, (7, 40))
        assert not mailbox.changes()


def test_a_folder_without_mod_sequences_has_none() -> None:
    opened = OPENED.replace(b"HIGHESTMODSEQ 50", b"NOMODSEQ")
    with talking(opened, capabilities=QRESYNC, opened=False) as (mailbox, _script):
        assert mailbox.examine(INBOX).highestmodseq is None


def test_a_server_that_calls_its_own_extension_a_bad_command_is_asked_plainly() -> None:
    with talking(b"@ BAD hm\r\n", OPENED, OPENED, capabilities=QRESYNC, opened=False) as (mailbox, script):
        assert mailbox.examine(INBOX, (7, 40)).exists == 3
        assert not mailbox.resyncs
        mailbox.examine(INBOX, (7, 40))
        assert script.commands[1:] == [b'EXAMINE "INBOX"'] * 2


@pytest.mark.parametrize(
    ("capabilities", "qresync", "examine", "fetch"),
    [
        (QRESYNC, True, b'EXAMINE "INBOX" (QRESYNC (7 40))', b" (CHANGEDSINCE 40 VANISHED)"),
        (QRESYNC, False, b'EXAMINE "INBOX"', b" (CHANGEDSINCE 40)"),
        (b"CONDSTORE", True, b'EXAMINE "INBOX" (CONDSTORE)', b" (CHANGEDSINCE 40)"),
    ],
)
def test_each_server_is_asked_for_changes_in_the_way_it_knows(
    capabilities: bytes, qresync: bool, examine: bytes, fetch: bytes
) -> None:
    changed = (
        b"* VANISHED (EARLIER) 2\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (60))\r\n@ OK [HIGHESTMODSEQ 61] done\r\n"
    )
    with talking(OPENED, changed, capabilities=capabilities, opened=False, qresync=qresync) as (mailbox, script):
        mailbox.examine(INBOX, (7, 40))
        assert list(mailbox.flags_since(40)) == [(1, _SEEN)]
        assert mailbox.changes() == Changes(((2, 2),))
        assert script.commands == [examine, b"UID FETCH 1:4294967295 (UID FLAGS)" + fetch]
        with pytest.raises(ValueError, match="begin with 1"):
            mailbox.flags_since(0)
