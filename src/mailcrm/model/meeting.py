"""A meeting as invitations, answers and cancellations tell of it (RFC 5545, RFC 5546)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MeetingMethod(StrEnum):
    """What a calendar mail wants."""

    REQUEST = "request"
    CANCEL = "cancel"
    REPLY = "reply"
    COUNTER = "counter"


class Attendance(StrEnum):
    """What somebody said to an invitation."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"
    COUNTERED = "countered"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited. `key` is the comparison form of the address."""

    key: str
    name: str = ""
    state: Attendance = Attendance.NEEDS_ACTION


@dataclass(frozen=True, slots=True)
class Meeting:
    """What one mail says of a meeting. Times are aware, in UTC; of a whole day they are its midnights in UTC.

    `uid` with `instance` (one of a series; '' for the meeting itself or the whole series) names it in all mails. `rule` says in
    English words how it recurs, `starts_at` is the first time then. `stamped_at` is when that was written.
    """

    uid: str
    method: MeetingMethod
    starts_at: datetime
    ends_at: datetime | None = None
    sequence: int = 0
    stamped_at: datetime | None = None
    summary: str = ""
    location: str = ""
    organizer: str = ""
    attendees: tuple[Attendee, ...] = ()
    all_day: bool = False
    rule: str = ""
    instance: str = ""

    @property
    def tells_all(self) -> bool:
        """Whether its organizer wrote it; an answer repeats what it answers, and may be cut."""
        return self.method in (MeetingMethod.REQUEST, MeetingMethod.CANCEL)


def replaces(sequence: int, tells_all: bool, at: datetime, known: tuple[int, bool, datetime]) -> bool:
    """Whether what was written `at` is news beside what is `known` (sequence, whether its organizer wrote it, when)."""
    return (sequence, tells_all, at) > known
