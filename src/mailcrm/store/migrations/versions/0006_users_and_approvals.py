"""users and approvals"""

import sqlalchemy as sa
from alembic import op

from mailcrm.store.migrations import types as t

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("name", name=op.f("uq_app_user_name")),
        **t.OPTIONS,
    )

    op.create_table(
        "change_request",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("payload", t.LONG_TEXT, nullable=False),
        sa.Column("sha256", t.HASH, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_login", sa.String(length=120), nullable=False),
        sa.Column("asked_at", t.TIME, nullable=False),
        sa.Column("expires_at", t.TIME, nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_login", sa.String(length=120), nullable=False),
        sa.Column("decided_at", t.TIME, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
        **t.OPTIONS,
    )
    op.create_index("ix_change_request_state_id", "change_request", ["state", "id"])
