"""Several writers at once: what the tests of races share."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from mailcrm.errors import StoreBusy
from mailcrm.store import Session, Store
from tests.builders import a_write

T = TypeVar("T")
Work = Callable[[Session], Any]
"""Something to do in a transaction."""

_LONG_ENOUGH = 0.15
"""Seconds in which the second writer of a race surely has met the lock of the first."""


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each returns; they start together, each in a thread of its own."""
    gate = threading.Barrier(len(works))

    def start(work: Callable[[], T]) -> T:
        gate.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(start, work) for work in works]]


def patiently(work: Callable[[], T], tries: int = 50) -> T:
    """What callers of the store do: try again while it is busy."""
    for _ in range(tries):
        try:
            return work()
        except StoreBusy:
            time.sleep(0.002)
    return work()


def written(store: Store, work: Callable[[Session], T]) -> T:
    """What `work` returns, done in a transaction of its own."""
    with a_write(store) as session:
        return work(session)


def race(store: Store, first: Callable[[Session], object], second: Callable[[Session], T]) -> "Future[T]":
    """Hold the first writer's transaction open until the second has met it; the first ends before. What becomes of the
    second."""
    with ThreadPoolExecutor(1) as pool:
        with a_write(store) as session:
            first(session)
            session.flush()
            future = pool.submit(written, store, second)
            time.sleep(_LONG_ENOUGH)
        future.exception(30)
        return future


def after_a_race(store: Store, first: Callable[[Session], object], second: Callable[[Session], T]) -> T:
    """What the second writer gets in the end: at once, or busy and then by trying again. Nothing else may happen."""
    future = race(store, first, second)
    error = future.exception()
    if error is None:
        return future.result()
    if not isinstance(error, StoreBusy):
        raise error
    assert "tried again" in str(error)
    return written(store, second)
