"""A host sees no more connections than its budget, however many mailboxes and workers there are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mailcrm.errors import StoreBusy
from mailcrm.service import slots
from mailcrm.service.leases import Claim, Claims, Work
from mailcrm.service.slots import connection_slot
from mailcrm.service.works import all_works
from mailcrm.store import Session, Store, coverage, leases
from tests.providers import profiles
from tests.providers.reading import LIFE, Daemon, account_at
from tests.providers.server import Quirks, ScriptedImap

_NAMES = ("ann", "bob", "cleo", "dora", "emil")


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap(Quirks(), user="all@own.example", secret="pass") as scripted:
        yield scripted


def a_team(store: Store, server: ScriptedImap, folder: Path, places: int) -> Daemon:
    accounts = [account_at(server, folder, name) for name in _NAMES]
    return Daemon(store, accounts, sync={"connections_per_host": places, "poll_seconds": 1})


def a_mail(number: int) -> bytes:
    return f"From: a{number}@c.example\r\nMessage-ID: <m{number}@c.example>\r\nSubject: S\r\n\r\n1\r\n".encode()


def all_have(store: Store, count: int) -> bool:
    with store.read() as session:
        inboxes = [line for line in coverage.count_folders(session) if line.folder == "INBOX"]
    return [line.stored for line in inboxes] == [count] * len(_NAMES)


def cycle(workers: list[Claims], until: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end
        for claims in workers:
            claims.cycle()
        time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
def test_more_mailboxes_than_connections_are_all_read_and_stay_so(
    store: Store, server: ScriptedImap, tmp_path: Path, workers: int
) -> None:
    team = a_team(store, server, tmp_path, places=2)
    all_claims = []
    for number in range(workers):
        name = f"worker{number}"
        works = {key: work for key, work in all_works(team.app, name, Random(1)).items() if work.kind == "mailbox"}
        all_claims.append(Claims(store, works, name, LIFE, Random(1)))
    try:
        for number in (1, 2):
            server.append("INBOX", a_mail(number))
            cycle(all_claims, lambda: all_have(store, number))  # noqa: B023
        assert server.most_open == 2
    finally:
        for claims in all_claims:
            claims.close(20)
    with store.read() as session:
        assert [row.name for row in leases.list_leases(session) if row.owner] == []


def test_who_finds_no_place_comes_back_in_seconds(store: Store, server: ScriptedImap, tmp_path: Path) -> None:
    team = a_team(store, server, tmp_path, places=2)
    account = team.app.config.accounts[0]
    with (
        connection_slot(team.app, account, "worker", set()) as first,
        connection_slot(team.app, account, "another", set()) as second,
    ):
        assert first is not None
        assert second is not None
        assert (first.shared, second.shared) == (False, True)
        assert timedelta(seconds=4) <= team.turn("bob") <= timedelta(seconds=6)
        assert server.commands == []
    team.read("bob")


def test_a_turn_in_a_shared_place_begins_with_the_reading_and_then_it_is_the_next_ones(
    store: Store, server: ScriptedImap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = a_team(store, server, tmp_path, places=1)
    monkeypatch.setattr(slots, "_TURN_SECONDS", -1.0)
    with connection_slot(team.app, team.app.config.accounts[0], "worker", set()) as slot:
        assert slot is not None
        assert not slot.over()
        slot.begin()
        assert slot.over()
    assert team.turn("ann") >= timedelta(seconds=5)


def test_a_place_that_could_not_be_given_back_is_free_again_with_the_next_turn(
    store: Store, server: ScriptedImap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = a_team(store, server, tmp_path, places=1)

    def read(claim: Claim) -> timedelta:
        with connection_slot(team.app, team.app.config.accounts[0], "worker", claim.places):
            claim.pause(60, over)
        return timedelta(hours=1)

    def owners() -> list[str | None]:
        with store.read() as session:
            return [row.owner for row in leases.list_leases(session) if row.kind == leases.CONNECTION]

    def release(session: Session, name: str, *rest: Any, **more: Any) -> None:
        if name.startswith(leases.CONNECTION) and not refused:
            refused.append(name)
            raise StoreBusy("the database is locked")
        release_lease(session, name, *rest, **more)

    over, refused, release_lease = threading.Event(), list[str](), leases.release_lease
    monkeypatch.setattr(leases, "release_lease", release)
    claims = Claims(store, {"m": Work("m", "mailbox", read)}, "worker", LIFE, Random(1))
    cycle([claims], lambda: owners() == ["worker"])
    for _ in range(3):
        claims.cycle()
    assert (owners(), refused) == (["worker"], [])
    over.set()
    cycle([claims], lambda: owners() == [None])
    assert len(refused) == 1
    claims.close(5)


def test_a_refused_login_gives_its_place_back(store: Store, server: ScriptedImap, tmp_path: Path) -> None:
    team = a_team(store, server, tmp_path, places=1)
    server.answer("LOGIN", profiles.GMAIL.login_error)
    team.turn("ann")
    assert team.is_parked("ann")
    team.read("bob")


def test_as_many_mailboxes_as_connections_are_watched(store: Store, server: ScriptedImap, tmp_path: Path) -> None:
    team = a_team(store, server, tmp_path, places=len(_NAMES))
    account = team.app.config.accounts[0]
    with ExitStack() as held:
        slots = [held.enter_context(connection_slot(team.app, account, "worker", set())) for _ in _NAMES]
        assert [slot.shared for slot in slots if slot] == [False] * len(_NAMES)
        assert held.enter_context(connection_slot(team.app, account, "worker", set())) is None
