"""By what two copies of one mail are recognised as one: stable for ever, whatever mailbox they lie in."""

import hashlib
from datetime import datetime

from mailcrm.ingest.mail.fields import split_message
from mailcrm.model.message import ParsedHeaders


def dedupe_key(headers: ParsedHeaders, body_digest: str = "") -> str:
    """A hex SHA-256 of Message-ID, From and Date; without a Message-ID also of subject and `body_digest`.

    From and Date are in it because ids are re-used by broken mailers: such mails are different messages.
    """
    sender = headers.sender()
    facts = [headers.message_id, sender.key if sender else "", headers.sent_at.isoformat() if headers.sent_at else ""]
    if not headers.message_id:
        facts += [headers.subject, body_digest]
    return hashlib.sha256("\n".join(facts).encode("utf-8", "replace")).hexdigest()


def body_digest(raw: bytes) -> str:
    """A hex SHA-256 of what stands behind the header block of a message.

    Line ends, white space at line ends and blank lines at the end do not count: servers and gateways change them. The
    header does not count: each mailbox has its own Received lines.
    """
    body = split_message(raw)[1].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = b"\n".join(line.rstrip() for line in body.split(b"\n"))
    return hashlib.sha256(lines.rstrip()).hexdigest()


def arrival_digest(size: int, arrived: datetime | None) -> str:
    """In place of `body_digest` where the body is not kept: the size in bytes and the moment of the arrival."""
    return f"size:{size} arrived:{arrived.isoformat() if arrived else ''}"
