"""Standing work is done by exactly one worker, goes to another when its worker dies, and never by two at once."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mailcrm.errors import ConnectionLost
from mailcrm.service.leases import Claim, Claims, Work
from mailcrm.store import Store, leases
from tests.builders import a_store, a_write

LIFE = timedelta(seconds=4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


class Watch:
    """Counts who works on what, and whether two ever did at the same time."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        self.starts: list[str] = []
        self.clash = False
        self._guard = threading.Lock()

    def work(self, name: str, kind: str = "mailbox") -> Work:
        def run(claim: Claim) -> timedelta:
            with self._guard:
                self.running[name] = self.running.get(name, 0) + 1
                self.clash |= self.running[name] > 1
                self.starts.append(name)
            while claim.ok():
                claim.pause(0.05)
            with self._guard:
                self.running[name] -= 1
            return timedelta(0)

        return Work(name, kind, run)


def _claims(store: Store, works: list[Work], worker: str, life: timedelta = LIFE) -> Claims:
    made = Claims(store, {work.name: work for work in works}, worker, life, Random(1))
    made.publish()
    return made


def _until(condition: Callable[[], bool], *workers: Claims, seconds: float = 12) -> None:
    """Turn the workers' loops until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        for worker in workers:
            worker.cycle()
        time.sleep(0.05)


def test_one_worker_does_all_there_is(store: Store) -> None:
    watch = Watch()
    one = _claims(store, [watch.work(f"m{n}") for n in range(5)], "one")
    _until(lambda: len(one.held) == 5, one)
    assert one.close(5) == []
    with store.read() as session:
        assert all(row.owner is None for row in leases.list_leases(session))


def test_two_workers_share_and_nothing_runs_twice(store: Store) -> None:
    watch = Watch()
    works = [watch.work(f"m{n}") for n in range(6)]
    one, two = _claims(store, works, "one"), _claims(store, works, "two")
    _until(lambda: len(one.held) == 6, one)
    _until(lambda: (len(one.held), len(two.held)) == (3, 3), one, two)
    assert not watch.clash
    one.close(5)
    two.close(5)


def test_the_work_of_a_dead_worker_is_taken_over(store: Store) -> None:
    watch, taken = Watch(), Watch()
    dead = _claims(store, [watch.work("m")], "dead", timedelta(seconds=2))
    _until(lambda: dead.held == ["m"], dead)
    alive = _claims(store, [taken.work("m")], "alive", timedelta(seconds=2))  # `dead` never renews again
    _until(lambda: alive.held == ["m"], alive)
    assert not dead._held["m"].ok(), "a thread that lost its lease has fenced itself"
    alive.close(5)
    dead.close(5)


def test_a_thread_fences_itself_before_its_lease_ends(store: Store) -> None:
    claim = Claim(Watch().work("m"), 0, timedelta(seconds=2), Random(1))
    assert claim.ok()
    time.sleep(1.05)
    assert not claim.ok()
    claim.close()


def test_failing_work_is_due_again_later_and_its_error_is_kept(store: Store) -> None:
    tries: list[float] = []

    def fail(_claim: Claim) -> timedelta:
        tries.append(time.monotonic())
        raise ConnectionLost("cannot reach it")

    one = _claims(store, [Work("m", "mailbox", fail)], "one")
    _until(lambda: len(tries) == 1 and not one._held, one)
    for _ in range(5):
        one.cycle()
    with store.read() as session:
        (row,) = leases.list_leases(session)
    assert (row.fail_count, row.last_error) == (1, "cannot reach it")
    assert len(tries) == 1, "it waits for its due time"
    one.close(1)


def test_a_bug_in_one_work_does_not_stop_the_others(store: Store) -> None:
    watch = Watch()

    def crash(_claim: Claim) -> timedelta:
        raise ZeroDivisionError("oops")

    one = _claims(store, [Work("bad", "job", crash), watch.work("good")], "one")
    _until(lambda: one.held == ["good"], one)
    with store.read() as session:
        bad = next(row for row in leases.list_leases(session) if row.name == "bad")
    assert re.fullmatch(r"ZeroDivisionError at service/test_leases\.py:\d+ crash", bad.last_error)  # never what it says
    one.close(5)


def test_deaf_work_is_left_to_its_lease(store: Store) -> None:
    release = threading.Event()

    def deaf(_claim: Claim) -> timedelta:
        release.wait(20)
        return timedelta(0)

    one = _claims(store, [Work("m", "mailbox", deaf)], "one")
    _until(lambda: one.held == ["m"], one)
    started = time.monotonic()
    assert one.close(0.3) == ["m"]
    assert time.monotonic() - started < 10
    with store.read() as session:
        assert leases.list_leases(session)[0].owner == "one"
    release.set()


def test_the_wake_pipe_speaks_when_a_claim_is_cancelled() -> None:
    import select

    claim = Claim(Watch().work("m"), 0, LIFE, Random(1))
    assert select.select([claim.wake], [], [], 0)[0] == []
    claim.cancel()
    claim.cancel()
    assert select.select([claim.wake], [], [], 0)[0] == [claim.wake]
    claim.close()


def test_work_that_left_the_configuration_loses_its_lease(store: Store) -> None:
    watch = Watch()
    _claims(store, [watch.work("old"), watch.work("kept")], "one")
    _claims(store, [watch.work("kept")], "two")
    with store.read() as session:
        assert [row.name for row in leases.list_leases(session)] == ["kept"]


def test_work_of_another_version_is_left_to_it(store: Store) -> None:
    watch, newer = Watch(), Watch()
    old = _claims(store, [watch.work("m", "job")], "old")
    _until(lambda: old.held == ["m"], old)
    new = _claims(store, [watch.work("m", "job"), newer.work("new", "job")], "new")
    for _ in range(3):
        old.cycle()  # what it does not know it does not take
    assert old.held == ["m"]
    _until(lambda: new.held == ["new"], old, new)
    old.publish()  # and does not drop it either
    old.cycle()
    new.cycle()
    assert new.held == ["new"]
    assert newer.running == {"new": 1}
    old.close(5)
    new.close(5)


def test_a_lease_that_somebody_dropped_is_made_again(store: Store) -> None:
    watch = Watch()
    one = _claims(store, [watch.work("m")], "one")
    with a_write(store) as session:
        leases.sync_leases(session, {})
    _until(lambda: one.held == ["m"], one)
    one.close(5)
