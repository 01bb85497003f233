"""Messages, where they lie, who took part, and what could not be read: one row per mail, however many folders hold it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.model.filing import FetchedBody, FiledMessage, FolderRef, KnownMessage, PendingBody, Place, StagedBlob
from mailcrm.model.message import BodyState, ParsedMessage
from mailcrm.model.rights import Viewer
from mailcrm.model.text import clean_text
from mailcrm.store import blobs
from mailcrm.store.rows.mail import (
    Account,
    Attachment,
    Folder,
    Message,
    MessageLocation,
    MessageParticipant,
    MessageSkip,
    SyncQuarantine,
)
from mailcrm.store.threads import ref_hash
from mailcrm.store.visibility import visible_account

MAX_BODY_TEXT = 2_000_000
"""Characters of text kept beside a message; the raw bytes are always whole."""

_CHUNK = 500


# --- headers -----------------------------------------------------------------------------------------------------


def find_messages(session: Session, dedupe_keys: Iterable[str]) -> dict[str, KnownMessage]:
    """The messages already in the archive, by dedupe key."""
    wanted = sorted(set(dedupe_keys))
    rows = [
        row
        for start in range(0, len(wanted), _CHUNK)
        for row in session.execute(
            select(Message.dedupe_key, Message.id, Message.body_state).where(
                Message.dedupe_key.in_(wanted[start : start + _CHUNK])
            )
        )
    ]
    sizes = _kept_sizes(session, [row[1] for row in rows])
    return {row[0]: KnownMessage(row[1], row[2], frozenset(sizes.get(row[1], ()))) for row in rows}


def _kept_sizes(session: Session, message_ids: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for start in range(0, len(message_ids), _CHUNK):
        query = select(MessageLocation.message_id, MessageLocation.size).where(
            MessageLocation.message_id.in_(message_ids[start : start + _CHUNK]), MessageLocation.raw_sha256.is_not(None)
        )
        for message_id, size in session.execute(query):
            found.setdefault(message_id, set()).add(size)
    return found


def add_messages(session: Session, filed: Sequence[FiledMessage]) -> list[int]:
    """New rows, in order; returns their ids."""
    rows = [_message(item) for item in filed]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _message(item: FiledMessage) -> Message:
    headers = item.headers
    return Message(
        dedupe_key=item.dedupe_key,
        message_id=headers.message_id,
        message_id_hash=ref_hash(headers.message_id) if headers.message_id else None,
        thread_id=item.thread_id,
        sent_at=headers.sent_at,
        received_at=item.received_at,
        direction=item.direction,
        kind=headers.kind,
        subject=headers.subject[:998],
        size=item.size,
        body_state=item.body_state,
        attempts=0,
        last_error="",
        defects="\n".join(headers.defects),
    )


def add_participants(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Rows of `message_participant` (message_id, role, position, email_id, display_name, party_id)."""
    if rows:
        session.execute(insert(MessageParticipant), list(rows))


def add_locations(
    session: Session, folder: FolderRef, generation: int, places: Sequence[tuple[Place, int, BodyState]]
) -> None:
    """That `folder` holds these messages (place, message id, body state). UIDs already filed stay as they are."""
    uids = [place.uid for place, _, _ in places]
    known = set(_located(session, folder.id, generation, uids))
    rows = [
        {
            "folder_id": folder.id,
            "generation": generation,
            "uid": place.uid,
            "message_id": message_id,
            "flags": place.flags,
            "internaldate": place.internaldate,
            "size": place.size,
            "body_state": state,
        }
        for place, message_id, state in places
        if place.uid not in known
    ]
    if rows:
        session.execute(insert(MessageLocation), rows)


def _located(session: Session, folder_id: int, generation: int, uids: Sequence[int]) -> Iterable[int]:
    for start in range(0, len(uids), _CHUNK):
        query = select(MessageLocation.uid).where(
            MessageLocation.folder_id == folder_id,
            MessageLocation.generation == generation,
            MessageLocation.uid.in_(uids[start : start + _CHUNK]),
        )
        yield from session.execute(query).scalars()


def add_skips(session: Session, folder: FolderRef, generation: int, rules: Mapping[int, str]) -> None:
    """UIDs that a rule leaves out (uid -> rule); nothing else is kept of them."""
    for uid, rule in sorted(rules.items()):
        session.merge(MessageSkip(folder_id=folder.id, generation=generation, uid=uid, rule=rule[:200]))


