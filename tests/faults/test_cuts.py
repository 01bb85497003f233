"""The line to a real Dovecot is cut at every so many bytes of a pass, then a whole pass follows.

Compared with an independent reader: no mail missing or double, flags and deletions as on the server, raw bytes equal, no
flag changed on the server. MAILCRM_CUT_STEP=1 cuts at every byte; the default looks at a sample.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailcrm.errors import TransientError
from mailcrm.service.passes import sync_once
from mailcrm.store import blobs
from mailcrm.store.rows.mail import Folder, Message, MessageLocation
from mailcrm.store.rows.timeline import Interaction
from tests.faults.cut_line import CutLine, Ending
from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import Dovecot

FOLDERS = ("INBOX", "Archive")
SAMPLES = 8
"""Cuts per ending and scenario, unless MAILCRM_CUT_STEP says every how many bytes."""


def mail(number: int) -> bytes:
    head = f"From: P{number % 5} <p{number % 5}@c.example>\nTo: me@own.example\nSubject: Mail {number}\n"
    if number % 4:
        head += f"Message-ID: <{number}@c.example>\n"
    text = "您好 words\n" * (3 if number % 6 else 900)
    return f"{head}Date: Tue, 01 Sep 2026 08:00:{number:02d} +0000\n\n{text}{number}\n".encode()


@dataclass
class Rig:
    """An installation that reaches its server over a line that can be cut; `state` can be put back."""

    instance: Instance
    dovecot: Dovecot
    line: CutLine
    user: str
    mails: int = 0

    def a_pass(self, limit: int | None, ending: Ending = Ending.CLOSED) -> bool:
        """Whether it came to its end."""
        self.line.cut_after(limit, ending)
        app = self.instance.app()
        try:
            with suppress(TransientError):
                return sync_once(app, "main", lambda _report: None)[0].complete
        finally:
            app.store.close()
        return False

    def snapshot(self) -> Callable[[], None]:
        """What puts the installation back to where it is now."""
        state, kept = self.instance.folder / "state", self.instance.folder / "kept"
        shutil.copytree(state, kept)

        def put_back() -> None:
            shutil.rmtree(state)
            shutil.copytree(kept, state)

        return put_back

    def cuts(self) -> Iterator[int]:
        """Where to cut: a whole pass tells how many bytes there are."""
        assert self.a_pass(None)
        total = self.line.passed
        step = int(os.environ.get("MAILCRM_CUT_STEP", "0")) or max(total // SAMPLES, 1)
        yield from range(1, total, step)

    def check(self) -> None:
        app = self.instance.app()
        try:
            with self.dovecot.reader(self.user) as reader, app.store.read() as session:
                for folder in FOLDERS:
                    query = (
                        select(MessageLocation.uid, MessageLocation.flags, MessageLocation.raw_sha256)
                        .join(Folder, Folder.id == MessageLocation.folder_id)
                        .where(Folder.name == folder, MessageLocation.gone_at.is_(None))
                    )
                    rows = {row[0]: (frozenset(row[1].split()), row[2]) for row in session.execute(query)}
                    assert {uid: flags for uid, (flags, _) in rows.items()} == reader.flags(folder)
                    for uid, (_, digest) in rows.items():
                        assert digest is None or blobs.get(session, digest) == reader.raw(folder, uid)
                for row in (Message, Interaction):
                    assert session.execute(select(func.count()).select_from(row)).scalar_one() == self.mails
                unread = select(func.count()).where(Message.body_text.is_(None))
                assert session.execute(unread).scalar_one() == 0
        finally:
            app.store.close()


@pytest.fixture
def rig(dovecot: Dovecot, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    user = f"cut{abs(hash(request.node.name)) % 10**8}"
    with CutLine(dovecot.port) as line:
        imap = {"host": "127.0.0.1", "port": line.port, "security": "none"}
        account = imap_account(tmp_path, dovecot, user, initial={"customer_when": "all known"}) | {"imap": imap}
        sync = {"batch_messages": 4, "live_limit": 2, "read_timeout": 1}
        found = Rig(Instance(tmp_path, [account], sync=sync), dovecot, line, user)
        with dovecot.reader(user) as other:
            other.create("Archive")
            for number in range(1, 13):
                other.append(FOLDERS[number % 3 == 0], mail(number), flags=["\\Seen"] if number % 2 else [])
        found.mails = 12
        yield found


def sweep(rig: Rig, ending: Ending) -> None:
    put_back = rig.snapshot()
    points = rig.cuts()
    checked = 0
    for point in points:
        put_back()
        rig.a_pass(point, ending)
        assert rig.a_pass(None), f"the pass after a cut at byte {point} was not complete"
        try:
            rig.check()
        except AssertionError as exc:
            raise AssertionError(f"wrong after a cut at byte {point}") from exc
        checked += 1
    assert checked >= SAMPLES


@pytest.mark.parametrize("ending", [Ending.CLOSED, Ending.RESET])
def test_the_first_pass_may_be_cut_anywhere(rig: Rig, ending: Ending) -> None:
    sweep(rig, ending)


@pytest.mark.parametrize("ending", [Ending.CLOSED, Ending.RESET])
def test_a_later_pass_may_be_cut_anywhere(rig: Rig, ending: Ending) -> None:
    """New mail, flags, a deletion and a move wait for it."""
    assert rig.a_pass(None)
    with rig.dovecot.reader(rig.user) as other:
        other.append("INBOX", mail(21))
        other.append("INBOX", mail(24))
        other.set_flags("INBOX", 2, ["\\Flagged"])
        other.delete("INBOX", 3)
        other.append("Archive", other.raw("INBOX", 1), flags=["\\Seen"])
        other.delete("INBOX", 1)
    rig.mails += 2
    sweep(rig, ending)
    with rig.dovecot.reader(rig.user) as other:
        assert other.flags("INBOX")[2] == {"\\Flagged"}


def test_a_line_that_falls_silent_is_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCRM_CUT_STEP", "6000")
    put_back = rig.snapshot()
    for point in list(rig.cuts())[:5]:
        put_back()
        assert not rig.a_pass(point, Ending.SILENT)
        assert rig.a_pass(None)
        rig.check()
