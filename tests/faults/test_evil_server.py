"""A server that says what no server may say: the pass ends with a clear error or goes on, in bounded memory and time; and
when the server is honest again, the archive is complete."""

from __future__ import annotations

import itertools
import os
import re
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.clock import utc_now
from mailcrm.errors import MailcrmError
from mailcrm.ingest.imap import client, transport
from mailcrm.ingest.imap.job import PassReport
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once
from mailcrm.store.rows.mail import Message
from tests.faults.evil import EvilImap, HangUp, Twist, before_end, every, on, refused, replaced
from tests.faults.rig import here
from tests.flow.instance import Instance
from tests.providers.wire import Command

_ME = "me@own.example"
_MIB = 2**20


@pytest.fixture
def server() -> Iterator[EvilImap]:
    with EvilImap(_ME, "pass") as found:
        for number in range(1, 7):
            found.append(("INBOX", "Sent")[number % 3 == 0], mail(number), ["\\Seen"] if number % 2 else [])
        yield found


@pytest.fixture
def app(server: EvilImap, tmp_path: Path) -> Iterator[App]:
    account = {
        "name": "main",
        "address": _ME,
        "secret": {"file": str(tmp_path / "secret")},
        "imap": {"host": server.host, "port": server.port, "security": "none"},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
    }
    found = Instance(tmp_path, [account], sync={"read_timeout": 1, "batch_messages": 3}).app()
    yield found
    found.store.close()


def mail(number: int) -> bytes:
    named = f"Message-ID: <{number}@c.example>\r\n" if number % 3 else ""
    head = f"From: P <p@c.example>\r\nTo: {_ME}\r\nSubject: S{number}\r\n{named}Date: Tue, 10 Nov 2026 09:00:00 +0800"
    return f"{head}\r\n\r\nbody {number}\r\n".encode()


def a_pass(app: App, hours: int = 0) -> PassReport | str:
    """Its report, or what it said. Anything else than an error of ours is a bug."""
    try:
        return sync_once(replace(app, clock=lambda: utc_now() + timedelta(hours=hours)), "main", lambda _report: None)[
            0
        ]
    except MailcrmError as exc:
        return str(exc)


def require_whole(server: EvilImap, app: App) -> None:
    """Now honest: within hours (what was set aside is asked for later) the archive has all, once."""
    server.evil = None
    results = [a_pass(app, hours) for hours in (0, 1, 6)]
    assert isinstance(results[-1], PassReport), results
    assert results[-1].complete, results[-1].failures
    with app.store.read() as session:
        for name, folder in server.box.folders.items():
            flags = {uid: row[0] for uid, row in here(session, name).items()}
            assert flags == {each.uid: frozenset(each.flags) for each in folder.messages}, name
        bodies = session.execute(select(Message.subject, Message.body_text)).all()
    there = {each.raw for folder in server.box.folders.values() for each in folder.messages}
    numbers = sorted(int(re.search(rb"Subject: S(\d+)", raw)[1]) for raw in there)  # type: ignore[index]
    assert sorted((subject, (text or "").strip()) for subject, text in bodies) == sorted(
        (f"S{number}", f"body {number}") for number in numbers
    )
    assert not server.violations


def flapping() -> Twist:
    turns = itertools.cycle((b"UIDVALIDITY 7", b"UIDVALIDITY 8"))
    return on("EXAMINE", lambda said: re.sub(rb"UIDVALIDITY \d+", next(turns), said))


