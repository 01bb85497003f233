"""What happened with a customer outside of mail: calls, visits, chats, notes, and matters that somebody must deal with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailcrm.errors import Conflict
from mailcrm.model.interaction import ChangeLine, Direction, InteractionKind


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


OPEN_STATES = (CaseState.OPEN, CaseState.WORKING, CaseState.WAITING)
"""Somebody has still to do something."""

_NEXT = {
    CaseState.OPEN: (CaseState.WORKING, CaseState.WAITING, CaseState.SOLVED, CaseState.CLOSED),
    CaseState.WORKING: (CaseState.OPEN, CaseState.WAITING, CaseState.SOLVED, CaseState.CLOSED),
    CaseState.WAITING: (CaseState.OPEN, CaseState.WORKING, CaseState.SOLVED, CaseState.CLOSED),
    CaseState.SOLVED: (CaseState.OPEN, CaseState.CLOSED),
    CaseState.CLOSED: (CaseState.OPEN,),
}


def first_state(activity: Activity) -> CaseState | None:
    """The state something is logged with: cases are open, and so is whatever has a next step that is due."""
    if activity.state is None and (activity.kind in CASES or activity.due_at is not None):
        return CaseState.OPEN
    return activity.state


def require_transition(now: CaseState | None, wanted: CaseState) -> None:
    """Raises Conflict if what is in the state `now` (None: it has none) cannot come into the wanted one."""
    if now is None:
        raise Conflict("this has no state: it is neither a case nor has it a next step; give it a due date first")
    if wanted not in _NEXT[now]:
        ways = ", ".join(_NEXT[now])
        raise Conflict(f"it is {now}, and cannot become {wanted}; from there it can become: {ways}")


@dataclass(frozen=True, slots=True)
class ActivityFile:
    """A file that somebody attached. `sha256` names its bytes, `size` counts them."""

    sha256: str
    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """An activity as lists show it. `customers` are (number or #id, name) of those it was with."""

    id: int
    activity: Activity
    row_version: int
    closed_at: datetime | None = None
    customers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityDetails:
    """An activity with its files and what was changed of it, the newest first."""

    line: ActivityLine
    files: tuple[ActivityFile, ...]
    changes: tuple[ChangeLine, ...]
