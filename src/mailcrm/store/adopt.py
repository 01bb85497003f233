"""Old mail of an address that becomes somebody's: it appears on the timeline at once, as if it had always been theirs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, load_only

from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.message import MailKind, ParticipantRole
from mailcrm.store.bulk import insert_rows, portions
from mailcrm.store.parties import touch_contact
from mailcrm.store.rows.mail import Message, MessageParticipant
from mailcrm.store.rows.timeline import Interaction, InteractionParty
from mailcrm.store.timeline import NewInteraction, append_interactions, message_key

_PEOPLE_ROLES = (ParticipantRole.FROM, ParticipantRole.TO, ParticipantRole.CC, ParticipantRole.BCC)

KINDS = {
    Direction.IN: InteractionKind.EMAIL_IN,
    Direction.OUT: InteractionKind.EMAIL_OUT,
    Direction.INTERNAL: InteractionKind.EMAIL_INTERNAL,
}
"""What a mail is on the timeline."""


def outcome_of(kind: MailKind) -> str:
    """What the line of a mail says of its kind: nothing where a person wrote it."""
    return "" if kind == MailKind.PERSON else kind.value


def message_line(
    message_id: int,
    direction: Direction,
    kind: MailKind,
    subject: str,
    at: datetime,
    parties: Sequence[tuple[int, str]],
) -> NewInteraction:
    """The line of a mail that happened `at` (UTC)."""
    return NewInteraction(
        kind=KINDS[direction], source_key=message_key(message_id), at=at, title=subject, parties=tuple(parties),
        direction=direction, outcome=outcome_of(kind), message_id=message_id,
    )  # fmt: skip


def adopt_mail(session: Session, party_id: int, address_id: int) -> int:
    """File the mail that this address took part in, and that was nobody's, with its new party. Returns how many."""
    query = (
        select(Message, MessageParticipant.role)
        .join(MessageParticipant, MessageParticipant.message_id == Message.id)
        .where(
            MessageParticipant.email_id == address_id,
            MessageParticipant.party_id.is_(None),
            MessageParticipant.role.in_(_PEOPLE_ROLES),
        )
        .order_by(Message.id)
        .options(load_only(Message.kind, Message.direction, Message.subject, Message.sent_at, Message.received_at))
    )
    found = {row[0].id: (row[0], row[1]) for row in session.execute(query)}
    for part in portions(list(found.values())):
        _link(session, party_id, part)
    session.execute(
        update(MessageParticipant)
        .where(MessageParticipant.email_id == address_id, MessageParticipant.party_id.is_(None))
        .values(party_id=party_id)
    )
    return len(found)


def _link(session: Session, party_id: int, found: Sequence[tuple[Message, ParticipantRole]]) -> None:
    """Join the lines that exist for others, write those that nobody needed so far."""
    ids = [message.id for message, _ in found]
    lines = {
        row.message_id: row
        for row in session.execute(select(Interaction).where(Interaction.message_id.in_(ids))).scalars()
    }
    linked = _linked(session, party_id, [line.id for line in lines.values()])
    links = [
        {"party_id": party_id, "occurred_at": line.occurred_at, "interaction_id": line.id, "role": role.value}
        for message, role in found
        if (line := lines.get(message.id)) is not None and line.id not in linked
    ]
    insert_rows(session, InteractionParty, links)
    new = [
        message_line(m.id, m.direction, m.kind, m.subject, m.sent_at or m.received_at, [(party_id, role.value)])
        for m, role in found
        if m.id not in lines
    ]
    append_interactions(session, new)
    for incoming in (True, False):
        times = [m.sent_at or m.received_at for m, role in found if _counts(m, role, incoming=incoming)]
        if times:
            touch_contact(session, {party_id: max(times)}, incoming=incoming)


def _linked(session: Session, party_id: int, interaction_ids: Sequence[int]) -> set[int]:
    """Those of the lines that show the party already."""
    query = select(InteractionParty.interaction_id).where(
        InteractionParty.party_id == party_id, InteractionParty.interaction_id.in_(interaction_ids)
    )
    return set(session.execute(query).scalars())


def _counts(message: Message, role: ParticipantRole, *, incoming: bool) -> bool:
    """Last contact counts what people wrote."""
    wrote = role == ParticipantRole.FROM
    direction = Direction.IN if incoming else Direction.OUT
    return message.kind == MailKind.PERSON and message.direction == direction and wrote == incoming
