"""The connection: bytes may come in any pieces, at any time, or never."""

from __future__ import annotations

import contextlib
import imaplib
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from mailcrm.ingest.imap import transport as module
from mailcrm.ingest.imap.client import Items, MailClient
from mailcrm.ingest.imap.transport import Ready, Transport
from tests.unit.ingest.imap.peer import Authority, answering, command, connected, greet, place

_T = TypeVar("_T")
_EXISTS = b"* 4 EXISTS\r\n"


@contextlib.contextmanager
def _transport(tls: Authority | None = None) -> Iterator[tuple[Transport, socket.socket]]:
    def build(port: int) -> Transport:
        return Transport(place(port), tls.client if tls else None)

    with connected(build, tls.server if tls else None) as (client, peer):
        try:
            yield client, peer
        finally:
            client.shutdown()


@contextlib.contextmanager
def _client() -> Iterator[tuple[MailClient, socket.socket]]:
    with connected(lambda port: MailClient(place(port))) as (client, peer):
        try:
            yield client, peer
        finally:
            client.transport.shutdown()


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Signs the certificates of the tests here."""
    return Authority.new()


def _soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


# --- waiting


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_line_may_come_in_two_segments_split_anywhere(tls: bool, authority: Authority) -> None:
    with _transport(authority if tls else None) as (client, peer):
        for split in range(1, len(_EXISTS)):
            peer.sendall(_EXISTS[:split])
            assert client.wait(_soon(0.01)) is Ready.TIMEOUT
            peer.sendall(_EXISTS[split:])
            assert client.wait(_soon()) is Ready.LINE
            assert client.readline() == _EXISTS


def test_lines_that_came_together_are_all_there_without_waiting() -> None:
    with _transport() as (client, peer):
        peer.sendall(_EXISTS * 3)
        for _ in range(3):
            assert client.wait(_soon()) is Ready.LINE
            assert client.readline() == _EXISTS
        assert client.wait(_soon(0.01)) is Ready.TIMEOUT


@pytest.mark.parametrize("reset", [False, True], ids=["end of file", "reset"])
def test_the_end_of_the_connection_ends_a_wait_at_once(reset: bool) -> None:
    with _transport() as (client, peer):
        if reset:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        started = time.monotonic()
        with pytest.raises((imaplib.IMAP4.abort, ConnectionResetError)):
            client.wait(_soon())
        assert time.monotonic() - started < 4


def test_the_end_of_a_tls_connection_ends_a_wait_at_once(authority: Authority) -> None:
    with _transport(authority) as (client, peer):
        peer.close()
        with pytest.raises(imaplib.IMAP4.abort):
            client.wait(_soon())


def test_the_wake_pipe_ends_a_wait_and_keeps_its_byte() -> None:
    with _transport() as (client, _peer), _pipe() as (reader, writer):
        assert client.wait(_soon(0.01), reader) is Ready.TIMEOUT
        timer = threading.Timer(0.05, os.write, (writer, b"x"))
        timer.start()
        assert client.wait(_soon(), reader) is Ready.WOKEN
        timer.join()
        assert client.wait(_soon(), reader) is Ready.WOKEN


def test_reading_has_its_limit_again_after_a_wait() -> None:
    with _transport() as (client, _peer):
        client.limit(3)
        client.wait(_soon(0.01))
        assert client.sock.gettimeout() == 3


def test_a_talkative_server_cannot_drown_the_wake_pipe() -> None:
    with _transport() as (client, peer), _pipe() as (reader, writer):
        peer.sendall(_EXISTS * 2)
        os.write(writer, b"x")
        assert client.wait(_soon(), reader) is Ready.WOKEN
        assert client.readline() == _EXISTS


def test_waiting_uses_no_processor_time() -> None:
    with _transport() as (client, peer):
        peer.sendall(b"* half a li")
        before = time.process_time()
        assert client.wait(_soon(0.5)) is Ready.TIMEOUT
        assert time.process_time() - before < 0.3


def test_what_tls_holds_decrypted_is_seen_before_the_socket_is_polled(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RECEIVE", 1000)  # less than a record: the rest stays inside TLS
    line = b"* " + b"x" * 100_000 + b"\r\n"  # several TLS records
    with _transport(authority) as (client, peer):
        sender = threading.Thread(target=peer.sendall, args=(line + _EXISTS,))
        sender.start()
        assert client.wait(_soon()) is Ready.LINE
        assert client.readline() == line
        assert client.wait(_soon()) is Ready.LINE
        sender.join()


def test_half_a_tls_record_does_not_keep_us_from_waking(authority: Authority) -> None:
    send_first, send_rest = threading.Event(), threading.Event()

    def serve(connection: socket.socket) -> None:
        tls = _TlsByHand(connection, authority.server)
        tls.until(tls.engine.do_handshake)
        tls.send(b"* OK hello\r\n")
        tag = tls.until(tls.engine.read).split()[0]
        tls.send(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
        tls.engine.write(_EXISTS)
        record = tls.outgoing.read()
        send_first.wait(5)
        connection.sendall(record[:10])
        send_rest.wait(5)
        connection.sendall(record[10:])
        connection.recv(1)

    with answering(serve) as port, _pipe() as (reader, writer):
        client = Transport(place(port), authority.client)
        send_first.set()
        assert client.wait(_soon(0.2)) is Ready.TIMEOUT
        os.write(writer, b"x")
        assert client.wait(_soon(), reader) is Ready.WOKEN
        send_rest.set()
        assert client.wait(_soon()) is Ready.LINE
        assert client.readline() == _EXISTS
        client.shutdown()


class _TlsByHand:
    """TLS whose records can be held back."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        self._connection = connection
        self._incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.engine = context.wrap_bio(self._incoming, self.outgoing, server_side=True)

    def send(self, data: bytes) -> None:
        self.engine.write(data)
        self._connection.sendall(self.outgoing.read())

    def until(self, action: Callable[[], _T]) -> _T:
        """Do it, with as many bytes from and to the other side as it takes."""
        while True:
            try:
                return action()
            except ssl.SSLWantReadError:
                self._connection.sendall(self.outgoing.read())
                self._incoming.write(self._connection.recv(65536))


