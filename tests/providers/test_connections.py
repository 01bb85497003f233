"""A host sees no more connections than its budget, however many mailboxes and workers there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mailcrm.service.leases import Claims
from mailcrm.service.slots import connection_slot
from mailcrm.service.works import all_works
from mailcrm.store import Store, coverage, leases
from tests.builders import a_store
from tests.providers import profiles
from tests.providers.reading import LIFE, Daemon, account_at
from tests.providers.server import Quirks, ScriptedImap

_NAMES = ("ann", "bob", "cleo", "dora", "emil")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


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
        connection_slot(team.app, account, "worker") as first,
        connection_slot(team.app, account, "another") as second,
    ):
        assert first is not None
        assert second is not None
        assert (first.shared, second.shared) == (False, True)
        assert timedelta(seconds=4) <= team.turn("bob") <= timedelta(seconds=6)
        assert server.commands == []
    team.read("bob")


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
        slots = [held.enter_context(connection_slot(team.app, account, "worker")) for _ in _NAMES]
        assert [slot.shared for slot in slots if slot] == [False] * len(_NAMES)
        assert held.enter_context(connection_slot(team.app, account, "worker")) is None
