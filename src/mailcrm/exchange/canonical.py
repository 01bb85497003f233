"""Customer records as JSON of our own and back: what is exported whole can be imported again, field by field.

An object holds what its record says, in the names of `model.record` and in their order; what has its default is left out, so
that the same record is always the same text. Times are ISO 8601 in UTC.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from mailcrm.errors import UserError
from mailcrm.model.record import CustomerRecord
from mailcrm.model.text import clean_text

FORMAT = "mailcrm-customer-1"
"""What the objects call themselves: a reader that does not know the name must not guess."""

_FAMILY = FORMAT.rpartition("-")[0]
_SHOWN = 60


class _Field(NamedTuple):
    name: str
    type: Any
    default: Any
    needed: bool


def to_json(record: CustomerRecord) -> dict[str, Any]:
    """The record as values that `json.dumps` takes. Raises ValueError where a time has no zone, which is a bug."""
    return {"format": FORMAT, "kind": record.kind.value, **_object(record)}


def from_json(data: Mapping[str, Any]) -> CustomerRecord:
    """The record that `to_json` wrote, or that another program wrote in its manner.

    Raises UserError with the place ("orders[2].currency") and what is expected there; also for a format that is not ours and
    for names that we do not know, for what is passed over in silence is lost.
    """
    said = data.get("format", FORMAT)
    if said != FORMAT:
        newer = isinstance(said, str) and said.startswith(f"{_FAMILY}-")
        hint = "it was written by another version of mailcrm: update this one" if newer else f"expected {FORMAT!r}"
        raise UserError(f"format: {_quoted(said)} cannot be read; {hint}")
    given = {key: value for key, value in data.items() if key != "format"}
    record = _read(CustomerRecord, given, "")
    assert isinstance(record, CustomerRecord)
    return record


# --- out ---------------------------------------------------------------------------------------------------------


def _object(value: Any) -> dict[str, Any]:
    """The fields of a dataclass that say something else than their defaults."""
    kind: Any = type(value)
    pairs = ((field, getattr(value, field.name)) for field in _fields(kind))
    return {field.name: _plain(held) for field, held in pairs if field.needed or held != field.default}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if dataclasses.is_dataclass(value):
        return _object(value)
    return value


# --- in ----------------------------------------------------------------------------------------------------------


def _read(wanted: Any, value: Any, place: str) -> Any:
    """`value` as the type `wanted` says. `place` is where it stands, for the error."""
    origin = typing.get_origin(wanted)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _read(_not_none(wanted), value, place)
    if origin is tuple:
        return _read_tuple(typing.get_args(wanted), value, place)
    if origin is not None:
        return _read_mapping(value, place)
    if dataclasses.is_dataclass(wanted):
        return _read_object(wanted, value, place)
    return _read_scalar(wanted, value, place)


def _read_object(wanted: Any, value: Any, place: str) -> Any:
    if not isinstance(value, Mapping):
        raise _wrong(place, "an object", value)
    fields = {field.name: field for field in _fields(wanted)}
    for name in value:
        if name not in fields:
            raise UserError(f"{_inner(place, str(name))}: this name is not known here; known are {', '.join(fields)}")
    for field in fields.values():
        if field.needed and field.name not in value:
            raise UserError(f"{_inner(place, field.name)}: is missing")
    return wanted(**{name: _read(fields[name].type, each, _inner(place, name)) for name, each in value.items()})


def _read_tuple(inside: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(place, "a list", value)
    if inside[-1] is Ellipsis:
        return tuple(_read(inside[0], each, f"{place}[{at}]") for at, each in enumerate(value))
    if len(value) != len(inside):
        raise _wrong(place, f"a list of {len(inside)}", value)
    return tuple(_read(kind, each, f"{place}[{at}]") for at, (kind, each) in enumerate(zip(inside, value, strict=True)))


def _read_mapping(value: Any, place: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _wrong(place, "an object", value)
    return {clean_text(str(key)): _read(str, each, _inner(place, str(key))) for key, each in value.items()}


def _read_scalar(wanted: Any, value: Any, place: str) -> Any:
    if wanted is datetime:
        return _read_time(value, place)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        known = [each.value for each in wanted]
        if value not in known:
            raise _wrong(place, f"one of {', '.join(known)}", value)
        return wanted(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise _wrong(place, _CALLED[wanted], value)
    return clean_text(value) if wanted is str else value


def _read_time(value: Any, place: str) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is not None and time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong(place, "a time with its zone such as 2026-03-05T08:00:00Z", value)


_CALLED = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _wrong(place: str, expected: str, value: Any) -> UserError:
    return UserError(f"{place or 'the customer'}: expected {expected}, not {_quoted(value)}")


def _quoted(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _inner(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _not_none(wanted: Any) -> Any:
    return next(kind for kind in typing.get_args(wanted) if kind is not types.NoneType)


@cache
def _fields(wanted: Any) -> tuple[_Field, ...]:
    """What a dataclass is made of, in its order."""
    hints = typing.get_type_hints(wanted)
    return tuple(_field(each, hints[each.name]) for each in dataclasses.fields(wanted))


def _field(each: dataclasses.Field[Any], kind: Any) -> _Field:
    if each.default is not dataclasses.MISSING:
        return _Field(each.name, kind, each.default, False)
    if each.default_factory is not dataclasses.MISSING:
        return _Field(each.name, kind, each.default_factory(), False)
    return _Field(each.name, kind, None, True)
