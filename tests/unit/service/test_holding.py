"""A mailbox that is read by hand is not read by the daemon at the same time."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.errors import Conflict
from mailcrm.service.holding import held, is_by_hand
from mailcrm.store import Store, leases
from tests.builders import a_store, a_write

LIFE = timedelta(seconds=30)
NAME = "mailbox:main"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


def _owner(store: Store) -> str | None:
    with store.read() as session:
        return leases.lease_owner(session, NAME)


def _taken(store: Store, worker: str) -> bool:
    with a_write(store) as session:
        leases.add_leases(session, {NAME: "mailbox"})
        return leases.take_lease(session, NAME, worker, LIFE)


def test_it_is_held_for_as_long_as_it_is_needed(store: Store) -> None:
    with held(store, NAME, "mailbox", LIFE):
        owner = _owner(store)
        assert owner is not None
        assert is_by_hand(owner)
        assert not _taken(store, "daemon")
    assert _taken(store, "daemon")


def test_it_is_renewed_meanwhile(store: Store) -> None:
    with held(store, NAME, "mailbox", timedelta(seconds=0.6)):
        time.sleep(1.2)
        assert not _taken(store, "daemon")


def test_what_the_daemon_holds_is_refused(store: Store) -> None:
    assert _taken(store, f"{socket.gethostname()[:40]}:{os.getpid()}:abc")
    with pytest.raises(Conflict, match="the daemon reads it"), held(store, NAME, "mailbox", LIFE):
        pass
    assert _owner(store) is not None


def test_two_by_hand_are_told_apart_from_a_daemon(store: Store) -> None:
    with held(store, NAME, "mailbox", LIFE), pytest.raises(Conflict, match="another `mailcrm sync`"):  # noqa: SIM117
        with held(store, NAME, "mailbox", LIFE):
            pass


@pytest.mark.parametrize("prefix", ["", "by-hand:"])
def test_a_process_that_is_gone_holds_nothing(store: Store, prefix: str) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    assert _taken(store, f"{prefix}{socket.gethostname()[:40]}:{gone.pid}:abc")
    with held(store, NAME, "mailbox", LIFE):
        assert is_by_hand(_owner(store) or "")


@pytest.mark.parametrize("owner", ["elsewhere:1:abc", "nonsense", "by-hand:elsewhere:1:abc"])
def test_of_other_machines_nothing_is_known(store: Store, owner: str) -> None:
    assert _taken(store, owner)
    with pytest.raises(Conflict), held(store, NAME, "mailbox", LIFE):
        pass
