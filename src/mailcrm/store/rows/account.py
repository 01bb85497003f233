"""Accounts and folders: what a pass looks at, and all that one without news does. Mail itself is in `mail`."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.account import AccountState, Capture, CustomerWhen, Visibility
from mailcrm.model.folder import FolderRole
from mailcrm.store.rows.base import Base, Bytes, EnumText, Id, UtcMicros


class Account(Base):
    """A login that is polled. Hosts and secrets live in the configuration; this row owns policy and state."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(63), unique=True)
    address: Mapped[str] = mapped_column(String(320))
    owner: Mapped[str | None] = mapped_column(String(120))
    visibility: Mapped[Visibility] = mapped_column(EnumText(Visibility))
    capture: Mapped[Capture] = mapped_column(EnumText(Capture))
    customer_when: Mapped[CustomerWhen] = mapped_column(EnumText(CustomerWhen))
    state: Mapped[AccountState] = mapped_column(EnumText(AccountState))
    fail_count: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_error: Mapped[str] = mapped_column(Text, default="")
    oauth_token_enc: Mapped[bytes | None] = mapped_column(Bytes, deferred=True)
    refusals: Mapped[int] = mapped_column(default=0)
    refused_login: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcMicros)


class AccountDay(Base):
    """What an account received on a day (UTC, ISO format): bytes on the wire, and mails read to the end while busy."""

    __tablename__ = "account_day"

    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    received: Mapped[int] = mapped_column(Id, default=0)
    mails: Mapped[int] = mapped_column(default=0)
    busy_ms: Mapped[int] = mapped_column(Id, default=0)


class Folder(Base):
    """A folder and how far it is known. The UID cursor alone decides what is fetched; `judged_by` is the fingerprint of the
    rules that its mail went through, but for what these rules have still to look at again: UIDs below `judged_down_to`.

    The role `import` makes it an imported file or folder of files; `name_raw` is then its path. `gone_at`: the server has
    had no such folder since.
    """

    __tablename__ = "folder"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"))
    name_raw: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(500))
    role: Mapped[FolderRole] = mapped_column(EnumText(FolderRole))
    generation: Mapped[int] = mapped_column(default=0)
    uidvalidity: Mapped[int] = mapped_column(Id, default=0)
    uid_high: Mapped[int] = mapped_column(Id, default=0)
    uid_floor: Mapped[int] = mapped_column(Id, default=0)
    modseq_done: Mapped[int] = mapped_column(Id, default=0)
    settled_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    counted: Mapped[int] = mapped_column(default=0)
    mark: Mapped[str] = mapped_column(String(64), default="")
    judged_by: Mapped[int] = mapped_column(Id, default=0)
    judged_down_to: Mapped[int] = mapped_column(Id, default=0)
    mailboxid: Mapped[str] = mapped_column(String(255), default="")
    tried_first: Mapped[int] = mapped_column(Id, default=0)
    tried_last: Mapped[int] = mapped_column(Id, default=0)
    tries: Mapped[int] = mapped_column(default=0)
    server_count: Mapped[int] = mapped_column(default=0)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_error: Mapped[str] = mapped_column(Text, default="")
    gone_at: Mapped[datetime | None] = mapped_column(UtcMicros)
