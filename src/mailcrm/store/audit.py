"""The audit log: who changed what, appended in the same transaction as the change.

It covers what users, rules and the configuration do; one entry per import, campaign or sync run, never one per mail
(decisions.md 16). Payloads name numbers and ids, never personal data. Each entry seals the one before it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.store.context import actor_name
from mailcrm.store.rows.audit import AuditEntry, AuditHead
from mailcrm.store.rows.base import to_micros

_GENESIS = "0" * 64


def append_audit(
    session: Session, action: str, subject: str, now: datetime, **payload: str | int | float | None
) -> None:
    """Write one entry, e.g. `append_audit(s, "campaign.start", "campaign:7", now, recipients=500)`."""
    head = session.get(AuditHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        head = AuditHead(id=1, seq=0, hash=_GENESIS)
        session.add(head)
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    entry = AuditEntry(
        seq=head.seq + 1,
        at=now,
        actor=actor_name(session),
        action=action,
        object=subject,
        payload=text,
        prev_hash=head.hash,
    )
    entry.hash = _seal(entry)
    session.add(entry)
    head.seq, head.hash = entry.seq, entry.hash
    session.flush()


def _seal(entry: AuditEntry) -> str:
    parts = (entry.seq, to_micros(entry.at), entry.actor, entry.action, entry.object, entry.payload, entry.prev_hash)
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def broken_links(session: Session) -> Iterator[int]:
    """The numbers of entries that were changed, removed or cut off; none if the log is whole."""
    expected, previous = 1, _GENESIS
    for entry in session.execute(select(AuditEntry).order_by(AuditEntry.seq)).scalars():
        if entry.seq != expected or entry.prev_hash != previous or entry.hash != _seal(entry):
            yield entry.seq
        expected, previous = entry.seq + 1, entry.hash
    head = session.get(AuditHead, 1)
    written = (0, _GENESIS) if head is None else (head.seq, head.hash)
    if written != (expected - 1, previous):
        yield max(written[0], expected - 1)
