"""The raw mails that leave with everything: each once, from the first place that keeps its bytes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailcrm.model.rights import Viewer
from mailcrm.store import blobs
from mailcrm.store.rows.mail import Message, MessageLocation
from mailcrm.store.visibility import visible_message


class RawMail(NamedTuple):
    """A mail and the SHA-256 of its bytes. `at` is UTC."""

    id: int
    at: datetime
    sha256: str


def select_mails(session: Session, viewer: Viewer, after: int, limit: int) -> Sequence[RawMail]:
    """The next mails that `viewer` may see and whose bytes are kept, by id."""
    query = (
        select(Message.id, Message.received_at, func.min(MessageLocation.raw_sha256))
        .join(MessageLocation, MessageLocation.message_id == Message.id)
        .where(Message.id > after, MessageLocation.raw_sha256.is_not(None), visible_message(viewer, Message.id))
        .group_by(Message.id, Message.received_at)
        .order_by(Message.id)
        .limit(limit)
    )
    return [RawMail(row[0], row[1], row[2] or "") for row in session.execute(query)]


def raw_pieces(session: Session, mail: RawMail) -> Iterator[bytes]:
    """Its bytes, none of the pieces large; nothing if they are gone."""
    return blobs.pieces(session, mail.sha256) or iter(())
