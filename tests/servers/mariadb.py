"""Starts a throw-away MariaDB: utf8mb4, nothing flushed, one empty database for whoever asks."""

from __future__ import annotations

import itertools
import os
import pwd
from typing import Any, ClassVar

import pymysql

from tests.servers.server import HOST, Server, find_program, free_ports, is_root, lacks

_USER = "mailcrm"
_PASSWORD = "pass"
_INNODB = (
    "--innodb-log-file-size=16M",
    "--innodb-data-file-path=ibdata1:12M:autoextend",
    "--innodb-buffer-pool-size=64M",
)
# Speed instead of safety: the data do not outlive the tests.
_SPEED = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
    "--sync-binlog=0",
    "--skip-log-bin",
)
_TEXT = ("--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci")


class MariaDB(Server):
    """A server of its own on a free port."""

    title: ClassVar[str] = "MariaDB"
    packages: ClassVar[tuple[str, ...]] = ("mariadb-server-core", "mariadb-client-core")

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self._numbers = itertools.count(1)

    @classmethod
    def available(cls) -> str | None:
        """None if the server programs are there."""
        return lacks(cls.title, cls.packages, find_program("mariadbd"), find_program("mariadb-install-db"))

    def new_database(self) -> str:
        """Make an empty database and return its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        with self._connect(_USER, _PASSWORD) as connection:
            connection.cursor().execute(f"create database {name} character set utf8mb4")
        return self.url(name)

    def url(self, database: str = "") -> str:
        """The SQLAlchemy URL of a database."""
        return f"mysql+pymysql://{_USER}:{_PASSWORD}@{HOST}:{self.port}/{database}?charset=utf8mb4"

    def start(self) -> MariaDB:
        """Start the program, and let the tests in."""
        super().start()
        with self._connect("root") as connection:
            cursor = connection.cursor()
            cursor.execute(f"create user {_USER}@'{HOST}' identified by '{_PASSWORD}'")
            cursor.execute(f"grant all on *.* to {_USER}@'{HOST}'")
        return self

    def _prepare(self) -> list[str]:
        [self.port] = free_ports(1)
        owner = self.user if is_root() else pwd.getpwuid(os.getuid()).pw_name
        common = ["--no-defaults", f"--datadir={self.folder / 'data'}", f"--user={owner}", *_INNODB]
        self._run(
            str(find_program("mariadb-install-db")),
            *common,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        return [
            str(find_program("mariadbd")), *common, *_SPEED, *_TEXT, f"--bind-address={HOST}", f"--port={self.port}",
            f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}", "--skip-name-resolve",
        ]  # fmt: skip

    def _ready(self) -> bool:
        try:
            self._connect("root").close()
        except pymysql.OperationalError:
            return False
        return True

    def _connect(self, user: str, password: str = "") -> Any:
        driver: Any = pymysql  # its functions carry no types
        return driver.connect(
            host=HOST, port=self.port, user=user, password=password, connect_timeout=5, autocommit=True
        )
