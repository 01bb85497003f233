"""One contract for every way to hand mail over, and what SMTP adds to it, against real servers."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mailcrm.campaigns.delivery.outcome import outcome
from mailcrm.campaigns.delivery.transport import FileTransport, SmtpTransport, Stage, Transport
from mailcrm.errors import PermanentError, UserError
from mailcrm.model.provider import Security
from mailcrm.model.recipient import EventType
from tests.contract.moody_server import SECRET, USER, moody_server, scripted_server
from tests.contract.scene import LOGIN, SENDER, a_mail, certificate, connect_and_close, no, run, yes
from tests.servers.smtp_sink import SmtpSink

# --- the contract ------------------------------------------------------------------------------------------------


@dataclass
class Bench:
    """A transport and a look at what has arrived behind it."""

    transport: Transport
    arrived: Callable[[], list[bytes]]


@contextlib.asynccontextmanager
async def files(folder: Path) -> AsyncIterator[Bench]:
    outbox = folder / "outbox"
    yield Bench(FileTransport(outbox), lambda: [path.read_bytes() for path in sorted(outbox.glob("*"))])


@contextlib.asynccontextmanager
async def plain_smtp(_folder: Path) -> AsyncIterator[Bench]:
    async with moody_server() as door:
        yield Bench(SmtpTransport(replace(LOGIN, port=door.port)), lambda: [mail.content for mail in door.mood.taken])


@contextlib.asynccontextmanager
async def tls_smtp(folder: Path) -> AsyncIterator[Bench]:
    server, ca_file = certificate(folder)
    async with moody_server(implicit=server) as door:
        login = replace(LOGIN, port=door.port, security=Security.TLS, user=USER, secret=SECRET, ca_file=ca_file)
        yield Bench(SmtpTransport(login), lambda: [mail.content for mail in door.mood.taken])


@contextlib.asynccontextmanager
async def starttls_smtp(folder: Path) -> AsyncIterator[Bench]:
    server, ca_file = certificate(folder)
    async with moody_server(starttls=server) as door:
        login = replace(LOGIN, port=door.port, security=Security.STARTTLS, user=USER, secret=SECRET, ca_file=ca_file)
        yield Bench(SmtpTransport(login), lambda: [mail.content for mail in door.mood.taken])


Place = Callable[[Path], contextlib.AbstractAsyncContextManager[Bench]]
every_transport = pytest.mark.parametrize("place", [files, plain_smtp, tls_smtp, starttls_smtp])


@every_transport
def test_mails_arrive_byte_for_byte(place: Place, tmp_path: Path) -> None:
    contents = [
        a_mail(1),
        a_mail(2, "您好 🎉 Grüße\n" * 50),
        a_mail(3, ".\n..\n.a\n\nFrom x\n" + "x" * 5000),
        a_mail(4).replace(b"\r\nHello", b"\r\n.\r\n..raw dots\r\n.\r\nHello"),
    ]

    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            for content in contents:
                attempt = await connection.deliver(SENDER, "tom@buyer.example", content, yes)
                assert (attempt.stage, attempt.code, attempt.enhanced, attempt.lost) == (
                    Stage.DONE,
                    250,
                    "2.0.0",
                    False,
                )
                assert outcome(attempt).event is EventType.SENT
                assert connection.usable
            await connection.close()
            assert bench.arrived() == contents

    run(scenario())


@every_transport
def test_nothing_has_arrived_when_the_mark_is_written(place: Place, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            seen: list[int] = []

            async def mark() -> bool:
                await asyncio.sleep(0.05)
                seen.append(len(bench.arrived()))
                return True

            await connection.deliver(SENDER, "tom@buyer.example", a_mail(1), mark)
            await connection.deliver(SENDER, "tom@buyer.example", a_mail(2), mark)
            await connection.close()
            assert seen == [0, 1]

    run(scenario())


@every_transport
def test_mail_that_is_held_never_arrives_and_the_next_one_does(place: Place, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            held = await connection.deliver(SENDER, "ann@buyer.example", a_mail(1), no)
            assert (held.stage, held.lost) == (Stage.HELD, False)
            assert connection.usable
            done = await connection.deliver(SENDER, "tom@buyer.example", a_mail(2), yes)
            assert done.stage is Stage.DONE
            await connection.close()
            assert bench.arrived() == [a_mail(2)]

    run(scenario())


@every_transport
def test_mark_that_fails_lets_nothing_out(place: Place, tmp_path: Path) -> None:
    async def broken() -> bool:
        raise ConnectionError("the database went away")  # must not be taken for the mail server's connection

    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            with pytest.raises(ConnectionError, match="database"):
                await connection.deliver(SENDER, "tom@buyer.example", a_mail(), broken)
            assert not connection.usable
            await connection.close()
            assert bench.arrived() == []

    run(scenario())


@every_transport
def test_cancelled_before_the_mark_lets_nothing_out(place: Place, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            reached = asyncio.Event()

            async def slow() -> bool:
                reached.set()
                await asyncio.sleep(60)
                return True

            task = asyncio.create_task(connection.deliver(SENDER, "tom@buyer.example", a_mail(), slow))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not connection.usable
            await asyncio.sleep(0.05)
            assert bench.arrived() == []

    run(scenario())


@every_transport
def test_closed_connection_is_unusable_and_says_so(place: Place, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            await connection.close()
            await connection.close()
            assert not connection.usable
            attempt = await connection.deliver(SENDER, "tom@buyer.example", a_mail(), yes)
            assert (attempt.stage, attempt.lost) == (Stage.MAIL, True)
            assert outcome(attempt).release
            assert bench.arrived() == []

    run(scenario())


@every_transport
def test_address_without_wire_form_fails_alone(place: Place, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with place(tmp_path) as bench:
            connection = await bench.transport.connect()
            attempt = await connection.deliver(SENDER, "张伟@buyer.example", a_mail(), yes)
            assert (attempt.stage, attempt.code, attempt.enhanced) == (Stage.RCPT, 553, "5.1.3")
            assert outcome(attempt).event is EventType.FAILED
            assert not outcome(attempt).hard
            assert connection.usable
            with pytest.raises(UserError):
                await connection.deliver("nobody", "tom@buyer.example", a_mail(), yes)
            await connection.close()
            assert bench.arrived() == []

    run(scenario())


# --- a directory -------------------------------------------------------------------------------------------------


def test_files_are_named_by_message_id_and_duplicates_show(tmp_path: Path) -> None:
    async def scenario() -> None:
        connection = await FileTransport(tmp_path / "a" / "b").connect()
        for content in (a_mail(1), a_mail(1), a_mail(2), b"Message-ID: <../../x y@z>\r\n\r\n", b"no header\r\n"):
            await connection.deliver(SENDER, "tom@buyer.example", content, yes)

    run(scenario())
    names = sorted(path.name for path in (tmp_path / "a" / "b").iterdir())
    assert names == [".._.._x_y@z.eml", "1@shop.example-2.eml", "1@shop.example.eml", "2@shop.example.eml", "mail.eml"]


def test_full_disk_is_a_clear_not_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    async def scenario() -> None:
        connection = await FileTransport(tmp_path).connect()
        monkeypatch.setattr(os, "fsync", full)
        attempt = await connection.deliver(SENDER, "tom@buyer.example", a_mail(), yes)
        assert (attempt.stage, attempt.code, attempt.lost) == (Stage.DATA, 452, False)
        assert "No space left" in attempt.text
        assert outcome(attempt).event is EventType.DEFERRED

    run(scenario())
    assert list(tmp_path.iterdir()) == []


def test_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PermanentError, match="cannot write mails to"):
        run(connect_and_close(FileTransport(tmp_path / "file" / "outbox")))


# --- SMTP: each stage, each mood ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "recipient", "expected", "usable", "consequence"),
    [
        ("mail-refused@x.example", "tom@b.example", (Stage.MAIL, 550, "5.7.1", False), True, None),
        ("mail-later@x.example", "tom@b.example", (Stage.MAIL, 451, "4.7.1", False), True, EventType.DEFERRED),
        ("mail-closing@x.example", "tom@b.example", (Stage.MAIL, 421, "4.3.2", False), False, None),
        ("mail-drop@x.example", "tom@b.example", (Stage.MAIL, 0, "", True), False, None),
        ("mail-silent@x.example", "tom@b.example", (Stage.MAIL, 0, "", True), False, None),
        (SENDER, "rcpt-refused@b.example", (Stage.RCPT, 550, "5.1.1", False), True, EventType.FAILED),
        (SENDER, "rcpt-later@b.example", (Stage.RCPT, 451, "4.7.1", False), True, EventType.DEFERRED),
        (SENDER, "rcpt-closing@b.example", (Stage.RCPT, 421, "4.7.0", False), False, None),
        (SENDER, "rcpt-odd@b.example", (Stage.RCPT, 999, "", True), False, None),
        (SENDER, "rcpt-drop@b.example", (Stage.RCPT, 0, "", True), False, None),
        (SENDER, "rcpt-silent@b.example", (Stage.RCPT, 0, "", True), False, None),
        (SENDER, "data-refused@b.example", (Stage.DOT, 554, "5.7.1", False), True, EventType.FAILED),
        (SENDER, "data-later@b.example", (Stage.DOT, 452, "4.3.1", False), True, EventType.DEFERRED),
        (SENDER, "data-closing@b.example", (Stage.DOT, 421, "4.3.2", False), False, EventType.IN_DOUBT),
        (SENDER, "data-relay@b.example", (Stage.DOT, 451, "4.4.2", False), True, EventType.IN_DOUBT),
        (SENDER, "data-odd@b.example", (Stage.DOT, 354, "", True), False, EventType.IN_DOUBT),
        (SENDER, "data-garbage@b.example", (Stage.DOT, 0, "", True), False, EventType.IN_DOUBT),
        (SENDER, "data-drop@b.example", (Stage.DOT, 0, "", True), False, EventType.IN_DOUBT),
        (SENDER, "data-silent@b.example", (Stage.DOT, 0, "", True), False, EventType.IN_DOUBT),
    ],
)
def test_each_way_to_fail_is_told_apart(
    sender: str, recipient: str, expected: tuple[Stage, int, str, bool], usable: bool, consequence: EventType | None
) -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            patience = 0.3 if "silent" in sender + recipient else 20
            transport = SmtpTransport(replace(LOGIN, port=door.port, timeout=patience, reply_timeout=patience))
            connection = await transport.connect()
            marks: list[int] = []

            async def mark() -> bool:
                marks.append(len(door.mood.taken))
                return True

            attempt = await connection.deliver(sender, recipient, a_mail(1), mark)
            assert (attempt.stage, attempt.code, attempt.enhanced, attempt.lost) == expected
            assert attempt.text
            assert marks == ([0] if attempt.stage in (Stage.DATA, Stage.DOT) else [])
            assert outcome(attempt).event is consequence
            assert connection.usable is usable
            if usable:
                after = await connection.deliver(SENDER, "tom@buyer.example", a_mail(2), yes)
                assert after.stage is Stage.DONE
                assert door.mood.taken[-1].content == a_mail(2)
                assert [mail.recipient for mail in door.mood.taken].count("tom@buyer.example") == 1
            await connection.close()

    run(scenario())


def test_refused_envelope_is_reset_before_the_next_and_a_good_one_is_not() -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            connection = await SmtpTransport(replace(LOGIN, port=door.port)).connect()
            for recipient in (
                "tom@b.example",
                "ann@b.example",
                "rcpt-refused@b.example",
                "kim@b.example",
                "lee@b.example",
            ):
                await connection.deliver(SENDER, recipient, a_mail(), yes)
            await connection.close()
            assert door.mood.resets == 1
            assert [mail.recipient[:3] for mail in door.mood.taken] == ["tom", "ann", "kim", "lee"]

    run(scenario())


def test_server_that_will_not_reset_is_left() -> None:
    async def scenario() -> None:
        lines = ("220 hello", "250 hello", "250 ok", "550 5.1.1 nobody", "500 5.5.1 what?", "221 bye")
        async with scripted_server(*lines) as (door, heard):
            connection = await SmtpTransport(replace(LOGIN, port=door.port)).connect()
            await connection.deliver(SENDER, "tom@b.example", a_mail(), yes)
            attempt = await connection.deliver(SENDER, "ann@b.example", a_mail(), yes)
            assert (attempt.stage, attempt.lost) == (Stage.MAIL, True)
            assert "RSET was refused: 500" in attempt.text
            assert outcome(attempt).release
            assert not connection.usable
            assert not outcome(attempt).sender_fault
            assert [line[:4] for line in heard if line] == ["EHLO", "MAIL", "RCPT", "RSET"]

    run(scenario())


def test_one_transport_makes_many_connections() -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            transport = SmtpTransport(replace(LOGIN, port=door.port))
            connections = [await transport.connect() for _ in range(3)]
            for number, connection in enumerate(connections):
                assert (await connection.deliver(SENDER, "tom@b.example", a_mail(number), yes)).stage is Stage.DONE
            for connection in connections:
                await connection.close()
            assert len(door.mood.taken) == 3

    run(scenario())


def test_connection_that_dies_while_the_mark_is_written_gives_the_recipient_back() -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            connection = await SmtpTransport(replace(LOGIN, port=door.port)).connect()

            async def mark() -> bool:
                door.cut()
                await asyncio.sleep(0.05)
                return True

            attempt = await connection.deliver(SENDER, "tom@buyer.example", a_mail(), mark)
            assert (attempt.stage, attempt.lost) == (Stage.HELD, True)
            assert outcome(attempt).release
            assert door.mood.taken == []

    run(scenario())


def test_idle_connection_that_the_server_ends_is_seen_as_unusable() -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            connection = await SmtpTransport(replace(LOGIN, port=door.port)).connect()
            door.cut()
            await asyncio.sleep(0.05)
            assert not connection.usable
            await connection.close()

    run(scenario())


def test_size_is_announced_and_too_large_is_not_even_tried() -> None:
    async def scenario() -> None:
        async with moody_server(size=2000) as door:
            connection = await SmtpTransport(replace(LOGIN, port=door.port)).connect()
            attempt = await connection.deliver(SENDER, "tom@b.example", a_mail(1, "x" * 3000), yes)
            assert (attempt.stage, attempt.code, attempt.enhanced) == (Stage.MAIL, 552, "5.3.4")
            assert outcome(attempt).sender_fault
            assert (await connection.deliver(SENDER, "tom@b.example", a_mail(2), yes)).stage is Stage.DONE
            assert door.mood.options == [f"SIZE={len(a_mail(2))}"]
            await connection.close()

    run(scenario())


def test_international_domain_goes_out_as_a_labels() -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            connection = await SmtpTransport(replace(LOGIN, port=door.port)).connect()
            await connection.deliver("sales@müller.example", "info@例子.中国", a_mail(), yes)
            await connection.close()
            [mail] = door.mood.taken
            assert (mail.sender, mail.recipient) == ("sales@xn--mller-kva.example", "info@xn--fsqu00a.xn--fiqs8s")
            assert door.mood.sessions[0].host_name == "[127.0.0.1]"

    run(scenario())


# --- Postfix -----------------------------------------------------------------------------------------------------


def test_real_server_takes_what_was_sent(smtp_sink: Callable[..., SmtpSink]) -> None:
    sink = smtp_sink()
    contents = [a_mail(number, ".\n您好\n" * number) for number in range(20)]

    async def scenario() -> None:
        connection = await SmtpTransport(replace(LOGIN, port=sink.port)).connect()
        for content in contents:
            assert (await connection.deliver(SENDER, "tom@b.example", content, yes)).stage is Stage.DONE
        await connection.close()

    run(scenario())
    taken = [mail.raw for mail in sink.wait_for(20)]
    assert all(sum(content in raw for raw in taken) == 1 for content in contents)


@pytest.mark.parametrize(
    ("flags", "stage", "code", "lost", "event"),
    [
        (("-f", "mail"), Stage.MAIL, 500, False, None),
        (("-r", "rcpt"), Stage.RCPT, 450, False, EventType.DEFERRED),
        (("-f", "data"), Stage.DATA, 500, False, None),
        (("-r", "data"), Stage.DATA, 450, False, EventType.DEFERRED),
        (("-q", "data"), Stage.DATA, 0, True, None),
        (("-f", "."), Stage.DOT, 500, False, EventType.FAILED),
        (("-r", "."), Stage.DOT, 450, False, EventType.DEFERRED),
        (("-q", "rcpt"), Stage.RCPT, 0, True, None),
        (("-q", "."), Stage.DOT, 0, True, EventType.IN_DOUBT),
    ],
)
def test_real_server_refuses(
    smtp_sink: Callable[..., SmtpSink],
    flags: tuple[str, ...],
    stage: Stage,
    code: int,
    lost: bool,
    event: EventType | None,
) -> None:
    sink = smtp_sink(*flags)

    async def scenario() -> None:
        connection = await SmtpTransport(replace(LOGIN, port=sink.port)).connect()
        attempt = await connection.deliver(SENDER, "tom@b.example", a_mail(), yes)
        assert (attempt.stage, attempt.code, attempt.lost) == (stage, code, lost)
        assert outcome(attempt).event is event
        await connection.close()

    run(scenario())
