"""the first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from mailcrm.store.migrations import types as t

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("visibility", sa.String(20), nullable=False),
        sa.Column("capture", sa.String(20), nullable=False),
        sa.Column("customer_when", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("fail_count", sa.Integer(), nullable=False),
        sa.Column("next_try_at", t.TIME, nullable=True),
        sa.Column("last_ok_at", t.TIME, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("oauth_token_enc", t.BYTES, nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("refused_login", sa.String(length=64), nullable=False),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        **t.OPTIONS,
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", t.ID, autoincrement=False, nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=190), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("prev_hash", t.HASH, nullable=False),
        sa.Column("hash", t.HASH, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entry_hash")),
        **t.OPTIONS,
    )
    op.create_index("ix_audit_entry_action_seq", "audit_entry", ["action", "seq"])
    op.create_index("ix_audit_entry_actor_seq", "audit_entry", ["actor", "seq"])

    op.create_table(
        "audit_head",
        sa.Column("id", t.ID, autoincrement=False, nullable=False),
        sa.Column("seq", t.ID, nullable=False),
        sa.Column("hash", t.HASH, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        **t.OPTIONS,
    )
    op.create_table(
        "blob",
        sa.Column("sha256", t.HASH, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due", t.TIME, nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("until", t.TIME, nullable=False),
        sa.Column("fail_count", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
        **t.OPTIONS,
    )
    op.create_index("ix_lease_due_until", "lease", ["due", "until"])

    op.create_table(
        "number_sequence",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("next_value", t.ID, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_sequence")),
        **t.OPTIONS,
    )
    op.create_table(
        "party",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("customer_no", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("root_id", t.ID, nullable=True),
        sa.Column("cluster_size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("own_name", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("named_by", t.ID, nullable=True),
        sa.Column("name_source", sa.String(length=20), nullable=False),
        sa.Column("sort_key", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("restricted_at", t.TIME, nullable=True),
        sa.Column("last_in_at", t.TIME, nullable=True),
        sa.Column("last_out_at", t.TIME, nullable=True),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.Column("updated_at", t.TIME, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["root_id"], ["party.id"], name=op.f("fk_party_root_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("customer_no", name=op.f("uq_party_customer_no")),
        **t.OPTIONS,
    )
    op.create_index("ix_party_root_id", "party", ["root_id"])
    op.create_index("ix_party_cluster_size_root_id", "party", ["cluster_size", "root_id"])
    op.create_index("ix_party_state_created_at_id", "party", ["state", "created_at", "id"])
    op.create_index("ix_party_state_last_in_at_id", "party", ["state", "last_in_at", "id"])
    op.create_index("ix_party_state_last_out_at_id", "party", ["state", "last_out_at", "id"])
    op.create_index("ix_party_state_sort_key", "party", ["state", "sort_key"])
    op.create_index("ix_party_state_updated_at", "party", ["state", "updated_at"])

    op.create_table(
        "purpose",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("needs_consent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose")),
        sa.UniqueConstraint("key", name=op.f("uq_purpose_key")),
        **t.OPTIONS,
    )
    op.create_table(
        "segment",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", t.TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_segment_name")),
        **t.OPTIONS,
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
        **t.OPTIONS,
    )
    op.create_table(
        "suppression",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key_hash", t.HASH, nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("scope_id", t.ID, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("source", sa.String(length=190), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint(
            "kind", "key_hash", "scope", "scope_id", name=op.f("uq_suppression_kind_key_hash_scope_scope_id")
        ),
        **t.OPTIONS,
    )
    op.create_table(
        "tag",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("category", "name_key", name=op.f("uq_tag_category_name_key")),
        **t.OPTIONS,
    )
    op.create_table(
        "template",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint("name", name=op.f("uq_template_name")),
        **t.OPTIONS,
    )
    op.create_table(
        "thread",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("subject", sa.String(length=998), nullable=False),
        sa.Column("first_at", t.TIME, nullable=True),
        sa.Column("last_at", t.TIME, nullable=True),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("merged_into", t.ID, nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["thread.id"], name=op.f("fk_thread_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        **t.OPTIONS,
    )
    op.create_index("ix_thread_last_at", "thread", ["last_at"])
    op.create_index("ix_thread_merged_into", "thread", ["merged_into"])
    op.create_index("ix_thread_stale_id", "thread", ["stale", "id"])

    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("until", t.TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        **t.OPTIONS,
    )
    op.create_table(
        "blob_data",
        sa.Column("sha256", t.HASH, nullable=False),
        sa.Column("data", t.BYTES, nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_blob_data_sha256"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob_data")),
        **t.OPTIONS,
    )
    op.create_table(
        "campaign",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("purpose_id", t.ID, nullable=True),
        sa.Column("account_id", t.ID, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("withheld", sa.Text(), nullable=False),
        sa.Column("start_at", t.TIME, nullable=True),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.Column("started_at", t.TIME, nullable=True),
        sa.Column("finished_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_campaign_account_id")),
        sa.ForeignKeyConstraint(["purpose_id"], ["purpose.id"], name=op.f("fk_campaign_purpose_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
        **t.OPTIONS,
    )
    op.create_index("ix_campaign_account_id", "campaign", ["account_id"])
    op.create_index("ix_campaign_purpose_id", "campaign", ["purpose_id"])
    op.create_index("ix_campaign_state", "campaign", ["state"])

    op.create_table(
        "email_address",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("address_norm", sa.String(length=320), nullable=False),
        sa.Column("address_display", sa.String(length=320), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("key_hash", t.HASH, nullable=False),
        sa.Column("mailbox_hash", t.HASH, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("match_party_id", t.ID, nullable=True),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.ForeignKeyConstraint(["match_party_id"], ["party.id"], name=op.f("fk_email_address_match_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_address")),
        sa.UniqueConstraint("address_norm", name=op.f("uq_email_address_address_norm")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_email_address_key_hash")),
        **t.OPTIONS,
    )
    op.create_index("ix_email_address_domain", "email_address", ["domain"])
    op.create_index("ix_email_address_kind", "email_address", ["kind"])
    op.create_index("ix_email_address_mailbox_hash", "email_address", ["mailbox_hash"])
    op.create_index("ix_email_address_match_party_id", "email_address", ["match_party_id"])

    op.create_table(
        "account_day",
        sa.Column("account_id", t.ID, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("received", t.ID, nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("busy_ms", t.ID, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_day_account_id")),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_account_day")),
        **t.OPTIONS,
    )

    op.create_table(
        "folder",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("account_id", t.ID, nullable=False),
        sa.Column("name_raw", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("uidvalidity", t.ID, nullable=False),
        sa.Column("uid_high", t.ID, nullable=False),
        sa.Column("uid_floor", t.ID, nullable=False),
        sa.Column("modseq_done", t.ID, nullable=False),
        sa.Column("settled_at", t.TIME, nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("judged_by", t.ID, nullable=False),
        sa.Column("judged_down_to", t.ID, nullable=False),
        sa.Column("mailboxid", sa.String(length=255), nullable=False),
        sa.Column("tried_first", t.ID, nullable=False),
        sa.Column("tried_last", t.ID, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("server_count", sa.Integer(), nullable=False),
        sa.Column("last_ok_at", t.TIME, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("gone_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_folder_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_folder_account_id_name")),
        **t.OPTIONS,
    )
    op.create_table(
        "message",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("dedupe_key", t.HASH, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("message_id_hash", t.HASH, nullable=True),
        sa.Column("answers_hash", t.HASH, nullable=True),
        sa.Column("thread_id", t.ID, nullable=False),
        sa.Column("sent_at", t.TIME, nullable=True),
        sa.Column("received_at", t.TIME, nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(length=998), nullable=False),
        sa.Column("subject_key", sa.BigInteger(), nullable=True),
        sa.Column("away_until", sa.String(length=10), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("body_text", t.LONG_TEXT, nullable=True),
        sa.Column("newest_text", t.LONG_TEXT, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body_state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_message_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
        **t.OPTIONS,
    )
    op.create_index("ix_message_body_state_id", "message", ["body_state", "id"])
    op.create_index("ix_message_message_id_hash", "message", ["message_id_hash"])
    op.create_index("ix_message_received_at", "message", ["received_at"])
    op.create_index("ix_message_subject_key", "message", ["subject_key"])
    op.create_index("ix_message_thread_id", "message", ["thread_id"])

    op.create_table(
        "reply_link",
        sa.Column("message_id", t.ID, autoincrement=False, nullable=False),
        sa.Column("subject_key", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", t.ID, nullable=True),
        sa.Column("dropped_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_reply_link_message_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["message.id"], name=op.f("fk_reply_link_parent_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_reply_link")),
        **t.OPTIONS,
    )
    op.create_index("ix_reply_link_parent_id", "reply_link", ["parent_id"])
    op.create_index("ix_reply_link_subject_key", "reply_link", ["subject_key"])

    op.create_table(
        "conversation",
        sa.Column("thread_id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("waiting", sa.String(20), nullable=False),
        sa.Column("since", t.TIME, nullable=True),
        sa.Column("last_in_at", t.TIME, nullable=True),
        sa.Column("last_out_at", t.TIME, nullable=True),
        sa.Column("mails_in", sa.Integer(), nullable=False),
        sa.Column("mails_out", sa.Integer(), nullable=False),
        sa.Column("our_replies", sa.Integer(), nullable=False),
        sa.Column("our_seconds", sa.BigInteger(), nullable=False),
        sa.Column("their_replies", sa.Integer(), nullable=False),
        sa.Column("their_seconds", sa.BigInteger(), nullable=False),
        sa.Column("handled_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_conversation_party_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_conversation_thread_id")),
        sa.PrimaryKeyConstraint("thread_id", "party_id", name=op.f("pk_conversation")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_conversation_party_id", "conversation", ["party_id"])
    op.create_index("ix_conversation_waiting_since", "conversation", ["waiting", "since"])

    op.create_table(
        "message_ref",
        sa.Column("ref_hash", t.HASH, nullable=False),
        sa.Column("thread_id", t.ID, nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_message_ref_thread_id")),
        sa.PrimaryKeyConstraint("ref_hash", name=op.f("pk_message_ref")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_message_ref_thread_id", "message_ref", ["thread_id"])

    op.create_table(
        "org_domain",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_org_domain_party_id")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_org_domain")),
        **t.OPTIONS,
    )
    op.create_index("ix_org_domain_party_id", "org_domain", ["party_id"])

    op.create_table(
        "contact_fact",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("value_hash", t.HASH, nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("parts", t.LONG_TEXT, nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_ref", t.ID, nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("observed_at", t.TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("verified_by", sa.String(length=120), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("ended_at", t.TIME, nullable=True),
        sa.Column("is_preferred", sa.Boolean(), nullable=False),
        sa.Column("batch_id", t.ID, nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_contact_fact_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_fact")),
        sa.UniqueConstraint(
            "party_id", "field", "value_hash", "source", name=op.f("uq_contact_fact_party_id_field_value_hash_source")
        ),
        **t.OPTIONS,
    )
    op.create_index("ix_contact_fact_source_source_ref", "contact_fact", ["source", "source_ref"])
    op.create_index("ix_contact_fact_value_hash", "contact_fact", ["value_hash"])

    op.create_table(
        "organisation",
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("legal_name", sa.String(length=255), nullable=False),
        sa.Column("tax_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_organisation_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_organisation")),
        **t.OPTIONS,
    )
    op.create_table(
        "party_tag",
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("tag_id", t.ID, nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_tag_party_id")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_party_tag_tag_id")),
        sa.PrimaryKeyConstraint("party_id", "tag_id", name=op.f("pk_party_tag")),
        **t.OPTIONS,
    )
    op.create_index("ix_party_tag_tag_id_party_id", "party_tag", ["tag_id", "party_id"])

    op.create_table(
        "person",
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("salutation", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_person_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_person")),
        **t.OPTIONS,
    )
    op.create_table(
        "template_version",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("template_id", t.ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=20), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("source", t.LONG_TEXT, nullable=False),
        sa.Column("sha256", t.HASH, nullable=False),
        sa.Column("created_at", t.TIME, nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_template_version_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_version")),
        sa.UniqueConstraint(
            "template_id", "version", "lang", name=op.f("uq_template_version_template_id_version_lang")
        ),
        **t.OPTIONS,
    )
    op.create_table(
        "attachment",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("message_id", t.ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.String(length=120), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", t.HASH, nullable=True),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("text_state", sa.String(20), nullable=False),
        sa.Column("text_error", sa.Text(), nullable=False),
        sa.Column("text", t.LONG_TEXT, nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_attachment_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("message_id", "position", name=op.f("uq_attachment_message_id_position")),
        **t.OPTIONS,
    )
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])
    op.create_index("ix_attachment_text_state_id", "attachment", ["text_state", "id"])

    op.create_table(
        "campaign_step",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("campaign_id", t.ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("template_version_id", t.ID, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_step_campaign_id")),
        sa.ForeignKeyConstraint(
            ["template_version_id"], ["template_version.id"], name=op.f("fk_campaign_step_template_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_step")),
        sa.UniqueConstraint("campaign_id", "position", name=op.f("uq_campaign_step_campaign_id_position")),
        **t.OPTIONS,
    )
    op.create_index("ix_campaign_step_template_version_id", "campaign_step", ["template_version_id"])

    op.create_table(
        "consent_event",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("email_id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=True),
        sa.Column("purpose_id", t.ID, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("basis", sa.String(length=40), nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("recorded_at", t.TIME, nullable=False),
        sa.Column("source", sa.String(length=190), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_consent_event_email_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_consent_event_party_id")),
        sa.ForeignKeyConstraint(["purpose_id"], ["purpose.id"], name=op.f("fk_consent_event_purpose_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
        **t.OPTIONS,
    )
    op.create_index("ix_consent_event_email_id_purpose_id", "consent_event", ["email_id", "purpose_id"])
    op.create_index("ix_consent_event_party_id", "consent_event", ["party_id"])
    op.create_index("ix_consent_event_purpose_id", "consent_event", ["purpose_id"])

    op.create_table(
        "interaction",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("source_key", sa.String(length=190), nullable=False),
        sa.Column("occurred_at", t.TIME, nullable=False),
        sa.Column("direction", sa.String(20), nullable=True),
        sa.Column("title", sa.String(length=998), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("message_id", t.ID, nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_interaction_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
        sa.UniqueConstraint("kind", "source_key", name=op.f("uq_interaction_kind_source_key")),
        **t.OPTIONS,
    )
    op.create_index("ix_interaction_message_id", "interaction", ["message_id"])
    op.create_index("ix_interaction_occurred_at", "interaction", ["occurred_at"])

    op.create_table(
        "message_location",
        sa.Column("folder_id", t.ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("uid", t.ID, autoincrement=False, nullable=False),
        sa.Column("message_id", t.ID, nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("internaldate", t.TIME, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body_state", sa.String(20), nullable=False),
        sa.Column("raw_sha256", t.HASH, nullable=True),
        sa.Column("gone_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_message_location_folder_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_location_message_id")),
        sa.ForeignKeyConstraint(["raw_sha256"], ["blob.sha256"], name=op.f("fk_message_location_raw_sha256")),
        sa.PrimaryKeyConstraint("folder_id", "generation", "uid", name=op.f("pk_message_location")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_message_location_folder_id_body_state_uid", "message_location", ["folder_id", "body_state", "uid"]
    )
    op.create_index("ix_message_location_message_id", "message_location", ["message_id"])
    op.create_index("ix_message_location_raw_sha256", "message_location", ["raw_sha256"])

    op.create_table(
        "message_object",
        sa.Column("account_id", t.ID, nullable=False),
        sa.Column("object_id", sa.String(length=255), nullable=False),
        sa.Column("message_id", t.ID, nullable=False),
        sa.Column("server_thread", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_message_object_account_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_object_message_id")),
        sa.PrimaryKeyConstraint("account_id", "object_id", name=op.f("pk_message_object")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_message_object_message_id", "message_object", ["message_id"])

    op.create_table(
        "message_participant",
        sa.Column("message_id", t.ID, nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("email_id", t.ID, nullable=False),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("party_id", t.ID, nullable=True),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_message_participant_email_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_participant_message_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_message_participant_party_id")),
        sa.PrimaryKeyConstraint("message_id", "role", "position", name=op.f("pk_message_participant")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_message_participant_email_id_message_id", "message_participant", ["email_id", "message_id"])
    op.create_index("ix_message_participant_party_id", "message_participant", ["party_id"])

    op.create_table(
        "message_search",
        sa.Column("key", t.ID, autoincrement=False, nullable=False),
        sa.Column("message_id", t.ID, nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_search_message_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message_search")),
        sa.UniqueConstraint("message_id", name=op.f("uq_message_search_message_id")),
        **t.OPTIONS,
    )
    _create_message_words()
    op.create_table(
        "message_skip",
        sa.Column("folder_id", t.ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("uid", t.ID, autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("arrived_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_message_skip_folder_id")),
        sa.PrimaryKeyConstraint("folder_id", "generation", "uid", name=op.f("pk_message_skip")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "party_email",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("email_id", t.ID, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("valid_from", t.TIME, nullable=False),
        sa.Column("valid_to", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_party_email_email_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_email_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_email")),
        sa.UniqueConstraint("party_id", "email_id", name=op.f("uq_party_email_party_id_email_id")),
        sa.UniqueConstraint("party_id", "rank", name=op.f("uq_party_email_party_id_rank")),
        **t.OPTIONS,
    )
    op.create_index("ix_party_email_email_id", "party_email", ["email_id"])

    op.create_table(
        "affiliation",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("person_id", t.ID, nullable=False),
        sa.Column("org_id", t.ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("valid_from", t.TIME, nullable=False),
        sa.Column("seen_until", t.TIME, nullable=False),
        sa.Column("valid_to", t.TIME, nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["party.id"], name=op.f("fk_affiliation_org_id")),
        sa.ForeignKeyConstraint(["person_id"], ["party.id"], name=op.f("fk_affiliation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliation")),
        sa.UniqueConstraint("person_id", "org_id", "kind", name=op.f("uq_affiliation_person_id_org_id_kind")),
        **t.OPTIONS,
    )
    op.create_index("ix_affiliation_org_id", "affiliation", ["org_id"])

    op.create_table(
        "identity_profile",
        sa.Column("party_id", t.ID, autoincrement=False, nullable=False),
        sa.Column("content", t.LONG_TEXT, nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_identity_profile_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_identity_profile")),
        **t.OPTIONS,
    )
    op.create_index("ix_identity_profile_stale_party_id", "identity_profile", ["stale", "party_id"])
    op.create_index("ix_identity_profile_compared_party_id", "identity_profile", ["compared", "party_id"])

    op.create_table(
        "key_count",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parties", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_key_count")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_candidate",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_lo", t.ID, nullable=False),
        sa.Column("party_hi", t.ID, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("evidence", t.LONG_TEXT, nullable=False),
        sa.Column("name_only", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.String(length=120), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("found_at", t.TIME, nullable=False),
        sa.Column("later_until", t.TIME, nullable=True),
        sa.Column("decided_at", t.TIME, nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("party_lo < party_hi", name=op.f("ck_match_candidate_ordered")),
        sa.ForeignKeyConstraint(["party_hi"], ["party.id"], name=op.f("fk_match_candidate_party_hi")),
        sa.ForeignKeyConstraint(["party_lo"], ["party.id"], name=op.f("fk_match_candidate_party_lo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_candidate")),
        sa.UniqueConstraint("party_lo", "party_hi", name=op.f("uq_match_candidate_party_lo_party_hi")),
        **t.OPTIONS,
    )
    op.create_index("ix_match_candidate_party_hi", "match_candidate", ["party_hi"])
    op.create_index("ix_match_candidate_state_later_until", "match_candidate", ["state", "later_until"])

    op.create_table(
        "merge_record",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("party_lo", t.ID, nullable=False),
        sa.Column("party_hi", t.ID, nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("evidence", t.LONG_TEXT, nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("undone_at", t.TIME, nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("party_lo < party_hi", name=op.f("ck_merge_record_ordered")),
        sa.ForeignKeyConstraint(["party_hi"], ["party.id"], name=op.f("fk_merge_record_party_hi")),
        sa.ForeignKeyConstraint(["party_lo"], ["party.id"], name=op.f("fk_merge_record_party_lo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_record")),
        **t.OPTIONS,
    )
    op.create_index("ix_merge_record_party_hi", "merge_record", ["party_hi"])
    op.create_index("ix_merge_record_party_lo", "merge_record", ["party_lo"])

    op.create_table(
        "sighting_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", t.ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_sighting_key_party_id")),
        sa.PrimaryKeyConstraint("key", "party_id", name=op.f("pk_sighting_key")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sighting_key_party_id", "sighting_key", ["party_id"])

    op.create_table(
        "sighting",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_ref", t.ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", t.ID, nullable=True),
        sa.Column("email_id", t.ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("direction", sa.String(20), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("seen_at", t.TIME, nullable=False),
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("resolved_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sighting_account_id")),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_sighting_email_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_sighting_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint("source", "source_ref", "position", name=op.f("uq_sighting_source_source_ref_position")),
        **t.OPTIONS,
    )
    op.create_index("ix_sighting_account_id", "sighting", ["account_id"])
    op.create_index("ix_sighting_email_id", "sighting", ["email_id"])
    op.create_index("ix_sighting_party_id", "sighting", ["party_id"])
    op.create_index("ix_sighting_resolved_at_id", "sighting", ["resolved_at", "id"])

    op.create_table(
        "sync_quarantine",
        sa.Column("folder_id", t.ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("uid", t.ID, autoincrement=False, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("raw_sha256", t.HASH, nullable=True),
        sa.Column("at", t.TIME, nullable=False),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_sync_quarantine_folder_id")),
        sa.ForeignKeyConstraint(["raw_sha256"], ["blob.sha256"], name=op.f("fk_sync_quarantine_raw_sha256")),
        sa.PrimaryKeyConstraint("folder_id", "generation", "uid", name=op.f("pk_sync_quarantine")),
        **t.OPTIONS,
    )
    op.create_index("ix_sync_quarantine_raw_sha256", "sync_quarantine", ["raw_sha256"])

    op.create_table(
        "consent_state",
        sa.Column("email_id", t.ID, nullable=False),
        sa.Column("purpose_id", t.ID, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since", t.TIME, nullable=False),
        sa.Column("event_id", t.ID, nullable=False),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_consent_state_email_id")),
        sa.ForeignKeyConstraint(["event_id"], ["consent_event.id"], name=op.f("fk_consent_state_event_id")),
        sa.ForeignKeyConstraint(["purpose_id"], ["purpose.id"], name=op.f("fk_consent_state_purpose_id")),
        sa.PrimaryKeyConstraint("email_id", "purpose_id", name=op.f("pk_consent_state")),
        **t.OPTIONS,
    )
    op.create_index("ix_consent_state_event_id", "consent_state", ["event_id"])
    op.create_index("ix_consent_state_purpose_id_state", "consent_state", ["purpose_id", "state"])

    op.create_table(
        "interaction_party",
        sa.Column("party_id", t.ID, nullable=False),
        sa.Column("occurred_at", t.TIME, nullable=False),
        sa.Column("interaction_id", t.ID, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interaction.id"], name=op.f("fk_interaction_party_interaction_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_interaction_party_party_id")),
        sa.PrimaryKeyConstraint("party_id", "occurred_at", "interaction_id", name=op.f("pk_interaction_party")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_interaction_party_interaction_id", "interaction_party", ["interaction_id"])

    op.create_table(
        "meeting",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("uid_hash", t.HASH, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("tells_all", sa.Boolean(), nullable=False),
        sa.Column("stamped_at", t.TIME, nullable=False),
        sa.Column("starts_at", t.TIME, nullable=False),
        sa.Column("ends_at", t.TIME, nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("organizer", sa.String(length=320), nullable=False),
        sa.Column("rule", sa.String(length=500), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("interaction_id", t.ID, nullable=False),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], name=op.f("fk_meeting_interaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("uid_hash", name=op.f("uq_meeting_uid_hash")),
        **t.OPTIONS,
    )
    op.create_index("ix_meeting_interaction_id", "meeting", ["interaction_id"])

    op.create_table(
        "meeting_attendee",
        sa.Column("meeting_id", t.ID, nullable=False),
        sa.Column("key_hash", t.HASH, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("stamped_at", t.TIME, nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_attendee_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "key_hash", name=op.f("pk_meeting_attendee")),
        **t.OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recipient",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("step_id", t.ID, nullable=False),
        sa.Column("party_id", t.ID, nullable=True),
        sa.Column("email_id", t.ID, nullable=False),
        sa.Column("occurrence", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("skip_reason", sa.String(length=190), nullable=False),
        sa.Column("due_at", t.TIME, nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=False),
        sa.Column("lease_until", t.TIME, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=190), nullable=False),
        sa.Column("message_id_hash", t.HASH, nullable=False),
        sa.Column("composed_at", t.TIME, nullable=True),
        sa.Column("merge_values", sa.Text(), nullable=True),
        sa.Column("template_version_id", t.ID, nullable=True),
        sa.Column("rendered_sha256", t.HASH, nullable=True),
        sa.Column("smtp_reply", sa.Text(), nullable=False),
        sa.Column("sent_at", t.TIME, nullable=True),
        sa.Column("in_doubt_at", t.TIME, nullable=True),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_recipient_email_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recipient_party_id")),
        sa.ForeignKeyConstraint(["step_id"], ["campaign_step.id"], name=op.f("fk_recipient_step_id")),
        sa.ForeignKeyConstraint(
            ["template_version_id"], ["template_version.id"], name=op.f("fk_recipient_template_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
        sa.UniqueConstraint("message_id", name=op.f("uq_recipient_message_id")),
        sa.UniqueConstraint("message_id_hash", name=op.f("uq_recipient_message_id_hash")),
        sa.UniqueConstraint("step_id", "email_id", "occurrence", name=op.f("uq_recipient_step_id_email_id_occurrence")),
        **t.OPTIONS,
    )
    op.create_index("ix_recipient_email_id", "recipient", ["email_id"])
    op.create_index("ix_recipient_party_id", "recipient", ["party_id"])
    op.create_index("ix_recipient_state_lease_until", "recipient", ["state", "lease_until"])
    op.create_index("ix_recipient_step_id_state_due_at", "recipient", ["step_id", "state", "due_at"])
    op.create_index("ix_recipient_template_version_id", "recipient", ["template_version_id"])

    op.create_table(
        "delivery_event",
        sa.Column("id", t.ID, nullable=False),
        sa.Column("recipient_id", t.ID, nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("at", t.TIME, nullable=False),
        sa.Column("dedupe_key", sa.String(length=190), nullable=False),
        sa.Column("smtp_code", sa.Integer(), nullable=False),
        sa.Column("enhanced", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("is_machine", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], name=op.f("fk_delivery_event_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_delivery_event_dedupe_key")),
        **t.OPTIONS,
    )
    op.create_index("ix_delivery_event_recipient_id_type", "delivery_event", ["recipient_id", "type"])


def _create_message_words() -> None:
    """The words of mail that can be searched for, as each engine keeps such (`store.search.words`)."""
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE message_words USING fts5("
            "sender, recipients, subject, body, content='', columnsize=0, tokenize='ascii')"
        )
        return
    vector = [sa.Column("words", postgresql.TSVECTOR(), nullable=True)] if dialect == "postgresql" else []
    op.create_table(
        "message_words",
        sa.Column("key", t.ID, autoincrement=False, nullable=False),
        *vector,
        sa.Column("sender", t.LONG_TEXT, nullable=False),
        sa.Column("recipients", t.LONG_TEXT, nullable=False),
        sa.Column("subject", t.LONG_TEXT, nullable=False),
        sa.Column("body", t.LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message_words")),
        **t.OPTIONS,
    )
    if vector:
        op.create_index("ix_message_words_words", "message_words", ["words"], postgresql_using="gin")
        longer = sa.text("words IS NULL")
        op.create_index("ix_message_words_longer", "message_words", ["key"], postgresql_where=longer)
