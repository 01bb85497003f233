"""The kinds of line that a customer's timeline can hold."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InteractionKind(StrEnum):
    """What happened."""

    EMAIL_IN = "email_in"
    EMAIL_OUT = "email_out"
    EMAIL_INTERNAL = "email_internal"
    CAMPAIGN = "campaign"
    CONSENT = "consent"
    FIELD = "field"
    MEETING = "meeting"
    CALL = "call"
    VISIT = "visit"
    CHAT = "chat"
    SMS = "sms"
    SOCIAL = "social"
    LETTER = "letter"
    FEEDBACK = "feedback"
    NOTE = "note"
    COMPLAINT = "complaint"
    INQUIRY = "inquiry"
    SERVICE = "service"
    ORDER = "order"
    PAYMENT = "payment"
    FORM = "form"
    IMPORT = "import"


class Direction(StrEnum):
    """Seen from us."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """That something of an order or an activity was `before` and then `after` ('' = nothing): when (UTC) and by whom."""

    field: str
    before: str
    after: str
    at: datetime
    by: str