# --- reading


def test_an_answer_may_come_byte_by_byte() -> None:
    answer = b"* 1 FETCH (UID 7 BODY[] {9}\r\nline\r\n\r\n! FLAGS ())\r\n* 2 EXISTS\r\n%s OK done\r\n"

    def drip(peer: socket.socket) -> None:
        tag = command(peer).split()[0]
        for byte in answer % tag:
            peer.sendall(bytes([byte]))

    with _client() as (client, peer):
        thread = threading.Thread(target=drip, args=(peer,))
        thread.start()
        client.transport.state = "SELECTED"
        answers: list[Items] = []
        with client.taking(lambda items: not answers.append(items)):  # type: ignore[func-returns-value]
            assert client.call("UID", b"FETCH", b"7", b"(BODY.PEEK[])").ok
        thread.join()
        assert answers == [{b"UID": b"7", b"BODY[]": b"line\r\n\r\n!", b"FLAGS": []}]
        assert (client.exists, client.grown) == (2, True)


def test_bytes_are_counted() -> None:
    with _transport() as (client, peer):
        rx, tx = client.rx, client.tx
        peer.sendall(_EXISTS)
        client.readline()
        client.send(b"DONE\r\n")
        assert (client.rx - rx, client.tx - tx) == (len(_EXISTS), 6)


def test_the_end_inside_a_literal_is_an_error() -> None:
    with _transport() as (client, peer):
        peer.sendall(b"abc")
        peer.close()
        with pytest.raises(imaplib.IMAP4.abort, match="closed"):
            client.read(10)


def test_a_line_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.LINE_LIMIT == 64 * 1024 * 1024
    monkeypatch.setattr(module, "LINE_LIMIT", 1000)
    with _transport() as (client, peer):
        peer.sendall(b"x" * 999 + b"\n" + b"x" * 1001)
        assert len(client.readline()) == 1000
        with pytest.raises(imaplib.IMAP4.abort, match="1000 bytes"):
            client.readline()


def test_a_line_longer_than_imaplibs_limit_is_read() -> None:
    line = b"* SEARCH" + b" 1234567" * 150_000 + b"\r\n"
    with _transport() as (client, peer):
        sender = threading.Thread(target=peer.sendall, args=(line,))
        sender.start()
        assert client.readline() == line
        sender.join()


def test_a_literal_beyond_reason_is_refused_before_it_is_read() -> None:
    with _transport() as (client, _peer), pytest.raises(imaplib.IMAP4.abort, match="2147483648"):
        client.read(2**31)


def test_a_silent_server_is_given_up() -> None:
    with _transport() as (client, _peer):
        client.limit(0.05)
        with pytest.raises(TimeoutError):
            client.readline()


def test_a_server_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SLOWEST", 1000)

    def drip(connection: socket.socket) -> None:
        greet(connection)
        while True:
            connection.sendall(b"x")
            time.sleep(0.01)

    with answering(drip) as port:
        client = Transport(place(port))
        client.limit(0.2)
        with pytest.raises(TimeoutError):
            client.readline()
        client.shutdown()


