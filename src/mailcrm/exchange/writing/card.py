"""Customers as vCards: 3.0 (RFC 2426) for phones and Outlook, 4.0 (RFC 6350) for the rest; lines are made by `card_lines`.

What a card has no place for (orders, the timeline, consents, former values) is left out: JSON keeps it.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC
from enum import StrEnum
from typing import BinaryIO

from mailcrm.exchange.writing.card_lines import line, list_value, structured, text_value
from mailcrm.model.important_date import Calendar, DateKind, ImportantDate
from mailcrm.model.party import PartyKind
from mailcrm.model.record import Claim, CustomerRecord, EmailEntry


class CardVersion(StrEnum):
    """What the VERSION of a card says."""

    V3 = "3.0"
    V4 = "4.0"


_HANDLES = {"wechat": "X-WECHAT", "qq": "X-QQ", "whatsapp": "X-WHATSAPP", "skype": "X-SKYPE", "linkedin": "X-LINKEDIN"}
_PHONE_TYPES = {"phone": "voice", "mobile": "cell", "fax": "fax"}
_GENDERS = {"male": "M", "female": "F", "other": "O"}
_KNOWN_TYPES = ("home", "work")
_NO_YEAR = 1604
"""What iOS writes in a 3.0 card where the year is not known; our own import knows it."""


def write_cards(file: BinaryIO, records: Iterable[CustomerRecord], version: CardVersion) -> int:
    """The number of cards written; one record at a time is held."""
    count = 0
    for record in records:
        file.write(card_of(record, version))
        count += 1
    return count


def card_of(record: CustomerRecord, version: CardVersion) -> bytes:
    """One card in UTF-8, its lines ended by CRLF and folded. The customer number is its UID."""
    lines = [line("BEGIN", "VCARD"), line("VERSION", version)]
    lines += [line(name, value, *params) for name, value, params in _properties(record, version) if value.strip(";")]
    return b"".join([*lines, line("END", "VCARD")])


_Property = tuple[str, str, tuple[str, ...]]


def _properties(record: CustomerRecord, version: CardVersion) -> Iterator[_Property]:
    yield from _names(record, version)
    claims = [claim for claim in record.claims if claim.ended_at is None]
    yield from _work(record, claims)
    first = True
    for entry in record.emails:
        if entry.ended_at is None and not entry.closed:
            yield "EMAIL", text_value(entry.address), _types(version, entry.label, first)
            first = False
    for claim in claims:
        yield from _claim(claim, version)
    yield from (each for day in record.dates if (each := _day(day, version)))
    yield "CATEGORIES", list_value([tag for _, tag in record.tags]), ()
    yield from _about(record, version)


def _names(record: CustomerRecord, version: CardVersion) -> Iterator[_Property]:
    """FN must be there (RFC 6350 section 6.2.1), and N in 3.0; a reader takes a firm by KIND, iOS by X-ABShowAs."""
    fields = record.fields
    shown = fields.get("name") or _address(record.emails) or record.number or "?"
    yield "FN", text_value(shown), ()
    if record.kind is PartyKind.ORGANISATION:
        if version is CardVersion.V4:
            yield "KIND", "org", ()
        else:
            yield "N", structured(shown), ()
            yield "X-ABShowAs", "COMPANY", ()
        return
    family, given = fields.get("family_name", ""), fields.get("given_name", "")
    if family or given:
        yield "N", structured(family, given, "", fields.get("salutation", ""), ""), ()
    elif version is CardVersion.V3:
        yield "N", structured(shown, "", "", "", ""), ()


def _work(record: CustomerRecord, claims: list[Claim]) -> Iterator[_Property]:
    one = {claim.field: claim.value for claim in reversed(claims) if claim.is_current}
    if record.kind is PartyKind.ORGANISATION:
        yield "ORG", structured(record.fields.get("name", "")), ()
    else:
        held_by = next((each.organisation for each in record.affiliations if each.valid_to is None), "")
        company = one.get("company", held_by)
        units = [one["department"]] if "department" in one else []
        yield "ORG", structured(company, *units), ()
        yield "TITLE", text_value(one.get("title", "")), ()
    yield "NICKNAME", list_value([claim.value for claim in claims if claim.field == "alias"]), ()


def _claim(claim: Claim, version: CardVersion) -> Iterator[_Property]:
    kind, types = claim.field, _types(version, claim.label)
    if kind in _PHONE_TYPES:
        yield "TEL", text_value(claim.value), (f"TYPE={_PHONE_TYPES[kind]}", *types)
    elif kind == "address":
        parts = dict(claim.parts) or {"street": claim.value}
        street = ", ".join(filter(None, (parts.get("street"), parts.get("district"))))
        place = (parts.get(name, "") for name in ("city", "region", "postcode", "country"))
        yield "ADR", structured("", "", street, *place), types
    elif kind == "url":
        yield "URL", claim.value, types  # a URI, in which commas are not escaped
    elif kind in _HANDLES:
        yield _HANDLES[kind], text_value(claim.value), ()
    elif kind == "telegram":
        yield "IMPP", f"telegram:{text_value(claim.value)}", ()
    elif version is CardVersion.V4 and kind == "gender":
        yield "GENDER", _GENDERS.get(claim.value, structured("", claim.value)), ()
    elif version is CardVersion.V4 and kind == "timezone":
        yield "TZ", text_value(claim.value), ()


def _types(version: CardVersion, label: str, preferred: bool = False) -> tuple[str, ...]:
    """Home and work; other labels have no place without a group, and would be taken for types by few."""
    known = tuple(f"TYPE={label}" for _ in range(label in _KNOWN_TYPES))
    if not preferred:
        return known
    return (*known, "PREF=1" if version is CardVersion.V4 else "TYPE=pref")


def _day(day: ImportantDate, version: CardVersion) -> _Property | None:
    """Days of the lunar calendar have no form in a card that others would read."""
    name = (
        {DateKind.BIRTHDAY: "BDAY", DateKind.ANNIVERSARY: "ANNIVERSARY"}.get(DateKind(day.kind))
        if _is_known(day)
        else None
    )
    if name is None or (name == "ANNIVERSARY" and version is CardVersion.V3):
        return None
    if version is CardVersion.V4:
        return name, f"{f'{day.year:04}' if day.year else '--'}{day.month:02}{day.day:02}", ()
    omitted = () if day.year else (f"X-APPLE-OMIT-YEAR={_NO_YEAR}",)
    return name, f"{day.year or _NO_YEAR:04}-{day.month:02}-{day.day:02}", omitted


def _is_known(day: ImportantDate) -> bool:
    return day.calendar is Calendar.SOLAR and day.kind in (DateKind.BIRTHDAY, DateKind.ANNIVERSARY)


def _about(record: CustomerRecord, version: CardVersion) -> Iterator[_Property]:
    if version is CardVersion.V4:
        yield "LANG", record.fields.get("language", ""), ()
    yield "UID", text_value(record.number), ()
    if record.created_at is not None:
        made = record.created_at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
        compact = made.replace("-", "").replace(":", "")
        yield "REV", compact if version is CardVersion.V4 else made, ()


def _address(emails: Iterable[EmailEntry]) -> str:
    return next((entry.address for entry in emails), "")
