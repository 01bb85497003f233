"""What must not be kept, decided on the headers before a body is downloaded, and what sort of mail it is for us."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from mailcrm.errors import ConfigError
from mailcrm.model.account import Attachments, Capture
from mailcrm.model.address import OwnAddresses, address_key, domain_of, mailbox_key
from mailcrm.model.interaction import Direction
from mailcrm.model.message import ParsedHeaders, ParticipantRole

_TO_ROLES = (ParticipantRole.TO, ParticipantRole.CC, ParticipantRole.BCC)


@dataclass(frozen=True, slots=True)
class CaptureRules:
    """The rules of one account: how much is kept, since when, whose mail never is, and when attachments come.

    `never_log` holds comparison keys of addresses, and domains.
    """

    capture: Capture
    since: datetime | None = None
    never_log: frozenset[str] = field(default_factory=frozenset)
    attachments: Attachments = Attachments.NOW

    @property
    def leaves_attachments(self) -> bool:
        """Whether attachments stay on the server until they are opened."""
        return self.attachments is Attachments.WHEN_OPENED

    @classmethod
    def build(
        cls,
        capture: Capture,
        since: str | None,
        never_log: Iterable[str],
        attachments: Attachments = Attachments.NOW,
    ) -> "CaptureRules":
        """From the configuration: `since` is an ISO date (UTC), entries are addresses or `domain` / `@domain`.

        Raises ConfigError for a day that does not exist.
        """
        keys = frozenset(key for entry in never_log for key in _never_keys(entry))
        return cls(capture, _start(since), keys - {""}, attachments)

    def fingerprint(self, *more: str) -> int:
        """63 bits that are others when the rules are others, or `more`: then what was left out is worth another look."""
        words = repr((self.capture.value, self.since, sorted(self.never_log), more))
        return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


def _start(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(since), time.min, UTC)
    except ValueError as exc:
        raise ConfigError(f"since: {since!r} is not a day like 2026-01-31") from exc


def _never_keys(entry: str) -> set[str]:
    """What an entry stands for: a domain as `acme.com`, `@acme.com` or `*.acme.com`, else one person's mailbox.

    An entry with a plus tag means mail to that tag only: it must not hide all mail of its owner.
    """
    name = entry.strip().lstrip("@*.")
    if "@" not in name:
        return {domain_of(address_key(f"x@{name}"))}
    key = address_key(name)
    return {key} if "+" in key else {key, mailbox_key(key)}


def skip_rule(headers: ParsedHeaders, arrived: datetime, rules: CaptureRules) -> str | None:
    """The rule that keeps a mail out of the archive, in words for the list of what was left out; None to keep it."""
    if rules.since is not None and arrived < rules.since:
        return too_old(rules.since)
    return never_log_rule((participant.key for participant in headers.participants), rules)


def too_old(since: datetime) -> str:
    """The rule for mail that arrived before this."""
    return f"older than {since:%Y-%m-%d}"


def never_log_rule(keys: Iterable[str], rules: CaptureRules) -> str | None:
    """The same for the people of a mail alone, by their comparison keys."""
    for key in keys if rules.never_log else ():
        if key in rules.never_log or mailbox_key(key) in rules.never_log:
            return "never-log address"
        if _domain_listed(domain_of(key), rules.never_log):
            return "never-log domain"
    return None


def _domain_listed(domain: str, listed: frozenset[str]) -> bool:
    parts = domain.split(".")
    return any(".".join(parts[start:]) in listed for start in range(len(parts)))


def direction_of(headers: ParsedHeaders, own: OwnAddresses, *, sent: bool = False) -> Direction:
    """Seen from us: written by us to others, among us, or by somebody else. `sent`: the server says that we did."""
    sender = headers.sender()
    if not sent and (sender is None or sender.key not in own):
        return Direction.IN
    outside = any(p.role in _TO_ROLES and p.key not in own for p in headers.participants)
    return Direction.OUT if outside else Direction.INTERNAL
