"""What goes wrong with a database, sorted by who must act."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from mailcrm.errors import ConfigError, MailcrmError, PermanentError, StoreBusy
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, migrate, settings
from mailcrm.store.bulk import insert_rows
from mailcrm.store.failures import COLLISION
from mailcrm.store.rows.party import EmailAddress, PartyEmail, PartyTag, Tag
from mailcrm.store.rows.service import Setting
from mailcrm.store.views import drop_views
from tests.builders import NOW, a_store, a_write
from tests.store.crowd import at_once, race, written

# --- others hold the lock ----------------------------------------------------------------------------------------

_HOLD = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1], isolation_level=None) as connection:
    connection.execute("BEGIN IMMEDIATE")
    print("held", flush=True)
    sys.stdin.read()
connection.close()
"""


@contextmanager
def another_program_writes(database: Path) -> Iterator[None]:
    program = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        assert program.stdout.readline() == b"held\n"
        yield
    finally:
        program.communicate(timeout=10)


def switch(session: Session) -> None:
    settings.put_setting(session, "switch", "on", NOW)


def test_a_database_that_another_program_locks_is_busy(
    sqlite_store: Store, opened: Callable[..., Store], tmp_path: Path
) -> None:
    impatient = opened(f"sqlite:///{tmp_path / 'mailcrm.db'}", patience=0.2)
    with another_program_writes(tmp_path / "mailcrm.db"):
        with pytest.raises(StoreBusy) as caught:
            written(impatient, switch)
        with impatient.read() as session:  # readers do not care
            assert settings.get_setting(session, "switch") is None
    assert str(tmp_path) in str(caught.value)
    assert "locked by another program" in str(caught.value)
    written(impatient, switch)


def test_a_row_that_another_worker_locks_for_long_is_busy(
    server_store: Store, opened: Callable[..., Store], tmp_path: Path
) -> None:
    impatient = opened(server_store.engine.url.render_as_string(hide_password=False), patience=1)
    written(server_store, switch)
    with a_write(server_store) as session:
        session.get_one(Setting, "switch", with_for_update=True)
        with pytest.raises(StoreBusy, match=COLLISION):
            written(impatient, lambda s: settings.put_setting(s, "switch", "off", NOW))


def test_two_that_block_each_other_are_told_apart(server_store: Store) -> None:
    """The engine ends one of them; it is told to try again."""
    written(server_store, lambda s: [settings.put_setting(s, key, "", NOW) for key in ("a", "b")])
    gate = threading.Barrier(2)

    def lock(first: str, second: str) -> str:
        try:
            with a_write(server_store) as session:
                session.get_one(Setting, first, with_for_update=True)
                gate.wait(10)
                session.get_one(Setting, second, with_for_update=True)
        except StoreBusy as exc:
            return str(exc)
        return "done"

    assert sorted(at_once([lambda: lock("a", "b"), lambda: lock("b", "a")])) == sorted(["done", COLLISION])


def add_tag(session: Session) -> None:
    session.add(Tag(category="", name="VIP", name_key="vip"))
    session.flush()


def test_two_workers_that_write_the_same_at_the_same_time_try_again(server_store: Store) -> None:
    error = race(server_store, add_tag, add_tag).exception()
    assert isinstance(error, StoreBusy)
    assert str(error) == COLLISION


def test_writing_the_same_twice_on_sqlite_is_a_bug(sqlite_store: Store) -> None:
    written(sqlite_store, add_tag)
    with pytest.raises(IntegrityError):
        written(sqlite_store, add_tag)


def test_naming_a_row_that_is_not_there_is_a_bug(store: Store) -> None:
    with pytest.raises(IntegrityError):
        written(store, lambda s: s.add(PartyEmail(party_id=7, email_id=7, rank=1, source="user", valid_from=NOW)))


def test_misspelt_sql_is_a_bug_and_not_a_reason_to_wait(store: Store) -> None:
    for statement in ("SELECT * FROM no_such_table", "SELECT no_such_column FROM party", "SELEKT 1"):
        with pytest.raises(DBAPIError), store.read() as session:
            session.execute(text(statement))


_SHOES = "CREATE TABLE party_tag (party_id BIGINT, tag_id BIGINT, created_at BIGINT, shoe_size INTEGER NOT NULL)"


@pytest.mark.parametrize(
    ("changes", "act", "named"),
    [
        (["ALTER TABLE tag RENAME COLUMN category TO shoes"], lambda s: s.execute(select(Tag)), "category"),
        (["ALTER TABLE tag RENAME COLUMN category TO shoes"], add_tag, "category"),
        (["DROP TABLE party_tag"], lambda s: s.execute(select(PartyTag)), "party_tag"),
        (
            ["DROP TABLE party_tag", _SHOES],
            lambda s: insert_rows(s, PartyTag, [{"party_id": 1, "tag_id": 1}]),
            "shoe_size",
        ),
    ],
)
def test_the_database_of_another_build_is_told(
    new_database: str,
    opened: Callable[..., Store],
    changes: Sequence[str],
    act: Callable[[Session], object],
    named: str,
) -> None:
    """It is at the same revision, as with every build before the first release."""
    store = opened(new_database)
    migrate.upgrade(store, NOW)
    with store.engine.begin() as connection:
        drop_views(connection)  # as every change of tables begins
        for change in changes:
            connection.execute(text(change))
    migrate.require_current(store)
    with pytest.raises(ConfigError, match=f"made by another build of mailcrm .*{named}.*; `mailcrm db check` lists"):
        written(store, act)


