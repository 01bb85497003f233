"""Calendar parts of mail become meetings; owner of icalendar, which is loaded only for mail that has one."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, cast

from mailcrm.ingest.mail.parts import Part
from mailcrm.model.address import address_key
from mailcrm.model.meeting import Attendance, Attendee, Meeting, MeetingMethod
from mailcrm.model.text import clean_line

_TYPES = frozenset({"text/calendar", "application/ics"})
_LARGEST = 256 * 1024
_MOST_MEETINGS, _MOST_ATTENDEES, _MOST_LINES = 20, 200, 5_000
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError)
_ZONE = re.compile(rb"BEGIN:VTIMEZONE\b.*?END:VTIMEZONE[^\n]*\n?", re.DOTALL | re.IGNORECASE)
_ZONE_NAME = re.compile(rb"^TZID(?:;[^:\n]*)?:([^\n]*)\n", re.MULTILINE | re.IGNORECASE)
_FOLD = re.compile(rb"\r?\n[ \t]")
_MOST_ZONES = 10
# A time zone that changes more than a few times a year would be worked out change by change, for centuries.
_FREQUENT = re.compile(
    rb"FREQ=(?!YEARLY)|BY(?:HOUR|MINUTE|SECOND|YEARDAY|WEEKNO)=|(?:BEGIN:(?:STANDARD|DAYLIGHT).*?){40}|RDATE.{400}",
    re.DOTALL | re.IGNORECASE,
)
_VENDOR = re.compile(
    rb"(;TZID=\"?)/[^:;\r\n]{1,200}?/((?:Africa|America|Asia|Australia|Europe|Pacific|Atlantic|Indian)/)", re.IGNORECASE
)
_UTC_IN_A_ZONE = re.compile(rb";TZID=(?:\"[^\"\n]{0,200}\"|[^:;\n]{0,200})(:\d{8}T\d{6}Z\b)", re.IGNORECASE)
_OFFSET = re.compile(r"[ (\"]*(?:UTC|GMT)[ ]?([+\-−])(\d{1,2}):?(\d\d)?(?!\d)", re.IGNORECASE)
_FARTHEST = 14
"""Hours from UTC."""

_STATES = {
    "ACCEPTED": Attendance.ACCEPTED,
    "DECLINED": Attendance.DECLINED,
    "TENTATIVE": Attendance.TENTATIVE,
    "DELEGATED": Attendance.DELEGATED,
}
_UNITS = {"HOURLY": "hour", "DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_BEYOND = "a calendar is too large, it is kept as an attachment only"
_BAD = "a calendar cannot be read, it is kept as an attachment only"
_FLOATING = "a calendar gives a time without a known zone, it is taken for UTC"
_NO_SUMMER = "a calendar names a zone by its distance from UTC, its summer time is not known"


def is_calendar(part: Part) -> bool:
    """Whether a part may tell of meetings."""
    return part.mime_type in _TYPES or (part.mime_type == "application/octet-stream" and _named_ics(part))


def _named_ics(part: Part) -> bool:
    return part.has_filename and part.filename.lower().endswith(".ics")


def read_meetings(parts: Sequence[Part]) -> tuple[tuple[Meeting, ...], list[str]]:
    """The meetings in these calendar parts, each once (the same calendar often comes as text and as a file), and defects.

    Calendars that invite nobody (holidays, a published event) tell nothing of us and give none.
    """
    found: dict[tuple[str, str], Meeting] = {}
    defects: list[str] = []
    for part in parts[:10]:
        data = part.content()
        if len(data) > _LARGEST or data.count(b"\n") > _MOST_LINES:
            defects.append(_BEYOND)
            continue
        try:
            for meeting in _read(data, defects):
                found.setdefault((meeting.uid, meeting.instance), meeting)
        except _BROKEN:
            defects.append(_BAD)
    return tuple(found.values())[:_MOST_MEETINGS], list(dict.fromkeys(defects))


def _read(data: bytes, defects: list[str]) -> list[Meeting]:
    from icalendar import Calendar

    # Without the zones that it defines: the library keeps those for ever by their name, and Outlook calls all of its own
    # "Customized Time Zone". They are looked up only for times in a zone that nobody else knows.
    data = _FOLD.sub(b"", data)
    zones = _ZONE.findall(data)[:_MOST_ZONES]
    data = _UTC_IN_A_ZONE.sub(rb"\1", _ZONE.sub(b"", data))  # such a time is in UTC, whatever zone stands before it
    calendar: Any = Calendar.from_ical(_VENDOR.sub(rb"\1\2", data))
    method = str(calendar.get("METHOD", "")).lower()
    if method not in MeetingMethod.__members__.values():
        return []
    reader = _Reader(MeetingMethod(method), zones, clean_line(str(calendar.get("X-WR-TIMEZONE", ""))), defects)
    return [meeting for event in calendar.walk("VEVENT")[:_MOST_MEETINGS] if (meeting := reader.meeting(event))]


class _Reader:
    """Events of one calendar, with the zones that it defines."""

    def __init__(self, method: MeetingMethod, zones: Sequence[bytes], usual: str, defects: list[str]) -> None:
        self._method, self._zones, self._usual, self._defects = method, zones, usual, defects

    def meeting(self, event: Any) -> Meeting | None:
        """What an event tells; None where it names neither itself nor its time."""
        uid, start = clean_line(str(event.get("UID", ""))), _value(event, "DTSTART")
        if not uid or not isinstance(start, date):
            return None
        start, last = _whole_days(event, start)
        starts_at = self._utc(event, "DTSTART", start)
        method = self._method
        if method == MeetingMethod.REQUEST and str(event.get("STATUS", "")).upper() == "CANCELLED":
            method = MeetingMethod.CANCEL
        stamp, instance = _value(event, "DTSTAMP"), _value(event, "RECURRENCE-ID")
        return Meeting(
            uid=uid,
            method=method,
            starts_at=starts_at,
            ends_at=self._end(event, start, starts_at) if last is None else _midnight(last),
            sequence=min(max(int(event.get("SEQUENCE", 0)), 0), 2**31 - 1),
            stamped_at=self._utc(event, "DTSTAMP", stamp) if isinstance(stamp, datetime) else None,
            summary=clean_line(str(event.get("SUMMARY", "")), 998),
            location=clean_line(str(event.get("LOCATION", "")), 500),
            organizer=_address(event.get("ORGANIZER", "")),
            attendees=_attendees(event, method),
            all_day=not isinstance(start, datetime),
            rule=_rule(event.get("RRULE")),
            instance=self._utc(event, "RECURRENCE-ID", instance).isoformat() if isinstance(instance, date) else "",
        )

    def _end(self, event: Any, start: date, starts_at: datetime) -> datetime | None:
        end, duration = _value(event, "DTEND"), _value(event, "DURATION")
        if isinstance(end, date):
            return max(self._utc(event, "DTEND", end), starts_at)
        if isinstance(duration, timedelta):
            return starts_at + max(duration, timedelta())
        return None if isinstance(start, datetime) else starts_at + timedelta(days=1)

    def _utc(self, event: Any, name: str, value: date) -> datetime:
        if not isinstance(value, datetime):
            return _midnight(value)
        called = getattr(_first(event, name), "params", {}).get("TZID")
        zone = value.tzinfo or (self._own_zone(called) or self._distant_zone(called) if called else self._usual_zone())
        if zone is None:
            self._defects.append(_FLOATING)
        return value.replace(tzinfo=zone or UTC).astimezone(UTC)

    def _own_zone(self, name: str) -> tzinfo | None:
        """A zone that only this calendar knows."""
        from icalendar import Timezone

        for block in self._zones:
            if _name_of(block) == name and not _FREQUENT.search(block):
                zone: Any = Timezone.from_ical(_ZONE_NAME.sub(b"", block))  # nameless, it is not kept
                zone["TZID"] = name
                return cast(tzinfo, zone.to_tz(lookup_tzid=False))
        return None

    def _distant_zone(self, name: str) -> tzinfo | None:
        """A zone that is called after its distance from UTC: "UTC+8", and of Outlook "(UTC+01:00) Amsterdam, Berlin"."""
        found = _OFFSET.match(name)
        if found is None or int(found[2]) > _FARTHEST:
            return None
        if found.end() < len(name.rstrip('" ')):
            self._defects.append(_NO_SUMMER)
        distance = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(distance if found[1] == "+" else -distance)

    def _usual_zone(self) -> tzinfo | None:
        """The zone of times that name none: the calendar's own, else the only one that it defines."""
        from icalendar.timezone import tzp

        name = self._usual or (_name_of(self._zones[0]) if len(self._zones) == 1 else "")
        return (tzp.timezone(name) or self._own_zone(name)) if name else None


