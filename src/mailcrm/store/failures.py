"""Database errors sorted by who must act: what waiting or freeing space can cure is StoreBusy, the rest is told or a bug.

Drivers agree on nothing: the same driver class holds a lost connection and a misspelt column. So the codes decide.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailcrm.errors import ConfigError, MailcrmError, PermanentError, StoreBusy, WriteCollision

COLLISION = "another worker wrote the same at the same time; it will be tried again"

# Primary result codes, https://sqlite.org/rescode.html
_SQLITE_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_SQLITE_AWAY = frozenset({sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL})

# unique_violation, serialization_failure, deadlock_detected, lock_not_available
_POSTGRES_COLLISIONS = frozenset({"23505", "40001", "40P01", "55P03"})
_POSTGRES_UNWRITABLE = frozenset({"53100", "58030"})  # disk_full, io_error
# Classes: no connection, rolled back, no resources, not ready, operator intervened, system error
_POSTGRES_AWAY = ("08", "40", "53", "55", "57", "58")

# duplicate key, lock wait timeout, deadlock, record changed since it was read
_MYSQL_COLLISIONS = frozenset({1062, 1205, 1213, 1586, 1020})
_MYSQL_UNWRITABLE = frozenset({3, 20, 28, 1021, 1026, 1030, 1114})
# login refused, too many connections or locks, shutting down, network trouble, read-only replica, killed; 2xxx: client
_MYSQL_AWAY = frozenset(
    {1037, 1038, 1040, 1041, 1044, 1045, 1049, 1053, 1077, 1079, 1129, 1130, 1135, 1152, 1158, 1159, 1160, 1161, 1180}
    | {1181, 1184, 1192, 1203, 1206, 1226, 1290, 1317, 1836, 1927, 1969, 3024, 4031, *range(2000, 2100)}
)


# undefined_column, undefined_table; not_null_violation. The same for MariaDB, the last for a field without a default.
_POSTGRES_SCHEMA = frozenset({"42703", "42P01", "23502"})
_MYSQL_SCHEMA = frozenset({1054, 1146, 1364})
_SQLITE_SCHEMA = (
    "no such column",
    "no such table",
    "NOT NULL constraint failed",
    "table ",
)  # "... has no column named"
_COLUMN = re.compile(r"(?:column(?: named)?|field|failed):? [\"'`]?(?:\w+\.)*(\w+)", re.IGNORECASE)
_TABLE = re.compile(r"(?:table|relation):? [\"'`]?(?:\w+\.)*(\w+)", re.IGNORECASE)


@contextmanager
def translated(state_dir: Path) -> Iterator[None]:
    """Database errors as what the caller can act on. Raises StoreBusy, ConfigError and PermanentError; bugs stay bugs."""
    try:
        yield
    except PoolTimeout as exc:
        raise StoreBusy("all connections to the database are in use; it will be tried again") from exc
    except DBAPIError as exc:
        meaning = _meaning(exc, state_dir)
        if meaning is None:
            raise
        raise meaning from exc


def _meaning(exc: DBAPIError, state_dir: Path) -> MailcrmError | None:
    """None for a bug."""
    if _is_of_another_build(exc):
        return ConfigError(
            f"the database was made by another build of mailcrm ({_reason(exc)}): run that build, or begin with a new "
            "database; `mailcrm db check` lists all differences"
        )
    if isinstance(exc.orig, sqlite3.Error):
        return _sqlite(exc, exc.orig, state_dir)
    if exc.connection_invalidated:
        return _away(exc)
    code = exc.orig.args[0] if exc.orig is not None and exc.orig.args else None
    return _mysql(exc, code) if isinstance(code, int) else _postgresql(exc, getattr(exc.orig, "sqlstate", None))


def _is_of_another_build(exc: DBAPIError) -> bool:
    """Whether it lacks a column or table that we have, or insists on a column that we have not. The revision does not tell:
    until the first release there is but one."""
    code = exc.orig.args[0] if exc.orig is not None and exc.orig.args else None
    if isinstance(exc.orig, sqlite3.Error):
        about_schema = str(exc.orig).startswith(_SQLITE_SCHEMA)
    else:
        about_schema = code in _MYSQL_SCHEMA or getattr(exc.orig, "sqlstate", None) in _POSTGRES_SCHEMA
    if not about_schema:
        return False
    from mailcrm.store.rows.tables import Base  # they import nothing of this, but all of it is only needed now

    reason = _reason(exc)
    tables = Base.metadata.tables
    column, table = _COLUMN.search(reason), _TABLE.search(reason)
    if column is None:
        return table is not None and table[1] in tables
    ours = any(column[1] in each.columns for each in tables.values())
    insists = isinstance(exc, IntegrityError) or code == 1364
    return ours is not insists


def _sqlite(exc: DBAPIError, error: sqlite3.Error, state_dir: Path) -> MailcrmError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_LOCKED:
        return StoreBusy(f"the database in {state_dir} is locked by another program; end it, or wait until it is done")
    if code in _SQLITE_UNWRITABLE:
        return StoreBusy(
            f"the database cannot be written ({_reason(exc)}): free disk space or fix the rights of {state_dir}"
        )
    if code in _SQLITE_AWAY:
        return _away(exc)
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigError("store.url: the file is not a SQLite database")
    if code == sqlite3.SQLITE_CORRUPT:
        return PermanentError(f"the database in {state_dir} is damaged ({_reason(exc)}); restore your newest backup")
    return None


def _postgresql(exc: DBAPIError, state: str | None) -> MailcrmError | None:
    if state is None:  # the server was never asked, or never answered
        return _away(exc) if isinstance(exc, (OperationalError, InterfaceError)) else None
    if state in _POSTGRES_COLLISIONS:
        return WriteCollision(COLLISION)
    if state in _POSTGRES_UNWRITABLE:
        return _unwritable(exc)
    return _away(exc) if state.startswith(_POSTGRES_AWAY) else None


def _mysql(exc: DBAPIError, code: int) -> MailcrmError | None:
    if code in _MYSQL_COLLISIONS:
        return WriteCollision(COLLISION)
    if code in _MYSQL_UNWRITABLE:
        return _unwritable(exc)
    return _away(exc) if code in _MYSQL_AWAY or isinstance(exc, InterfaceError) else None


def _away(exc: DBAPIError) -> StoreBusy:
    return StoreBusy(f"the database does not answer: {_reason(exc)}")


def _unwritable(exc: DBAPIError) -> StoreBusy:
    return StoreBusy(f"the database server cannot write ({_reason(exc)}): free disk space there")


def _reason(exc: DBAPIError) -> str:
    return " ".join(str(exc.orig).split())
