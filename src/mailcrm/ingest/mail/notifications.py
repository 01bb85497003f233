"""What sending services report of our mail as JSON in a mail: Amazon SES by SNS, with or without SNS's own envelope."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mailcrm.ingest.mail.reasons import find_status, is_hard, reason_of
from mailcrm.model.address import address_key
from mailcrm.model.message import Report
from mailcrm.model.text import clean_line

_TYPES = ('"notificationType"', '"eventType"', '"notificationType\\"', '"eventType\\"')
_TYPE_WITHIN = 4_000
_LONGEST = 200_000
_RECIPIENTS_LIMIT = 1_000
_DIAGNOSTIC_LIMIT = 1_000


def read_notification(text: str) -> tuple[Report, ...]:
    """The reports in a notification of SES, one for each recipient it names; none in any other text."""
    if not text.startswith("{") or not any(word in text[:_TYPE_WITHIN] for word in _TYPES):
        return ()
    found = _object(text)
    if isinstance(found.get("Message"), str):  # in the envelope of SNS
        found = _object(found["Message"])
    return tuple(_reports(found))[:_RECIPIENTS_LIMIT]


def _object(text: str) -> Mapping[str, Any]:
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text[:_LONGEST].lstrip())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reports(found: Mapping[str, Any]) -> Iterator[Report]:
    kind = str(found.get("notificationType") or found.get("eventType")).lower()
    message_id = _ours(found)
    if kind == "bounce":
        for each in _each(found, "bounce", "bouncedRecipients"):
            yield _bounce(each, message_id)
    elif kind == "complaint":
        for each in _each(found, "complaint", "complainedRecipients"):
            yield Report("complained", _key(each.get("emailAddress")), "complaint", original_message_id=message_id)
    elif kind == "delivery":
        named = _within(found, "delivery").get("recipients")
        for address in named if isinstance(named, list) else ():
            yield Report("delivered", _key(address), "delivered", original_message_id=message_id)


def _bounce(recipient: Mapping[str, Any], message_id: str) -> Report:
    diagnostic = clean_line(str(recipient.get("diagnosticCode") or ""), _DIAGNOSTIC_LIMIT)
    status = find_status(str(recipient.get("status") or "")) or find_status(diagnostic)
    reason = reason_of(diagnostic, status)
    hard = is_hard(reason, status)
    return Report("bounced", _key(recipient.get("emailAddress")), reason, hard, status, diagnostic, message_id)


def _ours(found: Mapping[str, Any]) -> str:
    """Our own Message-ID; that of SES only says how SES calls the mail."""
    headers = _within(found, "mail").get("commonHeaders")
    return clean_line(str(headers.get("messageId") or ""), 998).strip("<>") if isinstance(headers, dict) else ""


def _each(found: Mapping[str, Any], kind: str, recipients: str) -> Iterator[Mapping[str, Any]]:
    named = _within(found, kind).get(recipients)
    return (each for each in named if isinstance(each, dict)) if isinstance(named, list) else iter(())


def _within(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}


def _key(address: object) -> str:
    return address_key(address) if isinstance(address, str) else ""
