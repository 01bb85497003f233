"""A vCard that comes with a mail (RFC 6350 and its elders): fields of the sender, if it is his; owner of vobject."""

import re
from collections.abc import Iterator
from typing import Any

from mailcrm.ingest.mail.contacts.names import SeenAs
from mailcrm.ingest.mail.contacts.region import region_of
from mailcrm.model.address import address_key
from mailcrm.model.contact import LONGEST_VALUE, ContactField, ContactFinding
from mailcrm.model.phone import find_numbers
from mailcrm.model.text import clean_line

_LARGEST = 256 * 1024
# Pictures are of no use here, and one that is damaged would take the card along.
_PICTURE = re.compile(
    rb"^(?:[\w-]{1,20}\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:][^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE | re.IGNORECASE
)
_MOST_CARDS, _MOST_VALUES = 10, 5
_CONFIDENCE = 0.95
_PLAIN = {
    "title": ContactField.TITLE,
    "url": ContactField.URL,
    "x-wechat": ContactField.WECHAT,
    "x-qq": ContactField.QQ,
    "x-skype": ContactField.SKYPE,
    "x-skype-username": ContactField.SKYPE,
}
_BAD = "a vCard cannot be read, it is kept as an attachment only"
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError)


def read_card(data: bytes, name: str, address: str) -> tuple[tuple[ContactFinding, ...], list[str]]:
    """What the cards in a file say of the sender with this name and address (a comparison key), and defects.

    The card of somebody else says nothing: people send those of colleagues.
    """
    data = _PICTURE.sub(b"", data)
    if len(data) > _LARGEST:
        return (), []
    from vobject import base

    seen_as = SeenAs.of(name, address)
    try:
        cards = base.readComponents(data.decode("utf-8", "replace"), ignoreUnreadable=True)
        for _, card in zip(range(_MOST_CARDS), cards, strict=False):
            if card.name == "VCARD" and _is_of(card, seen_as):
                return tuple(_findings(card, seen_as.domain)), []
    except (*_BROKEN, base.VObjectError):
        return (), [_BAD]
    return (), []


def _values(card: Any, name: str) -> list[Any]:
    return list(card.contents.get(name, [])[:_MOST_VALUES])


def _is_of(card: Any, seen_as: SeenAs) -> bool:
    emails = {address_key(str(each.value)) for each in _values(card, "email")}
    if emails:
        return seen_as.address in emails
    return any(seen_as.is_called(str(each.value)) for each in _values(card, "fn"))


def _findings(card: Any, domain: str) -> Iterator[ContactFinding]:
    for name, field in _PLAIN.items():
        for each in _values(card, name):
            yield from _finding(field, each.value)
    organisation = _values(card, "org")[:1]
    units = [
        str(unit) for each in organisation for unit in (each.value if isinstance(each.value, list) else [each.value])
    ]
    for each in _values(card, "fn")[:1]:
        if str(each.value).casefold() not in (unit.casefold() for unit in units):  # else it is the card of a firm
            yield from _finding(ContactField.NAME, each.value)
    if units:
        yield from _finding(ContactField.COMPANY, units[0])
        yield from _finding(ContactField.DEPARTMENT, units[1] if len(units) > 1 else "")
    places = [_place(each.value) for each in _values(card, "adr")]
    for place in places:
        yield from _finding(ContactField.ADDRESS, place)
    region = region_of("\n".join(places), domain)
    for each in _values(card, "tel"):
        for number in find_numbers(str(each.value).removeprefix("tel:"), region)[:1]:
            if kind := _sort(each, mobile=number.mobile):
                yield ContactFinding(kind, number.written, _CONFIDENCE, number.e164, "vcard")


def _finding(field: ContactField, text: object) -> Iterator[ContactFinding]:
    value = clean_line(text, LONGEST_VALUE) if isinstance(text, str) else ""
    if value:
        yield ContactFinding(field, value, _CONFIDENCE, source="vcard")


def _sort(tel: Any, *, mobile: bool) -> ContactField | None:
    """What a number is for; None for what nobody calls. vCard 2.1 has the words without TYPE= before them."""
    given = [*tel.params.get("TYPE", []), *getattr(tel, "singletonparams", [])]
    kinds = {word.upper() for each in given for word in str(each).split(",")}
    if kinds & {"PAGER", "MODEM"}:
        return None
    if "FAX" in kinds:
        return ContactField.FAX
    return ContactField.MOBILE if mobile or kinds & {"CELL", "MOBILE"} else ContactField.PHONE


def _place(address: Any) -> str:
    parts = (getattr(address, name, "") for name in ("box", "extended", "street", "city", "region", "code", "country"))
    flat = (" ".join(part) if isinstance(part, list) else str(part) for part in parts)
    return ", ".join(part.strip() for part in flat if part.strip())
