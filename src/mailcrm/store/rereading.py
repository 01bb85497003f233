"""Mail in the archive that was understood by older rules: which it is, and what newer ones make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from mailcrm.model.message import RULES, BodyState, ParsedMessage
from mailcrm.store import corrections
from mailcrm.store.bulk import insert_rows, portions
from mailcrm.store.message_bodies import attachment_rows, what_was_read
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from mailcrm.store.search import index

_READ = (BodyState.DONE, BodyState.PARTIAL, BodyState.QUARANTINED)
_KEPT = (BodyState.DONE, BodyState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message whose bytes are in the archive. `partial`: without its attachments."""

    message_id: int
    sha256: str
    partial: bool


def count_old(session: Session) -> int:
    """How many messages older rules read."""
    return session.execute(select(func.count()).select_from(Message).where(*_old())).scalar_one()


def select_old(session: Session, after: int, limit: int) -> list[Kept]:
    """Messages behind this id that older rules read, in the order of their ids."""
    ids = list(
        session.execute(
            select(Message.id).where(*_old(), Message.id > after).order_by(Message.id).limit(limit)
        ).scalars()
    )
    found: dict[int, Kept] = {}
    for part in portions(ids):
        copies = (
            select(MessageLocation.message_id, MessageLocation.raw_sha256, MessageLocation.body_state)
            .where(MessageLocation.message_id.in_(part), *_has_bytes())
            .order_by(MessageLocation.folder_id, MessageLocation.generation, MessageLocation.uid)
        )
        for message_id, sha256, state in session.execute(copies):
            known, partial = found.get(message_id), state == BodyState.PARTIAL
            if known is None or (known.partial and not partial):
                found[message_id] = Kept(message_id, sha256 or "", partial)
    return [found[message_id] for message_id in ids if message_id in found]


def _old() -> tuple[ColumnElement[bool], ...]:
    kept = exists().where(MessageLocation.message_id == Message.id, *_has_bytes())
    return Message.rules < RULES, Message.body_state.in_(_READ), kept


def _has_bytes() -> tuple[ColumnElement[bool], ...]:
    """Of a location: its copy is in the archive."""
    return MessageLocation.raw_sha256.is_not(None), MessageLocation.body_state.in_(_KEPT)


def forget_rules(session: Session) -> None:
    """All that was read is to be read again, whatever rules read it."""
    anew = update(Message).where(Message.rules != 0).values(rules=0)
    session.execute(anew.execution_options(synchronize_session=False))


def reread(session: Session, kept: Kept, parsed: ParsedMessage | None, error: str) -> None:
    """What newer rules make of a message; None with the reason where they cannot bear it: then all stays as it is."""
    if parsed is None:
        failed = {"rules": RULES, "last_error": error[:2000]}
        session.execute(update(Message).where(Message.id == kept.message_id).values(**failed))
        return
    corrections.replace_kind(session, kept.message_id, parsed.headers.kind)
    with index.changing(session, [kept.message_id]):
        _replace(session, kept, parsed)


def _replace(session: Session, kept: Kept, parsed: ParsedMessage) -> None:
    corrections.replace_subject(session, kept.message_id, parsed.headers.subject)
    state = BodyState.PARTIAL if kept.partial else BodyState.DONE
    values = what_was_read(parsed) | {"body_state": state, "last_error": ""}
    session.execute(update(Message).where(Message.id == kept.message_id).values(**values))
    if not kept.partial:  # else sizes and what was opened are known better than from the bytes without them
        _replace_attachments(session, kept.message_id, parsed)


def _replace_attachments(session: Session, message_id: int, parsed: ParsedMessage) -> None:
    """Rows that stay the same keep their ids: other tables may name them."""
    wanted = {row["position"]: row for row in attachment_rows(message_id, parsed)}
    known = {
        row.position: row
        for row in session.execute(select(Attachment).where(Attachment.message_id == message_id)).scalars()
    }
    changed = [at for at, row in known.items() if at not in wanted or not _is(row, wanted[at])]
    _delete(session, [known[at].id for at in changed])
    session.expire_all()
    insert_rows(session, Attachment, [row for at, row in wanted.items() if at not in known or at in changed])


def _is(row: Attachment, wanted: dict[str, object]) -> bool:
    """Whether the row tells the same; how far its text was read is nothing that the mail says."""
    return all(getattr(row, name) == value for name, value in wanted.items() if name != "text_state")


def _delete(session: Session, ids: Sequence[int]) -> None:
    for part in portions(ids):
        gone = delete(Attachment).where(Attachment.id.in_(part))
        session.execute(gone.execution_options(synchronize_session=False))