def expired_in_a_literal(said: bytes) -> bytes:
    raise HangUp(said[: len(said) // 2] + b"\r\n* BYE AccessTokenExpired\r\n")


_OK = rb"(?m)^(\S+) OK [^\n]*\n\Z"
_FETCH, _SEARCH = "UID FETCH", "UID SEARCH"
TWISTS: dict[str, Twist] = {
    "UIDVALIDITY up": on("EXAMINE", replaced(rb"UIDVALIDITY \d+", b"UIDVALIDITY 1800000000")),
    "UIDVALIDITY down": on("EXAMINE", replaced(rb"UIDVALIDITY \d+", b"UIDVALIDITY 3")),
    "UIDVALIDITY 0": on("EXAMINE", replaced(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0")),
    "UIDVALIDITY missing": on("EXAMINE", replaced(rb"\* OK \[UIDVALIDITY[^\n]*\n", b"")),
    "UIDVALIDITY beyond 63 bits": on("EXAMINE", replaced(rb"UIDVALIDITY \d+", b"UIDVALIDITY 99999999999999999999")),
    "UIDNEXT missing": on("EXAMINE", replaced(rb"\* OK \[UIDNEXT[^\n]*\n", b"")),
    "UIDNEXT backwards": on("EXAMINE", replaced(rb"UIDNEXT \d+", b"UIDNEXT 2")),
    "UIDNEXT far ahead": on("EXAMINE", replaced(rb"UIDNEXT \d+", b"UIDNEXT 4294967295")),
    "HIGHESTMODSEQ backwards": on("EXAMINE", replaced(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 10")),
    "HIGHESTMODSEQ ahead": on("EXAMINE", replaced(rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ 9223372036854775807")),
    "NOMODSEQ": on("EXAMINE", replaced(rb"HIGHESTMODSEQ \d+", b"NOMODSEQ")),
    "EXISTS shrinks in EXAMINE": on("EXAMINE", replaced(rb"\* \d+ EXISTS", b"* 2 EXISTS")),
    "EXISTS shrinks in a FETCH": on(_FETCH, before_end(b"* 1 EXISTS")),
    "EXISTS 0": on("EXAMINE", replaced(rb"\* \d+ EXISTS", b"* 0 EXISTS")),
    "EXISTS beyond reason": on("EXAMINE", replaced(rb"\* \d+ EXISTS", b"* 99999999999999999999 EXISTS")),
    "VANISHED unknown": on("EXAMINE", before_end(b"* VANISHED (EARLIER) 1000:4294967295")),
    "VANISHED all, which is a lie": on("EXAMINE", before_end(b"* VANISHED (EARLIER) 1:4294967295")),
    "VANISHED now, which is a lie": on(_FETCH, before_end(b"* VANISHED 1:4294967295")),
    "VANISHED nonsense": every(before_end(b"* VANISHED (EARLIER) 5:*,,x")),
    "FETCH without UID": every(before_end(b"* 1 FETCH (FLAGS (\\Deleted))")),
    "FETCH of nothing": every(before_end(b"* 0 FETCH ()")),
    "FETCH cut short": every(before_end(b"* 1 FETCH (UID 1 FLAGS (")),
    "EXPUNGE of nobody": every(before_end(b"* 4000000000 EXPUNGE")),
    "two ESEARCH lines": on(_SEARCH, lambda said: said.splitlines(keepends=True)[0] + said),
    "ESEARCH that names too much": on(_SEARCH, replaced(rb"ALL [\d:,]+", b"ALL 1:4294967295")),
    "ESEARCH that names nothing": on(_SEARCH, replaced(rb" ALL [\d:,]+", b"")),
    "SEARCH instead of ESEARCH": on(_SEARCH, replaced(rb"\* ESEARCH[^\n]*\n", b"* SEARCH 1 2\r\n* SEARCH 3\r\n")),
    "literal in an ENVELOPE": every(before_end(b'* 1 FETCH (ENVELOPE ("d" {5}\r\nab)(c NIL) UID 1)')),
    "NO after some data": on(_FETCH, refused(b"[SERVERBUG] internal error")),
    "UNAVAILABLE": on(_FETCH, refused(b"[UNAVAILABLE] later", partial=False)),
    "OVERQUOTA": on(_FETCH, refused(b"[OVERQUOTA] too much", partial=False)),
    "THROTTLED": on("EXAMINE", refused(b"[THROTTLED] too fast")),
    "Backoff Time": on("EXAMINE", refused(b"Request is throttled. Suggested Backoff Time: 92415 milliseconds")),
    "a wrong tag": every(replaced(_OK, b"XX99 OK done\r\n")),
    "no tagged answer": every(replaced(_OK, b"")),
    "a tagged answer twice": every(replaced(_OK, lambda end: end[0] * 2)),  # type: ignore[arg-type]
    "BAD to all": every(lambda said: re.sub(_OK, rb"\1 BAD what?\r\n", said)),
    "an empty line": every(lambda said: b"\r\n" + said),
    "a literal of 2 GiB": on(_FETCH, replaced(rb"\{\d+\}", b"{2147483648}")),
    "a literal beyond numbers": on(_FETCH, replaced(rb"\{\d+\}", b"{%s}" % (b"9" * 5000))),
    "a literal that is too short by one": on(_FETCH, replaced(rb"\{(\d+)\}", lambda n: b"{%d}" % (int(n[1]) - 1))),  # type: ignore[arg-type]
    "NUL and 8 bits": every(before_end(b"* OK [\x00\xff\xfe] \x00\x80\xff")),
    "the token expires inside a literal": on(_FETCH, expired_in_a_literal),
    "nesting without end": every(before_end(b"* 1 FETCH " + b"(" * 20_000)),
}


_KNOWN = [True, False] if "MAILCRM_FAULT_STEP" in os.environ else [True]


@pytest.mark.parametrize("known", _KNOWN, ids=lambda known: "later pass" if known else "first pass")
@pytest.mark.parametrize("name", TWISTS)
def test_an_evil_server_harms_nobody(server: EvilImap, app: App, name: str, known: bool) -> None:
    if known:
        assert isinstance(a_pass(app), PassReport)
    server.append("INBOX", mail(7))
    server.append("Sent", mail(8))
    server.evil = TWISTS[name]
    for _ in range(2):
        a_pass(app)
    require_whole(server, app)


def test_a_uidvalidity_that_flaps_harms_nobody(server: EvilImap, app: App) -> None:
    server.evil = flapping()
    for number in range(7, 10):
        server.append("INBOX", mail(number))
        a_pass(app)
    require_whole(server, app)


@pytest.mark.parametrize("data", [False, True], ids=["instead of the answer", "instead of its end"])
def test_the_server_may_say_bye_at_any_command(server: EvilImap, app: App, data: bool) -> None:
    for turn in itertools.count(3, 2):
        commands = itertools.count()

        def bye(_command: Command, said: bytes, turn: int = turn, commands: Iterator[int] = commands) -> bytes:
            if next(commands) == turn:
                raise HangUp((re.sub(_OK, b"", said) if data else b"") + b"* BYE going down\r\n")
            return said

        server.evil = bye
        server.append("INBOX", mail(turn + 7))
        report = a_pass(app)
        if isinstance(report, PassReport) and next(commands) <= turn:
            break
        require_whole(server, app)
    assert turn > 7


@contextmanager
def bounded(mib: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < mib * _MIB
    finally:
        tracemalloc.stop()


_BLOCK = b"x" * _MIB


def endless(said: bytes) -> Iterable[bytes]:
    return itertools.chain([b"* OK "], itertools.repeat(_BLOCK, 100), [b"\r\n", said])


def endless_lines(said: bytes) -> Iterable[bytes]:
    return itertools.chain(itertools.repeat(b"* OK nothing\r\n" * 5000, 300), [said])


@pytest.mark.parametrize("flood", [endless, endless_lines], ids=["one line of 100 MB", "20 MB of lines"])
def test_memory_stays_bounded(
    server: EvilImap, app: App, flood: Callable[[bytes], Iterable[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LINE_LIMIT", 8 * _MIB)
    monkeypatch.setattr(client, "_MOST_KEPT", 5000)
    server.evil = on("EXAMINE", flood)
    with bounded(60):
        a_pass(app)
    require_whole(server, app)


@pytest.mark.parametrize("after", [7, 11])
def test_a_folder_may_be_deleted_or_renamed_during_a_pass(server: EvilImap, app: App, after: int) -> None:
    commands = itertools.count()

    def rename(command: Command, said: bytes) -> bytes:
        if next(commands) == after:
            folder = server.box.folders.pop("Sent")
            server.box.folders["Old Sent"] = replace(folder, name="Old Sent", attributes=(), uidvalidity=99)
        return said

    server.evil = rename
    a_pass(app)
    require_whole(server, app)
