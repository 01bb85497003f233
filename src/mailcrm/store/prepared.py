"""Statements for many rows or keys, as drivers take them: compiled once for each engine, rows converted column by column.

What SQLAlchemy does for the parameters of a single row takes longer than SQLite needs to write it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Insert, Select, Table, Update, bindparam, insert
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Convert = Callable[[Any], object]

_MOST = 200
"""Statements kept of each sort; there are fewer."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL with its parameters in their order. Those in `fixed` are the same for every row, ready for the driver; some of
    the others are converted for it. `found` converts what comes back, by column."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]
    converters: Mapping[str, Convert]
    positional: bool
    found: tuple[Convert | None, ...] = ()

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Once for each row. Raises KeyError where one lacks a parameter."""
        connection.exec_driver_sql(self.sql, self._parameters(rows))

    def find(self, connection: Connection, row: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """What a SELECT finds with these parameters."""
        to_driver = self.converters
        given = {name: to_driver[name](value) if name in to_driver else value for name, value in row.items()}
        given.update(self.fixed)
        parameters: Any = tuple(given[name] for name in self.names) if self.positional else given
        rows = connection.exec_driver_sql(self.sql, parameters).all()
        if not rows or not any(self.found):
            return rows
        columns = zip(self.found, zip(*rows, strict=True), strict=True)
        return list(zip(*(map(convert, column) if convert else column for convert, column in columns), strict=True))

    def _parameters(self, rows: Sequence[Mapping[str, object]]) -> list[Any]:
        tuples = zip(*(self._column(name, rows) for name in self.names), strict=True)
        return list(tuples) if self.positional else [dict(zip(self.names, each, strict=True)) for each in tuples]

    def _column(self, name: str, rows: Sequence[Mapping[str, object]]) -> Iterable[object]:
        if name in self.fixed:
            return repeat(self.fixed[name], len(rows))
        convert = self.converters.get(name)
        values = [row[name] for row in rows]
        return values if convert is None else map(convert, values)


@lru_cache(maxsize=_MOST)
def insertion(dialect: Dialect, table: Table, names: tuple[str, ...]) -> Prepared:
    """A new row with these columns; every other column that has a default gets that."""
    others = [column for column in table.columns if column.name not in names]
    defaults = {c.name: c.default.arg for c in others if isinstance(c.default, ScalarElementColumnDefault)}
    return _prepared(dialect, insert(table).values(defaults).inline(), names)  # inline: nothing comes back


@lru_cache(maxsize=_MOST)
def addition(dialect: Dialect, table: Table, column: str) -> Prepared:
    """A new row, or its `column` added to that of the row with its key."""
    names = tuple(each.name for each in table.columns)
    if dialect.name in ("mysql", "mariadb"):
        from sqlalchemy.dialects import mysql  # each is loaded only where it is spoken

        mine = mysql.insert(table)
        return _prepared(
            dialect, mine.on_duplicate_key_update({column: table.c[column] + mine.inserted[column]}), names
        )
    new = _insert_of(dialect)(table)
    total = {column: table.c[column] + new.excluded[column]}
    return _prepared(dialect, new.on_conflict_do_update(index_elements=list(table.primary_key), set_=total), names)


def _insert_of(dialect: Dialect) -> Any:
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert


@lru_cache(maxsize=_MOST)
def change(dialect: Dialect, statement: Update) -> Prepared:
    """An update with named parameters (`bindparam`)."""
    return _prepared(dialect, statement)


@lru_cache(maxsize=_MOST)
def selection(dialect: Dialect, statement: Select[*tuple[Any, ...]]) -> Prepared:
    """A SELECT with named parameters (`bindparam`)."""
    return _selection(dialect, statement)


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """What is selected where `column` is one of some values. Other parameters it names (`bindparam`); none is a list."""

    select: Select[*tuple[Any, ...]]
    column: InstrumentedAttribute[Any]


@lru_cache(maxsize=_MOST)
def lookup(dialect: Dialect, what: Lookup, size: int) -> Prepared:
    """A lookup of so many values, which are its parameters `some_0`, `some_1` and so on."""
    some = [bindparam(f"some_{number}", type_=what.column.type) for number in range(size)]
    return _selection(dialect, what.select.where(what.column.in_(some)))


def _selection(dialect: Dialect, statement: Select[*tuple[Any, ...]]) -> Prepared:
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    found = tuple(each.result_processor(dialect, None) for each in types)
    return replace(_prepared(dialect, statement), found=found)


def _prepared(
    dialect: Dialect, statement: Insert | Update | Select[*tuple[Any, ...]], names: Sequence[str] | None = None
) -> Prepared:
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


def _converter(dialect: Dialect, bind: BindParameter[Any]) -> Convert | None:
    """How the driver wants values of this type."""
    return bind.type.dialect_impl(dialect).bind_processor(dialect)
