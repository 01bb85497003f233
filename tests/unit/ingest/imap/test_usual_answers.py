"""FETCH answers as nearly all are take a short way, past imaplib: it has to lead to the same place."""

from __future__ import annotations

import contextlib
import imaplib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap import transport
from mailcrm.ingest.imap.client import Items, MailClient
from mailcrm.ingest.imap.transport import Transport
from mailcrm.ingest.imap.values import items_of, parsed
from tests.unit.ingest.imap.peer import connected, place

USUAL = (
    b'* 4 FETCH (UID 9 FLAGS (\\Seen $a) INTERNALDATE " 7-Jul-2024 10:00:00 +0800" RFC822.SIZE 512 '
    b"BODY[HEADER.FIELDS (FROM TO)] {5}\r\na:b\r\n)\r\n",
    b'* 1 FETCH (X-GM-THRID 17 X-GM-MSGID 18 X-GM-LABELS ("\\\\Inbox" "a) b" &-c) UID 5 BODY[] {4}\r\n)\r\n* FLAGS ())\r\n',
    b"* 2 FETCH (UID 9 EMAILID (M1) THREADID NIL MODSEQ (7) BODY[]<0> {0}\r\n)\r\n",
    b"* 3 FETCH (UID 9 FLAGS (\\Seen))\r\n",
)
ODD = (
    b"* 3 FETCH (FLAGS (\\Seen) UID 9 )\r\n",
    b"* 3 FETCH (UID 9)(FLAGS (x))\r\n",
    b"* 3 FETCH (UID 9 FLAGS (NIL nil))\r\n",
    b"* 3 FETCH (UID 9 BODY[] NIL)\r\n",
    b"* 3 FETCH (nil 9)\r\n",
    b'* 3 FETCH (UID 9 X ("a) B "c" D 5)\r\n',
    b'* 3 FETCH (UID 9 X "a\\"b" FLAGS ("x\\"y"))\r\n',
    b"* 3 FETCH (UID 9 A {2}\r\nxy B {3}\r\nabc)\r\n",
    b"* 3 FETCH (UID 9 A {2}\r\nxy B {3}\r\n)\r\n)\r\n",
    b"* 3 FETCH (UID 9 X {a} A {2}\r\nxy)\r\n",
    b"* 3 FETCH (UID 9 A {2+}\r\n",
    b"* 3 FETCH (UID 9 A {2}\r\nxy\r\n",
    b"* 3 FETCH (UID 9 A {2}\r\nxy)\n",
    b"* 3 FETCH (UID 9 A {2}\nxy)\r\n",
    b"* 3 FETCH (UID 9\r A {2}\r\nxy)\r\n",
    b'* 3 FETCH (UID 9 ENVELOPE (NIL (a b) ("c" (d))))\r\n',
    b"* 3 FETCH (UID 9 FLAGS (\r\n",
    b"* 3 FETCH UID 9\r\n",
    b"* 3 FETCH  (UID 9)\r\n",
    b"* 3 fetch (UID 9)\r\n",
    b"* 3 FETCH\r\n",
    b"* 3 FETCH ()\r\n",
    b"* 3 FETCH (UID)\r\n",
    b"* 3 FETCH (UID 9 UID 10)\r\n",
    b"* 3 FETCHED (UID 9)\r\n",
    b"* FETCH (UID 9)\r\n",
    b"*  3 FETCH (UID 9)\r\n",
    b"* 3 FETCH (UID 9 A {9999999999}\r\n",
    b"* 3 FETCH (UID 9 A {" + b"9" * 5000 + b"}\r\n",
    b"* 3 FETCH (UID 9 A {100}\r\nends too soon",
    b"* 3 EXISTS\r\n",
    b"* OK [HIGHESTMODSEQ 7] FETCH (UID 9)\r\n",
    b"+ FETCH (UID 9)\r\n",
    b"* BYE * 3 FETCH (UID 9)\r\n",
    b"* VANISHED 3\r\n",
    b"x1 OK FETCH (UID 9)\r\n",
)
_BITS = [
    b" ",
    b"(",
    b")",
    b'"',
    b"\\",
    b"{2}",
    b"[",
    b"]",
    b"UID",
    b"9",
    b"NIL",
    b"FLAGS",
    b"BODY[T]",
    b"(a b)",
    b'"c d"',
    b"\x0b",
]


def _heard(said: bytes) -> list[Any]:
    """All that comes of it: lines, items, the state of the folder, and how it ended."""
    heard: list[Any] = []

    def take(items: Items) -> bool:
        heard.append(list(items.items()))
        return False

    with connected(lambda port: MailClient(place(port))) as (client, peer):
        client.listener = heard.append
        peer.sendall(said)
        peer.close()
        with contextlib.closing(client.transport.sock), client.taking(take):
            try:
                while True:
                    heard.append(client.next_response())
            except (imaplib.IMAP4.error, OSError) as exc:
                heard.append((type(exc), re.sub(r"\w+$", "", str(exc))))
        return [*heard, client.exists, client.harvest.take(), bytes(client.transport._buffer)]


