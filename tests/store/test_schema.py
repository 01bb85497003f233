"""The rules that make one schema mean the same on three engines."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import JSON, Column, Date, DateTime, Float, Numeric, Table, Time, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from mailcrm.errors import StoreBusy
from mailcrm.model.address import AddressKind, address_key
from mailcrm.store import Session, Store, addresses, rows
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.base import EnumText, UtcMicros
from mailcrm.store.rows.mail import Thread
from mailcrm.store.rows.party import EmailAddress, Party, Tag
from mailcrm.store.rows.tables import Base
from tests.builders import NOW, a_write, an_account
from tests.store.crowd import written

TABLES = pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)


def leading(table: Table) -> set[str]:
    """The columns that some index begins with."""
    ranges = [[*table.primary_key.columns], *([*index.columns] for index in table.indexes)]
    ranges += [[*each.columns] for each in table.constraints if type(each).__name__ == "UniqueConstraint"]
    return {columns[0].name for columns in ranges if columns}


@TABLES
def test_every_reference_can_be_followed_backwards(table: Table) -> None:
    """Without an index on the referring column each DELETE of a parent reads the whole child table."""
    referring = {column.name for column in table.columns if column.foreign_keys}
    assert referring <= leading(table)


_ALONE = """
import os, sys
from importlib import import_module
import sqlalchemy.orm
for room in sys.argv[1:]:
    if os.fork() == 0:
        import_module(f"mailcrm.store.rows.{room}")
        from mailcrm.store.rows.base import Base
        [key.column for table in Base.metadata.tables.values() for key in table.foreign_keys]
        sys.exit()
    if os.wait()[1]:
        print(room)
"""


def test_each_module_of_rows_brings_the_tables_it_refers_to() -> None:
    """Else the first flush of such a row fails, in a command that had no other reason to load them. Each is loaded in a
    process of its own."""
    rooms = sorted(path.stem for path in Path(rows.__path__[0]).glob("[a-z]*.py"))
    done = subprocess.run([sys.executable, "-c", _ALONE, *rooms], capture_output=True, text=True, check=True)
    assert done.stdout == "", done.stderr


@TABLES
def test_no_table_is_left_to_the_defaults_of_a_server(table: Table) -> None:
    for dialect in ("mysql", "mariadb"):
        chosen = {key: table.dialect_options[dialect][key] for key in ("engine", "charset", "collate")}
        assert chosen == {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}


@TABLES
def test_no_column_has_a_type_that_the_engines_understand_differently(table: Table) -> None:
    different = (DateTime, Date, Time, Numeric, Float, JSON)
    assert [column.name for column in table.columns if isinstance(column.type, different)] == []


@TABLES
def test_every_constraint_and_index_has_a_name_that_all_engines_take(table: Table) -> None:
    for each in [*table.constraints, *table.indexes]:
        assert each.name
        assert len(str(each.name)) <= 63, each.name


@TABLES
def test_no_unique_index_is_partial(table: Table) -> None:
    """On MariaDB it would be a whole one."""
    assert [index.name for index in table.indexes if index.unique or index.dialect_kwargs] == []


@TABLES
def test_key_columns_fit_into_an_index_of_mysql(table: Table) -> None:
    limit, per_character = 3072, 4
    ranges = [[*table.primary_key.columns], *([*index.columns] for index in table.indexes)]
    ranges += [[*each.columns] for each in table.constraints if type(each).__name__ == "UniqueConstraint"]
    for columns in ranges:
        assert sum(getattr(c.type, "length", None) or 2 for c in columns) * per_character <= limit


def test_times_are_kept_to_the_microsecond(store: Store) -> None:
    moment = NOW.replace(year=1969, microsecond=987_654)
    written(store, lambda s: s.add(Thread(subject="", first_at=moment, last_at=NOW, message_count=0)))
    with store.read() as session:
        assert session.execute(select(Thread.first_at)).scalar_one() == moment


def test_a_time_without_a_zone_is_refused(sqlite_store: Store) -> None:
    with pytest.raises((ValueError, StatementError), match="without a zone"):
        written(sqlite_store, lambda s: s.add(Thread(subject="", first_at=NOW.replace(tzinfo=None), message_count=0)))


def test_a_word_that_is_no_state_is_refused_when_it_is_read(sqlite_store: Store) -> None:
    written(sqlite_store, an_account)
    with sqlite_store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE account SET state = 'asleep'")
    with sqlite_store.read() as session, pytest.raises(ValueError, match="asleep"):
        session.execute(select(Account)).all()


def test_every_state_column_knows_its_words() -> None:
    plain = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name in ("state", "kind", "visibility", "capture", "direction", "body_state", "type")
        and not isinstance(column.type, EnumText)
    ]
    assert plain == ["lease.kind", "suppression.kind"]  # named by the daemon; address or mailbox


def test_chinese_and_emoji_come_back_as_they_went(store: Store) -> None:
    text = "张三 👩‍💼 \u00e9 e\u0301 𠮷 ' \" \\ % _ \n ;--"
    written(store, lambda s: s.add(Tag(category="", name=text, name_key="x")))
    with store.read() as session:
        assert session.execute(select(Tag.name)).scalar_one() == text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("müller@example.com", "muller@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("张三@example.com", "张四@example.com"),
        ("bob@example.com", "BOB@example.com"),
        ("e\u0301@example.com", "\u00e9@example.com"),
    ],
)
def test_different_addresses_are_different(store: Store, first: str, second: str) -> None:
    """As they stand: whether two spellings mean one address is decided before, by `address_key`."""

    def add(session: Session) -> None:
        addresses.ensure_addresses(session, {a: (a, AddressKind.PERSONAL) for a in (first, second)}, NOW)

    written(store, add)
    with store.read() as session:
        assert set(addresses.find_addresses(session, [first, second])) == {first, second}


def test_the_same_address_is_the_same(store: Store) -> None:
    def add(session: Session) -> None:
        wanted = {address_key(a): (a, AddressKind.PERSONAL) for a in ("Bob@Example.com ", "BOB@example.com")}
        addresses.ensure_addresses(session, wanted, NOW)

    for _ in range(2):
        written(store, add)
    with store.read() as session:
        [row] = session.execute(select(EmailAddress)).scalars()
        assert row.address_norm == "bob@example.com"


def test_the_database_itself_keeps_an_address_from_coming_twice(store: Store) -> None:
    with a_write(store) as session:
        addresses.ensure_addresses(session, {"bob@example.com": ("", AddressKind.PERSONAL)}, NOW)
        row = session.execute(select(EmailAddress.__table__)).mappings().one()
    again = dict(row) | {"id": row["id"] + 1, "key_hash": "0" * 64}
    with pytest.raises((IntegrityError, StoreBusy)):
        written(store, lambda s: s.execute(insert(EmailAddress), [again]))


def test_a_key_is_numbered_by_every_engine(store: Store) -> None:
    columns: list[Column[int]] = [
        table.autoincrement_column for table in Base.metadata.sorted_tables if table.autoincrement_column is not None
    ]
    assert {column.name for column in columns} == {"id"}
    assert isinstance(Party.__table__.c.created_at.type, UtcMicros)
    with a_write(store) as session:
        rows = [Tag(category="", name=str(n), name_key=str(n)) for n in range(3)]
        session.add_all(rows)
        session.flush()
        assert sorted(row.id for row in rows) == [rows[0].id, rows[0].id + 1, rows[0].id + 2]
