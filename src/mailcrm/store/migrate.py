"""Brings the database to the schema of this version, and checks that it is there (decisions.md 13).

Alembic is imported only here and only when it is needed: it costs 0.3 s.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, inspect, text

from mailcrm.errors import ConfigError, StoreBusy
from mailcrm.store.engine import WRITING, Store
from mailcrm.store.failures import translated
from mailcrm.store.views import create_views, drop_views

_LOCATION = "mailcrm.store:migrations"
HEAD = "0006"
"""The revision this version works with; a test compares it with the newest script."""


def current_revision(store: Store) -> str | None:
    """The revision the database is at, None for an empty one."""
    with translated(store.state_dir), store.engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def require_current(store: Store) -> None:
    """Raises ConfigError, with the command to run, if the database is not at `HEAD`."""
    revision = current_revision(store)
    if revision == HEAD:
        return
    if revision is None:
        raise ConfigError("the database is empty; run: mailcrm db upgrade")
    _refuse_newer(revision)
    raise ConfigError(f"the database is at {revision}, this mailcrm needs {HEAD}; run: mailcrm db upgrade")


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise ConfigError(f"the database is at {revision}, newer than this mailcrm ({HEAD}); install the newer version")


def upgrade(store: Store, now: datetime) -> Path | None:
    """Run what is missing. SQLite is copied first; returns that copy, None if there was nothing worth copying.

    Raises ConfigError for the database of a newer version.
    On SQLite foreign keys are off meanwhile (a table that is re-created would take its children along) and checked after.
    """
    revision = current_revision(store)
    _refuse_newer(revision)
    copy = None if revision in (None, HEAD) else _copy(store, now)
    with translated(store.state_dir), _exclusive(store) as connection:
        drop_views(connection)
        _alembic("upgrade", connection)
        create_views(connection)
    _require_integrity(store)
    return copy


def check(store: Store) -> list[str]:
    """Differences between the models and the database, in words; empty if there are none."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from mailcrm.store.rows.tables import Base

    with translated(store.state_dir), store.engine.connect() as connection:
        options = {"compare_type": True, "include_name": is_modelled}
        context = MigrationContext.configure(connection, opts=options)
        found = [_difference(item) for item in compare_metadata(context, Base.metadata)]
    if store.dialect == "sqlite":
        found += _integrity(store)
    return found


def is_modelled(name: str | None, kind: str, _parents: object) -> bool:
    """Whether models describe it: the words of the search index are another sort of table on each engine."""
    return kind != "table" or not (name or "").startswith("message_words")


def _difference(item: Any) -> str:
    flat = item[0] if isinstance(item, list) else item
    return " ".join(str(part) for part in flat if part is not None)[:300]


def _integrity(store: Store) -> list[str]:
    with store.engine.connect() as connection:
        lines = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(10)"))]
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    found = [f"SQLite: {line}" for line in lines if line != "ok"]
    return found + [f"{_row(row[1])} of {row[0]} names a missing row of {row[2]}" for row in orphans[:10]]


def _row(number: int | None) -> str:
    """Tables whose rows lie in the order of their key have no numbers for them."""
    return "a row" if number is None else f"row {number}"


def _alembic(command: str, connection: Connection) -> None:
    from alembic import command as commands
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _LOCATION)
    config.attributes["connection"] = connection
    getattr(commands, command)(config, "head")


@contextmanager
def _exclusive(store: Store) -> Iterator[Connection]:
    """One transaction that nobody writes beside; two upgrades at once wait for each other."""
    with store.engine.connect().execution_options(**WRITING) as connection:
        _foreign_keys(store, connection, "OFF")
        try:
            with connection.begin():
                yield connection
        finally:
            _foreign_keys(store, connection, "ON")


def _foreign_keys(store: Store, connection: Connection, state: str) -> None:
    """On the driver's connection, since SQLite ignores this pragma inside a transaction."""
    if store.dialect == "sqlite":
        _driver(connection).execute(f"PRAGMA foreign_keys={state}")


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


def _require_integrity(store: Store) -> None:
    if store.dialect != "sqlite":
        return
    broken = _integrity(store)
    if broken:
        raise ConfigError("the upgrade left the database inconsistent; restore the copy", problems=broken)


def _copy(store: Store, now: datetime) -> Path | None:
    """A copy of a SQLite database, beside the state."""
    if store.dialect != "sqlite":
        return None
    target = store.state_dir / "backups" / f"before-{HEAD}-{now:%Y%m%dT%H%M%SZ}.db"
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with store.engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
            _driver(connection).backup(copy)
    except (OSError, sqlite3.Error) as exc:
        with suppress(OSError):
            target.unlink()
        raise StoreBusy(f"cannot copy the database to {target} before the upgrade: {exc}; free disk space") from exc
    return target
