"""A whole message becomes a value: headers, text, attachments, reports, and what was wrong with it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from mailcrm.errors import Unparsable
from mailcrm.ingest.mail import armour
from mailcrm.ingest.mail.bounce import read_reports
from mailcrm.ingest.mail.calendars import is_calendar, read_meetings
from mailcrm.ingest.mail.contacts import may_be_card
from mailcrm.ingest.mail.fields import normalise_raw
from mailcrm.ingest.mail.headers import parse_headers, read_headers
from mailcrm.ingest.mail.kinds import says_auto_reply
from mailcrm.ingest.mail.parts import Part, read_tree
from mailcrm.ingest.mail.reply.cut import cut
from mailcrm.ingest.mail.stop import asks_to_stop
from mailcrm.ingest.mail.text import Body
from mailcrm.model.contact import ContactFinding
from mailcrm.model.message import LONGEST_TEXT, Attachment, MailKind, OwnWords, ParsedHeaders, ParsedMessage, RawMessage

__all__ = ["parse_headers", "parse_message"]

_ANYTHING = re.compile(rb"[^\0 \t\r\n]")
_WHOLE = frozenset({MailKind.BOUNCE, MailKind.COMPLAINT, MailKind.BULK})
_LONGEST_HTML = 1_000_000
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)  # nothing that somebody would open
_TOO_DEEP = "the parts are nested too deep, only the header was read"
_TOO_BIG = "the message needs too much memory, only the header was read"


def parse_message(message: RawMessage, *, with_findings: bool = True) -> ParsedMessage:
    """Understand a message as far as it can be; what is wrong with it is in `defects`. Bad mail never raises.

    `with_findings`: also what it tells of its sender.

    Raises Unparsable where our code or the parser below it gives way, which no known input brings about: the message
    is then kept raw with that reason, the folder goes on, and the cause is in the traceback.
    """
    try:
        return _understand(message.raw, with_findings=with_findings)
    except RecursionError:
        return _headers_only(message.raw, _TOO_DEEP)
    except MemoryError:
        return _headers_only(message.raw, _TOO_BIG)
    except Exception as exc:
        raise Unparsable(f"the message cannot be parsed: {type(exc).__name__}: {exc}") from exc


def _understand(raw: bytes, *, with_findings: bool) -> ParsedMessage:
    raw, defects = normalise_raw(raw)
    if not _ANYTHING.search(raw):
        defects.append("the message is empty")
    root = read_tree(raw)
    headers = read_headers(root.fields, [*defects, *root.defects])
    body = Body(root)
    text = body.text
    reports = read_reports(root, headers, text)
    if reports and headers.kind in (MailKind.PERSON, MailKind.AUTO, MailKind.BULK):
        headers = replace(headers, kind=MailKind.COMPLAINT if reports[0].kind == "complained" else MailKind.BOUNCE)
    if headers.kind is MailKind.AUTO and says_auto_reply(root.fields) and _says_away(text):
        headers = replace(headers, kind=MailKind.OUT_OF_OFFICE)  # Gmail's has the subject of what it answers
    html = body.html
    said = _said(headers, text, html if body.html_is_whole else "")
    calendars = [part for part in (body.attachments or [root]) if is_calendar(part)]
    meetings, bad_calendars = read_meetings(calendars) if calendars else ((), [])
    if meetings and headers.kind in (MailKind.PERSON, MailKind.AUTO):
        headers = replace(headers, kind=MailKind.CALENDAR)
    findings, bad_cards = _find_contacts(headers, said.signature, body.attachments) if with_findings else ((), [])
    return ParsedMessage(
        headers=headers,
        text=text,
        html=html,
        said=said,
        attachments=tuple(_attachment(position, part) for position, part in enumerate(body.attachments)),
        reports=reports,
        away_until=_away_until(headers, text),
        asks_to_stop=headers.kind is MailKind.PERSON and asks_to_stop(said.newest),
        defects=tuple(dict.fromkeys((*headers.defects, *body.defects, *bad_calendars, *bad_cards))),
        findings=findings,
        meetings=meetings,
    )


def _says_away(text: str) -> bool:
    from mailcrm.ingest.mail.away import says_away  # few mails need its tables, which take long to load

    return says_away(text)


def _away_until(headers: ParsedHeaders, text: str) -> date | None:
    if headers.kind is not MailKind.OUT_OF_OFFICE or headers.sent_at is None:
        return None
    from mailcrm.ingest.mail.away import away_until

    return away_until(f"{headers.subject}\n{text}", headers.sent_at.date())


def _said(headers: ParsedHeaders, text: str, html: str) -> OwnWords:
    """What reports and newsletters say is not cut: they quote nobody."""
    if headers.kind in _WHOLE:
        return OwnWords(text)
    if armour.MARK in text:
        text, html = armour.take_off(text), ""
    return cut(text[:LONGEST_TEXT], html if len(html) <= _LONGEST_HTML else "", headers.subject)


def _find_contacts(
    headers: ParsedHeaders, signature: str, attachments: Sequence[Part]
) -> tuple[tuple[ContactFinding, ...], list[str]]:
    """What it tells of its sender: nothing, in most mail, and then none of the tables is loaded."""
    if headers.kind is not MailKind.PERSON or not (signature or any(map(may_be_card, attachments))):
        return (), []
    from mailcrm.ingest.mail.contacts.findings import find_contacts

    return find_contacts(headers, signature, attachments)


def _headers_only(raw: bytes, defect: str) -> ParsedMessage:
    headers = parse_headers(raw)
    return ParsedMessage(headers=headers, defects=(*headers.defects, defect))


def _attachment(position: int, part: Part) -> Attachment:
    content = part.content()
    return Attachment(
        position=position,
        filename=part.filename,
        mime_type=part.mime_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content_id=part.content_id,
        inline=part.disposition == "inline"
        or part.mime_type in _SIGNATURES
        or (bool(part.content_id) and part.disposition != "attachment"),
        section=part.section,
    )
