"""One message as a plain dictionary, for `mailcrm inspect --json`: what we understood, also of garbage."""

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.ingest.given import Parse
from mailcrm.ingest.mail.digest import body_digest, dedupe_key
from mailcrm.ingest.mail.fields import normalise_raw
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.ingest.mail.parts import read_tree
from mailcrm.ingest.mail.text import Body
from mailcrm.ingest.mail.threads import ThreadIndex, thread_ids
from mailcrm.model.message import (
    READ_AT_ONCE,
    Forwarded,
    MailKind,
    ParsedHeaders,
    ParsedMessage,
    Participant,
    ParticipantRole,
    RawMessage,
)

_NESTED = 5
"""Messages in messages are shown so deep."""

_HEADER_WITHIN = 64 * 1024

_NOT_NAMED = {"name": "", "address": ""}
_REPORT_KINDS = {"bounced": "bounce", "delayed": "bounce", "delivered": "delivered", "complained": "complaint"}
_ORDER = ("bounced", "complained", "delayed", "delivered")


def describe(path: str, raw: bytes, threads: ThreadIndex, parse: Parse | None = None) -> dict[str, object]:
    """What can be said of the message `raw` that was read from `path`, by `parse` if it is large. Never raises.

    Threads grow while messages come in: a thread id is final when all messages of the run have been joined.
    """
    message, error = _parsed(RawMessage(uid=0, raw=raw), parse if len(raw) > READ_AT_ONCE else None)
    headers = message.headers
    ids = thread_ids(headers) or (dedupe_key(headers, body_digest(raw)),)
    return {
        "path": path,
        "message_id": headers.message_id,
        "subject": headers.subject,
        "from": (_boxes(headers, ParticipantRole.FROM) or [_box(None)])[0],
        "to": _boxes(headers, ParticipantRole.TO),
        "cc": _boxes(headers, ParticipantRole.CC),
        "date": headers.sent_at.isoformat() if headers.sent_at else None,
        "in_reply_to": list(headers.in_reply_to),
        "references": list(headers.references),
        "text": _with_messages(message, raw),
        "reply_text": message.said.newest,
        "signature": message.said.signature,
        "forwarded": _forwarded(message.said.forwarded),
        "thread_id": threads.join(ids),
        "attachments": [{"name": a.filename, "type": a.mime_type, "size": a.size} for a in message.attachments],
        "bounce": _bounce(message),
        "warnings": list(message.defects),
        "error": error,
    }


def _parsed(raw: RawMessage, parse: Parse | None) -> tuple[ParsedMessage, str | None]:
    """The message, and why there is no more of it than its header."""
    try:
        return (parse_message(raw, with_findings=False) if parse is None else parse(raw)), None
    except StoreBusy:  # this machine has no room for a process of its own
        return _parsed(raw, None)
    except Unparsable as exc:
        try:
            return ParsedMessage(parse_headers(raw.raw[:_HEADER_WITHIN])), exc.message
        except Exception:  # noqa: BLE001 - the header is what the parser could not bear
            return ParsedMessage(ParsedHeaders()), exc.message


def _with_messages(message: ParsedMessage, raw: bytes) -> str:
    """The text, in its place also that of messages that are part of it; archive and conversation have them apart."""
    if len(raw) > READ_AT_ONCE or not any(part.mime_type == "message/rfc822" for part in message.attachments):
        return message.text
    try:
        return Body(read_tree(normalise_raw(raw)[0]), nested=_NESTED).text
    except (RecursionError, MemoryError):
        return message.text


def _forwarded(original: Forwarded | None) -> dict[str, object] | None:
    if original is None:
        return None
    return {"from": {"name": original.name, "address": original.address}, "subject": original.subject}


def _boxes(headers: ParsedHeaders, role: ParticipantRole) -> list[dict[str, str]]:
    return [_box(box) for box in headers.participants if box.role is role]


def _box(box: Participant | None) -> dict[str, str]:
    return {"name": box.name, "address": box.address} if box else dict(_NOT_NAMED)


def _bounce(message: ParsedMessage) -> dict[str, object] | None:
    """The worst report speaks for the message; recipients are those of all reports."""
    if message.reports:
        worst = min(message.reports, key=lambda report: (_ORDER.index(report.kind), not report.hard))
        recipients = dict.fromkeys(report.recipient for report in message.reports if report.recipient)
        kind = _REPORT_KINDS[worst.kind]
        return _verdict(kind, worst.reason, hard=worst.hard, status=worst.status, recipients=list(recipients))
    if message.headers.kind is MailKind.OUT_OF_OFFICE:
        return _verdict("auto", "auto")
    return _verdict("complaint", "complaint") if message.headers.kind is MailKind.COMPLAINT else None


def _verdict(
    kind: str, reason: str, *, hard: bool = False, status: str = "", recipients: list[str] | None = None
) -> dict[str, object]:
    return {"kind": kind, "class": reason, "hard": hard, "status": status, "recipients": recipients or []}
