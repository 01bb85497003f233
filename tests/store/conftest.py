"""The store that a test gets: `store` comes three times, on SQLite, PostgreSQL and MariaDB; `sqlite_store` once.

Each engine has one migrated database for the whole session, emptied before each test: SQLAlchemy compiles every
statement once per engine, and that takes longer than most tests.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mailcrm.store import Store, migrate, open_store
from tests.builders import NOW, a_store, some_keys
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.store.emptying import empty

SERVERS = [pytest.param(name, marks=pytest.mark.servers) for name in ("postgresql", "mariadb")]
ENGINES = ["sqlite", *SERVERS]


# --- what tests ask for ------------------------------------------------------------------------------------------


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store at the newest schema, on each engine."""
    return _emptied(request, tmp_path)


@pytest.fixture(params=SERVERS)
def server_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store where writers run side by side: on PostgreSQL and MariaDB."""
    return _emptied(request, tmp_path)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a file of its own, mailcrm.db in `tmp_path`, for what only SQLite does."""
    with a_store(tmp_path) as store:
        yield store


@pytest.fixture(params=ENGINES)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without a single table, on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server: Postgres | MariaDB = request.getfixturevalue({"postgresql": "postgres"}.get(request.param, request.param))
    return server.new_database()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Opens stores by URL, and closes them after the test."""
    stores: list[Store] = []

    def open_one(url: str, **options: float) -> Store:
        stores.append(open_store(url, some_keys(tmp_path), tmp_path, **options))
        return stores[-1]

    yield open_one
    for each in stores:
        each.close()


# --- one database per session ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A file."""
    with a_store(tmp_path_factory.mktemp("sqlite")) as store:
        yield store


@pytest.fixture(scope="session")
def postgresql_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database of the server that all tests share."""
    with _migrated(postgres.new_database(), tmp_path_factory.mktemp("postgresql")) as store:
        yield store


@pytest.fixture(scope="session")
def mariadb_database(mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database of the server that all tests share."""
    with _migrated(mariadb.new_database(), tmp_path_factory.mktemp("mariadb")) as store:
        yield store


@contextmanager
def _migrated(url: str, folder: Path) -> Iterator[Store]:
    store = open_store(url, some_keys(folder), folder)
    try:
        migrate.upgrade(store, NOW)
        yield store
    finally:
        store.close()


def _emptied(request: pytest.FixtureRequest, folder: Path) -> Store:
    shared: Store = request.getfixturevalue(f"{request.param}_database")
    empty(shared)
    return replace(shared, state_dir=folder)
