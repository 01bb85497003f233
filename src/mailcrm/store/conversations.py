"""How each conversation stands with each customer: read anew where mail came, and listed by who waits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from mailcrm.model.archive import SilentLine, WaitingLine
from mailcrm.model.conversation import (
    ConversationState,
    Habits,
    Turn,
    Waiting,
    only_thanks,
    read_conversation,
    read_rhythm,
)
from mailcrm.model.interaction import Direction
from mailcrm.model.message import MailKind, ParticipantRole, written_at
from mailcrm.model.party import PartyState
from mailcrm.model.rights import Viewer
from mailcrm.store.bulk import insert_rows, portions
from mailcrm.store.reply_links import linked_threads
from mailcrm.store.rows.conversation import Conversation
from mailcrm.store.rows.mail import Message, MessageParticipant, Thread
from mailcrm.store.rows.party import Party
from mailcrm.store.rows.sighting import Sighting
from mailcrm.store.visibility import visible_message

_SHORT = 200
"""Characters up to which a mail may be nothing but thanks."""

_STATE = tuple(each.name for each in fields(ConversationState))  # asdict copies deeply: ten times the work

_TO_THEM = (ParticipantRole.TO, ParticipantRole.CC, ParticipantRole.BCC)


def stale_threads(session: Session, limit: int) -> list[int]:
    """Threads whose conversations have to be read anew, oldest first."""
    query = select(Thread.id).where(Thread.stale.is_(True)).order_by(Thread.id).limit(limit)
    return list(session.execute(query).scalars())


def refresh(session: Session, thread_ids: Sequence[int]) -> None:
    """Read the conversations of these threads, and of those linked with them, anew."""
    groups = linked_threads(session, thread_ids)
    threads = sorted(groups)
    head = {thread_id: min(group) for thread_id, group in groups.items()}
    handled = _handled(session, threads, head)
    said = _said(session, threads, head)
    for part in portions(threads):
        session.execute(delete(Conversation).where(Conversation.thread_id.in_(part)))
        fresh = update(Thread).where(Thread.id.in_(part)).values(stale=False)
        session.execute(fresh.execution_options(synchronize_session=False))
    rows = [_row(key, mails, handled.get(key)) for key, mails in sorted(said.items())]
    insert_rows(session, Conversation, rows)


def _row(key: tuple[int, int], said: Iterable[Turn], handled_at: datetime | None) -> dict[str, object]:
    state = _settled(read_conversation(said), handled_at)
    values = {name: getattr(state, name) for name in _STATE}
    return {"thread_id": key[0], "party_id": key[1], "handled_at": handled_at, **values}


def _settled(state: ConversationState, handled_at: datetime | None) -> ConversationState:
    last = max((at for at in (state.last_in_at, state.last_out_at) if at), default=None)
    if handled_at is None or last is None or last > handled_at:
        return state
    return replace(state, waiting=Waiting.NOBODY, since=None)


def _handled(session: Session, threads: Sequence[int], head: Mapping[int, int]) -> dict[tuple[int, int], datetime]:
    found: dict[tuple[int, int], datetime] = {}
    for part in portions(threads):
        query = select(Conversation.thread_id, Conversation.party_id, Conversation.handled_at).where(
            Conversation.thread_id.in_(part), Conversation.handled_at.is_not(None)
        )
        for thread_id, party_id, at in session.execute(query):
            assert at is not None
            key = head[thread_id], party_id
            found[key] = max(found.get(key) or at, at)
    return found


def _said(session: Session, threads: Sequence[int], head: Mapping[int, int]) -> dict[tuple[int, int], list[Turn]]:
    """What was written by hand, by (oldest thread of its group, party)."""
    found: dict[tuple[int, int], dict[int, Turn]] = defaultdict(dict)
    thanks = _thanks(session, threads)
    for part in portions(threads):
        for row in session.execute(_took_part().where(Message.thread_id.in_(part))):
            thread_id, message_id, sent_at, received_at, direction, party_id, role = row
            mails = found[head[thread_id], party_id]
            to_them = role == ParticipantRole.TO or (message_id in mails and mails[message_id].to_them)
            at = written_at(sent_at, received_at)
            mails[message_id] = Turn(at, direction == Direction.OUT, to_them, message_id in thanks)
    return {key: list(mails.values()) for key, mails in found.items()}


def _took_part() -> Select[*tuple[Any, ...]]:
    """Who wrote to us, and whom we wrote to, by hand."""
    wrote = and_(Message.direction == Direction.IN, MessageParticipant.role == ParticipantRole.FROM)
    got = and_(Message.direction == Direction.OUT, MessageParticipant.role.in_(_TO_THEM))
    columns = (Message.thread_id, Message.id, Message.sent_at, Message.received_at, Message.direction)
    return (
        select(*columns, MessageParticipant.party_id, MessageParticipant.role)
        .join(MessageParticipant, MessageParticipant.message_id == Message.id)
        .where(Message.kind == MailKind.PERSON, MessageParticipant.party_id.is_not(None), or_(wrote, got))
    )


def _thanks(session: Session, threads: Sequence[int]) -> set[int]:
    """The mails that say nothing but thanks."""
    found = set()
    for part in portions(threads):
        said = func.coalesce(Message.newest_text, Message.body_text)
        short = select(Message.id, said).where(
            Message.thread_id.in_(part), Message.kind == MailKind.PERSON, func.length(said) <= _SHORT
        )
        found |= {message_id for message_id, text in session.execute(short) if only_thanks(text or "")}
    return found


# --- looking -----------------------------------------------------------------------------------------------------


def list_waiting(
    session: Session, viewer: Viewer, waiting: Waiting, limit: int = 50, party_id: int | None = None
) -> list[WaitingLine]:
    """Conversations in which `waiting` is to write next, the longest wait first; of one customer, or of all.

    Customers and candidates; of a thread somebody may see in part they get the subject of what they may see.
    """
    root = aliased(Party)
    seen = visible_message(viewer, Message.id)
    subject = (
        select(Message.subject)
        .where(Message.thread_id == Conversation.thread_id, Message.kind == MailKind.PERSON, seen)
        .order_by(Message.received_at.desc(), Message.sent_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Conversation, root.id, root.customer_no, root.display_name, subject)
        .join(Party, Party.id == Conversation.party_id)
        .join(root, root.id == Party.root_id)
        .where(
            Conversation.waiting == waiting,
            root.state.in_((PartyState.CANDIDATE, PartyState.ACTIVE)),
            or_(Party.cluster_size == 1, not_(exists(_newer_of_customer()))),
            exists(select(Message.id).where(Message.thread_id == Conversation.thread_id, seen)),
        )
        .order_by(Conversation.since, Conversation.thread_id, Conversation.party_id)
        .limit(limit)
    )
    if party_id is not None:
        query = query.where(root.id == party_id)
    return [
        WaitingLine(
            thread_id=row.thread_id, party_id=root_id, number=number or "", name=name, subject=title or "",
            waiting=row.waiting, since=row.since, last_in_at=row.last_in_at, last_out_at=row.last_out_at,
            mails_in=row.mails_in, mails_out=row.mails_out,
        )
        for row, root_id, number, name, title in session.execute(query)
    ]  # fmt: skip


def _newer_of_customer() -> Select[int]:
    """Of a customer with several addresses: the thread was taken up later under another of them, and that row counts."""
    other, member = aliased(Conversation), aliased(Party)
    here, there = _newest(Conversation), _newest(other)
    return (
        select(member.id)
        .join(other, other.party_id == member.id)
        .where(
            other.thread_id == Conversation.thread_id,
            member.root_id == Party.root_id,
            member.id != Party.id,
            or_(there > here, and_(there == here, member.id < Party.id)),
        )
    )


def _newest(row: type[Conversation]) -> ColumnElement[int]:
    came, went = (func.coalesce(each, literal_column("0")) for each in (row.last_in_at, row.last_out_at))
    return case((came > went, came), else_=went)


def select_habits(session: Session, party_id: int, now: datetime) -> Habits:
    """The habits of one customer, with all members of its cluster."""
    mine = select(Party.id).where(Party.root_id == party_id)
    sums = select(
        func.sum(Conversation.our_seconds), func.sum(Conversation.our_replies),
        func.sum(Conversation.their_seconds), func.sum(Conversation.their_replies),
    ).where(Conversation.party_id.in_(mine))  # fmt: skip
    ours, our_count, theirs, their_count = (int(value or 0) for value in session.execute(sums).one())
    times = list(session.execute(select(Sighting.seen_at).where(_by_them(), Sighting.party_id.in_(mine))).scalars())
    away = (
        select(func.max(Message.away_until))
        .join(MessageParticipant, MessageParticipant.message_id == Message.id)
        .where(
            MessageParticipant.party_id.in_(mine),
            MessageParticipant.role == ParticipantRole.FROM,
            Message.away_until >= now.date().isoformat(),
        )
    )
    return Habits(
        our_answer=ours / our_count if our_count else None,
        their_answer=theirs / their_count if their_count else None,
        rhythm=read_rhythm(times, now),
        away_until=session.execute(away).scalar_one() or "",
    )


def list_silent(session: Session, now: datetime, ratio: float = 3, limit: int = 50) -> list[SilentLine]:
    """Customers who have been silent for `ratio` times as long as they usually are, the longest first against their rhythm.

    Counts only, so that everybody may see them.
    """
    times: dict[int, list[datetime]] = defaultdict(list)
    root = aliased(Party)
    query = (
        select(root.id, Sighting.seen_at)
        .select_from(Sighting)
        .join(Party, Party.id == Sighting.party_id)
        .join(root, root.id == Party.root_id)
        .where(_by_them(), root.state == PartyState.ACTIVE)
    )
    for party_id, at in session.execute(query):
        times[party_id].append(at)
    found = []
    for party_id, each in times.items():
        rhythm = read_rhythm(each, now)
        if rhythm and rhythm.usual and rhythm.silent >= ratio * rhythm.usual:
            found.append((rhythm.silent / rhythm.usual, party_id, _days(rhythm.silent), _days(rhythm.usual)))
    found.sort(reverse=True)
    names = _names(session, [party_id for _, party_id, _, _ in found[:limit]])
    return [SilentLine(party_id, *names[party_id], silent, usual) for _, party_id, silent, usual in found[:limit]]


def _days(span: timedelta) -> float:
    return round(span / timedelta(days=1), 2)


def _names(session: Session, party_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for part in portions(party_ids):
        query = select(Party.id, Party.customer_no, Party.display_name).where(Party.id.in_(part))
        found |= {row[0]: (row[1] or "", row[2]) for row in session.execute(query)}
    return found


def _by_them() -> ColumnElement[bool]:
    return and_(
        Sighting.direction == Direction.IN, Sighting.role == ParticipantRole.FROM.value, Sighting.by_hand.is_(True)
    )


# --- changing ----------------------------------------------------------------------------------------------------


def mark_handled(session: Session, thread_id: int, now: datetime) -> int:
    """Nothing that was written in this thread until now waits for an answer. Returns in how many conversations it did."""
    these = Conversation.thread_id == thread_id
    waits = select(func.count()).select_from(Conversation).where(these, Conversation.waiting != Waiting.NOBODY)
    count = session.execute(waits).scalar_one()
    done = update(Conversation).where(these).values(handled_at=now, waiting=Waiting.NOBODY, since=None)
    session.execute(done.execution_options(synchronize_session=False))
    return count
