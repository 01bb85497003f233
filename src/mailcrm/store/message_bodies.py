"""Bodies that came: their bytes, and what the parser read in them. Those still on the server: `unfetched`."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import Update, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from mailcrm.model.conversation import only_thanks
from mailcrm.model.document import LARGEST_DOCUMENT, TextState, document_kind
from mailcrm.model.filing import FetchedBody
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import LONGEST_TEXT, RULES, BodyState, ParsedMessage
from mailcrm.model.message import Attachment as ParsedAttachment
from mailcrm.model.text import clean_text
from mailcrm.store import blobs
from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from mailcrm.store.search import index
from mailcrm.store.threads import mark_stale


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
    read = {body.pending.message_id for body in first}
    _forget_tries(session, sorted({body.pending.message_id for body in bodies} - read))
    with index.changing(session, read):
        update_rows(session, _message_read(), [_read(body) for body in first])
        if again:
            session.execute(delete(Attachment).where(Attachment.message_id.in_(again)))
        rows = [row for body in first if body.parsed for row in attachment_rows(body.pending.message_id, body.parsed)]
        insert_rows(session, Attachment, rows)
    # Until the body of such a mail came, it seemed to wait for an answer.
    mark_stale(session, [b.pending.message_id for b in first if b.parsed and only_thanks(b.parsed.said.newest)])


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
    read = what_was_read(parsed) if parsed is not None else _NOTHING
    return {
        "row": body.pending.message_id,
        "state": _state(body) if parsed is not None else BodyState.QUARANTINED,
        "its_kind": parsed.headers.kind if parsed is not None else None,
        "error": clean_text(body.error)[:2000],
        **{f"its_{name}": value for name, value in read.items()},
    }


_NOTHING: Mapping[str, object] = {
    "rules": RULES,
    "body_text": None,
    "newest_text": None,
    "away_until": None,
    "defects": "",
}


def what_was_read(parsed: ParsedMessage) -> dict[str, object]:
    """The columns of a message that tell what the parser read in its body."""
    text, newest = parsed.text[:LONGEST_TEXT], parsed.said.newest[:LONGEST_TEXT]
    return {
        "rules": RULES,
        "body_text": text,
        "newest_text": newest if newest != text else None,
        "away_until": parsed.away_until.isoformat() if parsed.away_until else None,
        "defects": "\n".join(dict.fromkeys((*parsed.headers.defects, *parsed.defects))),
    }


@cache
def _message_read() -> Update:
    return (
        update(Message)
        .where(Message.id == bindparam("row"))
        .values(
            body_state=bindparam("state"),
            kind=func.coalesce(bindparam("its_kind", type_=Message.kind.type), Message.kind),
            last_error=bindparam("error"),
            attempts=0,
            **{name: bindparam(f"its_{name}") for name in _NOTHING},
        )
    )


def _text_state(part: ParsedAttachment) -> TextState:
    readable = document_kind(part.filename, part.mime_type) is not None and 0 < part.size <= LARGEST_DOCUMENT
    return TextState.WAITING if readable else TextState.NONE


def attachment_rows(message_id: int, parsed: ParsedMessage) -> Iterable[dict[str, object]]:
    """The rows of `attachment` for what is attached to a message."""
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
            "text_state": _text_state(part),
        }
        for part in parsed.attachments
    )
