"""The log of exports: one row for each file that left, and an entry in the audit log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.text import clean_line, clean_text
from mailcrm.store import audit
from mailcrm.store.context import actor_name
from mailcrm.store.rows.exporting import ExportEvent


@dataclass(frozen=True, slots=True)
class ExportLine:
    """An export. `rows` are customers in JSON and vCard, else rows of the table; `at` is UTC."""

    id: int
    at: datetime
    actor: str
    what: str
    format: str
    filter: str
    rows: int
    file_sha256: str
    receiver: str = ""
    reason: str = ""


def note_export(
    session: Session,
    what: str,
    form: str,
    chosen: str,
    rows: int,
    sha256: str,
    now: datetime,
    *,
    receiver: str = "",
    reason: str = "",
) -> int:
    """Write down that a file left. Returns the id."""
    row = ExportEvent(
        at=now, actor=actor_name(session), what=what, format=form, filter=clean_text(chosen), rows=rows,
        file_sha256=sha256, receiver=clean_line(receiver, 190), reason=clean_text(reason),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append_audit(session, "export", f"export:{row.id}", now, what=what, format=form, rows=rows, file=sha256)
    return row.id


def list_exports(session: Session, limit: int = 50) -> list[ExportLine]:
    """The newest first."""
    query = select(ExportEvent).order_by(ExportEvent.id.desc()).limit(limit)
    return [
        ExportLine(r.id, r.at, r.actor, r.what, r.format, r.filter, r.rows, r.file_sha256, r.receiver, r.reason)
        for r in session.execute(query).scalars()
    ]
