"""What is claimed of somebody, by whom, and which claim counts: a phone in a signature, a title on a card, a human's word."""

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailcrm.model.party import SOURCES


class ContactField(StrEnum):
    """What can be known of a person or an organisation besides e-mail addresses. A team adds fields of its own, whose names
    begin with `OWN`."""

    NAME = "name"
    ALIAS = "alias"
    SALUTATION = "salutation"
    GENDER = "gender"
    LANGUAGE = "language"
    TITLE = "title"
    DEPARTMENT = "department"
    COMPANY = "company"
    LEGAL_NAME = "legal_name"
    TAX_ID = "tax_id"
    INDUSTRY = "industry"
    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    TIMEZONE = "timezone"
    LIFECYCLE = "lifecycle"
    TIER = "tier"
    OWNER = "owner"
    ORIGIN = "origin"
    PHONE = "phone"
    MOBILE = "mobile"
    FAX = "fax"
    URL = "url"
    ADDRESS = "address"
    WECHAT = "wechat"
    QQ = "qq"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    WEIBO = "weibo"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    SIGNAL = "signal"
    LINE = "line"
    KAKAOTALK = "kakaotalk"
    VIBER = "viber"
    SKYPE = "skype"
    LINKEDIN = "linkedin"
    X = "x"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    YOUTUBE = "youtube"
    TIKTOK = "tiktok"
    PREFERENCE = "preference"


OWN = "x."
"""What the names of a team's own fields begin with: `x.budget`."""

NETWORKS = (
    ContactField.WECHAT, ContactField.QQ, ContactField.WECOM, ContactField.DINGTALK, ContactField.WEIBO,
    ContactField.WHATSAPP, ContactField.TELEGRAM, ContactField.SIGNAL, ContactField.LINE, ContactField.KAKAOTALK,
    ContactField.VIBER, ContactField.SKYPE, ContactField.LINKEDIN, ContactField.X, ContactField.FACEBOOK,
    ContactField.INSTAGRAM, ContactField.YOUTUBE, ContactField.TIKTOK,
)  # fmt: skip
"""Where people have a handle."""

MANY = frozenset({
    ContactField.ALIAS, ContactField.PHONE, ContactField.MOBILE, ContactField.FAX, ContactField.URL, ContactField.ADDRESS,
    ContactField.PREFERENCE, *NETWORKS,
})  # fmt: skip
"""Fields that hold several values at a time, the one to use first; all others hold one."""

SHOWN = (
    ContactField.TITLE, ContactField.COMPANY, ContactField.INDUSTRY, ContactField.COUNTRY, ContactField.REGION,
    ContactField.CITY, ContactField.LANGUAGE, ContactField.GENDER, ContactField.LIFECYCLE, ContactField.TIER,
    ContactField.OWNER, ContactField.ORIGIN,
)  # fmt: skip
"""Fields that lists are filtered and sorted by, as those of a team's own."""


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


class Standing(StrEnum):
    """What a claim is to its field."""

    VALUE = "value"
    ALSO = "also"
    SUGGESTION = "suggestion"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class ContactFact:
    """A claim in the archive. `field` is a `ContactField` or one of the team's own. `observed_at` (UTC) is when it was seen
    last, `times` in how many mails, `source_ref` the mail (or import, or form) that said it last. `label` is what kind of
    it, `parts` those of a postal address, `ended_at` (UTC) until when it held; `is_preferred`: of several values a human
    chose it as the first."""

    field: str
    value: str
    source: str
    confidence: float
    observed_at: datetime
    times: int = 1
    source_ref: int | None = None
    verified_by: str = ""
    is_current: bool = False
    label: str = ""
    parts: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    ended_at: datetime | None = None
    is_preferred: bool = False
    standing: Standing = Standing.SUGGESTION


def value_hash(field: str, value: str) -> str:
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
    human entered. Of one source the preferred one, then the more certain; of those about as certain the newer, for people
    change their jobs.
    """
    return max((fact for fact in facts if _is_believed(fact)), key=_rank, default=None)


def is_believed(source: str, confidence: float, ended_at: datetime | None) -> bool:
    """Whether a claim may be shown as the value."""
    return confidence >= BELIEVABLE and ended_at is None and source in SOURCES


def _is_believed(fact: ContactFact) -> bool:
    return is_believed(fact.source, fact.confidence, fact.ended_at)


def standings(facts: Sequence[ContactFact], *, many: bool) -> list[ContactFact]:
    """Claims about one field with what each is to it: the value first, then what else holds, suggestions, and what was.

    A human who says that there is none ends what was known until then.
    """
    chosen = current_fact(facts)
    ranked = sorted(facts, key=_rank_any, reverse=True)
    placed = [dataclasses.replace(fact, standing=_standing(fact, chosen, many=many)) for fact in ranked]
    return sorted(
        (dataclasses.replace(fact, is_current=fact.standing is Standing.VALUE) for fact in placed), key=_place
    )


def _place(fact: ContactFact) -> int:
    return tuple(Standing).index(fact.standing)


def _standing(fact: ContactFact, chosen: ContactFact | None, *, many: bool) -> Standing:
    if chosen is None:
        return Standing.FORMER if fact.ended_at else Standing.SUGGESTION
    if fact is chosen:
        return Standing.VALUE
    later = fact.observed_at > chosen.observed_at
    if fact.ended_at is not None or not fact.value:
        return Standing.FORMER
    if many and _is_believed(fact) and (chosen.value or later):
        return Standing.ALSO if chosen.value else Standing.SUGGESTION
    return Standing.SUGGESTION if later else Standing.FORMER


_Rank = tuple[int, bool, int, datetime, float, int, int, str]


def _rank_any(fact: ContactFact) -> _Rank:
    """Also of a source that this version does not know."""
    return _rank(fact) if fact.source in SOURCES else (-1, False, 0, fact.observed_at, 0.0, 0, 0, fact.value)


def _rank(fact: ContactFact) -> _Rank:
    certainty = int(fact.confidence >= _CERTAIN)
    return (
        SOURCES.index(fact.source),
        fact.is_preferred,
        certainty,
        fact.observed_at,
        fact.confidence,
        fact.times,
        fact.source_ref or 0,
        fact.value,
    )


_CERTAIN = 0.75
