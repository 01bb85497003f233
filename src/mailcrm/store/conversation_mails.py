"""The mails of one conversation, weakly linked ones with them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.archive import MailLine
from mailcrm.model.message import ParticipantRole
from mailcrm.model.rights import Viewer
from mailcrm.model.tree import Leaf, draw
from mailcrm.store.bulk import portions
from mailcrm.store.reply_links import linked_threads
from mailcrm.store.rows.mail import Message, MessageParticipant, ReplyLink
from mailcrm.store.rows.party import EmailAddress
from mailcrm.store.visibility import visible_message

_MOST = 1_000


def list_mails(session: Session, thread_id: int, viewer: Viewer) -> list[MailLine]:
    """All that `viewer` may see, in the order of a tree of answers; at most the newest 1,000."""
    threads = linked_threads(session, [thread_id])[thread_id]
    query = (
        select(
            Message.id, Message.sent_at, Message.received_at, Message.direction, Message.kind, Message.subject,
            Message.message_id_hash, Message.answers_hash, ReplyLink.parent_id,
        )
        .outerjoin(ReplyLink, (ReplyLink.message_id == Message.id) & ReplyLink.dropped_at.is_(None))
        .where(Message.thread_id.in_(threads), visible_message(viewer, Message.id))
        .order_by(Message.received_at.desc())
        .limit(_MOST)
    )  # fmt: skip
    rows = session.execute(query).all()
    hashes = {row.id: row.message_id_hash or f"#{row.id}" for row in rows}
    leaves = [
        Leaf(hashes[row.id], hashes.get(row.parent_id, row.answers_hash or ""), row.sent_at or row.received_at)
        for row in rows
    ]
    senders = _senders(session, [row.id for row in rows])
    return [
        MailLine(
            id=rows[index].id, at=leaves[index].at, direction=rows[index].direction, kind=rows[index].kind,
            who=senders.get(rows[index].id, ""), subject=rows[index].subject, depth=depth,
            linked=rows[index].parent_id is not None,
        )
        for index, depth in draw(leaves)
    ]  # fmt: skip


def _senders(session: Session, message_ids: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in portions(message_ids):
        query = (
            select(MessageParticipant.message_id, MessageParticipant.display_name, EmailAddress.address_display)
            .join(EmailAddress, EmailAddress.id == MessageParticipant.email_id)
            .where(
                MessageParticipant.message_id.in_(part),
                MessageParticipant.role == ParticipantRole.FROM,
                MessageParticipant.position == 0,
            )
        )
        found |= {row[0]: row[1] or row[2] for row in session.execute(query)}
    return found
