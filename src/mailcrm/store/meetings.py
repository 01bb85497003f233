"""Meetings from calendar mail: one line on the timeline for each, as the newest mails have it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.meeting import Attendance, Meeting, MeetingMethod, replaces
from mailcrm.model.message import ParticipantRole, written_at
from mailcrm.store.bulk import insert_rows, portions
from mailcrm.store.rows.mail import Message, MessageParticipant
from mailcrm.store.rows.meeting import MeetingAttendee, MeetingRow
from mailcrm.store.rows.timeline import Interaction, InteractionParty
from mailcrm.store.timeline import NewInteraction, append_interactions

_ROLES = (ParticipantRole.FROM, ParticipantRole.TO, ParticipantRole.CC)
_SAID = {
    Attendance.ACCEPTED: "accepted",
    Attendance.DECLINED: "declined",
    Attendance.TENTATIVE: "maybe",
    Attendance.DELEGATED: "delegated",
    Attendance.COUNTERED: "proposed another time",
    Attendance.NEEDS_ACTION: "no answer yet",
}


@dataclass(frozen=True, slots=True)
class _Mail:
    """The mail that tells: when it was written (UTC), and the customers in it with their roles."""

    id: int
    at: datetime
    direction: Direction
    parties: tuple[tuple[int, str], ...]


def record_meetings(session: Session, told: Mapping[int, Sequence[Meeting]]) -> None:
    """What mails (by message id) tell of meetings. Mail in which no customer takes part leaves no trace.

    In whatever order mails come, and however often, the end is the same.
    """
    ids = sorted(message_id for message_id, meetings in told.items() if meetings)
    for mail in _mails(session, ids):
        for meeting in told[mail.id]:
            _record(session, mail, meeting)


def _mails(session: Session, message_ids: Sequence[int]) -> Iterable[_Mail]:
    for part in portions(message_ids):
        query = select(Message.id, Message.sent_at, Message.received_at, Message.direction)
        for message_id, sent, received, direction in session.execute(query.where(Message.id.in_(part))).all():
            parties = _parties(session, message_id)
            if parties:
                yield _Mail(message_id, written_at(sent, received), direction, parties)


def _parties(session: Session, message_id: int) -> tuple[tuple[int, str], ...]:
    query = select(MessageParticipant.party_id, MessageParticipant.role).where(
        MessageParticipant.message_id == message_id,
        MessageParticipant.party_id.is_not(None),
        MessageParticipant.role.in_(_ROLES),
    )
    rows = session.execute(query.order_by(MessageParticipant.role, MessageParticipant.position)).all()
    return tuple((party_id, role.value) for party_id, role in rows if party_id is not None)


def _record(session: Session, mail: _Mail, meeting: Meeting) -> None:
    at = meeting.stamped_at or mail.at
    digest = hashlib.sha256(f"{meeting.uid}\n{meeting.instance}".encode("utf-8", "replace")).hexdigest()
    query = select(MeetingRow).where(MeetingRow.uid_hash == digest).with_for_update()
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        row = MeetingRow(uid_hash=digest, uid=meeting.uid, interaction_id=_line(session, mail, meeting, digest))
        session.add(row)
        _fill(row, meeting, at)
    elif replaces(meeting.sequence, meeting.tells_all, at, (row.sequence, row.tells_all, row.stamped_at)):
        _fill(row, meeting, at)
        _move(session, row, mail, meeting)
    session.flush()
    _join(session, row, mail)
    _note_answers(session, row.id, meeting, at)
    _describe(session, row)


def _line(session: Session, mail: _Mail, meeting: Meeting, digest: str) -> int:
    line = NewInteraction(
        InteractionKind.MEETING, f"meeting:{digest}", meeting.starts_at, meeting.summary, mail.parties,
        direction=mail.direction, message_id=mail.id,
    )  # fmt: skip
    [line_id] = append_interactions(session, [line])
    return line_id


def _fill(row: MeetingRow, meeting: Meeting, at: datetime) -> None:
    row.sequence, row.tells_all, row.stamped_at = meeting.sequence, meeting.tells_all, at
    row.starts_at, row.ends_at, row.all_day = meeting.starts_at, meeting.ends_at, meeting.all_day
    row.location, row.organizer, row.rule = meeting.location, meeting.organizer, meeting.rule
    row.cancelled = meeting.method == MeetingMethod.CANCEL


def _move(session: Session, row: MeetingRow, mail: _Mail, meeting: Meeting) -> None:
    """The line says what the newer mail says, and stands at its time."""
    line = session.get_one(Interaction, row.interaction_id)
    line.title, line.message_id = meeting.summary or line.title, mail.id
    if line.occurred_at != meeting.starts_at:
        line.occurred_at = meeting.starts_at
        session.execute(
            update(InteractionParty)
            .where(InteractionParty.interaction_id == line.id)
            .values(occurred_at=meeting.starts_at)
            .execution_options(synchronize_session=False)
        )


def _join(session: Session, row: MeetingRow, mail: _Mail) -> None:
    """Customers whom only a later mail names have the line as well."""
    query = select(InteractionParty.party_id).where(InteractionParty.interaction_id == row.interaction_id)
    known = set(session.execute(query).scalars())
    insert_rows(session, InteractionParty, [
        {"party_id": party_id, "occurred_at": row.starts_at, "interaction_id": row.interaction_id, "role": role}
        for party_id, role in dict(reversed(mail.parties)).items() if party_id not in known
    ])  # fmt: skip


def _note_answers(session: Session, meeting_id: int, meeting: Meeting, at: datetime) -> None:
    """Who is invited; an answer counts until a later one, and is not undone by an invitation that does not know it."""
    query = select(MeetingAttendee).where(MeetingAttendee.meeting_id == meeting_id)
    known = {each.key_hash: each for each in session.execute(query).scalars()}
    for attendee in meeting.attendees:
        digest = hashlib.sha256(attendee.key.encode("utf-8", "replace")).hexdigest()
        each = known.get(digest)
        if each is None:
            new = {"address": attendee.key, "name": attendee.name, "state": attendee.state, "stamped_at": at}
            session.add(MeetingAttendee(meeting_id=meeting_id, key_hash=digest, **new))
        elif attendee.state != Attendance.NEEDS_ACTION and (
            at > each.stamped_at or each.state == Attendance.NEEDS_ACTION
        ):
            each.state, each.stamped_at = attendee.state, at
    session.flush()


def _describe(session: Session, row: MeetingRow) -> None:
    """The line in words."""
    query = select(MeetingAttendee).where(MeetingAttendee.meeting_id == row.id).order_by(MeetingAttendee.address)
    guests = [each for each in session.execute(query).scalars() if each.address != row.organizer]
    words = [f"{each.name or each.address}: {_SAID[each.state]}" for each in guests[:20]]
    if len(guests) > len(words):
        words.append(f"and {len(guests) - len(words)} more")
    line = session.get_one(Interaction, row.interaction_id)
    line.body = " · ".join(filter(None, (row.location, row.rule, ", ".join(words))))
    line.outcome = "cancelled" if row.cancelled else ""
    session.flush()
