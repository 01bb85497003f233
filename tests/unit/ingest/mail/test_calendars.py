"""Meetings from calendar parts: when, who, and never an exception."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.meeting import Attendance, Attendee, Meeting, MeetingMethod, replaces
from mailcrm.model.message import MailKind, ParsedMessage
from tests.unit.ingest.mail.calendars import BERLIN, a_calendar, an_invitation
from tests.unit.ingest.mail.samples import ENVELOPE, multipart, parsed

NINE = datetime(2025, 1, 7, 9, 0, tzinfo=UTC)


def meeting(calendar: bytes) -> Meeting:
    [found] = parsed(an_invitation(calendar)).meetings
    return found


def test_an_invitation_tells_all_of_a_meeting() -> None:
    more = "DTEND:20250107T100000Z\nSEQUENCE:3\nLOCATION:Room 1\\; first floor\nSTATUS:CONFIRMED\n"
    message = parsed(an_invitation(a_calendar(more=more)))
    assert message.headers.kind is MailKind.CALENDAR
    assert message.text.strip() == "Please come."
    assert message.defects == ()
    assert message.meetings == (
        Meeting(
            "m1@example.org", MeetingMethod.REQUEST, NINE, NINE + timedelta(hours=1), 3, datetime(2025, 1, 6, 8, 0, tzinfo=UTC),
            "Price talk, and more 报价", "Room 1; first floor", "ann@example.org",
            (Attendee("bob@example.com", "Bob"), Attendee("zhang@example.cn", "Zhang San", Attendance.ACCEPTED)),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "zone", "wanted", "defects"),
    [
        (":20250107T090000Z", "", NINE, 0),
        (";TZID=Europe/Berlin:20250107T100000", "", NINE, 0),
        (";TZID=W. Europe Standard Time:20250107T100000", "", NINE, 0),
        (';TZID="China Standard Time":20250107T170000', "", NINE, 0),
        (";TZID=Customized Time Zone:20250107T100000", BERLIN, NINE, 0),
        (";TZID=Customized Time Zone:20250707T110000", BERLIN, NINE + timedelta(days=181), 0),
        (";TZID=/freeassociation.sourceforge.net/Europe/Berlin:20250107T100000", "", NINE, 0),
        (";VALUE=DATE:20250107", "", datetime(2025, 1, 7, tzinfo=UTC), 0),
        (":20250107T090000", "", NINE, 1),
        (";TZID=Nowhere/At All:20250107T090000", "", NINE, 1),
        (";TZID=Europe/Berlin:20250107T090000Z", "", NINE, 0),
        (";TZID=UTC+8:20250107T170000", "", NINE, 0),
        (";TZID=GMT-0330:20250107T053000", "", NINE, 0),
        (';TZID="(UTC+08:00) Beijing, Chongqing":20250107T170000', "", NINE, 1),
        (";TZID=UTC+99:20250107T090000", "", NINE, 1),
        (":20250107T170000", "X-WR-TIMEZONE:Asia/Shanghai\n", NINE, 0),
        (":20250107T090000", "X-WR-TIMEZONE:../../etc\n", NINE, 1),
        (":20250107T100000", BERLIN, NINE, 0),
        (":20250107T090000", BERLIN + BERLIN.replace("Customized", "Other"), NINE, 1),
    ],
)
def test_times_are_right_in_every_zone(start: str, zone: str, wanted: datetime, defects: int) -> None:
    message = parsed(an_invitation(a_calendar(start=start, zone=zone)))
    assert [each.starts_at for each in message.meetings] == [wanted]
    assert len(message.defects) == defects
    assert message.meetings[0].all_day is ("DATE" in start)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ("DURATION:PT90M\n", timedelta(minutes=90)),
        ("DTEND:20250101T000000Z\n", timedelta()),
        ("", None),
        ("DURATION:-PT5M\n", timedelta()),
    ],
)
def test_the_end_is_never_before_the_start(more: str, wanted: timedelta | None) -> None:
    found = meeting(a_calendar(more=more))
    assert found.ends_at == (None if wanted is None else NINE + wanted)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10", "every 2 weeks on MO, WE, 10 times"),
        ("FREQ=DAILY;UNTIL=20250301T000000Z", "every day, until 2025-03-01"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=HOURLY", "every hour"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,-1", "every month on day 15, -1"),
        ("FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1", "every month on MO, FR of these number -1"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=2TU", "every year on 2TU in month 3"),
    ],
)
def test_a_series_is_its_first_time_and_its_rule_in_words(rule: str, words: str) -> None:
    found = meeting(a_calendar(more=f"RRULE:{rule}\n"))
    assert (found.rule, found.starts_at) == (words, NINE)


def test_one_of_a_series_is_a_meeting_of_its_own() -> None:
    found = meeting(a_calendar(more="RECURRENCE-ID;TZID=Europe/Berlin:20250114T100000\n"))
    assert found.instance == "2025-01-14T09:00:00+00:00"


@pytest.mark.parametrize("flag", ["TRUE", "FALSE"])
def test_whole_days_of_outlook_are_days_everywhere(flag: str) -> None:
    zone = ";TZID=China Standard Time:2025010"
    found = meeting(
        a_calendar(start=f"{zone}7T000000", more=f"DTEND{zone}8T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:{flag}\n")
    )
    day = datetime(2025, 1, 7, tzinfo=UTC)
    wanted = (day, day + timedelta(days=1)) if flag == "TRUE" else (day - timedelta(hours=8), day + timedelta(hours=16))
    assert (found.starts_at, found.ends_at) == wanted
    assert found.all_day is (flag == "TRUE")


def test_answers_and_cancellations_are_told() -> None:
    answer = "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com\n"
    assert meeting(a_calendar("REPLY", attendees=answer)).attendees[0].state is Attendance.DECLINED
    assert meeting(a_calendar("COUNTER", attendees=answer)).attendees[0].state is Attendance.COUNTERED
    assert meeting(a_calendar("CANCEL")).method is MeetingMethod.CANCEL
    assert meeting(a_calendar(more="STATUS:CANCELLED\n")).method is MeetingMethod.CANCEL


def test_the_same_meeting_as_text_and_as_a_file_is_one() -> None:
    calendar = a_calendar()
    file = b"Content-Type: application/octet-stream; name=invite.ics\nContent-Disposition: attachment\n\n" + calendar
    inner = b"Content-Type: text/calendar; method=REQUEST\n\n" + calendar
    message = parsed(multipart("mixed", b"\nHello\n", inner, file))
    assert len(message.meetings) == 1
    assert [each.filename for each in message.attachments] == ["", "invite.ics"]


def test_calendars_that_invite_nobody_stay_attachments() -> None:
    for calendar in (a_calendar("PUBLISH"), a_calendar("ADD"), a_calendar().replace(b"METHOD:REQUEST\r\n", b"")):
        message = parsed(an_invitation(calendar))
        assert (message.meetings, message.headers.kind, len(message.attachments)) == ((), MailKind.PERSON, 1)


def test_a_mail_that_is_nothing_but_a_calendar_is_known_by_its_header() -> None:
    raw = ENVELOPE + b"Content-Type: text/calendar; method=REPLY\n\n" + a_calendar("REPLY")
    assert parsed(raw).headers.kind is MailKind.CALENDAR
    assert len(parsed(raw).meetings) == 1


BAD = [
    b"",
    b"BEGIN:VCALENDAR",
    b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\n",
    b"\xff\xfe\x00",
    b"BEGIN:VCALENDAR\nEND:VEVENT\n",
    b"BEGIN:" * 3000,
    b"BEGIN:VEVENT\n" * 4000,
    a_calendar(start=":nonsense"),
    a_calendar(start=":99999999T999999Z"),
    a_calendar(start=":00010101T000000Z"),
    a_calendar(start=";TZID=Asia/Shanghai:00010101T000000"),
    a_calendar(more="SEQUENCE:many\n"),
    a_calendar(more="DTSTAMP:x\n"),
    a_calendar(more="RRULE:FREQ=\n"),
    a_calendar(more="RRULE:x\n"),
    a_calendar(more='ATTENDEE:\nATTENDEE;CN=":x\n'),
    a_calendar(more="DTSTART:20250101T000000Z\n"),
    a_calendar(uid=""),
]


@pytest.mark.parametrize("calendar", BAD, ids=range(len(BAD)))
def test_a_broken_calendar_is_a_defect_at_most(calendar: bytes) -> None:
    message = parsed(an_invitation(calendar))
    assert message.text.strip() == "Please come."
    assert len(message.meetings) <= 1


def test_what_could_not_be_read_is_said() -> None:
    message = parsed(an_invitation(a_calendar(more="SEQUENCE:many\n").replace(b"END:VEVENT", b"END:VTODO")))
    assert message.meetings == ()
    assert message.defects == ("a calendar cannot be read, it is kept as an attachment only",)
    large = parsed(an_invitation(a_calendar(more="ATTENDEE:mailto:x@y\n" * 6000)))
    assert large.defects == ("a calendar is too large, it is kept as an attachment only",)


def test_a_zone_that_changes_each_second_takes_no_time() -> None:
    for rule in ("FREQ=SECONDLY", "FREQ=YEARLY;BYSECOND=0,1,2;BYMINUTE=1", "FREQ=DAILY"):
        zone = BERLIN.replace("FREQ=YEARLY", rule)
        [found] = parsed(
            an_invitation(a_calendar(start=";TZID=Customized Time Zone:20250107T090000", zone=zone))
        ).meetings
        assert found.starts_at == NINE


@given(
    st.lists(
        st.sampled_from([*a_calendar().split(b"\r\n"), *BERLIN.encode().split(b"\n"), b"RRULE:FREQ=DAILY"])
        | st.binary(max_size=40),
        max_size=30,
    )
)
def test_whatever_comes_is_understood_or_a_defect(lines: list[bytes]) -> None:
    assert isinstance(parsed(an_invitation(b"\r\n".join(lines).replace(b"--cut", b""))), ParsedMessage)


def test_two_calendars_may_call_different_zones_the_same() -> None:
    elsewhere = BERLIN.replace("+0200", "+0900").replace("+0100", "+0800")
    for zone, hours in ((BERLIN, 1), (elsewhere, 8), (BERLIN, 1)):
        found = meeting(a_calendar(start=";TZID=Customized Time Zone:20250107T090000", zone=zone))
        assert found.starts_at == NINE - timedelta(hours=hours)


def test_news_is_what_has_a_higher_sequence_or_the_organizers_word() -> None:
    known = (2, False, NINE)
    assert replaces(3, False, NINE - timedelta(days=9), known)
    assert replaces(2, True, NINE - timedelta(days=9), known)
    assert replaces(2, False, NINE + timedelta(seconds=1), known)
    assert not replaces(2, False, NINE, known)
    assert not replaces(1, True, NINE + timedelta(days=9), known)
