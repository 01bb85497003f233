"""What all tables share, so that one schema means the same on SQLite, PostgreSQL and MariaDB (docs/data-model.md)."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CHAR, BigInteger, Dialect, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Alembic needs names to change constraints later; MariaDB would choose others than PostgreSQL does.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BY_KEY = {"sqlite_with_rowid": False}
"""For `__table_args__`: short rows lie in the order of their key on SQLite, too (InnoDB has no other way), and not beside
it: half the work where one is written, fewer bytes, and what is read together lies together."""


class Base(DeclarativeBase):
    """The declarative base."""

    metadata = MetaData(naming_convention=NAMING)


class UtcMicros(TypeDecorator[datetime]):
    """An aware UTC time as BIGINT microseconds: the same on all engines, to the microsecond."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_micros(value)


def to_micros(value: datetime) -> int:
    """Microseconds since 1970. Raises ValueError for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {value!r}")
    return (value - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """The aware UTC time for microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


class EnumText(TypeDecorator[StrEnum]):
    """A StrEnum as VARCHAR of its value; an unknown value in the database is an error when it is read."""

    impl = String
    cache_ok = True

    def __init__(self, enum: type[StrEnum], length: int = 20) -> None:
        super().__init__(length)
        self.enum = enum
        self.length = length
        self._texts: dict[str, str] = {member: member.value for member in enum}  # found quicker than the enum finds it

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self._texts.get(value) or self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.enum(value)


Id: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""A key: SQLite numbers rows by itself only in a column of type INTEGER."""


class _OfMariaDB(TypeDecorator[Any]):
    """A type that MariaDB has another one for, which is loaded only there: its dialect is a large package."""

    def native(self) -> TypeEngine[Any]:
        """The type on MariaDB."""
        raise NotImplementedError

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(self.native())
        return super().load_dialect_impl(dialect)


class _Hash(_OfMariaDB):
    impl = CHAR
    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        from sqlalchemy.dialects.mysql import CHAR as ITS_CHAR

        return ITS_CHAR(64, charset="ascii", collation="ascii_bin")


class _LongText(_OfMariaDB):
    impl = Text
    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        from sqlalchemy.dialects.mysql import MEDIUMTEXT

        return MEDIUMTEXT()


class _Bytes(_OfMariaDB):
    impl = LargeBinary
    cache_ok = True

    def native(self) -> TypeEngine[Any]:
        from sqlalchemy.dialects.mysql import LONGBLOB

        return LONGBLOB()


Hash: TypeEngine[str] = _Hash(64)
"""SHA-256 or HMAC-SHA-256 in hex: what long identifiers are indexed by."""

LongText: TypeEngine[str] = _LongText()
"""Bodies: TEXT ends at 64 kB on MariaDB."""

Bytes: TypeEngine[bytes] = _Bytes()
"""Compressed blobs."""

SOURCE = String(20)
"""Where a value comes from: user, form, api, import, signature, header (strongest first)."""
