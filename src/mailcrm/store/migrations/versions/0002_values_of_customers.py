"""values of customers: what fields held before, what lists are filtered by, and the fields of a team's own"""

import sqlalchemy as sa
from alembic import op

from mailcrm.store.migrations import types as t

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _values()
    _numbers()
    _tags()


def _values() -> None:
    op.create_table(
        "field_change",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_ref", t.ID, nullable=True),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_field_change_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_change")),
        **t.OPTIONS,
    )
    op.create_index("ix_field_change_party_id_id", "field_change", ["party_id", "id"])

    op.create_table(
        "shown_value",
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("v_text", sa.String(length=190), nullable=False),
        sa.Column("v_int", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_shown_value_party_id")),
        sa.PrimaryKeyConstraint("party_id", "field", "ordinal", name=op.f("pk_shown_value")),
        sqlite_with_rowid=False,
        **t.OPTIONS,
    )
    op.create_index("ix_shown_value_field_v_int_party_id", "shown_value", ["field", "v_int", "party_id"])
    op.create_index("ix_shown_value_field_v_text_party_id", "shown_value", ["field", "v_text", "party_id"])

    op.create_table(
        "custom_field",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("label_zh", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("applies_to", sa.String(length=20), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("is_sensitive", sa.Boolean(), nullable=False),
        sa.Column("preset", sa.String(length=40), nullable=False),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.Column("archived_at", t.TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint("key", name=op.f("uq_custom_field_key")),
        **t.OPTIONS,
    )


def _numbers() -> None:
    op.create_table(
        "number_alias",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("number_key", sa.String(length=60), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("since", t.TIME, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_number_alias_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_alias")),
        sa.UniqueConstraint("number_key", "system", name=op.f("uq_number_alias_number_key_system")),
        **t.OPTIONS,
    )
    op.create_index("ix_number_alias_party_id", "number_alias", ["party_id"])


def _tags() -> None:
    op.create_table(
        "tag_category",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("colour", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tag_category")),
        **t.OPTIONS,
    )
    op.create_table(
        "tag_alias",
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("tag_id", t.ID, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_alias_tag_id")),
        sa.PrimaryKeyConstraint("category", "name_key", name=op.f("pk_tag_alias")),
        **t.OPTIONS,
    )
    op.create_index("ix_tag_alias_tag_id", "tag_alias", ["tag_id"])
    op.add_column("tag", sa.Column("archived_at", t.TIME, nullable=True))
