"""SIGKILL while a mailbox is read, again and again: the archive ends as if nothing had happened."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

from mailcrm.model.message import BodyState
from mailcrm.store import coverage, threads
from tests.flow.corpus import a_corpus
from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import Dovecot

KILLS = 12


def test_kills_at_random_moments_lose_and_double_nothing(dovecot: Dovecot, tmp_path: Path) -> None:
    corpus, chance = a_corpus(600, seed=9), Random(9)
    for folder, mails in corpus.mails.items():
        dovecot.fill("reader", mails, folder)
    account = imap_account(tmp_path, dovecot, "reader")
    instance = Instance(tmp_path, [account], sync={"batch_messages": 20, "live_limit": 5})
    for _ in range(KILLS):
        _killed_after(instance, chance.uniform(0.0, 0.6))
    (result,) = instance.json("sync", "--once")
    assert result["complete"]

    app = instance.app()
    with app.store.read() as session:
        assert coverage.count_messages(session) == {BodyState.DONE: corpus.total}
        assert threads.count_threads(session) == len(set(corpus.threads.values()))
        for row in coverage.count_folders(session):
            assert (row.stored, row.quarantined, row.pending) == (row.server, 0, 0)
    people = instance.json("people", "list", "--all", "--limit", "5000")
    assert {row["email"] for row in people if row["state"] == "active"} == corpus.customers()
    assert {row["email"] for row in people if row["state"] == "candidate"} == corpus.candidates()
    app.store.close()
    assert instance.cli("db", "check").stdout.startswith("the database is whole")


def _killed_after(instance: Instance, seconds: float) -> None:
    """One pass, killed `seconds` after it began to read."""
    process = instance.start("sync", "--once")
    wal = instance.folder / "state" / "mailcrm.db-wal"
    size, end = _size(wal), time.monotonic() + 20
    while _size(wal) == size and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    process.wait()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
