"""Opening the database: what sessions see of one another, and how writers wait."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mailcrm.errors import ConfigError, StoreBusy
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, migrate, open_store, settings
from mailcrm.store.engine import database_now
from mailcrm.store.fifo import FifoLock
from mailcrm.store.rows.party import Tag
from mailcrm.store.rows.service import Setting
from tests.builders import NOW, a_write, some_keys
from tests.store.crowd import at_once, patiently, written


def put(value: str) -> Callable[[Session], None]:
    return lambda session: settings.put_setting(session, "count", value, NOW)


def count_one(session: Session) -> None:
    """Read, then write: what a driver's own transactions lose without a word."""
    row = session.get_one(Setting, "count", with_for_update=True)
    row.value = str(int(row.value) + 1)


def test_six_threads_that_read_and_then_write_lose_nothing(store: Store) -> None:
    written(store, put("0"))

    def work() -> None:
        for _ in range(150):
            patiently(lambda: written(store, count_one))

    at_once([work] * 6)
    with store.read() as session:
        assert settings.get_setting(session, "count") == "900"


def test_two_programs_that_read_and_then_write_lose_nothing(
    sqlite_store: Store, opened: Callable[..., Store], tmp_path: Path
) -> None:
    """The command line beside the daemon: no queue in common, only the lock of the database."""
    other = opened(f"sqlite:///{tmp_path / 'mailcrm.db'}")
    written(sqlite_store, put("0"))

    def work(store: Store) -> None:
        for _ in range(50):
            written(store, count_one)

    at_once([lambda: work(sqlite_store), lambda: work(other)])
    with sqlite_store.read() as session:
        assert settings.get_setting(session, "count") == "100"


def test_a_reader_beside_an_open_writer_neither_waits_nor_sees_it(store: Store) -> None:
    written(store, put("before"))
    with a_write(store) as writer:
        put("after")(writer)
        writer.flush()
        started = time.perf_counter()
        with store.read() as reader:
            assert settings.get_setting(reader, "count") == "before"
        assert time.perf_counter() - started < 0.1
    with store.read() as reader:
        assert settings.get_setting(reader, "count") == "after"


def test_a_read_sees_one_state_from_its_first_to_its_last_statement(store: Store) -> None:
    written(store, put("before"))
    query = select(Setting.value).where(Setting.key == "count")
    with store.read() as reader:
        first = reader.execute(query).scalar_one()
        written(store, put("after"))
        assert (first, reader.execute(query).scalar_one()) == ("before", "before")


def test_a_write_that_raises_leaves_nothing(store: Store) -> None:
    def fail(session: Session) -> None:
        put("1")(session)
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        written(store, fail)
    with store.read() as session:
        assert settings.get_setting(session, "count") is None


def test_a_read_leaves_nothing(sqlite_store: Store) -> None:
    with sqlite_store.read() as session:
        session.add(Tag(category="", name="vip", name_key="vip"))
        session.flush()
    with sqlite_store.read() as session:
        assert session.execute(select(Tag)).first() is None


def test_a_read_refuses_to_write(server_store: Store) -> None:
    with server_store.read() as session:
        session.add(Tag(category="", name="vip", name_key="vip"))
        with pytest.raises(DBAPIError, match=r"(?i)read.only transaction"):
            session.flush()


def test_the_clock_of_the_database_is_right_and_never_goes_back(store: Store) -> None:
    with a_write(store) as session:
        seen = [database_now(session) for _ in range(200)]
    assert seen == sorted(seen)
    assert abs(seen[-1].timestamp() - time.time()) < 1
    assert seen[-1].utcoffset() is not None


def test_the_clock_of_the_database_moves_within_a_transaction(store: Store) -> None:
    with a_write(store) as session:
        before = database_now(session)
        time.sleep(0.02)
        assert database_now(session) > before


@pytest.mark.parametrize("zone", ["+00:00", "+08:00", "-07:00"])
def test_the_clock_does_not_depend_on_the_zone_of_a_server(server_store: Store, zone: str) -> None:
    name = "time_zone" if server_store.dialect == "mysql" else "timezone"
    with a_write(server_store) as session:
        session.execute(text(f"SET {name} = '{zone}'"))
        seen = database_now(session)
        session.execute(text(f"SET {name} = DEFAULT"))
    assert abs(seen.timestamp() - time.time()) < 1


