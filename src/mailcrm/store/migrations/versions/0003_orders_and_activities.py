"""orders and activities"""

import sqlalchemy as sa
from alembic import op

from mailcrm.store.migrations import types as t

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _dates()
    _orders()
    _activities()
    _changes()


def _dates() -> None:
    op.create_table(
        "important_date",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("calendar", sa.String(length=20), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("leap_month", sa.Boolean(), nullable=False),
        sa.Column("leap_rule", sa.String(length=20), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("recurs", sa.Boolean(), nullable=False),
        sa.Column("day_key", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("observed_at", t.TIME, nullable=False),
        sa.Column("ended_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_important_date_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_important_date")),
        sa.UniqueConstraint(
            "party_id", "kind", "day_key", "label", name=op.f("uq_important_date_party_id_kind_day_key_label")
        ),
        **t.OPTIONS,
    )
    op.create_index("ix_important_date_calendar_month_day", "important_date", ["calendar", "month", "day"])
    op.create_index("ix_important_date_lead_days", "important_date", ["lead_days"])


def _orders() -> None:
    op.create_table(
        "sales_order",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("order_no", sa.String(length=80), nullable=False),
        sa.Column("ordered_at", t.TIME, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("source_ref", sa.String(length=190), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("told", t.HASH, nullable=False),
        sa.Column("told_status", sa.String(20), nullable=False),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.Column("updated_at", t.TIME, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("archived_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_sales_order_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("source_ref", name=op.f("uq_sales_order_source_ref")),
        **t.OPTIONS,
    )
    op.create_index("ix_sales_order_order_no", "sales_order", ["order_no"])
    op.create_index("ix_sales_order_ordered_at", "sales_order", ["ordered_at"])
    op.create_index("ix_sales_order_party_id_ordered_at", "sales_order", ["party_id", "ordered_at"])

    op.create_table(
        "order_line",
        sa.Column("order_id", t.ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=998), nullable=False),
        sa.Column("qty_milli", sa.BigInteger(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_line")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )

    op.create_table(
        "payment",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("order_id", t.ID, nullable=True),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("paid_at", t.TIME, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("method", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=190), nullable=False),
        sa.Column("source_ref", sa.String(length=190), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_payment_order_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_payment_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("source_ref", name=op.f("uq_payment_source_ref")),
        **t.OPTIONS,
    )
    op.create_index("ix_payment_order_id", "payment", ["order_id"])
    op.create_index("ix_payment_party_id_paid_at", "payment", ["party_id", "paid_at"])


def _activities() -> None:
    op.create_table(
        "activity",
        sa.Column("interaction_id", t.ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(20), nullable=True),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("due_at", t.TIME, nullable=True),
        sa.Column("closed_at", t.TIME, nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("private_to", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("updated_at", t.TIME, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], name=op.f("fk_activity_interaction_id")),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_activity")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_activity_owner_state_due_at", "activity", ["owner", "state", "due_at"])
    op.create_index("ix_activity_state_due_at", "activity", ["state", "due_at"])

    op.create_table(
        "activity_party",
        sa.Column("party_id", t.ID, autoincrement=False, nullable=False),
        sa.Column("interaction_id", t.ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_activity_party_party_id")),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["activity.interaction_id"], name=op.f("fk_activity_party_interaction_id")
        ),
        sa.PrimaryKeyConstraint("party_id", "interaction_id", name=op.f("pk_activity_party")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_activity_party_interaction_id", "activity_party", ["interaction_id"])

    op.create_table(
        "activity_file",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("interaction_id", t.ID, nullable=False),
        sa.Column("sha256", t.HASH, nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=127), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("added_at", t.TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["activity.interaction_id"], name=op.f("fk_activity_file_interaction_id")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_activity_file_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_file")),
        sa.UniqueConstraint("interaction_id", "sha256", name=op.f("uq_activity_file_interaction_id_sha256")),
        **t.OPTIONS,
    )
    op.create_index("ix_activity_file_sha256", "activity_file", ["sha256"])

    op.create_table(
        "activity_word",
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("interaction_id", t.ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["activity.interaction_id"], name=op.f("fk_activity_word_interaction_id")
        ),
        sa.PrimaryKeyConstraint("word", "interaction_id", name=op.f("pk_activity_word")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_activity_word_interaction_id", "activity_word", ["interaction_id"])


def _changes() -> None:
    op.create_table(
        "interaction_change",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("interaction_id", t.ID, nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_interaction_change_interaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction_change")),
        **t.OPTIONS,
    )
    op.create_index("ix_interaction_change_interaction_id_id", "interaction_change", ["interaction_id", "id"])