@pytest.mark.parametrize("answer", [*USUAL, *ODD])
def test_the_short_way_leads_to_the_same_place(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    said = USUAL[0] + answer + USUAL[1] + b"* 5 EXISTS\r\n"
    short = _heard(said)
    monkeypatch.setattr(Transport, "fetched", lambda _self: None)
    assert short == _heard(said)


def test_usual_answers_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_self: Transport) -> bytes:
        raise AssertionError("imaplib was asked")

    with connected(lambda port: MailClient(place(port))) as (client, peer):
        monkeypatch.setattr(Transport, "_get_response", never)
        peer.sendall(b"".join(USUAL))
        for _ in USUAL:
            assert client.next_response() is False
        client.transport.shutdown()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_however_it_is_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = b"".join((*USUAL, *ODD[:8], *USUAL))
    whole = _heard(said)
    monkeypatch.setattr(transport, "_RECEIVE", size)
    assert whole == _heard(said)


def test_the_limits_hold_on_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LITERAL_LIMIT", 10)
    monkeypatch.setattr(transport, "LINE_LIMIT", 100)
    monkeypatch.setattr(transport, "_RECEIVE", 7)
    assert "a literal of 11 bytes" in str(_heard(b"* 3 FETCH (UID 9 A {11}\r\n12345678901)\r\n"))
    assert "a line of more than 100" in str(_heard(b"* 3 FETCH (UID 9 A {10}\r\n1234567890" + b"x" * 101))
    assert "a line of more than 100" not in str(_heard(b"* 3 FETCH (UID 9 A {10}\r\n1234567890" + b"x" * 98 + b"\r\n"))


def _by_values(text: bytes, literals: list[bytes]) -> dict[Any, Any] | None:
    """What the thorough reading says."""
    [values] = parsed([*((b"", literal) for literal in literals), text])
    pairs = values[1] if len(values) == 2 else None
    if not isinstance(pairs, list):
        return None
    names = [name.upper() if isinstance(name, bytes) else b"" for name in pairs[::2]]
    return dict(zip(names, pairs[1::2], strict=False))


_VALUE = st.sampled_from(
    [b"7", b"NIL", b'"q r"', b'"(\\"{2}"', b"(a)", b"()", b'(a "b) c" NIL)', b"((a) b)", b"{2}", b"x[)y] "]
)
_NAME = st.sampled_from([b"UID", b"flags", b"BODY[H (a b)]", b"BODY[]<0>", b'"z"'])


@st.composite
def _texts(draw: st.DrawFn) -> bytes:
    """Answers, most of them good, some with a mistake in them."""
    pairs = draw(st.lists(st.tuples(_NAME, _VALUE), max_size=4))
    text = b"4 (" + b" ".join(name + b" " + value for name, value in pairs) + b")"
    for bit in draw(st.lists(st.sampled_from(_BITS), max_size=2)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + bit + text[at + draw(st.integers(0, 1)) :]
    return text


@pytest.mark.parametrize(
    "text",
    [
        b"4 (UID 9)FLAGS (x))",
        b"4 (UID 9) X 5)",
        b"4 (UID 9",
        b"4 (UID 9 ",
        b"4 (nil 9)",
        b'4 (UID 9 X ("a) B "c" D 5)',
        b'4 (X ("a) b" "\\"(" nil c[)) UID 9)',
        b"4 (X (a[ UID 9) Y (]))",
        b"4 (A {1} B {2} C NIL)",
        b"4 (UID 9 UID 10)",
        b"4  (UID 9)",
        b"x (UID 9)",
        b"4 5 (UID 9)",
        b"4 (" + b"a" * 5000 + b'"x)',
        b"4 (UID " + b"a" * 5000 + b'"x)',
        b"4 (X (" + b'"a" ' * 5000 + b"{)",
    ],
)
def test_odd_answers_are_read_with_care(text: bytes) -> None:
    assert items_of(text, [b"one", b"two"]) == _by_values(text, [b"one", b"two"])


@given(_texts())
def test_regular_answers_are_read_fast_and_to_the_same_effect(text: bytes) -> None:
    literals = [b"l%d" % n for n in range(9)]
    assert items_of(text, literals) == _by_values(text, literals)


@given(st.lists(st.sampled_from(_BITS)).map(b"".join))
def test_and_others_too(text: bytes) -> None:
    assert items_of(b"4 (" + text + b")", [b"l"] * 9) == _by_values(b"4 (" + text + b")", [b"l"] * 9)