def test_small_commands_go_out_at_once_and_vanished_peers_are_noticed() -> None:
    with _transport() as (client, _peer):
        assert client.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_hanging_up_twice_is_no_error() -> None:
    with _transport() as (client, peer):
        peer.close()
        client.shutdown()
        client.shutdown()


def test_a_failed_greeting_leaves_no_open_socket() -> None:
    """A forgotten socket would be a ResourceWarning, and warnings are errors here."""
    not_imap = answering(lambda connection: connection.sendall(b"220 smtp\r\n"))
    with not_imap as port, pytest.raises(imaplib.IMAP4.abort, match="220 smtp"):
        Transport(place(port))
    closed = answering(lambda connection: connection.sendall(b"* BYE not today\r\n"))
    with closed as port, pytest.raises(imaplib.IMAP4.error, match="not today"):
        MailClient(place(port))


# --- commands


def test_imaplib_keeps_no_record_of_bodies() -> None:
    with _client() as (client, _peer):
        assert client._imap.debug == 0


@pytest.mark.parametrize(
    ("command_name", "arguments"),
    [("SELECT", (b"INBOX",)), ("STORE", (b"1", b"+FLAGS", b"x")), ("UID", (b"STORE", b"1")), ("UID", (b"MOVE", b"1"))],
)
def test_commands_that_change_a_mailbox_are_not_sent(command_name: str, arguments: tuple[bytes, ...]) -> None:
    with _client() as (client, _peer):
        tx = client.transport.tx
        with pytest.raises(ValueError, match="may change"):
            client.start(command_name, *arguments)
        assert client.transport.tx == tx


def test_what_came_with_an_earlier_command_is_forgotten_but_the_count_is_kept() -> None:
    with _client() as (client, peer):
        peer.sendall(b"* OK [ALERT] hm\r\n* 5 EXISTS\r\n* 2 EXPUNGE\r\n* 5 EXISTS\r\n")
        for _ in range(4):
            client.next_response()
        thread = threading.Thread(target=lambda: peer.sendall(command(peer).split()[0] + b" OK done\r\n"))
        thread.start()
        assert client.call("NOOP").ok
        thread.join()
        assert client.take("FETCH") == []
        assert client.take("OK") == []
        assert (client.exists, client.grown) == (5, True)


@pytest.mark.parametrize(
    ("lines", "exists", "grown"),
    [
        (b"* 3 EXISTS\r\n", 3, True),
        (b"* 2 EXISTS\r\n", 2, False),
        (b"* 1 EXISTS\r\n", 1, False),
        (b"* 1 EXPUNGE\r\n", 1, False),
        (b"* 1 EXPUNGE\r\n* 2 EXISTS\r\n", 2, True),
        (b"* 1 EXPUNGE\r\n* 1 EXISTS\r\n", 1, False),
        (b"* 3 EXISTS \r\n* 3 EXPUNGE\r\n", 2, True),
    ],
)
def test_only_more_messages_are_news(lines: bytes, exists: int, grown: bool) -> None:
    with _client() as (client, peer):
        client.exists = 2
        peer.sendall(lines)
        for _ in lines.splitlines():
            client.next_response()
        assert (client.exists, client.grown) == (exists, grown)


def test_a_folder_that_is_read_only_is_what_we_wanted() -> None:
    """Stock imaplib takes [READ-ONLY] for an accident and aborts the next command."""
    with _client() as (client, peer):
        peer.sendall(b"* OK [READ-ONLY] folder\r\n")
        client.next_response()
        client.start("NOOP")
        assert command(peer).endswith(b"NOOP\r\n")


def test_bye_is_the_end() -> None:
    with _client() as (client, peer):
        peer.sendall(b"* BYE AccessTokenExpired\r\n")
        with pytest.raises(imaplib.IMAP4.abort, match="AccessTokenExpired"):
            client.next_response()


def test_several_commands_may_be_on_their_way() -> None:
    with _client() as (client, peer):
        client.transport.state = "AUTH"
        tags = [client.start("STATUS", name, b"(MESSAGES)") for name in (b"a", b"b")]
        assert [command(peer).split()[0] for _ in tags] == tags
        peer.sendall(
            b"".join([b"* STATUS a ()\r\n", tags[0], b" OK 1\r\n", b"* STATUS b ()\r\n", tags[1], b" NO 2\r\n"])
        )
        assert [client.finish(tag).ok for tag in tags] == [True, False]
        assert client.take("STATUS") == [b"a ()", b"b ()"]
