"""From an empty database to the schema of this version, and whether it is there."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from mailcrm.errors import ConfigError, StoreBusy
from mailcrm.store import Store, migrate
from mailcrm.store.rows.party import PartyEmail, Person
from mailcrm.store.rows.tables import Base
from tests.builders import NOW, a_person
from tests.store.crowd import at_once, written

Open = Callable[..., Store]


def at_revision(store: Store, revision: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_an_empty_database_becomes_that_of_this_version(new_database: str, opened: Open) -> None:
    store = opened(new_database)
    assert migrate.current_revision(store) is None
    with pytest.raises(ConfigError, match="the database is empty; run: mailcrm db upgrade"):
        migrate.require_current(store)
    assert migrate.upgrade(store, NOW) is None  # nothing to copy
    assert migrate.current_revision(store) == migrate.HEAD
    migrate.require_current(store)
    assert migrate.check(store) == []
    assert migrate.upgrade(store, NOW) is None  # again, without harm
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE party ADD COLUMN shoe_size INTEGER"))
    [difference] = migrate.check(store)
    assert "shoe_size" in difference


def test_mariadb_by_its_own_name(mariadb_database: Store, opened: Open) -> None:
    store = opened(mariadb_database.engine.url.set(drivername="mariadb").render_as_string(hide_password=False))
    assert store.dialect == "mariadb"
    assert migrate.check(store) == []
    written(store, lambda s: a_person(s, "mariadb@example.com"))
    assert Base.metadata.tables["party"].dialect_options["mariadb"]["engine"] == "InnoDB"


def test_the_newest_script_is_the_revision_of_this_version() -> None:
    config = Config()
    config.set_main_option("script_location", "mailcrm.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_the_database_of_a_newer_version_is_left_alone(sqlite_store: Store, tmp_path: Path) -> None:
    at_revision(sqlite_store, "0999")
    for look in (lambda: migrate.require_current(sqlite_store), lambda: migrate.upgrade(sqlite_store, NOW)):
        with pytest.raises(ConfigError, match="at 0999, newer than this mailcrm"):
            look()
    assert not (tmp_path / "backups").exists()
    assert migrate.current_revision(sqlite_store) == "0999"


def test_the_database_of_an_older_version_names_the_command(sqlite_store: Store) -> None:
    at_revision(sqlite_store, "0000")
    with pytest.raises(ConfigError, match=f"at 0000, this mailcrm needs {migrate.HEAD}; run: mailcrm db upgrade"):
        migrate.require_current(sqlite_store)


def test_two_programs_that_upgrade_at_once_do_it_once(opened: Open, tmp_path: Path) -> None:
    stores = [opened(f"sqlite:///{tmp_path / 'new.db'}") for _ in range(2)]
    at_once([lambda s=store: migrate.upgrade(s, NOW) for store in stores])
    assert migrate.check(stores[0]) == []


def test_programs_that_open_a_new_file_at_once_all_get_in(opened: Open, tmp_path: Path) -> None:
    """SQLite refuses to turn WAL on at once, without waiting, while another connection looks at the file."""
    for number in range(60):
        stores = [opened(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(4)]
        assert at_once([lambda s=store: migrate.current_revision(s) for store in stores]) == [None] * 4
        for store in stores:
            store.close()


# --- from an older version ---------------------------------------------------------------------------------------


def make_party_anew(_command: str, connection: Connection) -> None:
    """What a migration of a parent table does on SQLite: a new table, the rows, the old table dropped."""
    operations = Operations(MigrationContext.configure(connection, opts={"target_metadata": Base.metadata}))
    with operations.batch_alter_table("party", recreate="always") as batch:
        batch.add_column(sa.Column("nickname", sa.String(20)))
    connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": migrate.HEAD})


@pytest.fixture
def older(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The database of an older version with somebody in it; the upgrade makes the table `party` anew."""
    written(sqlite_store, lambda s: a_person(s, "zhang@example.com", "张三"))
    at_revision(sqlite_store, "0000")
    monkeypatch.setattr(migrate, "_alembic", make_party_anew)
    return sqlite_store


def test_an_upgrade_copies_the_database_first(older: Store, tmp_path: Path) -> None:
    copy = migrate.upgrade(older, datetime(2026, 3, 1, 8, 30, tzinfo=UTC))
    assert copy == tmp_path / "backups" / f"before-{migrate.HEAD}-20260301T083000Z.db"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
        assert connection.execute("SELECT display_name FROM party").fetchone() == ("张三",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (tmp_path / "backups").stat().st_mode & 0o077 == 0
    assert migrate.current_revision(older) == migrate.HEAD


def test_a_table_that_is_made_anew_keeps_its_children(older: Store) -> None:
    migrate.upgrade(older, NOW)
    with older.read() as session:
        assert session.query(Person).count() == 1
        assert session.query(PartyEmail).count() == 1


def test_foreign_keys_are_watched_again_after_an_upgrade(older: Store) -> None:
    migrate.upgrade(older, NOW)
    for _ in range(2):
        with pytest.raises(IntegrityError), older.engine.begin() as connection:
            connection.execute(text("INSERT INTO org_domain (domain, party_id) VALUES ('acme.example', 99)"))


def test_foreign_keys_are_watched_again_after_an_upgrade_that_failed(
    older: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_command: str, connection: Connection) -> None:
        make_party_anew(_command, connection)
        raise ZeroDivisionError

    monkeypatch.setattr(migrate, "_alembic", fail)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(older, NOW)
    assert migrate.current_revision(older) == "0000"  # all of it or nothing
    with pytest.raises(IntegrityError), older.engine.begin() as connection:
        connection.execute(text("INSERT INTO org_domain (domain, party_id) VALUES ('acme.example', 99)"))


def test_an_upgrade_that_loses_a_parent_is_told(older: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "_alembic", lambda _command, c: c.execute(text("DELETE FROM party")))
    with pytest.raises(ConfigError, match="restore the copy") as caught:
        migrate.upgrade(older, NOW)
    assert any("names a missing row of party" in problem for problem in caught.value.problems)


def test_without_a_copy_there_is_no_upgrade(older: Store, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("not a folder")
    with pytest.raises(StoreBusy, match="cannot copy the database"):
        migrate.upgrade(older, NOW)
    assert migrate.current_revision(older) == "0000"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "INSERT INTO org_domain (domain, party_id) VALUES ('acme.example', 99)",
            "row 1 of org_domain names a missing row of party",
        ),
        (  # a table without row numbers
            "INSERT INTO message_ref (ref_hash, thread_id, domain) VALUES ('a', 99, '')",
            "a row of message_ref names a missing row of thread",
        ),
    ],
)
def test_check_finds_rows_that_name_nobody(sqlite_store: Store, row: str, said: str) -> None:
    with sqlite_store.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(text(row))
        connection.commit()
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
    assert migrate.check(sqlite_store) == [said]


def test_the_tables_that_lie_by_their_key_are_those_of_the_models(sqlite_store: Store) -> None:
    """Alembic does not compare this."""
    with sqlite_store.engine.connect() as connection:
        made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    by_key = {table.name for table in Base.metadata.sorted_tables if not table.dialect_options["sqlite"]["with_rowid"]}
    made = [(name, sql) for name, sql in made if not name.startswith("message_words_")]  # FTS5's own
    assert {name for name, sql in made if "WITHOUT ROWID" in sql} == by_key
    assert "message_ref" in by_key
