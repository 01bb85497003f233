"""Messages, where they lie, and who took part: one row per mail, however many folders hold it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailcrm.model.filing import FiledMessage, KnownMessage, LeftOut, Place
from mailcrm.model.folder import FolderRef
from mailcrm.model.interaction import Direction
from mailcrm.model.message import BodyState
from mailcrm.model.text import clean_text
from mailcrm.store.bulk import insert_numbered, insert_rows, portions, rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message, MessageLocation, MessageParticipant, MessageSkip
from mailcrm.store.threads import ref_hash
from mailcrm.store.uids import here, known_uids


def find_messages(session: Session, dedupe_keys: Iterable[str]) -> dict[str, KnownMessage]:
    """The messages already in the archive, by dedupe key."""
    rows = list(rows_in(session, _by_key(), sorted(set(dedupe_keys))))
    kept = _kept_sizes(session, [row[1] for row in rows])

    def sizes(message_id: int, state: BodyState) -> frozenset[int]:
        return frozenset(kept.get((message_id, state), ()))

    return {
        row[0]: KnownMessage(
            row[1], row[2], sizes(row[1], BodyState.DONE), bool(row[3]), sizes(row[1], BodyState.PARTIAL)
        )
        for row in rows
    }


@cache
def _by_key() -> Lookup:
    columns = select(Message.dedupe_key, Message.id, Message.body_state, Message.subject == "")
    return Lookup(columns, Message.dedupe_key)


def _kept_sizes(session: Session, message_ids: Sequence[int]) -> dict[tuple[int, BodyState], set[int]]:
    found: dict[tuple[int, BodyState], set[int]] = {}
    for part in portions(message_ids):
        query = select(MessageLocation.message_id, MessageLocation.body_state, MessageLocation.size).where(
            MessageLocation.message_id.in_(part), MessageLocation.body_state.in_((BodyState.DONE, BodyState.PARTIAL))
        )
        for message_id, state, size in session.execute(query):
            found.setdefault((message_id, state), set()).add(size)
    return found


def direction_of(session: Session, message_id: int) -> Direction:
    """Whether we got a filed mail or wrote it."""
    return session.execute(select(Message.direction).where(Message.id == message_id)).scalar_one()


def add_messages(session: Session, filed: Sequence[FiledMessage]) -> list[int]:
    """New rows, in order; returns their ids."""
    return insert_numbered(session, Message, [_message(item) for item in filed])


def _message(item: FiledMessage) -> dict[str, object]:
    headers = item.headers
    answered = headers.references[-1:] or headers.in_reply_to[-1:]
    return {
        "dedupe_key": item.dedupe_key,
        "message_id": headers.message_id,
        "message_id_hash": ref_hash(headers.message_id) if headers.message_id else None,
        "answers_hash": ref_hash(answered[0]) if answered else None,
        "thread_id": item.thread_id,
        "sent_at": headers.sent_at,
        "received_at": item.received_at,
        "direction": item.direction,
        "kind": headers.kind,
        "subject": headers.subject[:998],
        "subject_key": item.subject_key,
        "size": item.size,
        "body_state": item.body_state,
        "defects": "\n".join(headers.defects),
    }


def add_participants(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Rows of `message_participant` (message_id, role, position, email_id, display_name, party_id)."""
    insert_rows(session, MessageParticipant, rows)


def add_locations(
    session: Session, folder: FolderRef, generation: int, places: Sequence[tuple[Place, int, BodyState]]
) -> None:
    """That `folder` holds these messages (place, message id, body state). UIDs already filed stay as they are."""
    uids = [place.uid for place, _, _ in places]
    known = known_uids(session, MessageLocation, folder, generation, uids)
    rows = [
        {
            "folder_id": folder.id,
            "generation": generation,
            "uid": place.uid,
            "message_id": message_id,
            "flags": place.flags,
            "labels": clean_text(place.labels),
            "internaldate": place.internaldate,
            "size": place.size,
            "body_state": state,
        }
        for place, message_id, state in places
        if place.uid not in known
    ]
    insert_rows(session, MessageLocation, rows)


def add_skips(session: Session, folder: FolderRef, generation: int, skips: Mapping[int, LeftOut]) -> None:
    """UIDs that a rule leaves out; nothing else is kept of them."""
    known = known_uids(session, MessageSkip, folder, generation, sorted(skips))
    rows = [
        {
            "folder_id": folder.id,
            "generation": generation,
            "uid": uid,
            "rule": clean_text(skip.rule)[:200],
            "arrived_at": skip.arrived_at,
        }
        for uid, skip in sorted(skips.items())
        if uid not in known
    ]
    insert_rows(session, MessageSkip, rows)


def forget_skips(session: Session, folder: FolderRef, generation: int, uids: Sequence[int]) -> None:
    """These UIDs are judged again."""
    for part in portions(uids):
        gone = delete(MessageSkip).where(here(MessageSkip, folder, generation), MessageSkip.uid.in_(part))
        session.execute(gone.execution_options(synchronize_session=False))
