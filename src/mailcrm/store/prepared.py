"""Statements for many rows, as drivers take them: compiled once for each engine, and the rows converted column by column.

What SQLAlchemy does for the parameters of a single row takes longer than SQLite needs to write it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Insert, Table, Update, insert
from sqlalchemy.sql.compiler import SQLCompiler

_MOST = 200
"""Statements kept of each sort; there are fewer."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL with its parameters in their order. Those in `fixed` are the same for every row, ready for the driver; some of
    the others are converted for it."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]
    converters: Mapping[str, Callable[[Any], object]]
    positional: bool

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Once for each row. Raises KeyError where one lacks a parameter."""
        columns = [self._column(name, rows) for name in self.names]
        tuples = zip(*columns, strict=True)
        named = None if self.positional else [dict(zip(self.names, values, strict=True)) for values in tuples]
        connection.exec_driver_sql(self.sql, named or list(tuples))

    def _column(self, name: str, rows: Sequence[Mapping[str, object]]) -> Iterable[object]:
        if name in self.fixed:
            return repeat(self.fixed[name], len(rows))
        convert = self.converters.get(name)
        values = [row[name] for row in rows]
        return values if convert is None else map(convert, values)


@lru_cache(maxsize=_MOST)
def insertion(dialect: Dialect, table: Table, names: tuple[str, ...]) -> Prepared:
    """A new row with these columns; every other column that has a default gets that."""
    defaults = {c.name: c.default.arg for c in table.columns if c.default is not None and c.name not in names}
    return _prepared(dialect, insert(table).values(defaults).inline(), names)  # inline: nothing comes back


@lru_cache(maxsize=_MOST)
def change(dialect: Dialect, statement: Update) -> Prepared:
    """An update with named parameters (`bindparam`)."""
    return _prepared(dialect, statement)


def _prepared(dialect: Dialect, statement: Insert | Update, names: Sequence[str] | None = None) -> Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    assert isinstance(compiled, SQLCompiler)
    binds = {name: compiled.binds[name] for name in compiled.positiontup or compiled.params}
    found = {name: _converter(dialect, bind) for name, bind in binds.items()}
    converters = {name: convert for name, convert in found.items() if convert is not None}
    fixed = {
        name: converters[name](bind.value) if name in converters else bind.value
        for name, bind in binds.items()
        if not bind.required
    }
    order = tuple(compiled.positiontup or binds)
    return Prepared(compiled.string, order, fixed, converters, compiled.positional)


def _converter(dialect: Dialect, bind: BindParameter[Any]) -> Callable[[Any], object] | None:
    """How the driver wants values of this type."""
    return bind.type.dialect_impl(dialect).bind_processor(dialect)
