"""Imports of customers, so that each can be looked at and undone."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.importing import BatchState, RowOutcome
from mailcrm.store.rows import party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, EnumText, Hash, Id, LongText, UtcMicros


class ImportBatch(Base):
    """One run over one file. The counts are of rows; `mapping` says which column was taken for what."""

    __tablename__ = "import_batch"
    __table_args__ = (Index(None, "file_sha256"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(Hash)
    format: Mapped[str] = mapped_column(String(40))
    mapping: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[BatchState] = mapped_column(EnumText(BatchState))
    started_at: Mapped[datetime] = mapped_column(UtcMicros)
    finished_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    by: Mapped[str] = mapped_column(String(120))
    last_row: Mapped[int] = mapped_column(default=0)
    row_count: Mapped[int] = mapped_column(default=0)
    new_count: Mapped[int] = mapped_column(default=0)
    changed_count: Mapped[int] = mapped_column(default=0)
    same_count: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    undone_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    undone_by: Mapped[str] = mapped_column(String(120), default="")
    conflict_count: Mapped[int] = mapped_column(default=0)


class ImportRow(Base):
    """What became of a row. `record_hash` finds the same row in another file; `changes` is canonical text: what an undo has to
    restore besides the claims, which know their batch. `note` is an error, or what an undo could not restore."""

    __tablename__ = "import_row"
    __table_args__ = (Index(None, "record_hash"), Index(None, "party_id"), BY_KEY)

    batch_id: Mapped[int] = mapped_column(Id, ForeignKey("import_batch.id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[RowOutcome] = mapped_column(EnumText(RowOutcome))
    party_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))
    record_hash: Mapped[str] = mapped_column(Hash)
    changes: Mapped[str] = mapped_column(LongText, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    undone: Mapped[bool] = mapped_column(default=False)
