"""When the rules of an account change: what of a folder they left out or kept only in part, to be looked at again."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderRef
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation, MessageSkip
from mailcrm.store.uids import here
from mailcrm.store.unfetched import lacking


def begin_to_judge(session: Session, folder: FolderRef, fingerprint: int, uid_high: int) -> None:
    """These rules hold from now on. If others held before, all up to `uid_high` is to be looked at again."""
    if session.get_one(Folder, folder.id).judged_by != fingerprint:
        note_judged(session, folder, fingerprint, uid_high + 1)


def note_judged(session: Session, folder: FolderRef, fingerprint: int, down_to: int = 0) -> None:
    """Of mail that was filed before, all from UID `down_to` on went through these rules."""
    values = {"judged_by": fingerprint, "judged_down_to": down_to}
    session.execute(update(Folder).where(Folder.id == folder.id).values(**values))


def keep_too_old(session: Session, folder: FolderRef, generation: int, since: datetime, rule: str) -> None:
    """What was left out and arrived before `since` stays out, by `rule`: nobody has to ask the server."""
    session.execute(
        update(MessageSkip)
        .where(here(MessageSkip, folder, generation), MessageSkip.arrived_at < since, MessageSkip.rule != rule)
        .values(rule=rule)
        .execution_options(synchronize_session=False)
    )


def to_judge(
    session: Session,
    folder: FolderRef,
    generation: int,
    since: datetime | None,
    *,
    subjects: bool,
    below: int,
    limit: int,
) -> list[int]:
    """UIDs to be looked at again, highest first, with a UID below `below`: what a rule left out, but for mail that is
    too old for `since` as well; and with `subjects` mail that was filed without one."""
    skipped = select(MessageSkip.uid).where(
        here(MessageSkip, folder, generation), MessageSkip.uid < below, _may_be_kept(since)
    )
    untitled = (
        select(MessageLocation.uid)
        .join(Message, Message.id == MessageLocation.message_id)
        .where(here(MessageLocation, folder, generation), MessageLocation.uid < below)
        .where(MessageLocation.gone_at.is_(None), Message.subject == "")
    )
    uids = set(session.execute(skipped.order_by(MessageSkip.uid.desc()).limit(limit)).scalars())
    if subjects:
        uids.update(session.execute(untitled.order_by(MessageLocation.uid.desc()).limit(limit)).scalars())
    return sorted(uids, reverse=True)[:limit]


def lacking_bodies(
    session: Session,
    folder: FolderRef,
    generation: int,
    since: datetime | None,
    *,
    attachments: bool = False,
    below: int | None,
    limit: int,
) -> list[tuple[int, str]]:
    """Copies (UID, labels) whose bytes the rules left on the server, highest first, with a UID below `below`; not what is
    too old for `since`. With `attachments` also those whose attachments were left there."""
    those = lacking(folder, generation, gone=False, attachments=attachments)
    query = select(MessageLocation.uid, MessageLocation.labels).where(*those)
    if since is not None:
        query = query.where(or_(MessageLocation.internaldate.is_(None), MessageLocation.internaldate >= since))
    if below is not None:
        query = query.where(MessageLocation.uid < below)
    rows = session.execute(query.order_by(MessageLocation.uid.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def _may_be_kept(since: datetime | None) -> ColumnElement[bool]:
    if since is None:
        return true()
    return or_(MessageSkip.arrived_at.is_(None), MessageSkip.arrived_at >= since)
