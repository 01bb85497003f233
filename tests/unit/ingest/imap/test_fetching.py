"""Several commands on their way at once: answers may come in any order, late, or not at all, and none is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from mailcrm.errors import Throttled
from mailcrm.ingest.imap import transport
from mailcrm.ingest.imap.client import MailClient, Reply
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from tests.unit.ingest.imap.script import DONE, talking

_MIB = 1024 * 1024


def _body(uid: int, text: bytes = b"hello") -> bytes:
    return b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(text), text)


def _alone(mailbox: Mailbox, uids: list[int], *, depth: int = 4) -> list[int]:
    """The UIDs that came, each asked for by a command of its own."""
    sizes = dict.fromkeys(uids, _MIB)
    return [raw.uid for raw in mailbox.fetch_bodies(uids, sizes=sizes, at_once=_MIB, depth=depth)]


def test_answers_belong_to_their_uid_whatever_command_is_answered_first() -> None:
    answer = _body(2) + b"@1 OK done\r\n" + _body(3) + _body(1) + b"@3 OK done\r\n@2 OK done\r\n"
    with talking(b"", b"", answer) as (mailbox, script):
        assert _alone(mailbox, [1, 2, 3]) == [2, 3, 1]
        assert script.commands == [b"UID FETCH %d (UID BODY.PEEK[])" % uid for uid in (1, 2, 3)]


def test_no_more_commands_are_on_their_way_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    open_now, most = set[bytes](), []
    stock_start, stock_finish = MailClient.start, MailClient.finish

    def start(self: MailClient, *words: Any) -> bytes:
        open_now.add(tag := stock_start(self, *words))
        most.append(len(open_now))
        return tag

    def finish(self: MailClient, tag: bytes) -> Reply:
        open_now.discard(tag)
        return stock_finish(self, tag)

    with talking(respond=lambda _line: DONE) as (mailbox, script):
        monkeypatch.setattr(MailClient, "start", start)
        monkeypatch.setattr(MailClient, "finish", finish)
        coming = mailbox.fetch_bodies([1])
        assert script.commands == []
        assert list(coming) == []
        for depth in (1, 3):
            most.clear()
            assert _alone(mailbox, list(range(1, 10)), depth=depth) == []
            assert max(most) == depth
        assert len(script.commands) == 19


def test_the_next_is_asked_for_when_the_first_has_come_though_its_ok_has_not() -> None:
    oks = b"@1 OK done\r\n@2 OK done\r\n@3 OK done\r\n"
    with talking(b"", _body(1) + _body(2), _body(3) + oks) as (mailbox, script):
        coming = mailbox.fetch_bodies([1, 2, 3], sizes=dict.fromkeys([1, 2, 3], _MIB), at_once=_MIB, depth=2)
        assert next(coming).uid == 1
        assert [each.uid for each in coming] == [2, 3]
        assert len(script.commands) == 3


def _header(uid: int) -> bytes:
    return b"* %d FETCH (UID %d FLAGS () BODY[HEADER.FIELDS (FROM)] {9}\r\nFrom: a\r\n)\r\n" % (uid, uid)


def test_headers_that_were_asked_for_are_gathered_while_bodies_are_read() -> None:
    with talking(b"", _header(2) + _header(1) + _body(3) + b"@1 OK done\r\n@2 OK done\r\n") as (mailbox, _script):
        asked = mailbox.ask_headers(1, 2, ("From",))
        assert not asked.here
        assert [each.uid for each in mailbox.fetch_bodies([3])] == [3]
        assert asked.here
        assert [each.uid for each in asked.take()] == [1, 2]


def test_headers_that_nobody_wants_any_more_are_taken_from_nobody() -> None:
    with talking(b"", _header(1) + b"@1 OK done\r\n@2 OK done\r\n") as (mailbox, _script):
        mailbox.ask_headers(1, 2, ("From",)).drop()
        assert [each.uid for each in mailbox.fetch_headers(1, 2, ("From",))] == [1]


def test_a_message_is_handed_on_before_the_command_is_done() -> None:
    with talking(_body(1), _body(2) + b"@1 OK done\r\n@2 OK done\r\n") as (mailbox, _script):
        coming = mailbox.fetch_bodies([1, 2], sizes={1: _MIB, 2: _MIB}, at_once=_MIB)
        assert [next(coming).uid, next(coming).uid] == [1, 2]
        assert list(coming) == []


def test_other_commands_may_be_given_between_two_messages() -> None:
    both = b"@1 OK done\r\n" + _body(2) + b"* 7 FETCH (UID 7)\r\n@2 OK done\r\n"
    with talking(_body(1), both) as (mailbox, _script):
        coming = mailbox.fetch_bodies([1, 2])
        assert next(coming).uid == 1
        assert mailbox.uids(7) == [7]
        assert [raw.uid for raw in coming] == [2]


def test_what_is_no_longer_wanted_does_no_harm() -> None:
    with talking(_body(1), _body(2) + b"@1 OK done\r\n* 7 FETCH (UID 7)\r\n@2 OK done\r\n") as (mailbox, _script):
        assert next(mailbox.fetch_bodies([1, 2])).uid == 1
        assert mailbox.uids(7) == [7]


def test_a_second_answer_about_a_message_is_none() -> None:
    with talking(_body(1) + _body(1, b"again") + _body(9) + DONE) as (mailbox, _script):
        assert [raw.raw for raw in mailbox.fetch_bodies([1, 2])] == [b"hello"]


def test_every_split_of_such_answers_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (
        _body(2, b")\r\n* 1 FETCH") + b"* 4 EXISTS\r\n@1 OK done\r\n" + _body(1, b"") + _body(3) + b"@2 OK done\r\n"
    )
    rounds = range(1, len(answer) + 1)
    with talking(*[b"", answer] * len(rounds)) as (mailbox, _script):
        for size in rounds:
            monkeypatch.setattr(transport, "_RECEIVE", size)
            found = mailbox.fetch_bodies([2, 3], sizes={2: _MIB, 3: _MIB}, at_once=_MIB)
            assert [raw.raw for raw in found] == [b")\r\n* 1 FETCH", b"hello"]
            assert mailbox.exists == 4


# --- portions


def test_commands_are_bounded_by_bytes_and_by_messages() -> None:
    with talking(respond=lambda _line: DONE) as (mailbox, script):
        list(mailbox.fetch_bodies([1, 2, 3, 4, 5], sizes={1: 10, 2: 10, 3: 10, 4: 50}, at_once=20))
        assert [line.split()[2] for line in script.commands] == [b"1:2", b"3", b"4", b"5"]
        script.commands.clear()
        list(mailbox.fetch_bodies(range(1, 251)))
        assert [line.split()[2] for line in script.commands] == [b"1:100", b"101:200", b"201:250"]


def test_uids_are_asked_for_in_ascending_order() -> None:
    with talking(DONE) as (mailbox, script):
        list(mailbox.fetch_bodies([9, 3, 3, 4]))
        assert [line.split()[2] for line in script.commands] == [b"3:4,9"]
        script.commands.clear()
        script.answers += [DONE] * 2
        _alone(mailbox, [9, 3])
        assert [line.split()[2] for line in script.commands] == [b"3", b"9"]


# --- refusals


def test_a_refused_command_among_several_leaves_the_others_their_way() -> None:
    answer = _body(1) + b"@1 OK done\r\n@2 NO hm\r\n" + _body(3) + b"@3 OK done\r\n"
    with talking(b"", b"", answer) as (mailbox, _script):
        assert _alone(mailbox, [1, 2, 3]) == [1, 3]


def test_what_came_of_a_refused_command_is_good() -> None:
    with talking(_body(1) + b"@ NO hm\r\n") as (mailbox, _script):
        assert [raw.uid for raw in mailbox.fetch_bodies([1, 2])] == [1]


def test_if_nothing_comes_the_refusal_is_raised() -> None:
    with (
        talking(b"", b"@1 NO first\r\n@2 NO second\r\n") as (mailbox, _script),
        pytest.raises(CommandRefused, match="first"),
    ):
        _alone(mailbox, [1, 2])


def test_headers_come_with_flags_and_size_or_not_at_all() -> None:
    header = b"* 3 FETCH (UID 3 FLAGS (b) RFC822.SIZE 5 BODY[HEADER.FIELDS (FROM)] {0}\r\n)\r\n"
    with talking(header + DONE, header + b"@ NO hm\r\n") as (mailbox, script):
        found = mailbox.fetch_headers(1, 3, ("From",))
        assert [(each.uid, each.flags, each.size) for each in found] == [(3, ("b",), 5)]
        assert script.commands[0].endswith(b"BODY.PEEK[HEADER.FIELDS (FROM)])")
        with pytest.raises(CommandRefused):
            mailbox.fetch_headers(1, 3, ("From",))


def test_a_request_to_wait_is_heard_at_once() -> None:
    with talking(_body(1) + b"@ NO [UNAVAILABLE] later\r\n") as (mailbox, _script):
        coming = mailbox.fetch_bodies([1, 2])
        assert next(coming).uid == 1
        with pytest.raises(Throttled):
            next(coming)


# --- one big message

_BIG = bytes(range(256)) * 4
_PIECE = re.compile(rb"UID FETCH 5 \(UID BODY\.PEEK\[\]<(\d+)\.(\d+)>\)")


def _serving(raw: bytes, *, most: int = 10**9) -> Callable[[bytes], bytes]:
    """Gives pieces of a message, of `most` bytes at once."""

    def respond(line: bytes) -> bytes:
        found = _PIECE.fullmatch(line)
        assert found, line
        begin = int(found[1])
        data = raw[begin : begin + min(int(found[2]), most)]
        value = b"{%d}\r\n%s" % (len(data), data) if data else b'""'
        # `@` stands for a tag here, so it must not be in the data
        return b"* 1 FETCH (UID 5 BODY[]<%d> %s)\r\n@ OK done\r\n" % (begin, value)

    return respond


_BIG = _BIG.replace(b"@", b"a")


@pytest.mark.parametrize("size", [None, 0, 500, 1024, 5000])
@pytest.mark.parametrize("length", [100, 256, 1024, 2000])
@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize("most", [70, 10**9])
def test_a_big_message_comes_whole_in_pieces(size: int | None, length: int, depth: int, most: int) -> None:
    """Also where the server is wrong about the size, or gives less than was asked for."""
    with talking(respond=_serving(_BIG, most=most)) as (mailbox, _script):
        pieces = list(mailbox.fetch_body_parts(5, size=size, length=length, depth=depth))
        assert b"".join(data for _, data in pieces) == _BIG
        ends = [0, *(offset + len(data) for offset, data in pieces)]
        assert [offset for offset, _ in pieces] == ends[:-1]
        assert max(len(data) for _, data in pieces) <= length


def test_the_rest_of_a_big_message_is_fetched_from_where_it_broke_off() -> None:
    with talking(respond=_serving(_BIG)) as (mailbox, script):
        pieces = list(mailbox.fetch_body_parts(5, 300, size=1024, length=512))
        assert pieces == [(300, _BIG[300:812]), (812, _BIG[812:])]
        assert len(script.commands) == 2


def test_pieces_that_come_in_another_order_are_put_in_order() -> None:
    piece = b"* 1 FETCH (UID 5 BODY[]<%d> {2}\r\n%s)\r\n"
    answer = piece % (2, b"cd") + piece % (0, b"ab") + b"@1 OK done\r\n@2 OK done\r\n"
    with talking(b"", answer, b'* 1 FETCH (UID 5 BODY[]<4> "")\r\n' + DONE) as (mailbox, _script):
        assert list(mailbox.fetch_body_parts(5, size=4, length=2)) == [(0, b"ab"), (2, b"cd")]


@pytest.mark.parametrize("depth", [1, 4])
def test_a_message_that_goes_away_in_between_is_not_taken_for_complete(depth: int) -> None:
    first = b"* 1 FETCH (UID 5 BODY[]<0> {2}\r\nab)\r\n" + DONE
    with talking(first, respond=lambda _line: DONE) as (mailbox, _script):
        coming = mailbox.fetch_body_parts(5, length=2, depth=depth)
        assert next(coming) == (0, b"ab")
        with pytest.raises(CommandRefused, match="from byte 2 on"):
            next(coming)


def test_a_refused_piece_is_an_error() -> None:
    with (
        talking(b"@ NO hm\r\n") as (mailbox, _script),
        pytest.raises(CommandRefused, match="hm"),
    ):
        list(mailbox.fetch_body_parts(5, depth=1))


def test_a_piece_from_elsewhere_is_none() -> None:
    whole = b"* 1 FETCH (UID 5 BODY[] {2}\r\nab)\r\n" + DONE
    with talking(whole, whole.replace(b"[]", b"[]<8>")) as (mailbox, script):
        for _ in range(2):
            with pytest.raises(CommandRefused, match="from byte 9 on"):
                list(mailbox.fetch_body_parts(5, 9, depth=1))
        assert script.commands == [b"UID FETCH 5 (UID BODY.PEEK[]<9.1048576>)"] * 2


def test_every_split_of_a_piece_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b"* VANISHED 8\r\n* 1 FETCH (UID 5 BODY[]<3> {4}\r\n)\r\n*)\r\n" + DONE
    with talking(*[answer] * len(answer)) as (mailbox, _script):
        for size in range(1, len(answer) + 1):
            monkeypatch.setattr(transport, "_RECEIVE", size)
            assert list(mailbox.fetch_body_parts(5, 3, size=7, length=5)) == [(3, b")\r\n*")]
            assert mailbox.changes().vanished == ((8, 8),)
