"""Starts a throw-away PostgreSQL: no password, no fsync, one empty database for whoever asks."""

from __future__ import annotations

import itertools
import signal
from pathlib import Path
from typing import ClassVar

from tests.servers.server import HOST, Server, find_program, free_ports, is_root, lacks

_USER = "mailcrm"
# Speed instead of safety: the data do not outlive the tests.
_SETTINGS = {
    "listen_addresses": HOST,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "jit": "off",
    "log_destination": "stderr",
}


class Postgres(Server):
    """A cluster of its own on a free port."""

    title: ClassVar[str] = "PostgreSQL"
    packages: ClassVar[tuple[str, ...]] = ("postgresql",)
    user: ClassVar[str | None] = "postgres"
    # "Immediate shutdown": it ends at once, yet gives back its shared memory, which SIGKILL does not.
    stop_signal: ClassVar[signal.Signals] = signal.SIGQUIT

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self._numbers = itertools.count(1)

    @classmethod
    def available(cls) -> str | None:
        """None if the server programs are there, and a way to give up root, which PostgreSQL insists on."""
        if missing := lacks(cls.title, cls.packages, _program("postgres"), _program("initdb")):
            return missing
        if is_root() and not find_program("setpriv"):
            return "PostgreSQL refuses to run as root, and setpriv is not there (Debian: apt-get install util-linux)"
        return None

    def new_database(self) -> str:
        """Make an empty database and return its SQLAlchemy URL."""
        import psycopg  # slow to import, and most test runs start no server

        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template template0".encode())
        return self.url(name)

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{_USER}@{HOST}:{self.port}/{database}"

    def _prepare(self) -> list[str]:
        [self.port] = free_ports(1)
        data = self.folder / "data"
        self._run(
            str(_program("initdb")), f"--pgdata={data}", f"--username={_USER}", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        return [str(_program("postgres")), "-D", str(data), "-p", str(self.port), "-k", str(self.folder), *settings]

    def _ready(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._address("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _address(self, database: str) -> str:
        return f"host={HOST} port={self.port} user={_USER} dbname={database}"


def _program(name: str) -> str | None:
    """Debian keeps the programs of each version in a folder of its own; the newest is taken."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(versions, key=lambda path: int(path.parts[4]) if path.parts[4].isdigit() else 0)
    return str(newest[-1]) if newest else find_program(name)
