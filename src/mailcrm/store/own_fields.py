"""The fields that a team defined for itself. What stands in them are claims like any other (`store.claims`)."""

from datetime import datetime
from decimal import Decimal
from functools import cache

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.contact import OWN
from mailcrm.model.own_field import OwnFieldSpec, check_spec
from mailcrm.model.party import PartyKind
from mailcrm.store.bulk import rows_of
from mailcrm.store.rows.fact import ContactFactRow, OwnField


def own_fields(session: Session, *, archived: bool = True) -> dict[str, OwnFieldSpec]:
    """By their names (`x.budget`), in the order they are shown."""
    query = select(OwnField).order_by(OwnField.section, OwnField.position, OwnField.id)
    specs = (_spec(row) for row in session.execute(query).scalars())
    return {spec.name: spec for spec in specs if archived or not spec.is_archived}


MASK = "•••"
"""What stands in place of a sensitive value."""


def sensitive_fields(session: Session) -> frozenset[str]:
    """The names of those whose values are masked where nobody asked for them."""
    return frozenset(OWN + row[0] for row in rows_of(session, _sensitive()))


@cache
def _sensitive() -> Select[str]:
    return select(OwnField.key).where(OwnField.is_sensitive.is_(True))


def get_own_field(session: Session, name: str) -> OwnFieldSpec:
    """The field of that name, with or without its prefix. Raises NotFound."""
    return _spec(_row(session, name))


def add_own_field(session: Session, spec: OwnFieldSpec, now: datetime) -> bool:
    """Define a field. Returns whether it is new: the same definition again changes nothing.

    Raises UserError for one that cannot be, Conflict where another field has that key.
    """
    check_spec(spec)
    row = session.execute(select(OwnField).where(OwnField.key == spec.key)).scalar_one_or_none()
    if row is not None:
        if row.type != spec.type:
            raise Conflict(f"there is a field {spec.key} already, of type {row.type}; choose another key")
        row.archived_at = None
        return False
    row = OwnField(key=spec.key, created_at=now)
    _fill(row, spec)
    session.add(row)
    session.flush()
    return True


def change_own_field(session: Session, spec: OwnFieldSpec) -> None:
    """Define it anew, but for its type while there are values. Raises UserError, NotFound."""
    check_spec(spec)
    row = _row(session, spec.key)
    if row.type != spec.type and _is_used(session, spec.name):
        raise UserError(f"{spec.key} holds values of type {row.type}; make a new field for {spec.type}")
    _fill(row, spec)
    session.flush()


def archive_own_field(session: Session, name: str, now: datetime) -> None:
    """It is offered no more; its values stay. Raises NotFound."""
    _row(session, name).archived_at = now
    session.flush()


def _is_used(session: Session, name: str) -> bool:
    query = select(ContactFactRow.id).where(ContactFactRow.field == name).limit(1)
    return session.execute(query).first() is not None


def _row(session: Session, name: str) -> OwnField:
    key = name.removeprefix(OWN)
    row = session.execute(select(OwnField).where(OwnField.key == key)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"no field {key!r}; `mailcrm fields list` shows them")
    return row


def _fill(row: OwnField, spec: OwnFieldSpec) -> None:
    row.label, row.label_zh, row.type = spec.label, spec.label_zh, spec.type
    row.options = "\n".join(spec.options)
    row.rules = " ".join("" if each is None else str(each) for each in (spec.least, "..", spec.most)).strip()
    row.applies_to = spec.applies_to or ""
    row.section, row.position, row.required = spec.section, spec.position, spec.required
    row.is_sensitive, row.preset = spec.is_sensitive, spec.preset


def _spec(row: OwnField) -> OwnFieldSpec:
    least, _, most = (part.strip() for part in row.rules.partition(".."))
    return OwnFieldSpec(
        row.key, row.label, row.type, row.label_zh, tuple(row.options.splitlines()),
        Decimal(least) if least else None, Decimal(most) if most else None,
        PartyKind(row.applies_to) if row.applies_to else None, row.section, row.position, row.required,
        row.is_sensitive, row.preset, row.archived_at is not None,
    )  # fmt: skip
