"""Bodies that are still on the server: which are to be fetched, which are not any more, and which did not come."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.model.filing import PendingBody
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import BodyState
from mailcrm.model.text import clean_text
from mailcrm.store.bulk import portions
from mailcrm.store.rows.mail import Message, MessageLocation, MessageParticipant
from mailcrm.store.rows.party import EmailAddress
from mailcrm.store.uids import here


def pending_bodies(
    session: Session,
    folder: FolderRef,
    generation: int,
    limit: int,
    *,
    below: int | None = None,
    tried: bool = False,
    since: datetime | None = None,
) -> list[PendingBody]:
    """Copies in this folder whose bytes are still to be fetched, newest first, with a UID below `below`; of those alone that
    the server got `since` then, if that is given.

    With `tried`, those that an earlier try did not bring; else those that were never asked for.
    """
    query = (
        select(
            MessageLocation.message_id,
            MessageLocation.uid,
            MessageLocation.size,
            Message.body_state,
            Message.attempts,
        )
        .join(Message, Message.id == MessageLocation.message_id)
        .where(
            here(MessageLocation, folder, generation),
            MessageLocation.body_state == BodyState.PENDING,
            Message.attempts > 0 if tried else Message.attempts == 0,
        )
        .order_by(MessageLocation.uid.desc())
        .limit(limit)
    )
    if below is not None:
        query = query.where(MessageLocation.uid < below)
    if since is not None:
        query = query.where(MessageLocation.internaldate >= since)
    rows = session.execute(query)
    return [PendingBody(row[0], row[1], row[2], row[3] == BodyState.DONE, row[4]) for row in rows]


def pending_uids(session: Session, folder: FolderRef, generation: int, uids: Iterable[int]) -> set[int]:
    """Those of a few `uids` whose bytes are still to be fetched."""
    query = select(MessageLocation.uid).where(
        here(MessageLocation, folder, generation),
        MessageLocation.body_state == BodyState.PENDING,
        MessageLocation.uid.in_(list(uids)),
    )
    return set(session.execute(query).scalars())


def pending_people(session: Session, message_ids: Sequence[int]) -> dict[int, set[str]]:
    """The comparison keys of everybody who takes part in these messages, by message id."""
    found: dict[int, set[str]] = {message_id: set() for message_id in message_ids}
    query = (
        select(MessageParticipant.message_id, EmailAddress.address_norm)
        .join(EmailAddress, EmailAddress.id == MessageParticipant.email_id)
        .where(MessageParticipant.message_id.in_(message_ids))
    )
    for message_id, key in session.execute(query):
        found[message_id].add(key)
    return found


def lacking(folder: FolderRef, generation: int, *, gone: bool, attachments: bool) -> tuple[ColumnElement[bool], ...]:
    """Copies whose bytes were never wanted and never came, of those that are there or, with `gone`, that are missed.

    With `attachments` also those of which nobody has the attachments.
    """
    there, states = MessageLocation.gone_at.is_(None), [BodyState.NONE]
    if attachments:
        states += [BodyState.PARTIAL, BodyState.SAME]
    whole = aliased(MessageLocation)
    return (
        here(MessageLocation, folder, generation),
        MessageLocation.body_state.in_(states),
        or_(
            MessageLocation.body_state != BodyState.SAME,
            ~exists().where(
                whole.message_id == MessageLocation.message_id,
                whole.size == MessageLocation.size,
                whole.body_state == BodyState.DONE,
            ),
        ),
        ~there if gone else there,
    )


def want_bodies(
    session: Session,
    folder: FolderRef,
    generation: int,
    uids: Sequence[int],
    *,
    gone: bool = False,
    attachments: bool = False,
) -> None:
    """The bytes of these copies are to be fetched, where they are `lacking`."""
    these = (*lacking(folder, generation, gone=gone, attachments=attachments), MessageLocation.uid.in_(uids))
    rows = list(session.execute(select(MessageLocation.uid, MessageLocation.message_id).where(*these)))
    _set_locations(session, folder, generation, [row[0] for row in rows], BodyState.PENDING)
    messages = update(Message).where(Message.id.in_([row[1] for row in rows]), Message.body_state == BodyState.NONE)
    session.execute(messages.values(body_state=BodyState.PENDING).execution_options(synchronize_session=False))


def ask_again(session: Session, folder_ids: Sequence[int]) -> int:
    """Bodies in these folders that the server never gave are pending once more. Returns how many."""
    missing = (
        MessageLocation.folder_id.in_(folder_ids),
        MessageLocation.body_state == BodyState.QUARANTINED,
    )
    messages = list(session.execute(select(MessageLocation.message_id).where(*missing)).scalars())
    again = {"body_state": BodyState.PENDING}
    for part in portions(messages):
        locations = update(MessageLocation).where(*missing, MessageLocation.message_id.in_(part))
        rows = update(Message).where(Message.id.in_(part), Message.body_state == BodyState.QUARANTINED)
        session.execute(locations.values(**again).execution_options(synchronize_session=False))
        session.execute(rows.values(attempts=0, **again).execution_options(synchronize_session=False))
    return len(messages)


def mark_same(session: Session, folder: FolderRef, generation: int, *, partial: bool = False) -> int:
    """Pending copies of mails whose bytes came from another folder meanwhile, with the same size. Returns how many.

    With `partial` they need not have come with their attachments.
    """
    kept = aliased(MessageLocation)
    states = [BodyState.DONE, BodyState.PARTIAL] if partial else [BodyState.DONE]
    query = select(MessageLocation.uid).where(
        here(MessageLocation, folder, generation),
        MessageLocation.body_state == BodyState.PENDING,
        exists().where(
            kept.message_id == MessageLocation.message_id,
            kept.size == MessageLocation.size,
            kept.body_state.in_(states),
        ),
    )
    uids = list(session.execute(query).scalars())
    _set_locations(session, folder, generation, uids, BodyState.SAME)
    return len(uids)


def leave_on_server(session: Session, folder: FolderRef, generation: int, uids: Sequence[int] | None = None) -> int:
    """A rule now forbids to fetch these bodies (None: all of the folder): nothing is pending any more. Returns how many.

    What was filed of the headers before stays, and so does what is here without its attachments.
    """
    query = select(MessageLocation.uid, MessageLocation.message_id, MessageLocation.raw_sha256).where(
        here(MessageLocation, folder, generation),
        MessageLocation.body_state == BodyState.PENDING,
    )
    if uids is not None:
        query = query.where(MessageLocation.uid.in_(uids))
    rows = list(session.execute(query))
    _set_locations(session, folder, generation, [row[0] for row in rows if row[2] is None], BodyState.NONE)
    _set_locations(session, folder, generation, [row[0] for row in rows if row[2] is not None], BodyState.PARTIAL)
    for some in portions(rows):
        part = Message.id.in_([row[1] for row in some])
        session.execute(
            update(Message)
            .where(part, Message.body_state == BodyState.PENDING)
            .values(body_state=BodyState.NONE)
            .execution_options(synchronize_session=False)
        )
    _index(session, [row[1] for row in rows])
    return len(rows)


def note_lost(session: Session, message_ids: Sequence[int]) -> None:
    """The connection was lost over these bodies: next time they are asked for one by one, after all others."""
    session.execute(
        update(Message)
        .where(Message.id.in_(message_ids), Message.attempts == 0)
        .values(attempts=1)
        .execution_options(synchronize_session=False)
    )


def note_missing_body(
    session: Session, folder: FolderRef, generation: int, pending: PendingBody, error: str, limit: int
) -> bool:
    """The server did not give bytes it had announced; after `limit` times the message is quarantined with the reason.

    Returns whether it is.
    """
    message = session.get_one(Message, pending.message_id, with_for_update=True, populate_existing=True)
    message.attempts += 1
    message.last_error = clean_text(error)[:2000]
    if message.attempts < limit:
        return False
    if message.body_state not in (BodyState.DONE, BodyState.PARTIAL):  # else only the bytes of this copy are missing
        message.body_state = BodyState.QUARANTINED
        _index(session, [message.id])
    _set_locations(session, folder, generation, [pending.uid], BodyState.QUARANTINED)
    return True


def _index(session: Session, message_ids: Sequence[int]) -> None:
    """Mail whose body does not come is found by its subject and people."""
    if message_ids:
        from mailcrm.store.search import index  # only now: most passes find nothing new

        index.add(session, message_ids)


def _set_locations(session: Session, folder: FolderRef, generation: int, uids: Sequence[int], state: BodyState) -> None:
    for some in portions(uids):
        part = MessageLocation.uid.in_(some)
        session.execute(
            update(MessageLocation)
            .where(here(MessageLocation, folder, generation), part)
            .values(body_state=state)
            .execution_options(synchronize_session=False)
        )