# --- the server --------------------------------------------------------------------------------------------------

_WHO = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
_KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


def test_a_connection_that_is_cut_is_busy_and_the_next_one_works(server_store: Store) -> None:
    dialect = server_store.dialect
    victim = server_store.write(Actor.system())
    session = victim.__enter__()
    number = session.execute(text(_WHO[dialect])).scalar_one()
    with server_store.engine.connect() as other:
        other.execute(text(_KILL[dialect].format(number)))
    with pytest.raises(DBAPIError) as caught:
        session.execute(text("SELECT 1"))
    with pytest.raises(StoreBusy, match="does not answer"):
        victim.__exit__(type(caught.value), caught.value, caught.value.__traceback__)
    written(server_store, switch)


def test_a_login_that_is_refused_is_busy(mariadb_database: Store, opened: Callable[..., Store]) -> None:
    wrong = mariadb_database.engine.url.set(password="wrong").render_as_string(hide_password=False)
    with pytest.raises(StoreBusy, match="Access denied"), opened(wrong).read() as session:
        session.execute(text("SELECT 1"))


def test_text_that_is_too_long_is_never_cut_in_silence(server_store: Store, opened: Callable[..., Store]) -> None:
    """MariaDB cuts, if its administrator took the strict mode away."""
    lax = server_store.dialect == "mysql"
    with server_store.engine.connect() as connection:
        mode = connection.execute(text("SELECT @@global.sql_mode")).scalar_one() if lax else ""
        if lax:
            connection.execute(text("SET GLOBAL sql_mode = 'ANSI_QUOTES'"))
    try:
        fresh = opened(server_store.engine.url.render_as_string(hide_password=False))
        with pytest.raises(DBAPIError):
            written(fresh, lambda s: s.add(Tag(category="", name="x" * 121, name_key="x")))
        written(fresh, add_tag)
        with fresh.read() as session:
            assert session.execute(select(Tag.name)).scalars().all() == ["VIP"]
    finally:
        if lax:
            with server_store.engine.connect() as connection:
                connection.execute(text(f"SET GLOBAL sql_mode = '{mode}'"))


def test_more_readers_than_connections_are_busy(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store.engine.pool, "_timeout", 0.05)
    readers = [sqlite_store.engine.connect() for _ in range(15)]
    try:
        with pytest.raises(StoreBusy, match="in use"), sqlite_store.read() as session:
            session.execute(text("SELECT 1"))
    finally:
        for each in readers:
            each.close()


# --- the file ----------------------------------------------------------------------------------------------------


def error_of(store: Store) -> MailcrmError:
    with pytest.raises(MailcrmError) as caught, store.read() as session:
        session.execute(select(EmailAddress)).all()
    return caught.value


def test_a_folder_that_is_not_there_is_named(opened: Callable[..., Store], tmp_path: Path) -> None:
    error = error_of(opened(f"sqlite:///{tmp_path / 'nowhere' / 'mailcrm.db'}"))
    assert isinstance(error, StoreBusy)
    assert f"fix the rights of {tmp_path}" in str(error)


def test_a_file_that_is_no_database_is_a_config_error(opened: Callable[..., Store], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    error = error_of(opened(f"sqlite:///{tmp_path / 'letter.txt'}"))
    assert isinstance(error, ConfigError)
    assert "not a SQLite database" in str(error)


def test_a_damaged_database_is_told_and_not_waited_for(opened: Callable[..., Store], tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        url = str(store.engine.url)
    whole = (tmp_path / "mailcrm.db").read_bytes()
    (tmp_path / "mailcrm.db").write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    error = error_of(opened(url))
    assert isinstance(error, PermanentError)
    assert "restore" in str(error)


_FILL = """
import resource, sys
from pathlib import Path
from mailcrm.clock import utc_now
from mailcrm.errors import StoreBusy
from mailcrm.model.rights import Actor
from mailcrm.store import open_store, settings
from mailcrm.store.secrets import load_keys

folder = Path(sys.argv[1])
store = open_store(f"sqlite:///{folder / 'mailcrm.db'}", load_keys(folder, {}), folder)

def put(number):
    with store.write(Actor.cli("test"), durable=True) as session:
        settings.put_setting(session, f"key{number}", "x" * 20_000, utc_now())

put(0)
size = (folder / "mailcrm.db-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 400_000, resource.RLIM_INFINITY))
done = 1
try:
    for number in range(1, 1000):
        put(number)
        done += 1
except StoreBusy as exc:
    print(exc)
with store.read() as session:  # what is there can still be read
    assert settings.get_setting(session, f"key{done - 1}") is not None
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
put("after")
store.close()
print(done)
"""


def test_a_full_disk_is_busy_and_loses_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own, so that a limit is an error and no death
    done = subprocess.run([sys.executable, "-c", _FILL, str(tmp_path)], capture_output=True, text=True, check=True)
    message, count = done.stdout.strip().splitlines()
    assert message.startswith("the database cannot be written")
    assert str(tmp_path) in message
    assert "free disk space" in message
    with closing(sqlite3.connect(tmp_path / "mailcrm.db")) as connection:
        assert connection.execute("SELECT count(*) FROM setting").fetchone() == (int(count) + 1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert 5 < int(count) < 50
