"""The mails of one conversation, weakly linked ones with them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.archive import MailLine
from mailcrm.model.rights import Viewer
from mailcrm.model.tree import Leaf, draw
from mailcrm.store.reply_links import linked_threads
from mailcrm.store.rows.mail import Message, ReplyLink
from mailcrm.store.timeline import sender_names
from mailcrm.store.visibility import visible_message

_MOST = 500


def list_mails(session: Session, thread_id: int, viewer: Viewer) -> list[MailLine]:
    """All that `viewer` may see, in the order of a tree of answers; at most the newest 500."""
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
    senders = sender_names(session, [row.id for row in rows])
    return [
        MailLine(
            id=rows[index].id, at=leaves[index].at, direction=rows[index].direction, kind=rows[index].kind,
            who=senders.get(rows[index].id, ""), subject=rows[index].subject, depth=depth,
            linked=rows[index].parent_id is not None,
        )
        for index, depth in draw(leaves)
    ]  # fmt: skip
