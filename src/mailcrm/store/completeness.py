"""Completeness: what the archive knows of each UID of a folder, and which mails of ours it only heard of."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, union_all
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderRef, FolderRole, KnownUids
from mailcrm.model.message import BodyState
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.campaign import Recipient
from mailcrm.store.rows.mail import Message, MessageLocation, MessageRef, MessageSkip, SyncQuarantine
from mailcrm.store.uids import here

_AT_ONCE = 10_000


def known_in(session: Session, folder: FolderRef, generation: int) -> KnownUids:
    """All UIDs of a folder that the archive knows."""
    filed = select(MessageLocation.uid).where(here(MessageLocation, folder, generation))
    return KnownUids(
        filed=_uids(session, filed),
        pending=_uids(session, filed.where(MessageLocation.body_state == BodyState.PENDING)),
        broken=_uids(session, filed.join(Message, Message.id == MessageLocation.message_id).where(is_broken())),
        left_out=_uids(session, select(MessageSkip.uid).where(here(MessageSkip, folder, generation))),
        quarantined=_uids(session, select(SyncQuarantine.uid).where(here(SyncQuarantine, folder, generation))),
    )


def is_broken() -> ColumnElement[bool]:
    """Copies whose bytes could not be had, and those of mails that could not be understood."""
    return or_(MessageLocation.body_state == BodyState.QUARANTINED, Message.body_state == BodyState.QUARANTINED)


def _uids(session: Session, query: Select[int]) -> Sequence[int]:
    rows = session.execute(query.order_by("uid").execution_options(yield_per=_AT_ONCE))
    return array("L", rows.scalars())


def reasons_in(session: Session, folder: FolderRef, generation: int, limit: int) -> dict[int, str]:
    """Why the first mails of a folder could not be filed, had or understood, by UID."""
    queries = (
        select(SyncQuarantine.uid, SyncQuarantine.error).where(here(SyncQuarantine, folder, generation)),
        select(MessageLocation.uid, Message.last_error)
        .join(Message, Message.id == MessageLocation.message_id)
        .where(here(MessageLocation, folder, generation), is_broken()),
    )
    found = {row[0]: row[1] for query in queries for row in session.execute(query.order_by("uid").limit(limit))}
    return {uid: found[uid] for uid in sorted(found)[:limit]}


def count_broken(session: Session) -> dict[int, int]:
    """Mails that are filed but could not be had or understood, by folder id; one query per index."""
    columns = select(MessageLocation.folder_id, MessageLocation.generation, MessageLocation.uid)
    unread = columns.where(MessageLocation.body_state == BodyState.QUARANTINED)
    odd = columns.join(Message, Message.id == MessageLocation.message_id).where(
        Message.body_state == BodyState.QUARANTINED, MessageLocation.body_state != BodyState.QUARANTINED
    )
    both = union_all(unread, odd).subquery()
    query = (
        select(Folder.id, func.count())
        .join(both, and_(both.c.folder_id == Folder.id, both.c.generation == Folder.generation))
        .group_by(Folder.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder that a pass has seen. `generation` is 0 before it was read."""

    ref: FolderRef
    role: FolderRole
    generation: int
    last_ok_at: datetime | None


def folders_of(session: Session, account_id: int) -> list[FolderRow]:
    """The folders of an account on its server, by name; imported files are none."""
    on_server = Folder.account_id == account_id, Folder.role != FolderRole.IMPORT
    query = select(Folder).where(*on_server).order_by(Folder.name)
    return [
        FolderRow(FolderRef(row.id, account_id, row.name), row.role, row.generation, row.last_ok_at)
        for row in session.execute(query).scalars()
    ]


def count_filed(session: Session, folder: FolderRef, generation: int) -> int:
    """How many mails of a folder are in the archive."""
    query = select(func.count()).where(here(MessageLocation, folder, generation))
    return session.execute(query).scalar_one()


@dataclass(frozen=True, slots=True)
class HeardOf:
    """Mails of ours that are not in the archive: how many Message-IDs, in how many conversations."""

    mails: int
    conversations: int


def heard_of(session: Session, account_id: int, domains: Iterable[str]) -> HeardOf:
    """Message-IDs made in one of our `domains` that mail of this account names and whose mail is in no folder.

    What mailcrm sent itself is not counted: campaign mail has its own row.
    """
    ours = [or_(MessageRef.domain == name, MessageRef.domain.endswith(f".{name}", autoescape=True)) for name in domains]
    in_account = (
        select(Message.id)
        .join(MessageLocation, MessageLocation.message_id == Message.id)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .where(Message.thread_id == MessageRef.thread_id, Folder.account_id == account_id)
    )
    query = select(func.count(), func.count(MessageRef.thread_id.distinct())).where(
        or_(false(), *ours),
        ~exists().where(Message.message_id_hash == MessageRef.ref_hash),
        ~exists().where(Recipient.message_id_hash == MessageRef.ref_hash),
        exists(in_account),
    )
    row = session.execute(query).one()
    return HeardOf(row[0], row[1])
