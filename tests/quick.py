"""What makes thousands of tests quick, and changes nothing that they see."""

import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30
"""Bytes that a whole run may take, with all servers; less than half of it was seen."""

_COMPILED: LRUCache = LRUCache(2000)


def keep_files_in_memory() -> None:
    """Temporary files of this process and its children lie in memory from now on, where Linux has some to spare; TMPDIR
    says otherwise. Nobody looks at them after a power cut, but databases, keys and Cyrus wait for the disk all the time,
    and on a busy machine that takes longer than all else."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return
    if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:  # as in many containers; some tests write programs
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def share_compiled_statements() -> None:
    """All SQLite stores of this process share what SQLAlchemy makes of a statement, from now on.

    Each engine compiles every statement once, which takes longer than most tests, and tests open thousands of engines.
    What comes out depends on the statement and the dialect. All SQLite dialects are alike here, but not to SQLAlchemy.
    """
    dialect = SQLiteDialect_pysqlite
    dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]

    @event.listens_for(Engine, "engine_connect")
    def _share(connection: Connection) -> None:
        if isinstance(connection.dialect, dialect):
            connection.execution_options(compiled_cache=_COMPILED)
