"""Quarantine: server UIDs that could not be had or filed, each with its reason, until a later try succeeds.

Messages that are filed but whose body cannot be had or read are not here: their own row says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from mailcrm.model.filing import StagedBlob
from mailcrm.model.folder import FolderRef, FolderRole
from mailcrm.model.text import clean_text
from mailcrm.store import blobs, unfetched
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import MessageLocation, MessageSkip, SyncQuarantine
from mailcrm.store.uids import here, known_uids
from mailcrm.store.waiting import WAITS


def quarantine(
    session: Session,
    folder: FolderRef,
    generation: int,
    reasons: Mapping[int, str],
    now: datetime,
    raws: Mapping[int, StagedBlob] | None = None,
) -> None:
    """UIDs that could not be recorded (uid -> why), with their bytes where we have them. Counts the tries."""
    blobs.put(session, list((raws or {}).values()))
    for uid, error in sorted(reasons.items()):
        row = session.get(SyncQuarantine, (folder.id, generation, uid))
        if row is None:
            row = SyncQuarantine(folder_id=folder.id, generation=generation, uid=uid, attempts=0, error="", at=now)
            session.add(row)
        row.attempts += 1
        row.error, row.at = clean_text(error)[:2000], now
        if raws and uid in raws:
            row.raw_sha256 = raws[uid].sha256
    session.flush()


def ask_for(
    session: Session, folder: FolderRef, generation: int, uids: Sequence[int], reason: str, now: datetime
) -> None:
    """Let the next pass ask for UIDs that nobody knows of, each alone; until it has them they are listed with `reason`."""
    quarantine(session, folder, generation, dict.fromkeys(uids, reason), now - WAITS[1])


def retries_due(session: Session, folder: FolderRef, generation: int, now: datetime, limit: int) -> list[int]:
    """UIDs of this folder whose next try is due, ascending."""
    query = (
        select(SyncQuarantine.uid)
        .where(here(SyncQuarantine, folder, generation), _due(now))
        .order_by(SyncQuarantine.uid)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def let_go(session: Session, folder: FolderRef, generation: int, tried: Sequence[int], gone: Iterable[int]) -> None:
    """Of the UIDs that were `tried`, forget those that are filed or left out by now, and those that are `gone`."""
    done = set(gone)
    for kept in (MessageLocation, MessageSkip):
        done |= known_uids(session, kept, folder, generation, tried)
    session.execute(
        delete(SyncQuarantine).where(here(SyncQuarantine, folder, generation), SyncQuarantine.uid.in_(done))
    )


def waiting(session: Session, folder: FolderRef, generation: int) -> set[int]:
    """All UIDs of this folder that are in quarantine, however often they were tried."""
    query = select(SyncQuarantine.uid).where(here(SyncQuarantine, folder, generation))
    return set(session.execute(query).scalars())


def forget_before(session: Session, folder: FolderRef, generation: int) -> None:
    """What earlier generations of this folder could not give: it is judged anew."""
    session.execute(
        delete(SyncQuarantine).where(SyncQuarantine.folder_id == folder.id, SyncQuarantine.generation < generation)
    )


def retry_all(session: Session, account_id: int, now: datetime) -> int:
    """A human says it may work now: all that could not be had from the server is due at once. Returns how many.

    What was had but not understood stays as it is: only a better parser would help.
    """
    on_server = select(Folder.id).where(Folder.account_id == account_id, Folder.role != FolderRole.IMPORT)
    folders = list(session.execute(on_server).scalars())
    uids = session.execute(
        update(SyncQuarantine)
        .where(SyncQuarantine.folder_id.in_(folders))
        .values(attempts=1, at=now - WAITS[1])
        .execution_options(synchronize_session=False)
    )
    return int(uids.rowcount) + unfetched.ask_again(session, folders)  # type: ignore[attr-defined]


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(*(and_(SyncQuarantine.attempts == n, SyncQuarantine.at <= now - wait) for n, wait in WAITS.items()))
