"""Imports as they are listed: begun, counted, finished, found again by their file."""

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound
from mailcrm.model.importing import Batch, BatchState, RowOutcome
from mailcrm.model.text import clean_line, clean_text
from mailcrm.store.context import actor_name
from mailcrm.store.rows.importing import ImportBatch, ImportRow


def begin_batch(
    session: Session, file_name: str, sha256: str, form: str, mapping: str, now: datetime
) -> tuple[int, int]:
    """A new import, or the one of this file that was stopped: its id and the last row that it wrote."""
    stopped = select(ImportBatch).where(ImportBatch.file_sha256 == sha256, ImportBatch.state == BatchState.RUNNING)
    row = session.execute(stopped.order_by(ImportBatch.id.desc()).with_for_update()).scalars().first()
    if row is None:
        row = ImportBatch(
            file_name=clean_line(file_name, 255), file_sha256=sha256, format=form, mapping=clean_text(mapping),
            state=BatchState.RUNNING, started_at=now, by=actor_name(session),
        )  # fmt: skip
        session.add(row)
        session.flush()
    return row.id, row.last_row


def count_rows(session: Session, batch_id: int, outcomes: Counter[RowOutcome], last_row: int) -> None:
    """Add the outcomes of rows that were written, in their transaction."""
    row = session.get_one(ImportBatch, batch_id, with_for_update=True)
    row.row_count += outcomes.total()
    row.new_count += outcomes[RowOutcome.NEW]
    row.changed_count += outcomes[RowOutcome.CHANGED]
    row.same_count += outcomes[RowOutcome.SAME]
    row.error_count += outcomes[RowOutcome.ERROR]
    row.last_row = max(row.last_row, last_row)


def finish_batch(session: Session, batch_id: int, now: datetime) -> Batch:
    """All rows are written."""
    row = session.get_one(ImportBatch, batch_id)
    row.state, row.finished_at = BatchState.DONE, now
    session.flush()
    return _batch(row)


def begin_undo(session: Session, batch_id: int) -> Batch:
    """From now on it is taken back; stopped, it goes on when it is asked for again. Raises NotFound."""
    row = session.get(ImportBatch, batch_id, with_for_update=True)
    if row is None:
        raise NotFound(f"no import {batch_id}; `mailcrm import list` shows them")
    if row.state != BatchState.UNDONE:
        row.state = BatchState.UNDOING
    session.flush()
    return _batch(row)


def finish_undo(session: Session, batch_id: int, conflicts: int, now: datetime) -> Batch:
    """All that could be restored is."""
    row = session.get_one(ImportBatch, batch_id)
    row.state, row.undone_at, row.undone_by, row.conflict_count = BatchState.UNDONE, now, actor_name(session), conflicts
    session.flush()
    return _batch(row)


def get_batch(session: Session, batch_id: int) -> Batch:
    """One import. Raises NotFound."""
    row = session.get(ImportBatch, batch_id)
    if row is None:
        raise NotFound(f"no import {batch_id}; `mailcrm import list` shows them")
    return _batch(row)


def list_batches(session: Session, limit: int = 50) -> list[Batch]:
    """The newest first."""
    query = select(ImportBatch).order_by(ImportBatch.id.desc()).limit(limit)
    return [_batch(row) for row in session.execute(query).scalars()]


def former_batch(session: Session, sha256: str) -> Batch | None:
    """The import of the very same file that is done and not taken back."""
    query = select(ImportBatch).where(ImportBatch.file_sha256 == sha256, ImportBatch.state == BatchState.DONE)
    row = session.execute(query.order_by(ImportBatch.id.desc())).scalars().first()
    return None if row is None else _batch(row)


def noted_rows(session: Session, batch_id: int, limit: int = 1000) -> list[tuple[int, RowOutcome, str]]:
    """Rows with something to say: errors, cells that could not be read, what an undo could not restore."""
    query = (
        select(ImportRow.row_no, ImportRow.outcome, ImportRow.note)
        .where(ImportRow.batch_id == batch_id, ImportRow.note != "")
        .order_by(ImportRow.row_no)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def _batch(row: ImportBatch) -> Batch:
    return Batch(
        row.id, row.file_name, row.file_sha256, row.format, row.state, row.started_at, row.finished_at, row.by,
        row.row_count, row.new_count, row.changed_count, row.same_count, row.error_count, row.undone_at, row.undone_by,
        row.conflict_count,
    )  # fmt: skip
