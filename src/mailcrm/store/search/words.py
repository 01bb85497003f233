"""The words of mail as each engine keeps them, in the table `message_words`:

SQLite      an FTS5 index without content: the smallest. A row is taken out by saying again all that was put in.
PostgreSQL  a tsvector with one weight per column. It holds no more than some thousand words: longer mail is kept like on
MariaDB     four texts of words with a space before and after each, searched by LIKE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, column, delete, table, text
from sqlalchemy.orm import Session

from mailcrm.model.words import words_of
from mailcrm.store.search.documents import Document

COLUMNS = ("sender", "recipients", "subject", "body")
WEIGHTS = dict(zip(COLUMNS, "ABCD", strict=True))
"""The letter that marks each column in a tsvector."""

WORDS = table("message_words", column("key"), column("words"), *map(column, COLUMNS))
"""The table on servers. On SQLite the number of a row is `rowid`."""

_MOST_WORDS = 16_000
_MOST_TIMES = 255
"""PostgreSQL forgets at which places a word stands beyond these limits, and would find other phrases than are there."""

_PUT = "INSERT INTO message_words (rowid, sender, recipients, subject, body) VALUES (?, ?, ?, ?, ?)"
_TAKE = (
    "INSERT INTO message_words (message_words, rowid, sender, recipients, subject, body)"
    " VALUES ('delete', ?, ?, ?, ?, ?)"
)
_PUT_VECTOR = text(
    "INSERT INTO message_words (key, words, sender, recipients, subject, body)"
    " VALUES (:key, CAST(:words AS tsvector), :a, :b, :c, :d)"
)
_PUT_TEXTS = text("INSERT INTO message_words (`key`, sender, recipients, subject, body) VALUES (:key, :a, :b, :c, :d)")
_MERGE = text("INSERT INTO message_words (message_words, rank) VALUES ('merge', :pages)")
_CHANGES = text("SELECT total_changes()")
_MERGED_AT_ONCE = 64
"""Pages: about ten milliseconds in which nobody else can write."""

_SCATTERED = 1.25


@dataclass(frozen=True, slots=True)
class Change:
    """The words under a key: those that are there (None: none), and those that shall be."""

    key: int
    before: Document | None
    after: Document | None


def write(session: Session, changes: Sequence[Change]) -> None:
    """In the order of the keys, without which FTS5 writes each row by itself."""
    changes = sorted((c for c in changes if c.before != c.after), key=lambda change: change.key)
    if not changes:
        return
    session.flush()
    if session.get_bind().dialect.name == "sqlite":
        _write_fts(session, changes)
    else:
        _write_rows(session, changes)


def _write_fts(session: Session, changes: Sequence[Change]) -> None:
    connection = session.connection()
    if all(change.before is None for change in changes):  # all at once
        connection.exec_driver_sql(_PUT, [(c.key, *c.after.columns) for c in changes if c.after is not None])
        return
    for change in changes:
        if change.before is not None:
            connection.exec_driver_sql(_TAKE, (change.key, *change.before.columns))
        if change.after is not None:
            connection.exec_driver_sql(_PUT, (change.key, *change.after.columns))


def _write_rows(session: Session, changes: Sequence[Change]) -> None:
    gone = [change.key for change in changes if change.before is not None]
    if gone:
        session.execute(delete(WORDS).where(WORDS.c.key.in_(gone)))
    new = [change for change in changes if change.after is not None]
    if not new:
        return
    postgresql = session.get_bind().dialect.name == "postgresql"
    session.connection().execute(_PUT_VECTOR if postgresql else _PUT_TEXTS, [_row(c, vector=postgresql) for c in new])


def _row(change: Change, *, vector: bool) -> dict[str, Any]:
    assert change.after is not None
    words = [words_of(part) for part in change.after.columns]
    found = _vector(words) if vector else None
    texts = ["" if found is not None else f" {' '.join(part)} " for part in words]
    return {"key": change.key, "words": found} | dict(zip("abcd", texts, strict=True))


def _vector(columns: Sequence[Sequence[str]]) -> str | None:
    """The words with their places as PostgreSQL reads them; None if there are too many."""
    places: dict[str, list[str]] = {}
    at = 0
    for weight, words in zip(WEIGHTS.values(), columns, strict=True):
        for at, word in enumerate(words, at + 2):  # noqa: B020 - a gap between columns, so that no phrase joins them
            places.setdefault(word, []).append(f"{at}{weight}")
    if at > _MOST_WORDS or max(map(len, places.values()), default=0) > _MOST_TIMES:
        return None
    return " ".join(f"'{word}':{','.join(each)}" for word, each in places.items())


def forget_all(connection: Connection) -> None:
    """All words of all mail."""
    fts = connection.dialect.name == "sqlite"
    connection.execute(
        text("INSERT INTO message_words (message_words) VALUES ('delete-all')") if fts else delete(WORDS)
    )


def leave_no_trace(session: Session) -> None:
    """SQLite: what was taken out lies in the file until all is written anew. That takes seconds for much mail."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO message_words (message_words) VALUES ('optimize')"))


# --- parts -------------------------------------------------------------------------------------------------------
# SQLite puts what is new into a part of its own, and merges some parts now and then; a search reads in each of them.


def part_sizes(session: Session) -> list[int]:
    """Pages of each part of the index, about; none on other engines."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    return list(session.execute(text("SELECT count(*) FROM message_words_idx GROUP BY segid")).scalars())


def is_scattered(session: Session) -> bool:
    """Whether it is worth to write all parts anew as one: the small ones make up a fifth."""
    sizes = part_sizes(session)
    return sum(sizes) > _SCATTERED * max(sizes, default=0)


def merge(session: Session, *, begin: bool) -> bool:
    """Merge some pages of all parts there are now (`begin`), or go on with that; returns whether there is more to do."""
    before = session.execute(_CHANGES).scalar_one()
    session.execute(_MERGE, {"pages": -_MERGED_AT_ONCE if begin else _MERGED_AT_ONCE})
    return int(session.execute(_CHANGES).scalar_one()) - int(before) > 1  # as SQLite says that nothing was left to do
