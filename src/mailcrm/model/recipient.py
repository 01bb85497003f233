"""One recipient of one campaign step: its states, what can happen to it, and what each event settles.

The protocol is campaigns.md section 2: `claimed` proves that nothing was sent, `sending` is written durably before the
server can accept, and whatever is left `sending` by a crash becomes `in_doubt` and is never re-sent by itself.
"""

from dataclasses import dataclass
from enum import StrEnum


class RecipientState(StrEnum):
    """Where a recipient stands. decisions.md 17."""

    READY = "ready"
    CLAIMED = "claimed"
    SENDING = "sending"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


OPEN_STATES = frozenset(
    {
        RecipientState.READY,
        RecipientState.CLAIMED,
        RecipientState.SENDING,
        RecipientState.DEFERRED,
        RecipientState.IN_DOUBT,
    }
)
"""A campaign is finished only when no recipient is in one of these."""

TERMINAL_STATES = frozenset(RecipientState) - OPEN_STATES
"""`unknown` is listed in the report and never sent again by itself."""


class EventType(StrEnum):
    """What can happen to a recipient. decisions.md 18a."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One thing that happened. `dedupe_key` makes a replay harmless; `code`/`enhanced` are the SMTP reply's.

    `hard` is meant for failed and bounced: the address itself is dead (by its reason), so it will be suppressed.
    """

    type: EventType
    dedupe_key: str
    code: int = 0
    enhanced: str = ""
    detail: str = ""
    hard: bool = False
    is_machine: bool = False


def opt_out(recipient_id: int, detail: str) -> DeliveryEvent:
    """Somebody does not want this mail any more; once per recipient, however often they say so."""
    return DeliveryEvent(EventType.UNSUBSCRIBED, f"unsubscribed:{recipient_id}", detail=detail)


class Suppress(StrEnum):
    """Why an address must never be mailed again."""

    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard bounce"
    MANUAL = "manual"
    ERASED = "erased"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an event changes: the new state (None: stays) and whether the address is suppressed from now on."""

    state: RecipientState | None
    suppress: Suppress | None = None


_FROM_SENDER: dict[EventType, tuple[RecipientState, frozenset[RecipientState]]] = {
    EventType.SENT: (
        RecipientState.SENT,
        frozenset({RecipientState.SENDING, RecipientState.IN_DOUBT, RecipientState.UNKNOWN}),
    ),
    EventType.DEFERRED: (RecipientState.DEFERRED, frozenset({RecipientState.CLAIMED, RecipientState.SENDING})),
    EventType.FAILED: (RecipientState.FAILED, frozenset({RecipientState.CLAIMED, RecipientState.SENDING})),
    EventType.IN_DOUBT: (RecipientState.IN_DOUBT, frozenset({RecipientState.SENDING})),
}

_EVIDENCE = frozenset(EventType) - frozenset(_FROM_SENDER)
"""Whoever bounces, opens or answers a mail proves that the server had accepted it."""

_PROVEN_BY_EVIDENCE = frozenset({RecipientState.DEFERRED, RecipientState.IN_DOUBT, RecipientState.UNKNOWN})
"""Some servers say "try again" to what they have taken; a mail that was answered must not go out a second time."""

ACCEPTANCE_EVIDENCE = _EVIDENCE | {EventType.SENT}
"""Events after which an in-doubt recipient counts as sent."""


def settlement(state: RecipientState, event: DeliveryEvent) -> Settlement:
    """What `event` does to a recipient in `state`. Events that come twice, late or out of order change nothing wrongly."""
    suppress = _suppression(event)
    if event.type in _FROM_SENDER:
        target, allowed = _FROM_SENDER[event.type]
        return Settlement(target if state in allowed else None, suppress)
    return Settlement(RecipientState.SENT if state in _PROVEN_BY_EVIDENCE else None, suppress)


def _suppression(event: DeliveryEvent) -> Suppress | None:
    match event.type:
        case EventType.UNSUBSCRIBED:
            return Suppress.UNSUBSCRIBE
        case EventType.COMPLAINED:
            return Suppress.COMPLAINT
        case EventType.BOUNCED | EventType.FAILED if event.hard:
            return Suppress.HARD_BOUNCE
        case _:
            return None
