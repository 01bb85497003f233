"""What servers call messages by themselves, however they move: to know a mail again without its bytes."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.filing import Place
from mailcrm.store.bulk import insert_rows, portions
from mailcrm.store.rows.mail import Message, MessageObject


def known_keys(session: Session, account_id: int, object_ids: Iterable[str]) -> dict[str, str]:
    """The dedupe keys of messages that the account's server called so, by its ids."""
    found: dict[str, str] = {}
    for part in portions(sorted(set(object_ids))):
        query = (
            select(MessageObject.object_id, Message.dedupe_key)
            .join(Message, Message.id == MessageObject.message_id)
            .where(MessageObject.account_id == account_id, MessageObject.object_id.in_(part))
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def add_objects(session: Session, account_id: int, placed: Sequence[tuple[Place, int]]) -> None:
    """The ids with which messages (place, message id) came; those that are known stay as they are."""
    new = {place.object_id: (place, message_id) for place, message_id in placed if place.object_id}
    for part in portions(sorted(new)):
        query = select(MessageObject.object_id).where(
            MessageObject.account_id == account_id, MessageObject.object_id.in_(part)
        )
        for object_id in session.execute(query).scalars():
            new.pop(object_id, None)
    rows = [
        {
            "account_id": account_id,
            "object_id": object_id,
            "message_id": message_id,
            "server_thread": place.server_thread,
        }
        for object_id, (place, message_id) in new.items()
    ]
    insert_rows(session, MessageObject, rows)