def quarantine(
    session: Session, folder: FolderRef, generation: int, uid: int, error: str, raw: StagedBlob | None, now: datetime
) -> None:
    """A UID that could not be recorded, with its reason and, where we have them, its bytes."""
    row = session.get(SyncQuarantine, (folder.id, generation, uid))
    if row is None:
        row = SyncQuarantine(folder_id=folder.id, generation=generation, uid=uid, attempts=0, error="", at=now)
        session.add(row)
    row.attempts += 1
    row.error, row.at = clean_text(error)[:2000], now
    if raw is not None:
        blobs.put(session, [raw])
        row.raw_sha256 = raw.sha256


# --- bodies ------------------------------------------------------------------------------------------------------


def pending_bodies(session: Session, folder: FolderRef, generation: int, limit: int) -> list[PendingBody]:
    """Copies in this folder whose bytes are still to be fetched, newest first."""
    query = (
        select(MessageLocation.message_id, MessageLocation.uid, MessageLocation.size, Message.body_state)
        .join(Message, Message.id == MessageLocation.message_id)
        .where(
            MessageLocation.folder_id == folder.id,
            MessageLocation.generation == generation,
            MessageLocation.body_state == BodyState.PENDING,
        )
        .order_by(MessageLocation.uid.desc())
        .limit(limit)
    )
    return [PendingBody(row[0], row[1], row[2], row[3] == BodyState.DONE) for row in session.execute(query)]


def mark_same(session: Session, folder: FolderRef, generation: int) -> int:
    """Pending copies of mails whose bytes came from another folder meanwhile, with the same size. Returns how many."""
    kept = aliased(MessageLocation)
    query = select(MessageLocation.uid).where(
        MessageLocation.folder_id == folder.id,
        MessageLocation.generation == generation,
        MessageLocation.body_state == BodyState.PENDING,
        exists().where(
            kept.message_id == MessageLocation.message_id,
            kept.size == MessageLocation.size,
            kept.raw_sha256.is_not(None),
        ),
    )
    uids = list(session.execute(query).scalars())
    for start in range(0, len(uids), _CHUNK):
        part = MessageLocation.uid.in_(uids[start : start + _CHUNK])
        session.execute(
            update(MessageLocation)
            .where(MessageLocation.folder_id == folder.id, MessageLocation.generation == generation, part)
            .values(body_state=BodyState.SAME)
            .execution_options(synchronize_session=False)
        )
    return len(uids)


def folders_with_pending(session: Session, account_id: int) -> set[int]:
    """Ids of the account's folders in which bodies are still to be fetched."""
    query = (
        select(Folder.id)
        .join(
            MessageLocation,
            and_(MessageLocation.folder_id == Folder.id, MessageLocation.generation == Folder.generation),
        )
        .where(Folder.account_id == account_id, MessageLocation.body_state == BodyState.PENDING)
        .distinct()
    )
    return set(session.execute(query).scalars())


def store_bodies(session: Session, folder: FolderRef, generation: int, bodies: Sequence[FetchedBody]) -> None:
    """Keep the bytes of these copies, and of mails not read before their text, attachments and kind as the body shows it.

    What the parser could not understand is kept too, listed with its reason, and tried again by a better parser.
    """
    if not bodies:
        return
    blobs.put(session, [body.raw for body in bodies])
    _locate_raw(session, folder, generation, bodies)
    first = _first_read(session, bodies)
    _update_messages(session, [_read(body) for body in first])
    rows = [row for body in first if body.parsed for row in _attachments(body.pending.message_id, body.parsed)]
    if rows:
        session.execute(insert(Attachment), rows)


def _first_read(session: Session, bodies: Sequence[FetchedBody]) -> list[FetchedBody]:
    """One body per mail that nobody read meanwhile: copies come twice in a folder, and to two mailboxes at once."""
    chosen: dict[int, FetchedBody] = {}
    for body in bodies:
        other = chosen.get(body.pending.message_id)
        if not body.pending.known and (other is None or other.parsed is None):
            chosen[body.pending.message_id] = body
    query = select(Message.id).where(Message.id.in_(chosen), Message.body_state != BodyState.DONE).order_by(Message.id)
    return [chosen[message_id] for message_id in session.execute(query.with_for_update()).scalars()] if chosen else []


def _locate_raw(session: Session, folder: FolderRef, generation: int, bodies: Sequence[FetchedBody]) -> None:
    here = MessageLocation.folder_id == folder.id, MessageLocation.generation == generation
    statement = (
        update(MessageLocation)
        .where(*here, MessageLocation.uid == bindparam("at_uid"))
        .values(raw_sha256=bindparam("digest"), body_state=BodyState.DONE)
    )
    session.connection().execute(statement, [{"at_uid": b.pending.uid, "digest": b.raw.sha256} for b in bodies])


