"""The kinds of line that a customer's timeline can hold."""

from enum import StrEnum


class InteractionKind(StrEnum):
    """What happened. Later rooms add calls, visits, orders and so on."""

    EMAIL_IN = "email_in"
    EMAIL_OUT = "email_out"
    EMAIL_INTERNAL = "email_internal"
    CAMPAIGN = "campaign"
    CONSENT = "consent"
    FIELD = "field"
    MEETING = "meeting"


class Direction(StrEnum):
    """Seen from us."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"
