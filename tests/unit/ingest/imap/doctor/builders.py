"""Facts of an account where all is well, but for what a test changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mailcrm.ingest.imap.doctor.diagnose import diagnose
from mailcrm.ingest.imap.doctor.facts import Certificate, Facts, Finding, FolderSeen, Severity, Step, Trouble
from mailcrm.model.folder import FolderRole, FolderStatus
from mailcrm.model.provider import PROVIDERS, Provider, Security

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
CERTIFICATE = Certificate(
    ("imap.shop.example", "*.shop.example"), "Some CA", NOW - timedelta(30), NOW + timedelta(60), True
)
_WORKS = Facts(
    account="sales",
    host="imap.shop.example",
    port=993,
    security=Security.TLS,
    user="sales@shop.example",
    now=NOW,
    addresses=("192.0.2.1",),
    connect_ms=12.5,
    tls="TLSv1.3",
    certificate=CERTIFICATE,
    before=frozenset({"IMAP4REV1", "AUTH=PLAIN"}),
    after=frozenset({"IMAP4REV1", "IDLE", "CONDSTORE"}),
    folders=(FolderSeen("INBOX", FolderRole.INBOX, False), FolderSeen("Sent Items", FolderRole.SENT, False)),
    inbox=FolderStatus(1, 8, 7, 99),
    newest=NOW - timedelta(hours=3),
)


def facts(**changes: Any) -> Facts:
    """An account without a flaw, changed."""
    return replace(_WORKS, **changes)


def stopped(step: Step, text: str, error: str = "ConnectionLost", **changes: Any) -> Facts:
    """The facts of a probe that ended at `step`: of what comes after it nothing is known."""
    trouble = Trouble(step, text, error, changes.pop("cause", ""), changes.pop("code", 0))
    unknown: dict[Step, dict[str, Any]] = {
        Step.SECRET: {},
        Step.NAME: {"addresses": ()},
        Step.CONNECT: {"connect_ms": None},
        Step.TLS: {"tls": "", "certificate": None, "before": frozenset()},
        Step.LOGIN: {"after": frozenset()},
        Step.FOLDERS: {"folders": ()},
        Step.INBOX: {"inbox": None, "newest": None},
    }
    order = list(unknown)
    for each in order[order.index(step) :]:
        changes = unknown[each] | changes
    return facts(trouble=trouble, **changes)


def provider(key: str) -> Provider:
    """A provider of the table."""
    return next(each for each in PROVIDERS if each.key == key)


def to_do(seen: Facts) -> list[Finding]:
    """What is not as it should be."""
    return [each for each in diagnose(seen) if each.severity in (Severity.WARNING, Severity.ERROR)]


def the_one(seen: Facts) -> Finding:
    """The only thing to do; it says what it means and what the next step is."""
    (found,) = to_do(seen)
    assert found.means
    assert found.next
    return found
