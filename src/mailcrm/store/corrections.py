"""What a later copy or the body of a filed mail teaches: its subject, and what sort of mail it really is.

The first mailbox that holds a mail may keep metadata only; what it could not tell is not settled for ever.
"""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from mailcrm.model.message import BodyState, MailKind
from mailcrm.store.adopt import outcome_of
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message, Thread
from mailcrm.store.rows.sighting import Sighting
from mailcrm.store.rows.timeline import Interaction
from mailcrm.store.search import index
from mailcrm.store.sightings import SOURCE
from mailcrm.store.threads import mark_stale
from mailcrm.store.timeline import message_key


def learn_subject(session: Session, message_id: int, subject: str) -> bool:
    """A mail first seen without its subject gets it, with its line on the timeline and its thread; never another one.

    Returns whether it was news.
    """
    shown = subject[:998]
    message = session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    if message.subject or not shown:
        return False
    with index.changing(session, [message_id]):
        message.subject = shown
        session.flush()
    session.execute(update(Interaction).where(*_line_of(message_id), Interaction.title == "").values(title=shown))
    session.execute(update(Thread).where(Thread.id == message.thread_id, Thread.subject == "").values(subject=shown))
    return True


def replace_subject(session: Session, message_id: int, subject: str) -> None:
    """Better rules read another subject: it, its line on the timeline and, where it gave the thread its name, that."""
    shown = subject[:998]
    message = session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    before = message.subject
    if not before or before == shown:
        return
    message.subject = shown
    session.flush()
    session.execute(update(Interaction).where(*_line_of(message_id), Interaction.title == before).values(title=shown))
    named = Thread.id == message.thread_id, Thread.subject == before
    session.execute(update(Thread).where(*named).values(subject=shown))


def replace_kind(session: Session, message_id: int, kind: MailKind) -> None:
    """Better rules say what sort of mail a mail is that was read before."""
    before = session.execute(select(Message.kind).where(Message.id == message_id)).scalar_one()
    if before != kind:
        _correct_kind(session, message_id, kind)


def correct_kinds(session: Session, kinds: Mapping[int, MailKind]) -> None:
    """What sort of mail these are (by message id), now that more of them is known than when they were filed.

    A mail whose body was read before keeps the kind that its body showed.
    """
    for message_id, before in list(rows_in(session, _unread(), sorted(kinds))):
        if kinds[message_id] != before:
            _correct_kind(session, message_id, kinds[message_id])


@cache
def _unread() -> Lookup:
    unread = select(Message.id, Message.kind).where(
        Message.body_state != BodyState.DONE, Message.body_state != BodyState.PARTIAL
    )
    return Lookup(unread.order_by(Message.id).with_for_update(), Message.id)


def _correct_kind(session: Session, message_id: int, kind: MailKind) -> None:
    by_hand = kind == MailKind.PERSON
    session.execute(update(Message).where(Message.id == message_id).values(kind=kind))
    mark_stale(session, [message_id])
    session.execute(update(Interaction).where(*_line_of(message_id)).values(outcome=outcome_of(kind)))
    seen = update(Sighting).where(Sighting.source == SOURCE, Sighting.source_ref == message_id)
    # Evidence that counts now is looked at again; nobody loses a customer number over evidence that does not.
    session.execute(seen.values(by_hand=True, resolved_at=None) if by_hand else seen.values(by_hand=False))


def _line_of(message_id: int) -> tuple[ColumnElement[bool], ...]:
    """The plain line of a mail; that of a campaign has a title and an outcome of its own."""
    return Interaction.message_id == message_id, Interaction.source_key == message_key(message_id)
