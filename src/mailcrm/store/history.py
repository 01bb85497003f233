"""What fields of customers held before: one row for each change of a value that was known, or that a human made."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.orm import Session

from mailcrm.model.archive import FieldChangeLine
from mailcrm.store.bulk import insert_rows, rows_in, update_rows
from mailcrm.store.context import actor_name
from mailcrm.store.own_fields import MASK, sensitive_fields
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.base import UtcMicros
from mailcrm.store.rows.fact import FieldChange
from mailcrm.store.rows.party import Party

OF_MAIL = ("signature", "vcard", "header")
"""Sources that are read in mail."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why values change: `source` is one of `model.party.SOURCES`, `ref` the mail, import or form that says it;
    `batch` the import, if it is one."""

    source: str
    now: datetime
    ref: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """That a field of a party holds another value now. None: nothing is known of it."""

    party_id: int
    field: str
    before: str | None
    after: str | None


def note_changes(session: Session, changes: Sequence[Change], cause: Cause) -> None:
    """Write them down, and move the version of each customer on. What a machine reads first in mail, or a file brings first,
    is told by its claim alone; what mail says does not count as an edit of the archive."""
    kept = [each for each in changes if each.before is not None or cause.source in ("user", "api", "form")]
    if not kept:
        return
    move = cause.source not in OF_MAIL
    versions = _versions(session, sorted({each.party_id for each in kept}), move=move, now=cause.now)
    by = actor_name(session)
    rows = [
        {
            "party_id": each.party_id, "field": each.field, "before": each.before or "", "after": each.after or "",
            "source": cause.source, "source_ref": cause.ref, "at": cause.now, "by": by,
            "version": versions.get(each.party_id, 0),
        }
        for each in kept
    ]  # fmt: skip
    insert_rows(session, FieldChange, rows)


def _versions(session: Session, party_ids: Sequence[int], *, move: bool, now: datetime) -> dict[int, int]:
    """The version of the customer each of these belongs to; moved on by one."""
    roots = {row[0]: row[1] or row[0] for row in rows_in(session, _roots(), party_ids)}
    versions = {row[0]: row[1] for row in rows_in(session, _version(), sorted(set(roots.values())))}
    if move:
        update_rows(session, _moved(), [{"party": root, "at": now} for root in sorted(versions)])
        for row in [row for row in session.identity_map.values() if isinstance(row, Party) and row.id in versions]:
            session.expire(row, ["row_version", "updated_at"])
    return {party_id: versions[root] + move for party_id, root in roots.items()}


@cache
def _roots() -> Lookup:
    return Lookup(select(Party.id, Party.root_id), Party.id)


@cache
def _version() -> Lookup:
    return Lookup(select(Party.id, Party.row_version), Party.id)


@cache
def _moved() -> Update:
    these = update(Party).where(Party.id == bindparam("party"))
    return these.values(row_version=Party.row_version + 1, updated_at=bindparam("at", type_=UtcMicros()))


def history_of(
    session: Session, party_id: int, field: str | None = None, limit: int = 100, *, sensitive: bool = False
) -> list[FieldChangeLine]:
    """What fields of a customer (a root, with all its members) held before, the newest first. Sensitive ones are masked unless
    they are asked for."""
    masked = frozenset() if sensitive else sensitive_fields(session)
    query = (
        select(FieldChange)
        .join(Party, Party.id == FieldChange.party_id)
        .where(Party.root_id == party_id)
        .order_by(FieldChange.id.desc())
        .limit(limit)
    )
    if field is not None:
        query = query.where(FieldChange.field == field)
    return [_line(row, masked) for row in session.execute(query).scalars()]


def _line(row: FieldChange, masked: Collection[str]) -> FieldChangeLine:
    before, after = (MASK if row.field in masked and text else text for text in (row.before, row.after))
    return FieldChangeLine(row.field, before, after, row.source, row.source_ref, row.at, row.by)


def changed_since(session: Session, party_id: int, version: int, fields: Sequence[str]) -> list[FieldChangeLine]:
    """Which of these fields changed after a customer (a root) was at that version, the oldest first."""
    query = (
        select(FieldChange)
        .join(Party, Party.id == FieldChange.party_id)
        .where(Party.root_id == party_id, FieldChange.version > version, FieldChange.field.in_(fields))
        .order_by(FieldChange.id)
    )
    return [_line(row, ()) for row in session.execute(query).scalars()]
