"""An installation whose passes can be disturbed and repeated, and two judges of what is left in the archive.

One is a reader of the server that shares no code with mailcrm; the other is the archive that a pass made which nothing
disturbed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailcrm.clock import utc_now
from mailcrm.errors import MailcrmError
from mailcrm.service.passes import sync_once
from mailcrm.store import Session, blobs
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation
from mailcrm.store.rows.party import EmailAddress, Party
from mailcrm.store.rows.timeline import Interaction
from tests.faults.line import Fault, FaultyLine, Trouble, Way
from tests.flow.instance import Instance, imap_account
from tests.servers.mail import MAIL_SERVERS, MailServer

FOLDERS = ("INBOX", "Archive")
BATCH = 3
"""Messages per window."""

SAMPLES = 4
"""Faults of one kind in one scenario, unless MAILCRM_FAULT_STEP says every how many bytes."""

Flags = dict[str, dict[int, frozenset[str]]]
Cursors = dict[str, tuple[int, int, int, int]]


def mail(number: int) -> bytes:
    """A mail; every fourth has no Message-ID, every sixth is long."""
    head = f"From: P{number % 5} <p{number % 5}@c.example>\nTo: me@own.example\nSubject: Mail {number}\n"
    if number % 4:
        head += f"Message-ID: <{number}@c.example>\n"
    text = "您好 words\n" * (3 if number % 6 else 900)
    return f"{head}Date: Tue, 01 Sep 2026 08:00:{number:02d} +0000\n\n{text}{number}\n".encode()


@dataclass
class Rig:
    """`begin` notes where trials start from, and what an undisturbed pass makes of it; `put_back` goes there again."""

    instance: Instance
    server: MailServer
    line: FaultyLine
    user: str
    server_flags: Flags = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    cursors: Cursors = field(default_factory=dict)
    passed: dict[Way, int] = field(default_factory=dict)

    def a_pass(self, fault: Fault | None = None, later: timedelta = timedelta(0)) -> bool:
        """Whether it came to its end, with nothing left to do; by a clock that is so much `later`."""
        self.line.next(fault)
        app = replace(self.instance.app(), clock=lambda: utc_now() + later)
        try:
            with suppress(MailcrmError):
                return sync_once(app, "main", lambda _report: None)[0].complete
        finally:
            app.store.close()
        return False

    @contextmanager
    def through(self, imap: dict[str, Any]) -> Iterator[None]:
        """Passes go this way (`accounts.imap`) instead of through the line."""
        account = self.instance.document["accounts"][0]
        usual = account["imap"]
        account["imap"] = imap
        self.instance.write()
        yield
        account["imap"] = usual
        self.instance.write()

    def begin(self) -> None:
        """Trials start from here."""
        state, kept = self.instance.folder / "state", self.instance.folder / "kept"
        shutil.copytree(state, kept)
        with self.instance.looking() as session:
            self.ids, self.cursors = _ids(session), _cursors(session)
        with self.server.reader(self.user) as reader:
            self.server_flags = {folder: reader.flags(folder) for folder in FOLDERS}
        assert self.a_pass()
        self.passed = dict(self.line.passed)
        with self.instance.looking() as session:
            self.expected = picture(session)
        self.check()

    def put_back(self) -> None:
        """As it was at `begin`."""
        state = self.instance.folder / "state"
        shutil.rmtree(state)
        shutil.copytree(self.instance.folder / "kept", state)

    def faults(self, trouble: Trouble, way: Way = Way.ANSWERS, samples: int = SAMPLES) -> Iterator[Fault]:
        """The same trouble at every so many bytes of an undisturbed pass. Samples of one kind begin elsewhere than those
        of another, so that together they see more."""
        total, step = self.passed[way], int(os.environ.get("MAILCRM_FAULT_STEP", "0"))
        width = step or max(total // samples, 1)
        offset = 0 if step else (list(Trouble).index(trouble) * 7 + list(Way).index(way) * 3) % 13 * width // 13
        yield from (Fault(trouble, at, way) for at in range(offset, total, width))

    def check(self) -> None:
        """The archive is that of an undisturbed pass, and says what the server says; on the server nothing changed."""
        with self.instance.looking() as session:
            assert picture(session) == self.expected
            self.check_against_server(session)
            after = _ids(session)
            assert {key: after.get(key) for key in self.ids} == self.ids, "a mail got another id"

    def check_against_server(self, session: Session) -> None:
        """By a reader that shares no code with us: UIDs, flags, raw bytes; and no flag changed since `begin`."""
        with self.server.reader(self.user) as reader:
            for folder in FOLDERS:
                rows = here(session, folder)
                flags = reader.flags(folder)
                assert {uid: row[0] for uid, row in rows.items()} == flags, folder
                assert flags == self.server_flags[folder], "a pass changed flags on the server"
                for uid, (_, digest) in rows.items():
                    assert digest is None or blobs.get(session, digest) == reader.raw(folder, uid)

    def check_cursors(self, before: Cursors) -> Cursors:
        """They never go back, and never pass mail that is not filed. Returns where they are now."""
        with self.instance.looking() as session:
            now, filed = _cursors(session), {folder: _filed(session, folder) for folder in FOLDERS}
        for folder, old in before.items():
            assert all(a >= b for a, b in zip(now[folder], old, strict=True)), f"a cursor went back in {folder}"
        for folder in now.keys() & self.server_flags.keys():
            _, high, depth, _ = now[folder]
            passed = {uid for uid in self.server_flags[folder] if -depth < uid <= high}
            assert passed <= filed[folder], f"the cursor of {folder} passed mail that is not filed"
        return now


def sweep(rig: Rig, faults: Iterator[Fault]) -> int:
    """Disturb a pass, look at the cursors, let a whole pass follow, and judge. Returns how often that was done."""
    return trials(rig, ((str(fault), lambda fault=fault: rig.a_pass(fault)) for fault in faults))


def trials(rig: Rig, disturbed: Iterator[tuple[str, Callable[[], object]]]) -> int:
    """The same for any disturbed passes, each with its name."""
    done = 0
    for name, act in disturbed:
        rig.put_back()
        act()
        try:
            between = rig.check_cursors(rig.cursors)
            assert rig.a_pass(), "the next pass was not complete"
            rig.check_cursors(between)
            rig.check()
        except AssertionError as exc:
            raise AssertionError(f"wrong after {name}") from exc
        done += 1
    return done


def here(session: Session, folder: str) -> dict[int, tuple[frozenset[str], str | None]]:
    """Flags and the digest of the raw bytes by UID, of what the archive believes to lie in a folder now."""
    query = (
        select(MessageLocation.uid, MessageLocation.flags, MessageLocation.raw_sha256)
        .join(Folder, (Folder.id == MessageLocation.folder_id) & (Folder.generation == MessageLocation.generation))
        .where(Folder.name == folder, MessageLocation.gone_at.is_(None))
    )
    return {uid: (frozenset(flags.split()), digest) for uid, flags, digest in session.execute(query)}


def picture(session: Session) -> dict[str, Any]:
    """What the archive says, without what may differ between two readings of the same mailbox (ids, moments)."""
    where = select(Folder.name, MessageLocation.uid, Message.dedupe_key, MessageLocation.gone_at.is_(None))
    where = where.join(Folder, Folder.id == MessageLocation.folder_id)
    where = where.join(Message, Message.id == MessageLocation.message_id)
    messages = select(Message.dedupe_key, Message.subject, Message.body_text, Message.body_state, Message.direction)
    lines = select(Interaction.title, Interaction.occurred_at, Interaction.kind, Interaction.direction)
    people = select(Party.display_name, Party.state, EmailAddress.address_norm)
    people = people.join(EmailAddress, EmailAddress.match_party_id == Party.id)
    threads: dict[int, set[str]] = {}
    for thread, key in session.execute(select(Message.thread_id, Message.dedupe_key)):
        threads.setdefault(thread, set()).add(key)
    found = {"where": where, "messages": messages, "timeline": lines, "people": people}
    return {name: sorted(map(repr, session.execute(query).all())) for name, query in found.items()} | {
        "threads": sorted(sorted(keys) for keys in threads.values())
    }


def _ids(session: Session) -> dict[str, int]:
    rows = session.execute(select(Message.dedupe_key, Message.id)).all()
    return {row[0]: row[1] for row in rows}


def _filed(session: Session, folder: str) -> set[int]:
    query = (
        select(MessageLocation.uid).join(Folder, Folder.id == MessageLocation.folder_id).where(Folder.name == folder)
    )
    return set(session.execute(query).scalars())


def _cursors(session: Session) -> Cursors:
    """What may only grow: generation, highest UID, depth of the backfill, mod-sequence."""
    query = select(Folder.name, Folder.generation, Folder.uid_high, -Folder.uid_floor, Folder.modseq_done)
    return {name: (generation, *rest) for name, generation, *rest in session.execute(query) if generation}


@contextmanager
def a_rig(server: MailServer, folder: Path, user: str, **sync: Any) -> Iterator[Rig]:
    """A mailbox with mail in two folders that nobody has read yet; a line to it; an installation."""
    with FaultyLine(server.port) as line:
        # Left to the daemon, it is measured whether compressing is worth it: on a busy machine once so, once so.
        imap = {"host": "127.0.0.1", "port": line.port, "security": "none", "compress": "off"}
        account = imap_account(folder, server, user, initial={"customer_when": "all known"}) | {"imap": imap}
        settings = {"batch_messages": BATCH, "live_limit": 2, "read_timeout": 1, **sync}
        rig = Rig(Instance(folder, [account], sync=settings), server, line, user)
        with server.reader(user) as other:
            other.create("Archive")
            for number in range(1, 10):
                other.append(FOLDERS[number % 3 == 0], mail(number), flags=["\\Seen"] if number % 2 else [])
        yield rig


def at_work(rig: Rig) -> None:
    """A pass, and then what other mail programs do: new mail, flags, a deletion, a move."""
    assert rig.a_pass()
    with rig.server.reader(rig.user) as other:
        for number in (21, 24, 26):
            other.append("INBOX", mail(number))
        other.set_flags("INBOX", 2, ["\\Flagged"])
        other.delete("INBOX", 3)
        other.append("Archive", other.raw("INBOX", 1), flags=["\\Seen"])
        other.delete("INBOX", 1)


SCENARIOS: dict[str, Callable[[Rig], None]] = {"first": lambda _rig: None, "later": at_work}
"""What a disturbed pass has before it: a mailbox nobody has read, or one that other programs have changed since."""


MANY = "MAILCRM_FAULT_STEP" in os.environ
"""Whether this is `make faults`, which tries much more."""

LONG = 86_400 if MANY else 180
"""Seconds that a test of a whole sweep may take."""

PLACES = [
    pytest.param((server, scenario), id=f"{server}-{scenario}", marks=pytest.mark.servers)
    for server in MAIL_SERVERS
    for scenario in SCENARIOS
    if MANY or (server, scenario) != ("cyrus", "first")
]
"""On which servers, and before which pass."""


def rig_on(server: MailServer, folder: Path, scenario: str) -> Iterator[Rig]:
    """For fixtures: a rig on a server at the beginning of a scenario."""
    with a_rig(server, folder, f"rig{abs(hash(folder)) % 10**10}") as rig:
        SCENARIOS[scenario](rig)
        rig.begin()
        yield rig