# --- durability --------------------------------------------------------------------------------------------------


def test_the_senders_commits_survive_a_power_cut(sqlite_store: Store) -> None:
    full, normal = 2, 1  # https://sqlite.org/pragma.html#pragma_synchronous
    for engine, level in ((sqlite_store.durable, full), (sqlite_store.engine, normal)):
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == level
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
            assert connection.execute(text("PRAGMA secure_delete")).scalar_one() == 1


def test_nobody_else_on_the_machine_can_read_the_file(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.upgrade(store, NOW)
    written(store, put("a secret"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*")}
    assert modes == dict.fromkeys(("new.db", "new.db-wal", "new.db-shm"), 0o600)


def test_durable_and_other_writes_see_each_other(store: Store) -> None:
    written(store, put("1"))
    with store.write(Actor.system("sender"), durable=True) as session:
        count_one(session)
    with store.read() as session:
        assert settings.get_setting(session, "count") == "2"


# --- the queue ---------------------------------------------------------------------------------------------------


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_whoever_asks_first_is_served_first() -> None:
    lock, served = FifoLock(), list[int]()

    def ask(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    with lock:
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_for(lambda n=number: len(lock._waiting) == n)
    for thread in threads:
        thread.join()
    assert served == list(range(20))


def test_a_thread_that_writes_without_end_does_not_starve_another(sqlite_store: Store) -> None:
    done, writes_meanwhile = threading.Event(), 0

    def greedy() -> None:
        nonlocal writes_meanwhile
        while not done.is_set():
            written(sqlite_store, put("greedy"))
            writes_meanwhile += 1

    thread = threading.Thread(target=greedy)
    thread.start()
    wait_for(lambda: writes_meanwhile > 3)
    before = writes_meanwhile
    for _ in range(20):
        written(sqlite_store, put("modest"))
    done.set()
    thread.join()
    assert writes_meanwhile - before <= 25  # they take turns


def test_a_write_inside_a_write_is_told_instead_of_waiting_for_ever(sqlite_store: Store) -> None:
    with a_write(sqlite_store), pytest.raises(RuntimeError, match="wait for itself"), a_write(sqlite_store):
        pass
    written(sqlite_store, put("1"))


def test_whoever_leaves_the_queue_leaves_no_gap() -> None:
    lock, served = FifoLock(), list[str]()

    class Gone(threading.Thread):
        def run(self) -> None:
            turn = (threading.Lock(), threading.get_ident())
            turn[0].acquire()
            lock._waiting.append(turn)
            lock._leave(*turn)

    def ask() -> None:
        with lock:
            served.append("second")

    with lock:
        gone, second = Gone(), threading.Thread(target=ask)
        gone.start()
        gone.join()
        second.start()
        wait_for(lambda: len(lock._waiting) == 1)
    second.join(5)
    assert served == ["second"]


def test_a_turn_that_comes_too_late_is_passed_on() -> None:
    lock = FifoLock()
    late = (threading.Lock(), -1)
    late[0].acquire()
    with lock:
        lock._waiting.append(late)
    lock._leave(*late)  # handed over, but interrupted
    with lock:
        pass


# --- the address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not a database URL"),
        ("postgresql://host:port/name", "not a database URL"),
        ("oracle://host/name", "oracle is not a database that mailcrm knows"),
        ("sqlite+unknown:///x", "not a database URL"),
        ("postgresql+psycopg2://host/name", r"pip install 'mailcrm\[postgresql\]'"),
        ("mariadb+mysqldb://host/name", r"pip install 'mailcrm\[mariadb\]'"),
    ],
)
def test_a_bad_url_is_a_config_error(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        open_store(url, some_keys(tmp_path), tmp_path)


@pytest.mark.parametrize(
    "url", ["mysql://name@127.0.0.1:1/x", "mariadb://name@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x"]
)
def test_a_server_that_is_away_is_busy(url: str, opened: Callable[..., Store]) -> None:
    with pytest.raises(StoreBusy, match="does not answer"), opened(url).read() as session:
        session.execute(text("SELECT 1"))
