"""Opens the database and hands out sessions: `read` for looking, `write` for changing, each one transaction.

SQLite needs care. With the driver's default, six threads that read and then write lost 631 of 900 updates without any
error; `BEGIN IMMEDIATE` loses none. Readers stay free beside a writer (WAL).
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from mailcrm.errors import ConfigError
from mailcrm.model.number import STANDARD, NumberPattern
from mailcrm.model.rights import Actor, Viewer
from mailcrm.store.context import SessionContext, bind
from mailcrm.store.failures import translated
from mailcrm.store.fifo import FifoLock
from mailcrm.store.rows.base import from_micros
from mailcrm.store.secrets import Keys

__all__ = ["Store", "database_now", "open_store", "translated"]

PATIENCE = 10.0
"""Seconds that a statement waits for somebody else's lock before it gives up with StoreBusy."""

_MODE = "mailcrm_mode"
READING = {_MODE: "read"}
WRITING = {_MODE: "write"}
"""Execution options that say what a transaction is for."""

# How it begins. A read sees one state of the database from its first to its last statement, on every engine.
_BEGIN = {
    "sqlite": {"": "BEGIN", "read": "BEGIN", "write": "BEGIN IMMEDIATE"},
    "postgresql": {"read": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"},
    "mysql": {"read": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"},
    "mariadb": {"read": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"},
}

_NOW = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
    "mysql": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
    "mariadb": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
}


@dataclass(frozen=True)
class Store:
    """An open database with the blobs and keys that belong to it.

    `durable` is a second engine whose commits survive a power cut (SQLite synchronous=FULL): the sender's, so that a
    mark is on disk before the server can accept a mail (decisions.md 8). Elsewhere it is the same engine. `numbers` is the
    pattern of the next customer numbers.
    """

    engine: Engine
    durable: Engine
    keys: Keys
    state_dir: Path
    numbers: NumberPattern = STANDARD
    _queue: FifoLock = field(default_factory=FifoLock)

    @property
    def dialect(self) -> str:
        """sqlite, postgresql, mysql or mariadb."""
        return self.engine.dialect.name

    @property
    def blob_dir(self) -> Path:
        """Where blobs too large for a row lie."""
        return self.state_dir / "blobs"

    @contextmanager
    def read(self, viewer: Viewer | None = None) -> Iterator[Session]:
        """A session for looking; what it sees does not change meanwhile. Raises StoreBusy."""
        context = SessionContext(viewer or Viewer.system(), None, self.keys.hmac, self.blob_dir, self.numbers)
        engine = self.engine.execution_options(**READING)
        with translated(self.state_dir), Session(engine, autoflush=False) as session:
            bind(session, context)
            yield session
            session.rollback()

    @contextmanager
    def write(self, actor: Actor, *, durable: bool = False) -> Iterator[Session]:
        """A session for changing: commits when the block ends, rolls back when it raises. Raises StoreBusy.

        On SQLite writers of this process queue up in order and hold the database's write lock from the first statement.
        """
        engine = (self.durable if durable else self.engine).execution_options(**WRITING)
        context = SessionContext(Viewer.system(), actor, self.keys.hmac, self.blob_dir, self.numbers)
        turn = self._queue if self.dialect == "sqlite" else nullcontext()
        with turn, translated(self.state_dir), Session(engine, expire_on_commit=False) as session, session.begin():
            bind(session, context)
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self.durable.dispose()


def open_store(
    url: str, keys: Keys, state_dir: Path, *, patience: float = PATIENCE, numbers: NumberPattern = STANDARD
) -> Store:
    """The store behind a SQLAlchemy URL. Does not look at the schema: see `migrate`. Raises ConfigError for a bad URL.

    `patience` is for how many seconds a statement waits for somebody else's lock, `numbers` how customer numbers look.
    """
    try:
        parsed = _parsed(url)
        engine = _engine(parsed, patience)
        durable = _engine(parsed, patience, "FULL") if _is_file(parsed) else engine
    except (ArgumentError, NoSuchModuleError, ValueError) as exc:
        raise ConfigError(f"store.url: not a database URL that mailcrm knows: {exc}") from exc
    except ModuleNotFoundError as exc:
        raise ConfigError(f"store.url: {exc}; {_DRIVERS[parsed.get_backend_name()]}") from exc
    return Store(engine, durable, keys, state_dir, numbers)


_WITH_PYMYSQL = "write mysql+pymysql://... and run: pip install 'mailcrm[mariadb]'"
_DRIVERS = {
    "sqlite": "write sqlite:///...",
    "postgresql": "write postgresql+psycopg://... and run: pip install 'mailcrm[postgresql]'",
    "mysql": _WITH_PYMYSQL,
    "mariadb": _WITH_PYMYSQL,
}


def _parsed(url: str) -> URL:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend not in _BEGIN:
        raise ConfigError(f"store.url: {backend} is not a database that mailcrm knows; there are: {', '.join(_BEGIN)}")
    if parsed.drivername in ("mysql", "mariadb"):
        return parsed.set(drivername=f"{backend}+pymysql")
    return parsed


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")


def _engine(url: URL, patience: float, synchronous: str = "NORMAL") -> Engine:
    """READ COMMITTED where writers run side by side: MariaDB's default shows a claim loop its own stale snapshot."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        engine = create_engine(url, hide_parameters=True)  # errors must not carry what customers wrote
        _prepare_sqlite(engine, patience, synchronous)
        if _is_file(url):
            _keep_private(engine, Path(url.database or ""))
    else:
        engine = create_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, pool_recycle=3000, hide_parameters=True
        )
        _prepare_server(engine, _SESSION[backend].format(ms=int(patience * 1000), s=max(1, round(patience))))

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        words = _BEGIN[backend].get(connection.get_execution_options().get(_MODE, ""))
        if words is not None:
            connection.exec_driver_sql(words)

    return engine


def _prepare_sqlite(engine: Engine, patience: float, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions by itself
        connection.create_function("lower", 1, _lower, deterministic=True)
        connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
        _write_ahead(connection, patience)
        for pragma in (
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={_CHECKPOINT}",
        ):
            connection.execute(f"PRAGMA {pragma}")


_CHECKPOINT = 4000
"""Pages (of 4 KiB) in the log before it is written back: each time somebody waits for the disk, and with SQLite's 1,000 that is
one mail of thirty."""


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Turn WAL on. SQLite does not wait with this one statement: two programs that open a new file at once collide."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(0.005)


def _keep_private(engine: Engine, path: Path) -> None:
    """SQLite would make the file readable for everybody on the machine; its -wal and -shm take the file's mode."""

    @event.listens_for(engine, "do_connect")
    def _make(*_: object) -> None:
        with suppress(OSError):  # it is there, or it cannot be made: the connection itself says which
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _lower(value: str | int | float | bytes | None) -> str | int | float | bytes | None:
    """SQLite's own lower() leaves Ä as it is, so that a name could not even be found by itself."""
    return value.lower() if isinstance(value, str) else value


# Never left to the server: without a strict mode MariaDB cuts long text in silence.
_STRICT = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = {s}"
_SESSION = {"postgresql": "SET lock_timeout = {ms}", "mysql": _STRICT, "mariadb": _STRICT}


def _prepare_server(engine: Engine, words: str) -> None:
    @event.listens_for(engine, "connect", insert=True)  # before SQLAlchemy asks for the mode
    def _connect(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(words)
        connection.commit()


def database_now(session: Session) -> datetime:
    """The database's clock: the one clock that workers on several hosts share (cluster.md)."""
    dialect = session.get_bind().dialect.name
    return from_micros(session.execute(text(f"SELECT {_NOW[dialect]}")).scalar_one())
