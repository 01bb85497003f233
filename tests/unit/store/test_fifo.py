"""A lock that serves whoever asked first."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mailcrm.store.fifo import FifoLock

PATIENCE = 20


@contextmanager
def running(*works: Callable[[], None]) -> Iterator[list[threading.Thread]]:
    """Threads that have all ended well when the block is left."""
    troubles: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as exc:  # noqa: BLE001 - raised again below, where pytest sees it
            troubles.append(exc)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert not troubles


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def queue_length(lock: FifoLock) -> int:
    return len(lock._waiting)


def test_lock_can_be_taken_again_and_again() -> None:
    lock = FifoLock()
    for _ in range(3):
        with lock:
            pass


def test_only_one_is_inside() -> None:
    lock, inside, most, total = FifoLock(), 0, 0, 0

    def work() -> None:
        nonlocal inside, most, total
        for _ in range(200):
            with lock:
                inside += 1
                most = max(most, inside)
                before = total
                time.sleep(0)  # lets others run, who would lose this update if they were inside, too
                total = before + 1
                inside -= 1

    with running(*[work] * 8):
        pass
    assert most == 1
    assert total == 8 * 200


def test_first_come_first_served() -> None:
    lock = FifoLock()
    served: list[int] = []

    def ask(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(20)]
    with lock:
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda expected=number + 1: queue_length(lock) == expected)
    for thread in threads:
        thread.join(PATIENCE)
    assert served == list(range(20))


def test_who_asks_in_a_tight_loop_starves_nobody() -> None:
    lock = FifoLock()
    turns: list[str] = []
    done = threading.Event()

    def greedy() -> None:
        while not done.is_set():
            with lock:
                turns.append("greedy")
                time.sleep(0.001)

    def modest() -> None:
        try:
            wait_until(lambda: bool(turns))
            for _ in range(20):
                with lock:
                    turns.append("modest")
        finally:
            done.set()

    with running(greedy, modest):
        pass
    assert turns.count("modest") == 20
    assert turns.count("greedy") <= 60


def test_thread_that_asks_twice_hears_it_instead_of_waiting_for_itself() -> None:
    lock = FifoLock()
    with lock, pytest.raises(RuntimeError, match="a write inside a write"), lock:
        pass
    with lock:
        pass


def test_lock_is_given_back_after_an_error() -> None:
    lock = FifoLock()
    with pytest.raises(ValueError, match="inside"), lock:
        raise ValueError("inside")
    with lock:
        pass


def interrupted(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def interruptible() -> Iterator[Callable[[], None]]:
    """Interrupts the main thread, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals arrive in the main thread only")
    before = signal.signal(signal.SIGUSR1, interrupted)
    main = threading.main_thread().ident
    assert main is not None
    yield lambda: signal.pthread_kill(main, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def test_interrupted_waiter_leaves_the_queue(interruptible: Callable[[], None]) -> None:
    lock, held, release = FifoLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            assert release.wait(PATIENCE)

    def interrupt() -> None:
        wait_until(lambda: queue_length(lock) == 1)
        interruptible()

    with running(hold):
        assert held.wait(PATIENCE)
        with running(interrupt), pytest.raises(KeyboardInterrupt), lock:
            pass
        assert queue_length(lock) == 0
        release.set()
    with lock:
        pass


def test_interrupted_waiter_hands_on_what_it_was_given_in_the_same_moment() -> None:
    lock = FifoLock()
    lock.__enter__()
    lock._leave(threading.Lock(), threading.get_ident())  # not in the queue any more: its turn had just come
    with lock:
        pass
