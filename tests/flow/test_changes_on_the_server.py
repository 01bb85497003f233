"""Other mail programs at work: after each pass the archive says of every copy what the server says, and forgets no mail.

A second client appends, flags, deletes and moves at random, on a Dovecot that offers QRESYNC, one with CONDSTORE alone,
one with neither, and on Cyrus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from mailcrm.clock import utc_now
from mailcrm.ingest.imap.mailbox import Mailbox
from mailcrm.ingest.imap.upkeep import Upkeep
from mailcrm.ingest.imap.waiting import WaitingBodies
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import RawMessage
from mailcrm.model.rights import Viewer
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once
from mailcrm.store import copies as copies_table
from mailcrm.store import coverage
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.audit import AuditEntry
from mailcrm.store.rows.mail import Message, MessageLocation
from mailcrm.store.rows.party import Party
from tests.builders import a_write
from tests.conftest import require
from tests.flow.instance import Instance, imap_account
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.imap_reader import ImapReader
from tests.servers.mail import FOLLOWING, MailServer

FOLDERS = ("INBOX", "Archive", "客户")
FLAGS = (["\\Seen"], ["\\Seen", "\\Answered"], ["\\Flagged", "$Important"], [])


@pytest.fixture(scope="module", params=FOLLOWING)
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    require(Cyrus if request.param == "cyrus" else Dovecot)
    with FOLLOWING[request.param]() as found:
        yield found


@pytest.fixture
def app(server: MailServer, tmp_path: Path) -> Iterator[App]:
    """Its clock runs fast: where no mod-sequences are kept, flags are looked at every quarter of an hour."""
    user = f"u{tmp_path.parent.name[-3:]}{tmp_path.name}"
    instance = Instance(tmp_path, [imap_account(tmp_path, server, user)])
    hours = count()
    found = replace(instance.app(), clock=lambda: utc_now() + timedelta(hours=next(hours)))
    with server.reader(user) as other:
        for folder in FOLDERS[1:]:
            other.create(folder)
    yield found
    found.store.close()


def other_client(server: MailServer, app: App) -> ImapReader:
    return server.reader(app.config.accounts[0].login_name)


def mail(number: int) -> bytes:
    head = f"From: P{number % 7} <p{number % 7}@c.example>\nTo: me@own.example\nSubject: Mail {number}\n"
    return f"{head}Message-ID: <{number}@c.example>\nDate: Tue, 01 Sep 2026 08:00:00 +0000\n\nBody {number}\n".encode()


def fill(other: ImapReader, last: int) -> None:
    """Mail 1 to `last` comes into INBOX."""
    for number in range(1, last + 1):
        other.append("INBOX", mail(number))


def a_pass(app: App) -> None:
    report, _ = sync_once(app, app.config.accounts[0].name, lambda _report: None)
    assert report.complete, report.failures


def copies(app: App, folder: str) -> dict[int, frozenset[str]]:
    """What the archive believes to lie in a folder now."""
    query = (
        select(MessageLocation.uid, MessageLocation.flags)
        .join(Folder, (Folder.id == MessageLocation.folder_id) & (Folder.generation == MessageLocation.generation))
        .where(Folder.name == folder, MessageLocation.gone_at.is_(None))
    )
    with app.store.read() as session:
        return {uid: frozenset(flags.split()) for uid, flags in session.execute(query)}


def count_mails(app: App) -> int:
    with app.store.read() as session:
        return session.execute(select(func.count()).select_from(Message)).scalar_one()


def check(app: App, other: ImapReader) -> None:
    for folder in FOLDERS:
        assert copies(app, folder) == other.flags(folder), folder


def churn(other: ImapReader, chance: Random, numbers: Iterator[int]) -> None:
    """One thing that a mail program does."""
    folder, deed = chance.choice(FOLDERS), chance.randrange(4)
    uids = other.uids(folder)
    if deed == 0 or not uids:
        other.append(folder, mail(next(numbers)), flags=chance.choice(FLAGS))
        return
    uid = chance.choice(uids)
    if deed == 1:
        other.set_flags(folder, uid, chance.choice(FLAGS))
    elif deed == 2:
        other.delete(folder, uid)
    else:  # a move, as clients do it that know no MOVE
        raw, flags = other.raw(folder, uid), other.flags(folder)[uid]
        other.append(chance.choice(FOLDERS), raw, flags=flags)
        other.delete(folder, uid)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_other_programs_do_the_archive_follows(server: MailServer, app: App, seed: int) -> None:
    chance, numbers = Random(seed), iter(range(1, 10_000))
    with other_client(server, app) as other:
        for _ in range(30):
            other.append("INBOX", mail(next(numbers)))
        a_pass(app)
        check(app, other)
        for _ in range(8):
            for _ in range(chance.randrange(1, 9)):
                churn(other, chance, numbers)
            a_pass(app)
            check(app, other)
        # Every mail that ever lay there is kept, once, however often it moved.
        assert count_mails(app) <= next(numbers) - 1
        assert count_mails(app) >= 30


def test_mail_that_moves_is_one_mail_and_is_not_fetched_again(server: MailServer, app: App) -> None:
    with other_client(server, app) as other:
        fill(other, 3)
        a_pass(app)
        other.append("Archive", other.raw("INBOX", 2))
        other.delete("INBOX", 2)
        report, _ = sync_once(app, app.config.accounts[0].name, lambda _report: None)
        assert (report.headers, report.bodies) == (1, 0)
        assert (sorted(copies(app, "INBOX")), sorted(copies(app, "Archive"))) == ([1, 3], [1])
        assert count_mails(app) == 3


def test_a_pass_over_a_mailbox_that_stands_still_opens_no_folder(server: MailServer, app: App) -> None:
    with other_client(server, app) as other:
        fill(other, 3)
    now = replace(app, clock=utc_now)
    for _ in range(2):
        a_pass(now)
    report, _ = sync_once(now, app.config.accounts[0].name, lambda _report: None)
    assert (report.folders, report.unchanged) == (len(FOLDERS) + 1, len(FOLDERS) + 1)


def test_a_folder_that_is_emptied_loses_no_mail_of_the_archive(server: MailServer, app: App) -> None:
    with other_client(server, app) as other:
        fill(other, 60)
        a_pass(app)
        for uid in other.uids("INBOX"):
            other.delete("INBOX", uid)
        a_pass(app)
        assert copies(app, "INBOX") == {}
    assert count_mails(app) == 60
    with app.store.read() as session:
        noted = session.execute(select(AuditEntry.action)).scalars().all()
    assert noted.count("folder.much_gone") == 1


def test_a_folder_that_is_renamed_or_deleted_keeps_no_copy(server: MailServer, app: App) -> None:
    with other_client(server, app) as other:
        fill(other, 4)
        other.append("Archive", mail(5))
        other.append("客户", mail(6))
        a_pass(app)
        other.rename("Archive", "Old")
        other.remove("客户")
        a_pass(app)
    assert [len(copies(app, folder)) for folder in (*FOLDERS, "Old")] == [4, 0, 0, 1]
    assert (count_mails(app), unread(app)) == (6, 0)
    with app.store.read() as session:
        noted = session.execute(select(AuditEntry.action)).scalars().all()
    assert noted.count("folder.gone") == (1 if known_by_id(server) else 2)


@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_is_renamed_is_read_again_only_where_it_has_no_id(
    server: MailServer, app: App, again: bool
) -> None:
    """Nor if another takes its name."""
    with other_client(server, app) as other:
        for number in range(1, 4):
            other.append("Archive", mail(number).replace(b"Message-ID:", b"X-No-ID:"))
        a_pass(app)
        other.rename("Archive", "Old")
        if again:
            other.create("Archive")
            other.append("Archive", mail(4))
        report, _ = sync_once(app, app.config.accounts[0].name, lambda _report: None)
        assert copies(app, "Old") == other.flags("Old")
        a_pass(app)
        if again:
            check(app, other)
    assert report.headers == again + (0 if known_by_id(server) else 3)
    assert count_mails(app) == 3 + again


def known_by_id(server: MailServer) -> bool:
    """Whether it has ids for folders and mails (RFC 8474)."""
    return isinstance(server, Cyrus)


@pytest.mark.parametrize("without", [("Archive",), FOLDERS])
def test_a_folder_that_is_not_listed_for_a_while_is_found_again(
    server: MailServer, app: App, monkeypatch: pytest.MonkeyPatch, without: Sequence[str]
) -> None:
    """A list without INBOX is not believed at all."""
    with other_client(server, app) as other:
        for number in range(1, 4):
            other.append("Archive", mail(number))
        a_pass(app)
        true_survey = Mailbox.survey

        def forgetful(self: Mailbox) -> Any:
            listed, statuses = true_survey(self)
            return [info for info in listed if info.name not in without], statuses

        with monkeypatch.context() as patch:
            patch.setattr(Mailbox, "survey", forgetful)
            a_pass(app)
        assert len(copies(app, "Archive")) == (0 if len(without) == 1 else 3)
        a_pass(app)
        check(app, other)


@pytest.mark.parametrize(("room", "step"), [(Upkeep, "settle"), (copies_table, "mark_gone")])
def test_a_crash_before_the_end_of_a_pass_loses_no_change(
    server: MailServer, app: App, monkeypatch: pytest.MonkeyPatch, room: object, step: str
) -> None:
    """The mod-sequence is stored with the changes it stands for, or not at all."""
    with other_client(server, app) as other:
        fill(other, 8)
        a_pass(app)
        other.set_flags("INBOX", 3, ["\\Flagged"])
        other.delete("INBOX", 5)
        other.append("INBOX", mail(9))
        with monkeypatch.context() as patch:
            patch.setattr(room, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                a_pass(app)
        other.delete("INBOX", 1)
        a_pass(app)
        check(app, other)


def test_a_folder_that_is_numbered_anew_is_matched_without_fetching_a_body(server: MailServer, app: App) -> None:
    with other_client(server, app) as other:
        for number in range(1, 31):
            raw = mail(number)
            other.append("INBOX", raw if number % 3 else raw.replace(b"Message-ID:", b"X-No-ID:"))
        a_pass(app)
        before = other.flags("INBOX")
        with app.store.read() as session:
            people = session.execute(select(Party.id, Party.customer_no, Party.display_name)).all()
    server.renumber(app.config.accounts[0].login_name)
    report, _ = sync_once(app, app.config.accounts[0].name, lambda _report: None)
    with other_client(server, app) as other:
        assert sorted(other.flags("INBOX")) != sorted(before)
        check(app, other)
    assert (report.headers, report.bodies) == (30, 0)
    assert count_mails(app) == 30
    with app.store.read() as session:
        assert session.execute(select(Party.id, Party.customer_no, Party.display_name)).all() == people
        kept = select(MessageLocation.generation, MessageLocation.gone_at.is_(None), func.count())
        kept = kept.group_by(MessageLocation.generation, MessageLocation.gone_at.is_(None))
        assert sorted(map(tuple, session.execute(kept))) == [(1, False, 30), (2, True, 30)]


def test_mail_without_an_id_that_moves_before_its_body_came_is_one_mail(
    server: MailServer, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its body is what tells it again."""
    with other_client(server, app) as other:
        a_pass(app)
        for number in range(1, 4):
            other.append("INBOX", mail(number).replace(b"Message-ID:", b"X-No-ID:"))
        true_bodies, asked = Mailbox.fetch_bodies, count(1)

        def late(self: Mailbox, uids: Sequence[int], **options: Any) -> Iterator[RawMessage]:
            if next(asked) == 1:
                other.move("INBOX", 2, "Archive")
            return true_bodies(self, uids, **options)

        monkeypatch.setattr(Mailbox, "fetch_bodies", late)
        a_pass(app)
        a_pass(app)
        check(app, other)
    assert (count_mails(app), unread(app)) == (3, 0)


