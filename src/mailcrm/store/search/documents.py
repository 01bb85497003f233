"""What of a mail can be searched for, as it stands in the archive now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.message import ParticipantRole, happened_at
from mailcrm.model.words import BREAK, indexed
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Attachment, Message, MessageParticipant
from mailcrm.store.rows.party import EmailAddress

_MOST_PEOPLE = 1000
"""Of a mail to more people than this the others cannot be searched for."""

_WRITERS = (ParticipantRole.FROM, ParticipantRole.SENDER, ParticipantRole.REPLY_TO)
_BETWEEN = f" {BREAK} "


@dataclass(frozen=True, slots=True)
class Document:
    """The words of a mail (`model.words.indexed`): who wrote it, to whom, its subject, and all the rest."""

    message_id: int
    at: datetime
    sender: str
    recipients: str
    subject: str
    body: str

    @property
    def columns(self) -> tuple[str, str, str, str]:
        """In the order in which engines keep them."""
        return self.sender, self.recipients, self.subject, self.body


def documents(session: Session, message_ids: Iterable[int]) -> dict[int, Document]:
    """The messages among these that there are, by id."""
    rows = list(rows_in(session, _texts(), message_ids))
    ids = [row[0] for row in rows]
    writers, others = _people(session, ids)
    files = _files(session, ids)
    return {
        message_id: Document(
            message_id,
            happened_at(sent_at, received_at),
            sender=indexed(_BETWEEN.join(writers.get(message_id, ()))),
            recipients=indexed(_BETWEEN.join(others.get(message_id, ()))),
            subject=f"{BREAK} {indexed(subject)}",
            body=_BETWEEN.join(map(indexed, [body or "", *files.get(message_id, ())])),
        )
        for message_id, sent_at, received_at, subject, body in rows
    }


@cache
def _texts() -> Lookup:
    columns = select(Message.id, Message.sent_at, Message.received_at, Message.subject, Message.body_text)
    return Lookup(columns, Message.id)


def _people(session: Session, ids: Sequence[int]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Names and addresses of those who wrote each mail, and of those who got it."""
    writers: dict[int, list[str]] = {}
    others: dict[int, list[str]] = {}
    for message_id, role, name, address in rows_in(session, _participants(), ids):
        people = (writers if role in _WRITERS else others).setdefault(message_id, [])
        if len(people) < _MOST_PEOPLE:
            people.append(f"{name} {address}" if name and name != address else address)
    return writers, others


@cache
def _participants() -> Lookup:
    columns = (
        select(
            MessageParticipant.message_id,
            MessageParticipant.role,
            MessageParticipant.display_name,
            EmailAddress.address_display,
        )
        .join(EmailAddress, EmailAddress.id == MessageParticipant.email_id)
        .order_by(MessageParticipant.message_id, MessageParticipant.role, MessageParticipant.position)
    )
    return Lookup(columns, MessageParticipant.message_id)


def _files(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for message_id, name, text in rows_in(session, _attached(), ids):
        found.setdefault(message_id, []).extend([name, text] if text else [name])
    return found


@cache
def _attached() -> Lookup:
    columns = select(Attachment.message_id, Attachment.filename, Attachment.text)
    return Lookup(columns.order_by(Attachment.message_id, Attachment.position), Attachment.message_id)
