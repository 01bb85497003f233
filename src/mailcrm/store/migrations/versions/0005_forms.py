"""public forms, and what came in by them"""

import sqlalchemy as sa
from alembic import op

from mailcrm.store.migrations import types as t

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _form()
    _submission()


def _form() -> None:
    op.create_table(
        "form",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("fields", t.LONG_TEXT, nullable=False),
        sa.Column("texts", t.LONG_TEXT, nullable=False),
        sa.Column("purpose_id", t.ID, nullable=True),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("privacy_url", sa.Text(), nullable=False),
        sa.Column("redirect_url", sa.Text(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["purpose_id"], ["purpose.id"], name=op.f("fk_form_purpose_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form")),
        sa.UniqueConstraint("key", name=op.f("uq_form_key")),
        **t.OPTIONS,
    )
    op.create_index("ix_form_purpose_id", "form", ["purpose_id"])


def _submission() -> None:
    op.create_table(
        "form_submission",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("form_id", t.ID, nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("answers", t.LONG_TEXT, nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("ip_hash", t.HASH, nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("party_id", t.ID, nullable=True),
        sa.Column("email_id", t.ID, nullable=True),
        sa.Column("trusted_at", t.TIME, nullable=True),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_submission_form_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_form_submission_party_id")),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_form_submission_email_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_submission")),
        sa.UniqueConstraint("source_key", name=op.f("uq_form_submission_source_key")),
        **t.OPTIONS,
    )
    for columns in (
        ["form_id", "at"],
        ["form_id", "ip_hash", "at"],
        ["form_id", "text_hash", "at"],
        ["state", "verdict", "id"],
        ["party_id"],
        ["email_id"],
    ):
        op.create_index(f"ix_form_submission_{'_'.join(columns)}", "form_submission", columns)
