"""What happened with a customer outside of mail: calls, visits, chats, notes, and matters that somebody must deal with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailcrm.model.interaction import Direction, InteractionKind


class CaseState(StrEnum):
    """How far a complaint, an inquiry or a service request is."""

    OPEN = "open"
    WORKING = "working"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


CASES = (InteractionKind.COMPLAINT, InteractionKind.INQUIRY, InteractionKind.SERVICE)
"""Kinds that have a state, an owner and a due date."""

ACTIVITIES = (
    InteractionKind.CALL,
    InteractionKind.VISIT,
    InteractionKind.MEETING,
    InteractionKind.CHAT,
    InteractionKind.SMS,
    InteractionKind.SOCIAL,
    InteractionKind.LETTER,
    InteractionKind.FEEDBACK,
    InteractionKind.NOTE,
    *CASES,
)
"""Kinds that humans log."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One of them. Times in UTC. `source_ref` makes a replay harmless ('' = made here); `private` notes are seen by their
    writer only; `rating` is 1 to 5; `state`, `owner` and `due_at` are those of a case."""

    kind: InteractionKind
    at: datetime
    title: str
    body: str = ""
    direction: Direction | None = None
    channel: str = ""
    outcome: str = ""
    by: str = ""
    source_ref: str = ""
    pinned: bool = False
    private: bool = False
    rating: int | None = None
    minutes: int | None = None
    state: CaseState | None = None
    owner: str = ""
    due_at: datetime | None = None
