"""Bodies: which are still on the server, their bytes when they come, and what the parser read in them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Update, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.model.filing import FetchedBody, PendingBody
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import LONGEST_TEXT, BodyState, ParsedMessage
from mailcrm.model.text import clean_text
from mailcrm.store import blobs
from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation, MessageParticipant
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
    return len(rows)


def _set_locations(session: Session, folder: FolderRef, generation: int, uids: Sequence[int], state: BodyState) -> None:
    for some in portions(uids):
        part = MessageLocation.uid.in_(some)
        session.execute(
            update(MessageLocation)
            .where(here(MessageLocation, folder, generation), part)
            .values(body_state=state)
            .execution_options(synchronize_session=False)
        )


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


def store_bodies(session: Session, folder: FolderRef, generation: int, bodies: Sequence[FetchedBody]) -> None:
    """Keep the bytes of these copies, and of mails not read before their text, attachments and kind as the body shows it.

    What was read without its attachments is read again when they come with it.

    What the parser could not understand is kept too, listed with its reason, and tried again by a better parser.
    """
    if not bodies:
        return
    blobs.put(session, [body.raw for body in bodies])
    _locate_raw(session, folder, generation, bodies)
    first, again = _to_read(session, bodies)
    update_rows(session, _message_read(), [_read(body) for body in first])
    read = {body.pending.message_id for body in first}
    _forget_tries(session, sorted({body.pending.message_id for body in bodies} - read))
    if again:
        session.execute(delete(Attachment).where(Attachment.message_id.in_(again)))
    rows = [row for body in first if body.parsed for row in _attachments(body.pending.message_id, body.parsed)]
    insert_rows(session, Attachment, rows)


def _to_read(session: Session, bodies: Sequence[FetchedBody]) -> tuple[list[FetchedBody], list[int]]:
    """One body per mail that nobody read meanwhile: copies come twice in a folder, and to two mailboxes at once. And the
    ids of those that were read before, but without their attachments."""
    chosen: dict[int, FetchedBody] = {}
    for body in bodies:
        other = chosen.get(body.pending.message_id)
        if not body.pending.known and (other is None or other.parsed is None):
            chosen[body.pending.message_id] = body
    found = list(rows_in(session, _unread(), sorted(chosen)))
    rows = [row for row in found if row[1] != BodyState.PARTIAL or _tells_more(chosen[row[0]])]
    return [chosen[row[0]] for row in rows], [row[0] for row in rows if row[1] == BodyState.PARTIAL]


@cache
def _unread() -> Lookup:
    unread = select(Message.id, Message.body_state).where(Message.body_state != BodyState.DONE)
    return Lookup(unread.order_by(Message.id).with_for_update(), Message.id)


def _tells_more(body: FetchedBody) -> bool:
    """Than the same mail without its attachments."""
    return not body.partial and body.parsed is not None


def _forget_tries(session: Session, message_ids: Sequence[int]) -> None:
    for part in portions(message_ids):
        session.execute(
            update(Message)
            .where(Message.id.in_(part), Message.attempts > 0)
            .values(attempts=0)
            .execution_options(synchronize_session=False)
        )


def _locate_raw(session: Session, folder: FolderRef, generation: int, bodies: Sequence[FetchedBody]) -> None:
    rows = [
        {
            "at": folder.id, "numbered": generation, "at_uid": body.pending.uid, "digest": body.raw.sha256,
            "state": _state(body),
        }
        for body in bodies
    ]  # fmt: skip
    update_rows(session, _raw_located(), rows)


@cache
def _raw_located() -> Update:
    return (
        update(MessageLocation)
        .where(
            MessageLocation.folder_id == bindparam("at"),
            MessageLocation.generation == bindparam("numbered"),
            MessageLocation.uid == bindparam("at_uid"),
        )
        .values(raw_sha256=bindparam("digest"), body_state=bindparam("state"))
    )


def _state(body: FetchedBody) -> BodyState:
    return BodyState.PARTIAL if body.partial else BodyState.DONE


def _read(body: FetchedBody) -> dict[str, object]:
    parsed = body.parsed
    if parsed is None:
        state, text, defects = BodyState.QUARANTINED, None, ""
    else:
        state, text = _state(body), parsed.text[:LONGEST_TEXT]
        defects = "\n".join(dict.fromkeys((*parsed.headers.defects, *parsed.defects)))
    return {
        "row": body.pending.message_id,
        "state": state,
        "kind": parsed.headers.kind if parsed is not None else None,
        "text": text,
        "defects": defects,
        "error": clean_text(body.error)[:2000],
    }


@cache
def _message_read() -> Update:
    return (
        update(Message)
        .where(Message.id == bindparam("row"))
        .values(
            body_state=bindparam("state"),
            kind=func.coalesce(bindparam("kind", type_=Message.kind.type), Message.kind),
            body_text=bindparam("text"),
            defects=bindparam("defects"),
            last_error=bindparam("error"),
            attempts=0,
        )
    )


def _attachments(message_id: int, parsed: ParsedMessage) -> Iterable[dict[str, object]]:
    return (
        {
            "message_id": message_id,
            "position": part.position,
            "filename": part.filename,
            "mime_type": part.mime_type[:120],
            "content_id": part.content_id,
            "inline": part.inline,
            "size": part.size,
            "sha256": part.sha256,
            "section": part.section,
        }
        for part in parsed.attachments
    )


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
    _set_locations(session, folder, generation, [pending.uid], BodyState.QUARANTINED)
    return True


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
