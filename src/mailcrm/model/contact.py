"""What is claimed of somebody, by whom, and which claim counts: a phone in a signature, a title on a card, a human's word."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailcrm.model.party import SOURCES


class ContactField(StrEnum):
    """What can be known of a person or an organisation besides e-mail addresses."""

    NAME = "name"
    TITLE = "title"
    DEPARTMENT = "department"
    COMPANY = "company"
    PHONE = "phone"
    MOBILE = "mobile"
    FAX = "fax"
    URL = "url"
    ADDRESS = "address"
    WECHAT = "wechat"
    QQ = "qq"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    SKYPE = "skype"
    LINKEDIN = "linkedin"
    X = "x"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


LONGEST_VALUE = 500
"""Characters of a value."""

BELIEVABLE = 0.5
"""Confidence from which on a claim may be shown as the value, and not only as a suggestion."""


@dataclass(frozen=True, slots=True)
class ContactFinding:
    """A value that a mail tells of its sender. `source` is `signature` or `vcard`, `confidence` from 0 to 1.

    `value` is as written; `number` is a phone number in E.164 with `;ext=` and its extension (RFC 3966), '' for what is none.
    """

    field: ContactField
    value: str
    confidence: float
    number: str = ""
    source: str = "signature"

    @property
    def shown(self) -> str:
        """The value to keep: numbers in E.164, all else as written."""
        return self.number or self.value


@dataclass(frozen=True, slots=True)
class ContactFact:
    """A claim in the archive. `observed_at` (UTC) is when it was seen last, `times` in how many mails, `source_ref` the mail
    that said it last. `is_current` is whether it is the value; the others are suggestions, or were the value."""

    field: ContactField
    value: str
    source: str
    confidence: float
    observed_at: datetime
    times: int = 1
    source_ref: int | None = None
    verified_by: str = ""
    is_current: bool = False


def value_hash(field: ContactField, value: str) -> str:
    """What makes a value the same value: SHA-256 of it without regard to case, spaces, marks between digits, and the scheme
    and last slash of a link."""
    plain = "".join(value.casefold().split())
    if field in _NUMBERS and value[:1] in "+0123456789(":
        plain = _AROUND_DIGITS.sub("", plain)
    if field in _LINKS:
        plain = plain.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


_AROUND_DIGITS = re.compile(r"[^\w+;=]+")
_NUMBERS = frozenset({ContactField.PHONE, ContactField.MOBILE, ContactField.FAX, ContactField.WHATSAPP})
_LINKS = frozenset(
    {ContactField.URL, ContactField.LINKEDIN, ContactField.X, ContactField.FACEBOOK, ContactField.INSTAGRAM}
)


def current_fact(facts: Iterable[ContactFact]) -> ContactFact | None:
    """Which of the claims about one field counts; None where none can be believed.

    user > form > api > import > vcard > signature > header, so that what a machine read is never shown in place of what a
    human entered. Of one source the more certain; of those about as certain the newer, for people change their jobs.
    """
    believed = [fact for fact in facts if fact.source in SOURCES and fact.confidence >= BELIEVABLE]
    return max(believed, key=_rank, default=None)


def _rank(fact: ContactFact) -> tuple[int, int, datetime, float, int, str]:
    certainty = int(fact.confidence >= _CERTAIN)
    return SOURCES.index(fact.source), certainty, fact.observed_at, fact.confidence, fact.times, fact.value


_CERTAIN = 0.75
