"""Meetings on the timeline: one line for each, the same whatever the order in which its mails come."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.model.meeting import Attendance, Attendee, Meeting, MeetingMethod
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, meetings, messages, timeline
from mailcrm.store.rows.meeting import MeetingAttendee, MeetingRow
from mailcrm.store.rows.timeline import InteractionParty
from tests.builders import NOW, Customer, a_person, a_write
from tests.store.builders import a_message, some_participants

ALL = Viewer.system()
INVITED = Meeting(
    "m1@example.org", MeetingMethod.REQUEST, NOW + timedelta(days=9), sequence=0, stamped_at=NOW, summary="Price talk",
    location="Room 1", organizer="us@own.example",
    attendees=(Attendee("ann@example.com", "Ann"), Attendee("us@own.example", "We")),
)  # fmt: skip
MOVED = replace(
    INVITED, sequence=1, stamped_at=NOW + timedelta(hours=2), starts_at=NOW + timedelta(days=10), location="Room 2"
)
YES = replace(
    INVITED, method=MeetingMethod.REPLY, stamped_at=NOW + timedelta(hours=1), summary="", location="",
    attendees=(Attendee("ann@example.com", "Ann", Attendance.ACCEPTED),),
)  # fmt: skip
NO = replace(
    YES,
    stamped_at=NOW + timedelta(hours=3),
    sequence=1,
    starts_at=MOVED.starts_at,
    attendees=(Attendee("ann@example.com", "Ann", Attendance.DECLINED),),
)
OFF = replace(MOVED, method=MeetingMethod.CANCEL, sequence=2, stamped_at=NOW + timedelta(hours=4))


def told(session: Session, who: Customer, meeting: Meeting) -> int:
    mail = a_message(session)
    rows = some_participants([who.address_id], mail.id)
    messages.add_participants(session, [row | {"party_id": who.party_id} for row in rows])
    meetings.record_meetings(session, {mail.id: [meeting]})
    return mail.id


def lines(session: Session, who: Customer) -> list[tuple[str, str, str, object]]:
    found = timeline.select_timeline(session, who.party_id or 0, ALL)
    return [(line.title, line.body, line.outcome, line.at) for line in found]


def test_an_invitation_is_a_line_at_the_time_of_the_meeting(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, "ann@example.com")
        mail = told(session, who, INVITED)
        [line] = timeline.select_timeline(session, who.party_id or 0, ALL)
        assert (line.kind, line.at, line.message_id) == ("meeting", INVITED.starts_at, mail)
        assert lines(session, who) == [("Price talk", "Room 1 · Ann: no answer yet", "", INVITED.starts_at)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_in_whatever_order_mails_come_the_end_is_the_same(sqlite_store: Store, order: tuple[int, ...]) -> None:
    with a_write(sqlite_store) as session:
        who = a_person(session, "ann@example.com")
        for number in order:
            told(session, who, (INVITED, YES, MOVED, NO, OFF)[number])
        assert lines(session, who) == [("Price talk", "Room 2 · Ann: declined", "cancelled", MOVED.starts_at)]


def test_a_meeting_that_is_moved_moves_its_line_for_all(store: Store) -> None:
    with a_write(store) as session:
        ann, bob = a_person(session, "ann@example.com"), a_person(session, "bob@example.com")
        told(session, ann, INVITED)
        mail = told(session, bob, MOVED)
        told(session, bob, INVITED)
        expected = [("Price talk", "Room 2 · Ann: no answer yet", "", MOVED.starts_at)]
        assert lines(session, ann) == lines(session, bob) == expected
        assert timeline.select_timeline(session, ann.party_id or 0, ALL)[0].message_id == mail
        assert len(session.execute(select(InteractionParty)).all()) == 2


def test_a_replay_is_harmless(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, "ann@example.com")
        mail = told(session, who, MOVED)
        before = lines(session, who)
        meetings.record_meetings(session, {mail: [MOVED]})
        meetings.record_meetings(session, {mail: [], 99: [MOVED]})
        assert lines(session, who) == before
        assert len(session.execute(select(MeetingRow)).all()) == 1
        assert len(session.execute(select(MeetingAttendee)).all()) == 2


def test_one_of_a_series_has_a_line_of_its_own(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, "ann@example.com")
        told(session, who, replace(INVITED, rule="every week"))
        told(session, who, replace(MOVED, instance="2025-01-15T09:00:00+00:00"))
        assert [(title, body) for title, body, _, _ in lines(session, who)] == [
            ("Price talk", "Room 2 · Ann: no answer yet"),
            ("Price talk", "Room 1 · every week · Ann: no answer yet"),
        ]


def test_a_meeting_without_a_customer_leaves_no_trace(store: Store) -> None:
    with a_write(store) as session:
        nobody = replace(a_person(session), party_id=None)
        told(session, nobody, INVITED)
        assert session.execute(select(MeetingRow)).all() == []


def test_many_guests_are_counted(store: Store) -> None:
    guests = tuple(Attendee(f"g{number:02}@example.com") for number in range(30))
    with a_write(store) as session:
        who = a_person(session, "ann@example.com")
        told(session, who, replace(INVITED, attendees=guests))
        [(_, body, _, _)] = lines(session, who)
    assert body.endswith("g19@example.com: no answer yet, and 10 more")
