"""One mail as somebody reads it: who wrote to whom, and what."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.interaction import Direction
from mailcrm.model.message import BodyState, MailKind, ParticipantRole
from mailcrm.store.rows.mail import Message, MessageParticipant
from mailcrm.store.rows.party import EmailAddress


@dataclass(frozen=True, slots=True)
class MailPerson:
    """Somebody in a header of a mail."""

    role: ParticipantRole
    name: str
    address: str

    @property
    def shown(self) -> str:
        """`Name <address>`."""
        return f"{self.name} <{self.address}>" if self.name and self.name != self.address else self.address


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail without its attachments. `text` is None while its body is not here; `at` is in UTC."""

    id: int
    message_id: str
    subject: str
    at: datetime
    direction: Direction
    kind: MailKind
    body_state: BodyState
    text: str | None
    people: tuple[MailPerson, ...]
    defects: tuple[str, ...]

    def of(self, role: ParticipantRole) -> str:
        """Who stands in a header, as one line."""
        return ", ".join(person.shown for person in self.people if person.role == role)


def get_mail(session: Session, message_id: int) -> MailText:
    """By its number; whoever asks has seen to it that the viewer may read it (`attachments.find_mail`)."""
    row = session.get_one(Message, message_id)
    query = (
        select(MessageParticipant.role, MessageParticipant.display_name, EmailAddress.address_display)
        .join(EmailAddress, EmailAddress.id == MessageParticipant.email_id)
        .where(MessageParticipant.message_id == message_id)
        .order_by(MessageParticipant.role, MessageParticipant.position)
    )
    return MailText(
        id=row.id,
        message_id=row.message_id,
        subject=row.subject,
        at=row.sent_at or row.received_at,
        direction=row.direction,
        kind=row.kind,
        body_state=row.body_state,
        text=row.body_text,
        people=tuple(MailPerson(*each) for each in session.execute(query)),
        defects=tuple(filter(None, row.defects.split("\n"))),
    )
