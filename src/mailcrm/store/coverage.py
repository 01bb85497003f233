"""Coverage: how much of each folder the archive holds, and what could not be read, from the facts in the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderRef
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Viewer
from mailcrm.store.bulk import portions
from mailcrm.store.completeness import count_broken, is_broken
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.mail import Message, MessageLocation, MessageSkip, SyncQuarantine
from mailcrm.store.uids import Kept, here, known_uids
from mailcrm.store.visibility import visible_account


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A message that is kept but not understood, or a UID that could not be recorded."""

    account: str
    folder: str
    uid: int
    subject: str
    reason: str
    raw_sha256: str | None


def list_problems(session: Session, viewer: Viewer, limit: int = 200) -> list[ProblemLine]:
    """All quarantined mail with its reason, newest first, in the accounts that `viewer` may see."""
    bodies = (
        select(
            Account.name,
            Folder.name,
            MessageLocation.uid,
            Message.subject,
            Message.last_error,
            MessageLocation.raw_sha256,
        )
        .join(MessageLocation, MessageLocation.message_id == Message.id)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .join(Account, Account.id == Folder.account_id)
        .where(is_broken(), visible_account(viewer))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    uids = (
        select(Account.name, Folder.name, SyncQuarantine.uid, SyncQuarantine.error, SyncQuarantine.raw_sha256)
        .join(Folder, Folder.id == SyncQuarantine.folder_id)
        .join(Account, Account.id == Folder.account_id)
        .where(visible_account(viewer))
        .order_by(SyncQuarantine.at.desc())
        .limit(limit)
    )
    found = [ProblemLine(*row) for row in session.execute(bodies)]
    return found + [ProblemLine(r[0], r[1], r[2], "", r[3], r[4]) for r in session.execute(uids)]


@dataclass(frozen=True, slots=True)
class FolderCount:
    """How much of a folder the archive holds. `pending` bodies are still on the server, `broken` mails are stored but
    could not be had whole or understood, and `unread` is whether the first reading has not come to its end.

    An imported file has the role `import`, and a `server` count of 0; so has one that is `gone` from the server.
    """

    account: str
    folder: str
    role: str
    server: int
    stored: int
    skipped: int
    quarantined: int
    pending: int
    last_ok_at: datetime | None
    last_error: str
    broken: int
    unread: bool
    gone: bool


def count_folders(session: Session) -> list[FolderCount]:
    """One line per folder, from the facts in the tables."""
    stored = _per_folder(session, MessageLocation, MessageLocation.gone_at.is_(None))
    skipped, broken = _per_folder(session, MessageSkip), _per_folder(session, SyncQuarantine)
    pending = _per_folder(session, MessageLocation, MessageLocation.body_state == BodyState.PENDING)
    unreadable = count_broken(session)
    query = (
        select(Folder, Account.name).join(Account, Account.id == Folder.account_id).order_by(Account.name, Folder.name)
    )
    return [
        FolderCount(
            account, f.name, f.role.value, f.server_count, stored.get(f.id, 0), skipped.get(f.id, 0),
            broken.get(f.id, 0), pending.get(f.id, 0), f.last_ok_at, f.last_error, unreadable.get(f.id, 0),
            f.generation == 0 or f.uid_floor > 0, f.gone_at is not None,
        )
        for f, account in session.execute(query)
    ]  # fmt: skip


def _per_folder(session: Session, kept: Kept, *conditions: ColumnElement[bool]) -> dict[int, int]:
    query = (
        select(Folder.id, func.count())
        .join_from(Folder, kept, and_(kept.folder_id == Folder.id, kept.generation == Folder.generation))
        .where(*conditions)
        .group_by(Folder.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def located_uids(session: Session, folder: FolderRef, generation: int, uids: Sequence[int]) -> set[int]:
    """Those of `uids` that are filed."""
    return known_uids(session, MessageLocation, folder, generation, uids)


def skipped_uids(session: Session, folder: FolderRef, generation: int, uids: Sequence[int]) -> dict[int, str]:
    """Those of `uids` that a rule left out, with the rule."""
    found: dict[int, str] = {}
    for part in portions(uids):
        query = select(MessageSkip.uid, MessageSkip.rule).where(
            here(MessageSkip, folder, generation), MessageSkip.uid.in_(part)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def count_uids(session: Session, folder: FolderRef, generation: int) -> tuple[int, dict[str, int], int]:
    """How many mails of a folder are filed, were left out (by rule), and are in quarantine."""
    filed, broken = (
        session.execute(select(func.count()).where(here(kept, folder, generation))).scalar_one()
        for kept in (MessageLocation, SyncQuarantine)
    )
    query = select(MessageSkip.rule, func.count()).where(here(MessageSkip, folder, generation))
    rules = {row[0]: row[1] for row in session.execute(query.group_by(MessageSkip.rule))}
    return filed, rules, broken


def count_messages(session: Session) -> dict[BodyState, int]:
    """Messages by what we have of their bodies."""
    query = select(Message.body_state, func.count()).group_by(Message.body_state)
    return {row[0]: row[1] for row in session.execute(query)}
