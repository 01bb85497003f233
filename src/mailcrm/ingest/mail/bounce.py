"""What a mail system reports of our mail: bounced, delayed, delivered, complained, and of whom and why.

Structured reports first (RFC 3464 delivery status, RFC 5965 feedback), then X-Failed-Recipients and the notices that
old and Chinese systems write in free form. The reason decides whether an address is given up, never the code alone.
"""

import re
from collections.abc import Iterator

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, header_block, read_block
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.kinds import has_null_return_path, says_returned
from mailcrm.ingest.mail.notices import Failure, Notice, introduction_of, opens_like_notice, read_notice, words_about
from mailcrm.ingest.mail.notifications import read_notification
from mailcrm.ingest.mail.parts import Part
from mailcrm.ingest.mail.reasons import find_status, is_hard, reason_of
from mailcrm.ingest.mail.threads import base_subject
from mailcrm.ingest.mail.words import decode_words
from mailcrm.model.address import AddressKind, OwnAddresses, address_key, address_kind
from mailcrm.model.message import MailKind, ParsedHeaders, ParticipantRole, Report
from mailcrm.model.text import clean_line

_BLANK_LINES = re.compile(rb"\n\s*\n")
_STATUS_BEGINS = re.compile(r"^(?:reporting-mta|final-recipient|original-recipient):", re.IGNORECASE | re.MULTILINE)
_RETURNED_TYPES = frozenset({"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"})
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FEEDBACK_TYPE = "message/feedback-report"
_REPORT_TYPES = _RETURNED_TYPES | _STATUS_TYPES | {_FEEDBACK_TYPE}
_DELIVERED = frozenset({"delivered", "relayed", "expanded"})
# Not the recipient's complaint: a filter was corrected, or a domain's owner is told of forged mail (RFC 6591).
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc"})
# Microsoft's Junk Mail Reporting Program says who complained in the header of the mail, and nothing else.
_JUNK_REPORT = re.compile(rb"^x-hmxmroriginalrecipient:[ \t]*(\S{1,320})", re.IGNORECASE | re.MULTILINE)
_POSTMASTER = re.compile(r"(?:post[._-]?master|mailer-?daemon)@")
_DIAGNOSTIC_LIMIT = 1_000
_RECIPIENTS_LIMIT = 1_000
_NOT_OURS = OwnAddresses()


def read_reports(root: Part, headers: ParsedHeaders, text: str) -> tuple[Report, ...]:
    """All that the message `root` with its `headers` and `text` reports, one report for each recipient it names.

    Ordinary mail reports nothing.
    """
    leaves = [leaf for leaf in _leaves(root) if leaf.mime_type in _REPORT_TYPES]  # in most mail there is none
    if not leaves and (found := read_notification(text)):
        return found
    if leaves and _is_passed_on(root, headers):
        return ()
    returned = _returned_header(leaves)
    original = parse_headers(returned) if returned else ParsedHeaders()
    feedback = [leaf for leaf in leaves if leaf.mime_type == _FEEDBACK_TYPE]
    if feedback:
        return tuple(report for leaf in feedback for report in _complaints(leaf, original))
    if complained := _JUNK_REPORT.search(returned):
        return (
            Report(
                "complained",
                _address_of(complained[1].decode("ascii", "replace")),
                "complaint",
                original_message_id=original.message_id,
            ),
        )
    statuses = [leaf.content() for leaf in leaves if leaf.mime_type in _STATUS_TYPES]
    blocks = _recipient_blocks(statuses)
    if not blocks and _is_notice(root, headers, text):
        begin = _STATUS_BEGINS.search(text)
        blocks = _recipient_blocks([text[begin.start() :].encode("utf-8", "replace")]) if begin else []
        if not blocks:
            return _reports_of_notice(root, headers, text, original)
    return tuple(_report_of_block(block, text, original) for block in blocks)


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)


def _is_passed_on(root: Part, headers: ParsedHeaders) -> bool:
    """Whether somebody forwards a report with all its parts, as Thunderbird does: it is told to us, and not of our mail."""
    is_human = headers.kind is MailKind.PERSON and root.mime_type != "multipart/report"
    return is_human and base_subject(headers.subject) != headers.subject


def _returned_header(leaves: list[Part]) -> bytes:
    """The header block of our mail, if it came back with the report; b'' if not."""
    returned = next((leaf for leaf in leaves if leaf.mime_type in _RETURNED_TYPES), None)
    return header_block(returned.content().lstrip()) if returned else b""


# --- RFC 5965: complaints ----------------------------------------------------------------------------------------


def _complaints(part: Part, original: ParsedHeaders) -> Iterator[Report]:
    fields = _fields(part.content())
    if fields.first("feedback-type").lower() in _NO_COMPLAINT:
        return
    named = [*fields.every("original-rcpt-to"), *fields.every("removal-recipient")][:_RECIPIENTS_LIMIT]
    keys = dict.fromkeys(_address_of(value) for value in named)
    keys.pop("", None)
    for key in keys or (_only_recipient(original),):
        yield Report("complained", key, "complaint", original_message_id=original.message_id)


# --- RFC 3464: delivery status -----------------------------------------------------------------------------------


