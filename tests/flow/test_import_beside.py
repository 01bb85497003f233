"""An import among others: killed in the middle, beside the server that has the same mail, a daemon, another import."""

from __future__ import annotations

import mailbox
import signal
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from mailcrm.model.message import BodyState
from mailcrm.service.holding import held
from mailcrm.store import Session, Store, coverage, threads
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Blob, Message, MessageLocation
from tests.flow.corpus import OWN, Corpus, a_corpus
from tests.flow.importing import a_mail, an_mbox, counts, imported, locations, message_ids, unread_account
from tests.flow.instance import Instance, imap_account, until
from tests.servers.dovecot import Dovecot

KILLS = 5


def lay_out(corpus: Corpus, root: Path, form: str) -> Path:
    """All mails of the corpus in files."""
    mails = [raw for folder in corpus.mails.values() for raw in folder]
    if form == "mbox":
        return an_mbox(root / "all.mbox", mails)
    if form == "maildir":
        box = mailbox.Maildir(root / "Maildir")
        for raw in mails:
            box.add(raw)
        box.close()
        return root / "Maildir"
    for number, raw in enumerate(mails):
        path = root / "tree" / str(number % 7) / f"信 {number}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return root / "tree"


# --- killed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml"])
def test_an_import_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path, form: str) -> None:
    corpus, chance = a_corpus(400, seed=7), Random(form)
    path = lay_out(corpus, tmp_path, form)
    instance = Instance(tmp_path, [unread_account(tmp_path, address=OWN)], sync={"batch_messages": 20, "live_limit": 7})
    filed = 0
    for kill in range(KILLS):
        filed = _killed_at(instance, path, filed + chance.randrange(60) * (kill > 0), chance.uniform(0.0, 0.03))
    result = instance.json("import", "mail", str(path))
    assert (result["mails"], result["quarantined"], result["failures"]) == (corpus.total, 0, [])
    assert result["read"] == result["new"] == corpus.total - filed, "it goes on where it was"

    app = instance.app()
    with app.store.read() as session:
        assert message_ids(session) == sorted(corpus.threads)
        assert sum(locations(session).values()) == corpus.total
        assert coverage.count_messages(session) == {BodyState.DONE: corpus.total}
        assert threads.count_threads(session) == len(set(corpus.threads.values()))
    app.store.close()
    people = instance.json("people", "list", "--all", "--limit", "5000")
    assert {row["email"] for row in people if row["state"] == "active"} == corpus.customers()
    assert {row["email"] for row in people if row["state"] == "candidate"} == corpus.candidates()
    assert instance.cli("db", "check").stdout.startswith("the database is whole")


def _killed_at(instance: Instance, path: Path, mails: int, seconds: float) -> int:
    """One import, killed `seconds` after it has filed so many mails. Returns how many are filed then."""
    process = instance.start("import", "mail", str(path))
    until(lambda: _filed(instance) >= mails, seconds=60, every=0.005)
    time.sleep(seconds)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was faster than the kill"
    return _filed(instance)


def _filed(instance: Instance) -> int:
    database = sqlite3.connect(instance.folder / "state" / "mailcrm.db")
    try:
        return int(database.execute("SELECT count(*) FROM message_location").fetchone()[0])
    finally:
        database.close()


# --- the server has the same mail --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml"])
def test_mail_that_comes_from_the_server_later_is_one_message_in_two_places(
    dovecot: Dovecot, tmp_path: Path, form: str
) -> None:
    user, corpus = f"late{form}", a_corpus(60, seed=3)
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, user)])
    path = lay_out(corpus, tmp_path, form)
    assert counts(imported(instance, path)) == (corpus.total, 0, 0, 0)
    for folder, mails in corpus.mails.items():
        dovecot.fill(user, mails, folder)
    (result,) = instance.json("sync", "--once")
    assert (result["complete"], result["headers"], result["quarantined"]) == (True, corpus.total, 0)
    assert result["bodies"] == 0, "the bytes are there, so nothing is downloaded"
    app = instance.app()
    with app.store.read() as session:
        assert message_ids(session) == sorted(corpus.threads)
        assert set(_places_per_message(session)) == {2}
        assert session.execute(select(func.count()).select_from(Blob)).scalar_one() == corpus.total
    app.store.close()
    assert counts(imported(instance, path)) == (0, corpus.total, 0, 0)


