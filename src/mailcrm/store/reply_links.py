"""Weak edges between conversations: a reply that names no mail, and the mail it answers as its subject and people say.

The parent is the latest mail before the reply, of at most a month ago, with the same subject, whose writer the reply goes to
and which the reply's writer got or wrote. That does not depend on the order of arrival: with each new mail the replies
of its subject that are without a parent, or with a worse one, are looked at again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.model.filing import FiledMessage
from mailcrm.model.message import ParticipantRole, written_at
from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message, MessageParticipant, ReplyLink
from mailcrm.store.threads import mark_stale

WINDOW = timedelta(days=30)
_MOST = 500
"""Mails of one subject that are looked at: more have it by chance."""

_WRITER = ParticipantRole.FROM
_READERS = (ParticipantRole.TO, ParticipantRole.CC, ParticipantRole.BCC, ParticipantRole.REPLY_TO)


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail with the ids of the addresses that wrote and got it."""

    id: int
    at: datetime
    thread_id: int
    dedupe_key: str
    writers: set[int] = field(default_factory=set)
    readers: set[int] = field(default_factory=set)


def link_replies(session: Session, filed: Sequence[tuple[int, FiledMessage]]) -> None:
    """After these new messages (id, message): file the replies among them that lost their references, and find parents."""
    new = [
        {"message_id": message_id, "subject_key": message.subject_key}
        for message_id, message in filed
        if message.orphan and message.subject_key is not None
    ]
    insert_rows(session, ReplyLink, new)
    keys = {message.subject_key for _, message in filed if message.subject_key is not None}
    links = {row[0]: (row[1], row[2]) for row in rows_in(session, _links(), sorted(keys))}
    if links:
        _relink(session, links)


@cache
def _links() -> Lookup:
    standing = select(ReplyLink.message_id, ReplyLink.subject_key, ReplyLink.parent_id)
    return Lookup(standing.where(ReplyLink.dropped_at.is_(None)), ReplyLink.subject_key)


def _relink(session: Session, links: dict[int, tuple[int, int | None]]) -> None:
    """Look at replies (message id -> subject key, present parent) again."""
    mails = _mails_of(session, {key for key, _ in links.values()})
    moved = {}
    for message_id, (key, known) in links.items():
        reply = next((mail for mail in mails[key] if mail.id == message_id), None)
        parent = _parent_of(reply, mails[key]) if reply else None
        if (parent.id if parent else None) != known:
            moved[message_id] = parent.id if parent else None
    rows = [{"reply": reply, "parent": parent} for reply, parent in moved.items()]
    update_rows(session, _set_parent(), rows)
    touched = [*moved, *moved.values(), *(links[reply][1] for reply in moved)]
    mark_stale(session, [message_id for message_id in touched if message_id is not None])


@cache
def _set_parent() -> Update:
    return update(ReplyLink).where(ReplyLink.message_id == bindparam("reply")).values(parent_id=bindparam("parent"))


def _mails_of(session: Session, keys: Iterable[int]) -> dict[int, list[_Mail]]:
    found: dict[int, list[_Mail]] = defaultdict(list)
    columns = (
        Message.subject_key,
        Message.id,
        Message.sent_at,
        Message.received_at,
        Message.thread_id,
        Message.dedupe_key,
    )
    for key in keys:
        query = select(*columns).where(Message.subject_key == key).order_by(Message.received_at.desc()).limit(_MOST)
        for _, message_id, sent_at, received_at, thread_id, dedupe_key in session.execute(query):
            at = written_at(sent_at, received_at)
            found[key].append(_Mail(message_id, at, thread_id, dedupe_key))
    by_id = {mail.id: mail for mails in found.values() for mail in mails}
    for part in portions(list(by_id)):
        took_part = select(MessageParticipant.message_id, MessageParticipant.role, MessageParticipant.email_id).where(
            MessageParticipant.message_id.in_(part), MessageParticipant.role.in_((_WRITER, *_READERS))
        )
        for message_id, role, email_id in session.execute(took_part):
            mail = by_id[message_id]
            (mail.writers if role == _WRITER else mail.readers).add(email_id)
    return found


def _parent_of(reply: _Mail, mails: Iterable[_Mail]) -> _Mail | None:
    fitting = (mail for mail in mails if _fits(reply, mail))
    return max(fitting, key=lambda mail: (mail.at, mail.dedupe_key), default=None)


def _fits(reply: _Mail, mail: _Mail) -> bool:
    if mail.id == reply.id or not reply.at - WINDOW <= mail.at < reply.at:
        return False
    if mail.writers & reply.writers:  # somebody goes on in what they wrote themselves
        return bool(mail.readers & reply.readers)
    return bool(mail.writers & reply.readers) and bool(reply.writers & mail.readers)


def drop_link(session: Session, message_id: int, now: datetime) -> bool:
    """A human says that this reply belongs elsewhere: it is linked to nothing from now on. Returns whether it was linked."""
    link = session.get(ReplyLink, message_id)
    if link is None or link.parent_id is None or link.dropped_at is not None:
        return False
    mark_stale(session, [message_id, link.parent_id])
    link.dropped_at = now
    return True


def linked_threads(session: Session, thread_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """For each thread all those that weak links join it with, itself included."""
    groups: dict[int, set[int]] = {}
    waiting = list(dict.fromkeys(thread_ids))
    seen = set(waiting)
    for thread_id in waiting:
        groups.setdefault(thread_id, {thread_id})
    while waiting:
        edges = _edges(session, waiting)
        waiting = []
        for one, other in edges:
            for thread_id in (one, other):
                if thread_id not in seen:
                    seen.add(thread_id)
                    waiting.append(thread_id)
                groups.setdefault(thread_id, {thread_id})
            if groups[one] is not groups[other]:
                groups[one] |= groups[other]
                for thread_id in groups[other]:
                    groups[thread_id] = groups[one]
    return {thread_id: frozenset(group) for thread_id, group in groups.items()}


def _edges(session: Session, thread_ids: Sequence[int]) -> list[tuple[int, int]]:
    """The links that begin or end in these threads, as pairs of threads."""
    parent = aliased(Message)
    found: list[tuple[int, int]] = []
    for part in portions(thread_ids):
        query = (
            select(Message.thread_id, parent.thread_id)
            .join(ReplyLink, ReplyLink.message_id == Message.id)
            .join(parent, parent.id == ReplyLink.parent_id)
            .where(ReplyLink.dropped_at.is_(None))
        )
        for side in (Message.thread_id, parent.thread_id):
            found += [(row[0], row[1]) for row in session.execute(query.where(side.in_(part)))]
    return found
