"""What rules left out: how many mails by which rule, and which. Nothing is known of them but where they lie and when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from mailcrm.model.rights import Viewer
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.mail import MessageSkip
from mailcrm.store.visibility import visible_account

_PRESENT = and_(MessageSkip.folder_id == Folder.id, MessageSkip.generation == Folder.generation)


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many mails of a folder a rule leaves out, and when the first and the last of them arrived."""

    folder: str
    rule: str
    mails: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeftOutLine:
    """One mail that a rule leaves out."""

    folder: str
    uid: int
    arrived_at: datetime | None
    rule: str


def count_left_out(session: Session, viewer: Viewer, account: str) -> list[RuleCount]:
    """By folder and rule, those with the most mails first; of an account that `viewer` may see."""
    number, first, last = func.count(), func.min(MessageSkip.arrived_at), func.max(MessageSkip.arrived_at)
    query = (
        select(Folder.name, MessageSkip.rule, number, first, last)
        .join_from(MessageSkip, Folder, _PRESENT)
        .join(Account, Account.id == Folder.account_id)
        .where(*_of(viewer, account))
        .group_by(Folder.name, MessageSkip.rule)
        .order_by(number.desc(), Folder.name, MessageSkip.rule)
    )
    return [RuleCount(*row) for row in session.execute(query)]


def list_left_out(session: Session, viewer: Viewer, account: str, limit: int) -> list[LeftOutLine]:
    """The newest first, at most `limit`, those without a date last; of an account that `viewer` may see."""
    query = (
        select(Folder.name, MessageSkip.uid, MessageSkip.arrived_at, MessageSkip.rule)
        .join_from(MessageSkip, Folder, _PRESENT)
        .join(Account, Account.id == Folder.account_id)
        .where(*_of(viewer, account))
        .order_by(MessageSkip.arrived_at.is_(None), MessageSkip.arrived_at.desc(), Folder.name, MessageSkip.uid.desc())
        .limit(limit)
    )
    return [LeftOutLine(*row) for row in session.execute(query)]


def _of(viewer: Viewer, account: str) -> tuple[ColumnElement[bool], ...]:
    return Account.name == account, visible_account(viewer)