def _recipient_blocks(statuses: list[bytes]) -> list[HeaderFields]:
    """The blocks that are about a recipient; the first of a report is about the mail system."""
    blocks = [_fields(block) for status in statuses for block in _BLANK_LINES.split(status.strip())]
    about = [block for block in blocks if "final-recipient" in block or "original-recipient" in block]
    return (about or [block for block in blocks if "action" in block])[:_RECIPIENTS_LIMIT]


def _report_of_block(block: HeaderFields, text: str, original: ParsedHeaders) -> Report:
    recipient = _address_of(block.first("original-recipient"))
    if "@" not in recipient:  # what we wrote to, else where that was forwarded to (RFC 3464 section 2.3.1)
        recipient = _address_of(block.first("final-recipient")) or recipient or _only_recipient(original)
    diagnostic = clean_line(
        decode_words(_behind_type(block.first("diagnostic-code")), block.guesser), _DIAGNOSTIC_LIMIT
    )
    introduction = introduction_of(text)
    if not diagnostic:
        diagnostic = clean_line(words_about(introduction, recipient), _DIAGNOSTIC_LIMIT)
    status = find_status(block.first("status")) or find_status(diagnostic)
    kind = _kind_of_action(block.first("action").lower(), status)
    if kind == "delivered":
        return Report(kind, recipient, "delivered", False, status, diagnostic, original.message_id)
    reason = _reason(diagnostic, introduction, status)
    return Report(kind, recipient, reason, _hard(kind, reason, status), status, diagnostic, original.message_id)


def _kind_of_action(action: str, status: str) -> str:
    word = action.partition(" ")[0].partition(";")[0]
    if word in _DELIVERED or (not word and status.startswith("2")):
        return "delivered"
    return "delayed" if word.startswith(("delay", "defer")) else "bounced"


def _reason(diagnostic: str, introduction: str, status: str) -> str:
    """The reason that the diagnostic gives; if it gives none, what the words for the human say."""
    reason = reason_of(diagnostic, status, introduction)
    return reason_of(introduction, status) if reason == "other" else reason


def _hard(kind: str, reason: str, status: str) -> bool:
    return kind == "bounced" and is_hard(reason, status)


# --- free form ---------------------------------------------------------------------------------------------------


def _is_notice(root: Part, headers: ParsedHeaders, text: str) -> bool:
    if headers.kind is MailKind.BOUNCE:
        return True
    if headers.kind not in (MailKind.PERSON, MailKind.AUTO):
        return False
    sender = headers.sender()
    if sender and _POSTMASTER.match(sender.key):
        return opens_like_notice(text)
    if headers.references or headers.in_reply_to:
        return False
    return _is_from_robot(root, headers) and opens_like_notice(text)


def _is_from_robot(root: Part, headers: ParsedHeaders) -> bool:
    """Humans also write of mail that came back, so the words alone prove nothing."""
    sender = headers.sender()
    if sender and address_kind(sender.key, _NOT_OURS) is AddressKind.NOREPLY:
        return True
    if "return-path" in root.fields:
        return has_null_return_path(root.fields)
    return says_returned(headers.subject) and base_subject(headers.subject) == headers.subject


def _reports_of_notice(root: Part, headers: ParsedHeaders, text: str, original: ParsedHeaders) -> tuple[Report, ...]:
    named = root.fields.every("x-failed-recipients")
    known = tuple(address.strip() for value in named for address in value.split(",") if address.strip())
    notice = read_notice(text, known[:_RECIPIENTS_LIMIT], _our_addresses(headers))
    message_id = original.message_id or notice.original_message_id
    failures = notice.failures[:_RECIPIENTS_LIMIT]
    if not failures and opens_like_notice(text):
        failures = (Failure(_only_recipient(original), notice.introduction),)
    return tuple(_report_of_failure(notice, *failure, message_id, headers.subject) for failure in failures)


def _report_of_failure(notice: Notice, address: str, diagnostic: str, message_id: str, subject: str) -> Report:
    recipient, words = address_key(address), clean_line(diagnostic, _DIAGNOSTIC_LIMIT)
    status = find_status(diagnostic) or find_status(notice.introduction)
    if notice.kind == "delivered":
        return Report(notice.kind, recipient, "delivered", False, status, words, message_id)
    reason = reason_of(diagnostic, "", notice.introduction)
    if reason == "other":
        reason = reason_of(notice.introduction, status)
    if reason == "other":
        reason = reason_of(subject)
    return Report(notice.kind, recipient, reason, _hard(notice.kind, reason, status), status, words, message_id)


def _our_addresses(headers: ParsedHeaders) -> frozenset[str]:
    return frozenset(box.key for box in headers.participants)


# --- small readings ----------------------------------------------------------------------------------------------


def _fields(block: bytes) -> HeaderFields:
    return HeaderFields(read_block(block.strip(b"\r\n")).items, Guesser())


def _behind_type(value: str) -> str:
    """ "smtp; 550 ..." and "rfc822; user@host" without their type (RFC 3464 section 2.1.2)."""
    before, semicolon, behind = value.partition(";")
    return behind.strip() if semicolon and " " not in before.strip() else value


def _address_of(value: str) -> str:
    return address_key(_behind_type(value).strip().strip("<>"))


def _only_recipient(original: ParsedHeaders) -> str:
    """The recipient of our mail, where it had one."""
    keys = {box.key for box in original.participants if box.role in (ParticipantRole.TO, ParticipantRole.CC)}
    return keys.pop() if len(keys) == 1 else ""
