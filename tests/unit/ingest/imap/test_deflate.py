"""Compression: bytes may come in any pieces, many from few, or damaged."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
import zlib
from collections.abc import Iterator

import pytest

from mailcrm.errors import ConnectionLost
from mailcrm.ingest.imap import deflate as module
from mailcrm.ingest.imap import transport
from mailcrm.ingest.imap.deflate import PORTION, Deflate, worth_it
from mailcrm.ingest.imap.mailbox import Login, Mailbox, open_mailbox
from mailcrm.ingest.imap.session import open_session
from mailcrm.ingest.imap.transport import Ready, Transport
from mailcrm.model.provider import Compress, Security
from tests.unit.ingest.imap.peer import answering, command, connected, place
from tests.unit.ingest.imap.script import INBOX

_EXISTS = b"* 4 EXISTS\r\n"
_CAN = frozenset({"COMPRESS=DEFLATE"})


def _deflated(data: bytes) -> bytes:
    return Deflate().deflate(data)


# --- when


@pytest.mark.parametrize(
    ("wish", "capabilities", "round_trip", "worth"),
    [
        (Compress.AUTO, _CAN, 0.04, True),
        (Compress.AUTO, _CAN, 0.001, False),
        (Compress.ON, _CAN, 0.001, True),
        (Compress.OFF, _CAN, 0.3, False),
        (Compress.ON, frozenset({"COMPRESS"}), 0.3, False),
    ],
)
def test_only_far_servers_are_worth_it(
    wish: Compress, capabilities: frozenset[str], round_trip: float, worth: bool
) -> None:
    assert worth_it(wish, capabilities, round_trip) is worth


def test_the_round_trip_is_measured() -> None:
    with connected(lambda port: Transport(place(port))) as (client, peer):
        assert 0 < client.round_trip < math.inf
        client.round_trip = math.inf
        client.send(b"x\r\n")
        time.sleep(0.05)
        peer.sendall(_EXISTS)
        client.readline()
        assert client.round_trip >= 0.05
        client.round_trip = math.inf
        peer.sendall(_EXISTS)  # not an answer
        client.readline()
        assert client.round_trip == math.inf
        client.shutdown()


# --- the stream


def test_few_bytes_never_become_many_at_once() -> None:
    bomb = _deflated(bytes(50 * PORTION))
    assert len(bomb) < PORTION // 10
    receiver, total = Deflate(), 0
    data = receiver.inflate(bomb)
    while data:
        assert len(data) <= PORTION
        total += len(data)
        data = receiver.inflate() if receiver.more else b""
    assert total == 50 * PORTION
    assert not receiver.more


def test_what_fills_a_portion_exactly_is_not_held_back() -> None:
    sender, receiver = Deflate(), Deflate()
    assert len(receiver.inflate(sender.deflate(bytes(PORTION)))) == PORTION
    if receiver.more:
        assert receiver.inflate() == b""
    assert receiver.inflate(sender.deflate(_EXISTS)) == _EXISTS


def test_a_stream_that_ended_or_is_damaged_is_told() -> None:
    ended = zlib.compressobj(wbits=-15)
    receiver = Deflate()
    assert receiver.inflate(ended.compress(_EXISTS) + ended.flush()) == _EXISTS
    with pytest.raises(EOFError):
        receiver.inflate(b"more")
    with pytest.raises(zlib.error):
        Deflate().inflate(b"\xff\xff\xff\xff")


# --- the connection


@contextlib.contextmanager
def _compressed() -> Iterator[tuple[Transport, socket.socket, Deflate]]:
    with connected(lambda port: Transport(place(port))) as (client, peer):
        client.compress()
        try:
            yield client, peer, Deflate()
        finally:
            client.shutdown()


def test_each_write_can_be_read_at_once_and_is_counted_as_it_is_on_its_way() -> None:
    with _compressed() as (client, peer, other):
        rx, tx = client.rx, client.tx
        client.send(b"A1 NOOP\r\n" * 100)
        data = b""
        while len(data) < client.tx - tx:
            data += peer.recv(65536)
        assert other.inflate(data) == b"A1 NOOP\r\n" * 100
        assert len(data) < 100
        wire = other.deflate(_EXISTS * 1000)
        peer.sendall(wire)
        assert [client.readline() for _ in range(1000)] == [_EXISTS] * 1000
        assert (client.tx - tx, client.rx - rx) == (len(data), len(wire))


def test_lines_that_are_still_deflated_are_there_without_waiting() -> None:
    lines = 3 * PORTION // len(_EXISTS)
    with _compressed() as (client, peer, other):
        peer.sendall(other.deflate(_EXISTS * lines))
        for _ in range(lines):
            assert client.wait(time.monotonic() + 5) is Ready.LINE
            assert client.readline() == _EXISTS
        assert client.wait(time.monotonic() + 0.01) is Ready.TIMEOUT


def test_a_bomb_meets_the_limit_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LINE_LIMIT", 2 * PORTION)
    with _compressed() as (client, peer, other):
        peer.sendall(other.deflate(bytes(100 * PORTION)))
        with pytest.raises(client.abort, match="beyond reason"):
            client.readline()
        assert len(client._buffer) <= 3 * PORTION


def test_a_waiting_client_can_be_woken_between_two_halves() -> None:
    reader, writer = os.pipe()
    with _compressed() as (client, peer, other):
        wire = other.deflate(_EXISTS)
        peer.sendall(wire[:3])
        assert client.wait(time.monotonic() + 0.05, reader) is Ready.TIMEOUT
        os.write(writer, b"x")
        assert client.wait(time.monotonic() + 5, reader) is Ready.WOKEN
        os.read(reader, 1)
        peer.sendall(wire[3:])
        assert client.wait(time.monotonic() + 5, reader) is Ready.LINE
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("ended", [False, True])
def test_a_broken_stream_is_a_broken_connection(ended: bool) -> None:
    with _compressed() as (client, peer, _other):
        end = zlib.compressobj(wbits=-15)
        peer.sendall(end.flush() if ended else b"\xff" * 20)
        with pytest.raises(client.abort, match="ended the compression" if ended else "cannot be read"):
            client.readline()


# --- the session


def _serve(connection: socket.socket, *, refuses: bool = False, damaged: bool = False) -> None:
    """Compresses when asked, and sends the first news together with the OK to that."""
    deflate: Deflate | None = None
    pending = b""
    connection.sendall(b"* OK hello\r\n")
    while True:
        while b"\r\n" not in pending:
            data = connection.recv(65536)
            if not data:
                return
            pending += deflate.inflate(data) if deflate else data
        line, _, pending = pending.partition(b"\r\n")
        tag, name = line.split()[:2]
        said = tag + b" OK done\r\n"
        match name:
            case b"CAPABILITY":
                said = b"* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n" + said
            case b"EXAMINE":
                said = b"* 4 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" + said
            case b"UID":
                said = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n" % (9000, b"y" * 9000) + said
        if name == b"COMPRESS" and refuses:
            said = tag + b" NO [COMPRESSIONACTIVE] already\r\n"
        elif name == b"COMPRESS":
            deflate = Deflate()
            news = b"\xff" * 30 if damaged else deflate.deflate(b"* 77 EXISTS\r\n")
            connection.sendall(said + news)
            continue
        connection.sendall(deflate.deflate(said) if deflate else said)


@contextlib.contextmanager
def _mailbox(compress: Compress, *, refuses: bool = False, damaged: bool = False) -> Iterator[Mailbox]:
    with answering(lambda connection: _serve(connection, refuses=refuses, damaged=damaged)) as port:
        login = Login("127.0.0.1", port, Security.NONE, "u", "p", None, 5, 5, compress=compress)
        with open_mailbox(login) as mailbox:
            yield mailbox


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("compress", [Compress.ON, Compress.OFF])
def test_all_works_the_same_compressed_or_not(compress: Compress, refuses: bool) -> None:
    with _mailbox(compress, refuses=refuses) as mailbox:
        assert mailbox.examine(INBOX).exists == 4
        assert mailbox.compressed is (compress is Compress.ON and not refuses)
        received = mailbox.received
        assert [raw.raw for raw in mailbox.fetch_bodies([1])] == [b"y" * 9000]
        assert (mailbox.received - received < 500) is mailbox.compressed


def test_what_was_measured_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.SLOW_ROUND_TRIP == 0.015
    for limit in (0.0, 60.0):
        monkeypatch.setattr(module, "SLOW_ROUND_TRIP", limit)
        with _mailbox(Compress.AUTO) as mailbox:
            mailbox.list_folders()
            assert not mailbox.compressed  # to look whether there is anything is not worth it
            mailbox.examine(INBOX)
            assert mailbox.compressed is (limit == 0.0)


def test_bytes_behind_the_ok_are_compressed_wherever_the_segments_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(1, 60):
        monkeypatch.setattr(transport, "_RECEIVE", size)
        with answering(lambda connection: _serve(connection, refuses=False, damaged=False)) as port:
            session = open_session(Login("127.0.0.1", port, Security.NONE, "u", "p", None, 5, 5, compress=Compress.ON))
            session.compress_if_worth()
            session.client.call("NOOP")
            assert session.client.exists == 77
            session.client.transport.shutdown()


def test_damaged_bytes_behind_the_ok_are_a_lost_connection() -> None:
    with pytest.raises(ConnectionLost, match="cannot be read"), _mailbox(Compress.ON, damaged=True) as mailbox:
        mailbox.examine(INBOX)


def test_nothing_is_sent_behind_compress_before_its_answer() -> None:
    """Or it would have to be deflated already."""
    answered = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"* OK hello\r\n")
        while b"COMPRESS" not in (line := command(connection)):
            capabilities = b"* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n" if b"CAPABILITY" in line else b""
            connection.sendall(capabilities + line.split()[0] + b" OK done\r\n")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        answered.set()
        connection.sendall(line.split()[0] + b" NO no\r\n")

    with answering(serve) as port:
        login = Login("127.0.0.1", port, Security.NONE, "u", "p", None, 5, 5, compress=Compress.ON)
        session = open_session(login)
        session.compress_if_worth()
        assert answered.is_set()
        session.client.transport.shutdown()
