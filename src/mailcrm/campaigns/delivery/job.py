"""What a sender is told, and what it tells: values between the daemon, the shell and the lines."""

from dataclasses import dataclass, field
from datetime import timedelta

from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.delivery.throttle import Limits
from mailcrm.model.outbox import Result
from mailcrm.model.recipient import EventType


@dataclass(frozen=True, slots=True)
class SenderJob:
    """What a sender needs to know of its account. `owner` is unique among all senders that live."""

    account_id: int
    owner: str
    sender: Sender
    limits: Limits = field(default_factory=Limits)
    connections: int = 2
    mails_per_connection: int = 100
    lease: timedelta = timedelta(seconds=60)
    idle_seconds: float = 5.0


@dataclass
class SendReport:
    """What was settled, by kind of event; `released` went back untouched, `skipped` will never be sent."""

    events: dict[EventType, int] = field(default_factory=dict)
    released: int = 0
    skipped: int = 0

    def count(self, result: Result) -> None:
        """One more."""
        if result.skip_reason:
            self.skipped += 1
        elif result.event is None:
            self.released += 1
        else:
            self.events[result.event.type] = self.events.get(result.event.type, 0) + 1
