"""What happens to the copies of filed mail on their server: flags and labels change, copies go. The archive keeps the mail.

A skipped or quarantined UID that is gone leaves nothing behind; a location is kept with the time it was missed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from mailcrm.model.folder import FolderRef, UidRange
from mailcrm.model.message import BodyState
from mailcrm.model.text import clean_text
from mailcrm.store.bulk import portions
from mailcrm.store.rows.mail import Message, MessageLocation, MessageSkip, SyncQuarantine
from mailcrm.store.uids import KEPT, Kept, here
from mailcrm.store.unfetched import leave_on_server, want_bodies

_RANGES = 100
"""Ranges in one statement."""


def set_flags(session: Session, folder: FolderRef, generation: int, flags: Mapping[int, str]) -> None:
    """The flags of copies as they are now, by UID; UIDs that are not filed are left out."""
    _set(session, folder, generation, MessageLocation.flags, flags)


def set_labels(session: Session, folder: FolderRef, generation: int, labels: Mapping[int, str]) -> None:
    """The same for the folders that Gmail shows copies in (`Place.labels`)."""
    kept = {uid: clean_text(text) for uid, text in labels.items()}
    _set(session, folder, generation, MessageLocation.labels, kept)


def _set(
    session: Session,
    folder: FolderRef,
    generation: int,
    column: InstrumentedAttribute[str],
    values: Mapping[int, str],
) -> None:
    changed: list[dict[str, object]] = []
    for part in portions(sorted(values)):
        query = select(MessageLocation.uid, column).where(
            here(MessageLocation, folder, generation), MessageLocation.uid.in_(part)
        )
        changed += [{"at": uid, "now": values[uid]} for uid, before in session.execute(query) if before != values[uid]]
    if changed:
        statement = update(MessageLocation).where(
            here(MessageLocation, folder, generation), MessageLocation.uid == bindparam("at")
        )
        session.connection().execute(statement.values({column: bindparam("now")}), changed)


def count_here(session: Session, folder: FolderRef, generation: int) -> int:
    """How many UIDs we know of that the server still holds, by all that was heard: filed, left out or quarantined."""
    return sum(
        session.execute(
            select(func.count()).where(here(kept, folder, generation), _is_there(kept))
        ).scalar_one()
        for kept in KEPT
    )  # fmt: skip


def known_in(session: Session, folder: FolderRef, generation: int, ranges: Iterable[UidRange]) -> list[int]:
    """The UIDs in these ranges that we know of and that are not yet gone, ascending."""
    found: set[int] = set()
    for part in portions(list(ranges), _RANGES):
        for kept in KEPT:
            inside = or_(*(and_(kept.uid >= lo, kept.uid <= hi) for lo, hi in part))
            query = select(kept.uid).where(here(kept, folder, generation), _is_there(kept), inside)
            found |= set(session.execute(query).scalars())
    return sorted(found)


def mark_gone(session: Session, folder: FolderRef, generation: int, uids: Sequence[int], now: datetime) -> None:
    """The server holds these no more. Bodies that were to be fetched from there cannot be, and are not waited for."""
    for part in portions(uids):
        copies = here(MessageLocation, folder, generation) & MessageLocation.uid.in_(part)
        pending = select(MessageLocation.uid).where(copies, MessageLocation.body_state == BodyState.PENDING)
        waiting = list(session.execute(pending).scalars())
        if waiting:
            leave_on_server(session, folder, generation, waiting)
        session.execute(
            update(MessageLocation)
            .where(copies, MessageLocation.gone_at.is_(None))
            .values(gone_at=now)
            .execution_options(synchronize_session=False)
        )
        for kept in (MessageSkip, SyncQuarantine):
            session.execute(
                delete(kept)
                .where(here(kept, folder, generation), kept.uid.in_(part))
                .execution_options(synchronize_session=False)
            )


def mark_back(
    session: Session,
    folder: FolderRef,
    generation: int,
    uids: Sequence[int],
    *,
    bodies: bool,
    attachments: bool = True,
) -> None:
    """Copies that were missed and are there after all; with `bodies`, theirs are wanted again, `attachments` included."""
    for part in portions(uids):
        if bodies:
            want_bodies(session, folder, generation, part, gone=True, attachments=attachments)
        session.execute(
            update(MessageLocation)
            .where(
                here(MessageLocation, folder, generation),
                MessageLocation.uid.in_(part),
                MessageLocation.gone_at.is_not(None),
            )
            .values(gone_at=None)
            .execution_options(synchronize_session=False)
        )


def keys_at(session: Session, folder: FolderRef, generation: int, uids: Sequence[int]) -> dict[int, str]:
    """The dedupe keys of what is filed under these UIDs."""
    found: dict[int, str] = {}
    for part in portions(uids):
        query = (
            select(MessageLocation.uid, Message.dedupe_key)
            .join(Message, Message.id == MessageLocation.message_id)
            .where(here(MessageLocation, folder, generation), MessageLocation.uid.in_(part))
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def end_generations(session: Session, folder: FolderRef, before: int, now: datetime) -> None:
    """The folder was numbered anew: the UIDs of generations `before` this one name nothing on the server any more."""
    session.execute(
        update(MessageLocation)
        .where(
            MessageLocation.folder_id == folder.id,
            MessageLocation.generation < before,
            MessageLocation.gone_at.is_(None),
        )
        .values(gone_at=now)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class Former:
    """What tells a copy again under another UID: when it arrived, its size, and what its header says."""

    internaldate: datetime | None
    size: int
    subject: str
    sent_at: datetime | None


def former_keys(session: Session, folder: FolderRef, generation: int, wanted: Iterable[Former]) -> dict[Former, str]:
    """Dedupe keys of mails without a Message-ID that lay in this folder before it was numbered anew.

    Where two such mails look the same, neither is here: only their bodies can tell them apart.
    """
    sizes = sorted({each.size for each in wanted})
    found: dict[Former, set[str]] = {}
    for part in portions(sizes):
        query = (
            select(
                MessageLocation.internaldate, MessageLocation.size, Message.subject, Message.sent_at, Message.dedupe_key
            )
            .join(Message, Message.id == MessageLocation.message_id)
            .where(
                MessageLocation.folder_id == folder.id,
                MessageLocation.generation < generation,
                MessageLocation.size.in_(part),
                Message.message_id == "",
            )
        )
        for row in session.execute(query):
            found.setdefault(Former(row[0], row[1], row[2], row[3]), set()).add(row[4])
    return {former: next(iter(keys)) for former, keys in found.items() if len(keys) == 1}


def _is_there(kept: Kept) -> ColumnElement[bool]:
    return kept.gone_at.is_(None) if kept is MessageLocation else true()