def test_mail_that_is_not_listed_at_first_is_found_in_the_same_pass(
    server: MailServer, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As servers do whose replicas are not of one mind."""
    with other_client(server, app) as other:
        fill(other, 8)
        true_uids, asked = Mailbox.uids, count(1)

        def forgetful(self: Mailbox, lo: int, hi: int | None = None) -> list[int]:
            found = true_uids(self, lo, hi)
            return [uid for uid in found if uid != 4] if next(asked) == 1 else found

        monkeypatch.setattr(Mailbox, "uids", forgetful)
        a_pass(app)
        check(app, other)


def unread(app: App) -> int:
    with app.store.read() as session:
        return session.execute(select(func.count()).where(Message.body_text.is_(None))).scalar_one()


def test_bodies_of_mail_that_was_missed_for_a_while_come_after_all(
    server: MailServer, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other_client(server, app) as other:
        fill(other, 6)
    with monkeypatch.context() as patch:
        for way in ("fetch", "fetch_beside"):
            patch.setattr(WaitingBodies, way, lambda *_: None)
        sync_once(app, app.config.accounts[0].name, lambda _report: None)
    assert unread(app) == 6
    with a_write(app.store) as session:
        row = session.execute(select(Folder).where(Folder.name == "INBOX")).scalar_one()
        copies_table.mark_gone(session, FolderRef(row.id, row.account_id, row.name), row.generation, [2, 3], utc_now())
    a_pass(app)
    assert unread(app) == 0


def test_bodies_that_never_come_do_not_block_the_others(
    server: MailServer, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other_client(server, app) as other:
        fill(other, 20)

    def without_seven(true: Callable[..., Iterator[RawMessage]]) -> Callable[..., Iterator[RawMessage]]:
        return lambda *asked, **options: (raw for raw in true(*asked, **options) if raw.uid > 7)

    for way in ("fetch_bodies", "stream_bodies"):
        monkeypatch.setattr(Mailbox, way, without_seven(getattr(Mailbox, way)))
    for _ in range(7):
        sync_once(app, app.config.accounts[0].name, lambda _report: None)
    assert unread(app) == 7
    with app.store.read() as session:
        assert len(coverage.list_problems(session, Viewer.system())) == 7