def _read(body: FetchedBody) -> dict[str, object]:
    parsed = body.parsed
    if parsed is None:
        state, text, defects = BodyState.QUARANTINED, None, ""
    else:
        state, text = BodyState.DONE, parsed.text[:MAX_BODY_TEXT]
        defects = "\n".join(dict.fromkeys((*parsed.headers.defects, *parsed.defects)))
    return {
        "row": body.pending.message_id,
        "state": state,
        "kind": parsed.headers.kind if parsed is not None else None,
        "text": text,
        "defects": defects,
        "error": clean_text(body.error)[:2000],
    }


def _update_messages(session: Session, rows: Sequence[dict[str, object]]) -> None:
    statement = (
        update(Message)
        .where(Message.id == bindparam("row"))
        .values(
            body_state=bindparam("state"),
            kind=func.coalesce(bindparam("kind", type_=Message.kind.type), Message.kind),
            body_text=bindparam("text"),
            defects=bindparam("defects"),
            last_error=bindparam("error"),
        )
    )
    if rows:
        session.connection().execute(statement, list(rows))


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
        }
        for part in parsed.attachments
    )


def note_missing_body(
    session: Session, folder: FolderRef, generation: int, pending: PendingBody, error: str, limit: int
) -> None:
    """The server did not give bytes it had announced; after `limit` times the message is quarantined with the reason."""
    message = session.get_one(Message, pending.message_id, with_for_update=True, populate_existing=True)
    message.attempts += 1
    message.last_error = clean_text(error)[:2000]
    if message.attempts >= limit:
        if message.body_state != BodyState.DONE:  # else only the bytes of this copy are missing
            message.body_state = BodyState.QUARANTINED
        session.execute(
            update(MessageLocation)
            .where(
                MessageLocation.folder_id == folder.id,
                MessageLocation.generation == generation,
                MessageLocation.uid == pending.uid,
            )
            .values(body_state=BodyState.QUARANTINED)
        )


# --- looking -----------------------------------------------------------------------------------------------------


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
    broken = or_(Message.body_state == BodyState.QUARANTINED, MessageLocation.body_state == BodyState.QUARANTINED)
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
        .where(broken, visible_account(viewer))
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
    """How much of a folder the archive holds. `pending` bodies are still on the server."""

    account: str
    folder: str
    role: str
    server: int
    stored: int
    skipped: int
    quarantined: int
    pending: int
    backfill_to: int
    last_ok_at: datetime | None
    last_error: str


def count_folders(session: Session) -> list[FolderCount]:
    """One line per folder, from the facts in the tables."""
    stored = _per_folder(session, MessageLocation.folder_id, MessageLocation.generation)
    skipped = _per_folder(session, MessageSkip.folder_id, MessageSkip.generation)
    broken = _per_folder(session, SyncQuarantine.folder_id, SyncQuarantine.generation)
    pending = _pending_per_folder(session)
    query = (
        select(Folder, Account.name).join(Account, Account.id == Folder.account_id).order_by(Account.name, Folder.name)
    )
    return [
        FolderCount(
            account, f.name, f.role.value, f.server_count, stored.get(f.id, 0), skipped.get(f.id, 0),
            broken.get(f.id, 0), pending.get(f.id, 0), f.uid_floor, f.last_ok_at, f.last_error,
        )
        for f, account in session.execute(query)
    ]  # fmt: skip


def _per_folder(session: Session, folder_id: object, generation: object) -> dict[int, int]:
    query = (
        select(Folder.id, func.count())
        .join_from(Folder, folder_id.class_, and_(folder_id == Folder.id, generation == Folder.generation))  # type: ignore[attr-defined]
        .group_by(Folder.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _pending_per_folder(session: Session) -> dict[int, int]:
    query = (
        select(Folder.id, func.count())
        .join(
            MessageLocation,
            and_(MessageLocation.folder_id == Folder.id, MessageLocation.generation == Folder.generation),
        )
        .where(MessageLocation.body_state == BodyState.PENDING)
        .group_by(Folder.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def count_messages(session: Session) -> dict[BodyState, int]:
    """Messages by what we have of their bodies."""
    query = select(Message.body_state, func.count()).group_by(Message.body_state)
    return {row[0]: row[1] for row in session.execute(query)}