def test_mail_that_came_from_the_server_is_already_there(dovecot: Dovecot, tmp_path: Path) -> None:
    corpus = a_corpus(60, seed=4)
    for folder, mails in corpus.mails.items():
        dovecot.fill("early", mails, folder)
    without_id = [raw.replace(b"Message-ID:", b"X-Id:") for raw in corpus.mails["INBOX"][:5]]
    dovecot.fill("early", without_id)
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "early")])
    instance.json("sync", "--once")
    path = lay_out(corpus, tmp_path, "mbox")
    assert counts(imported(instance, an_mbox(path, without_id))) == (0, corpus.total + 5, 0, 0)
    app = instance.app()
    with app.store.read() as session:
        assert set(_places_per_message(session)) == {2}
    app.store.close()


def _places_per_message(session: Session) -> list[int]:
    query = select(func.count()).select_from(MessageLocation).group_by(MessageLocation.message_id)
    return list(session.execute(query).scalars())


def test_a_pass_over_the_server_leaves_an_import_alone_and_is_complete(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.fill("alone", [a_mail(1)])
    dovecot.fill("alone", [a_mail(2)], "import: box")  # a name that an import has, too
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "alone")])
    box = an_mbox(tmp_path / "box", [a_mail(n) for n in range(3, 9)])
    (tmp_path / "broken.eml").write_bytes(b"no mail\n\n")
    imported(instance, box)
    imported(instance, tmp_path / "broken.eml")
    app = instance.app()
    with app.store.read() as session:
        before = _imports(session)
    (first,) = instance.json("sync", "--once")
    (second,) = instance.json("sync", "--once")
    assert (first["complete"], first["headers"], second["unchanged"]) == (True, 2, second["folders"])
    assert "no mail is missing" in instance.cli("accounts", "retry", "main").stdout
    with app.store.read() as session:
        assert _imports(session) == before
        assert sorted(locations(session).values()) == [1, 1, 6]
    app.store.close()
    (status,) = instance.json("status")["accounts"]
    assert (status["server"], status["stored"], status["imported"], status["quarantined"]) == (2, 2, 6, 1)
    assert instance.json("import", "mail", str(box))["read"] == 0


def _imports(session: Session) -> list[tuple[object, ...]]:
    query = select(*Folder.__table__.columns).where(Folder.role == "import").order_by(Folder.id)
    return [tuple(row) for row in session.execute(query)]


# --- others at work ----------------------------------------------------------------------------------------------


def test_an_import_beside_a_running_daemon_finishes_and_both_file_their_mail(dovecot: Dovecot, tmp_path: Path) -> None:
    corpus = a_corpus(300, seed=8)
    for folder, mails in corpus.mails.items():
        dovecot.fill("both", mails, folder)
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "both")], sync={"batch_messages": 10})
    path = lay_out(corpus, tmp_path, "eml")
    app = instance.app()
    with instance.daemon():
        result = instance.json("import", "mail", str(path))
        assert (result["mails"], result["new"] + result["known"]) == (corpus.total, corpus.total)
        until(lambda: _server_mail(app.store) == corpus.total)
    with app.store.read() as session:
        assert message_ids(session) == sorted(corpus.threads)
        assert set(_places_per_message(session)) == {2}
    app.store.close()


def _server_mail(store: Store) -> int:
    query = select(func.count()).select_from(MessageLocation).join(Folder).where(Folder.role != "import")
    with store.read() as session:
        return session.execute(query).scalar_one()


def test_a_second_import_into_the_account_waits_its_turn(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [unread_account(tmp_path), unread_account(tmp_path, "other")])
    box = an_mbox(tmp_path / "box", [a_mail(1)])
    app = instance.app()
    with held(app.store, "import:main", "import", timedelta(seconds=30)):
        refused = instance.cli("import", "mail", str(box), "--account", "main", ok=2).stderr
        assert "another `mailcrm import` is at it right now" in refused
        assert counts(imported(instance, box, "other")) == (1, 0, 0, 0)
    with app.store.read() as session:
        assert session.execute(select(func.count()).select_from(Message)).scalar_one() == 1
    app.store.close()
    assert counts(imported(instance, box, "main")) == (0, 1, 0, 0)