def _name_of(block: bytes) -> str:
    named = _ZONE_NAME.search(block)
    return named[1].strip(b'\r" ').decode("utf-8", "replace") if named else ""


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _whole_days(event: Any, start: date) -> tuple[date, date | None]:
    """The first day and the day after the last, where Outlook writes whole days as midnights of a zone; else the start."""
    end = _value(event, "DTEND")
    said = str(event.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).upper() == "TRUE"
    if not said or not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, None
    is_whole = start.time() == end.time() == time() and end > start
    return (start.date(), end.date()) if is_whole else (start, None)


def _first(event: Any, name: str) -> Any:
    found = event.get(name)
    return found[0] if isinstance(found, list) else found


def _value(event: Any, name: str) -> object:
    return getattr(_first(event, name), "dt", None)


def _address(value: object) -> str:
    text = str(value)
    return address_key(text[7:] if text[:7].lower() == "mailto:" else text)[:320]


def _attendees(event: Any, method: MeetingMethod) -> tuple[Attendee, ...]:
    listed = event.get("ATTENDEE", [])
    found: dict[str, Attendee] = {}
    for each in (listed if isinstance(listed, list) else [listed])[:_MOST_ATTENDEES]:
        params = getattr(each, "params", {})
        state = _STATES.get(str(params.get("PARTSTAT", "")).upper(), Attendance.NEEDS_ACTION)
        if method == MeetingMethod.COUNTER:
            state = Attendance.COUNTERED
        key = _address(each)
        if "@" in key:
            found.setdefault(key, Attendee(key, clean_line(str(params.get("CN", "")).strip('"'), 255), state))
    return tuple(found.values())


def _rule(recur: Any) -> str:
    """How it recurs, in words: "every 2 weeks on MO, WE, 10 times"."""
    if isinstance(recur, list):
        recur = recur[0] if recur else None
    if not recur or not recur.get("FREQ"):
        return ""
    freq = str(recur["FREQ"][0]).upper()
    unit = _UNITS.get(freq, freq.lower())
    interval = int((recur.get("INTERVAL") or [1])[0])
    words = f"every {unit}" if interval == 1 else f"every {interval} {unit}s"
    if days := recur.get("BYDAY"):
        words += f" on {', '.join(map(str, days[:7]))}"
    for part, meaning in (("BYMONTHDAY", "on day"), ("BYMONTH", "in month"), ("BYSETPOS", "of these number")):
        if numbers := recur.get(part):
            words += f" {meaning} {', '.join(map(str, numbers[:12]))}"
    if count := recur.get("COUNT"):
        words += f", {count[0]} times"
    if (until := recur.get("UNTIL")) and isinstance(until[0], date):
        words += f", until {until[0]:%Y-%m-%d}"
    return clean_line(words, 500)
