"""The three axes of a polled account: what is downloaded, who sees it, and who becomes a customer (decisions.md 26)."""

from dataclasses import dataclass
from enum import StrEnum


class Capture(StrEnum):
    """How much of a mail is downloaded and kept."""

    METADATA = "metadata"  # people and dates
    SUBJECT = "subject"  # and subject lines
    ALL = "all"  # and bodies


class Attachments(StrEnum):
    """When the attachments of mail that is captured whole are fetched."""

    NOW = "now"
    WHEN_OPENED = "when opened"  # until somebody opens one, it stays on the server


class Visibility(StrEnum):
    """Who may see the mail of this account."""

    PRIVATE = "private"  # its owner
    TEAM = "team"
    ALL = "all"


class CustomerWhen(StrEnum):
    """When a correspondent of this account stops being a candidate and becomes a customer."""

    REPLIED = "replied"  # we wrote and they wrote: a conversation
    SENT = "sent"  # we wrote to them
    ALL_KNOWN = "all known"  # they wrote to us by hand, or we to them
    ALL = "all"  # everybody seen, cc included


class AccountState(StrEnum):
    """`parked` waits for a human (wrong password); `disconnected` is gone from the configuration, its history stays."""

    ACTIVE = "active"
    PARKED = "parked"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """The three axes together, with the owner of the mailbox."""

    capture: Capture
    visibility: Visibility
    customer_when: CustomerWhen
    owner: str | None = None
