"""Calendar mail as Outlook, Google and Apple write it, by hand."""

from tests.unit.ingest.mail.samples import multipart

BERLIN = (
    "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16011028T030000\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n"
    "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010325T020000\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
)
ATTENDEES = (
    'ORGANIZER;CN="Ann":mailto:ann@example.org\n'
    'ATTENDEE;CN="Bob";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.com\n'
    "ATTENDEE;CN=Zhang San;PARTSTAT=ACCEPTED:MAILTO:Zhang@example.cn\n"
)


def a_calendar(
    method: str = "REQUEST",
    start: str = ":20250107T090000Z",
    more: str = "",
    zone: str = "",
    attendees: str = ATTENDEES,
    uid: str = "m1@example.org",
) -> bytes:
    """A calendar with one event."""
    return (
        f"BEGIN:VCALENDAR\nMETHOD:{method}\nPRODID:-//made up//EN\nVERSION:2.0\n{zone}"
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20250106T080000Z\n"
        f"DTSTART{start}\nSUMMARY:Price talk\\, and more 报价\n{attendees}{more}END:VEVENT\nEND:VCALENDAR\n"
    ).replace("\n", "\r\n").encode()  # fmt: skip


def an_invitation(calendar: bytes) -> bytes:
    """A mail as Outlook sends it: the same in words and as a calendar."""
    part = b"Content-Type: text/calendar; charset=utf-8; method=REQUEST\n\n" + calendar
    return multipart("alternative", b"Content-Type: text/plain\n\nPlease come.\n", part)
