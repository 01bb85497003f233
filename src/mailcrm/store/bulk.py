"""Many rows at once: writes without the ORM's work for each row, and keys in portions that every engine takes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeVar

from sqlalchemy import Select, Update, func, insert, select
from sqlalchemy.orm import Session

from mailcrm.store.prepared import Lookup, addition, change, insertion, lookup, selection
from mailcrm.store.rows.base import Base

T = TypeVar("T")

PORTION = 500
"""Values in one IN: SQLite of old takes 999 in a statement."""

_SIZES = (1, 10, 50, 100, 200, 300, 400, PORTION)


def portions(items: Sequence[T], size: int = PORTION) -> Iterator[Sequence[T]]:
    """The items in pieces that fit into one statement."""
    return (items[start : start + size] for start in range(0, len(items), size))


def rows_in(session: Session, what: Lookup, values: Iterable[object], **others: object) -> Iterator[Sequence[Any]]:
    """The rows that a lookup finds for `values`, in portions; `others` are its other parameters.

    Like the statement of `update_rows` it is one that is kept. The last value is named again until one of a few sizes is
    reached, so that few statements do for all.
    """
    connection = session.connection()
    session.flush()
    for part in portions(list(dict.fromkeys(values))):
        size = next(size for size in _SIZES if size >= len(part))
        padded = [*part, *repeat(part[-1], size - len(part))]
        row = others | {f"some_{number}": value for number, value in enumerate(padded)}
        yield from lookup(connection.dialect, what, size).find(connection, row)


def rows_of(session: Session, statement: Select[*tuple[Any, ...]], **values: object) -> Sequence[Sequence[Any]]:
    """The rows that a statement finds with these parameters. Like that of `update_rows` it is one that is kept: to put one
    together takes longer than to run it."""
    connection = session.connection()
    session.flush()
    return selection(connection.dialect, statement).find(connection, values)


def insert_rows(session: Session, row: type[Base], values: Sequence[Mapping[str, object]]) -> None:
    """Rows by column name, each with the same names; what is not named gets the column's default."""
    if values:
        session.flush()  # what they refer to may still be in the session only
        connection = session.connection()
        table: Any = row.__table__
        insertion(connection.dialect, table, tuple(values[0])).run(connection, values)


def update_rows(session: Session, statement: Update, values: Sequence[Mapping[str, object]]) -> None:
    """An update once with each of `values`, by parameter name.

    The statement is one that is kept (a constant or `functools.cache`): what it was compiled to is found by it.
    """
    if values:
        session.flush()
        connection = session.connection()
        change(connection.dialect, statement).run(connection, values)


def add_up(session: Session, row: type[Base], column: str, values: Sequence[Mapping[str, object]]) -> None:
    """Add to `column` of the rows with these keys; of a key that is not there yet a row is made. `values` name all columns."""
    if values:
        session.flush()
        connection = session.connection()
        table: Any = row.__table__
        addition(connection.dialect, table, column).run(connection, values)


def insert_numbered(session: Session, row: type[Base], values: Sequence[Mapping[str, object]]) -> list[int]:
    """Like `insert_rows` for a table whose key is `id`; returns the new ids, in order.

    SQLite promises no order in what it returns, so there SQLAlchemy inserts row by row. But it has one writer: the
    next numbers are ours.
    """
    if not values:
        return []
    table: Any = row.__table__
    if session.get_bind().dialect.name == "sqlite":
        return _insert_counted(session, row, values)
    session.flush()
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(statement, list(values)).scalars())


def _insert_counted(session: Session, row: Any, values: Sequence[Mapping[str, object]]) -> list[int]:
    first = session.execute(select(func.coalesce(func.max(row.id), 0))).scalar_one() + 1
    ids = list(range(first, first + len(values)))
    insert_rows(session, row, [{"id": new, **each} for new, each in zip(ids, values, strict=True)])
    return ids
