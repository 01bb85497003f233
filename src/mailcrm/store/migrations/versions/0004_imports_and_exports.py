"""imports and exports"""

import sqlalchemy as sa
from alembic import op

from mailcrm.store.migrations import types as t

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _imports()
    _exports()


def _imports() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_sha256", t.HASH, nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("started_at", t.TIME, nullable=False),
        sa.Column("finished_at", t.TIME, nullable=True),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("changed_count", sa.Integer(), nullable=False),
        sa.Column("same_count", sa.Integer(), nullable=False),
        sa.Column("error_count", sa.Integer(), nullable=False),
        sa.Column("undone_at", t.TIME, nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=False),
        sa.Column("conflict_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        **t.OPTIONS,
    )
    op.create_index("ix_import_batch_file_sha256", "import_batch", ["file_sha256"])

    op.create_table(
        "import_row",
        sa.Column("batch_id", t.ID, nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("party_id", t.ID, nullable=True),
        sa.Column("record_hash", t.HASH, nullable=False),
        sa.Column("changes", t.LONG_TEXT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_import_row_party_id")),
        sa.PrimaryKeyConstraint("batch_id", "row_no", name=op.f("pk_import_row")),
        sqlite_with_rowid=False,
        **t.OPTIONS,
    )
    op.create_index("ix_import_row_party_id", "import_row", ["party_id"])
    op.create_index("ix_import_row_record_hash", "import_row", ["record_hash"])


def _exports() -> None:
    op.create_table(
        "export_event",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("file_sha256", t.HASH, nullable=False),
        sa.Column("receiver", sa.String(length=190), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_event")),
        **t.OPTIONS,
    )
    op.create_index("ix_export_event_at", "export_event", ["at"])
