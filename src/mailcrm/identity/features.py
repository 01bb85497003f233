"""One sighting of somebody, as it was written, and what of it can be compared."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mailcrm.identity.companies.key import company_key
from mailcrm.identity.domains import organisation_domain, provider_meant
from mailcrm.identity.names.form import NameForm, fold, name_form, words_form
from mailcrm.identity.names.nicknames import is_short_for
from mailcrm.identity.names.rarity import is_listed
from mailcrm.identity.names.readings import syllable_count
from mailcrm.identity.normalise import has_han
from mailcrm.model.address import (
    ROLE_NAMES,
    AddressKind,
    OwnAddresses,
    address_key,
    address_kind,
    is_free_mail,
    mailbox_key,
)
from mailcrm.model.identity import Record

__all__ = ["Features", "Record", "features_of", "likely_region"]

_NOBODY_OWN = OwnAddresses()
_LETTERS = re.compile(r"[^\W\d_]+")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_NOBODY = frozenset("na none null nil nan unknown unbekannt keine test noemail nomail xxx 无 無 没有 未知".split())
"""What stands before the @ where there is nothing to say."""

_MADE_UP = re.compile(r"(\d)\1{5}$|1234567(?:8(?:90?)?)?$")
"""How phone numbers end that were typed to fill a field."""

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
"""What a spreadsheet makes of a long number: 1.38E+10."""

_FIRST_DAYS = frozenset({date(1900, 1, 1), date(1904, 1, 1), date(1970, 1, 1)})
"""Of calendars: what programs make of an empty cell."""

_CHINA = "CN"
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
_COUNTRIES = {"uk": "GB", "su": "RU"}
_NO_COUNTRY = frozenset("io co ai me tv cc eu fm ly gg to ws la".split())
"""Domains of countries that are used anywhere."""

_SHORTEST_PHONE, _FEW_DIGITS = 7, 3
"""Digits of a number that no country's plan has; it is one that somebody made up if they are few different ones."""

_SHORTEST_LOCAL = 5
"""Letters of a local part in which a whole name may be looked for."""


@dataclass(frozen=True, slots=True)
class Features:
    """What of a sighting is compared.

    `mailbox` is the whole canonical address, `meant` the same where its provider seems mistyped, `domain` that of an
    organisation (not of a free-mail provider), `letters` and `digits` those of the local part. `name` may be taken from the
    mailbox (`implied`).
    """

    mailbox: str = ""
    local: str = ""
    domain: str = ""
    kind: AddressKind = AddressKind.PERSONAL
    meant: str = ""
    letters: str = ""
    digits: str = ""
    name: NameForm | None = None
    implied: bool = False
    phone: str = ""
    company: str = ""
    born: date | None = None
    customer_no: str = ""

    @property
    def host(self) -> str:
        """What stands after the @."""
        return self.mailbox[len(self.local) + 1 :]

    @property
    def role(self) -> bool:
        """Whether several people read the mailbox."""
        return bool(self.mailbox) and self.kind is AddressKind.ROLE

    @property
    def person(self) -> bool:
        """Whether it may be one at all: lists and robots are none."""
        return self.kind not in (AddressKind.LIST, AddressKind.NOREPLY, AddressKind.OWN)


def features_of(record: Record, region: str = "", own: OwnAddresses = _NOBODY_OWN) -> Features:
    """`region` (ISO 3166) is that of phone numbers without a country, where the sighting itself has none."""
    key = address_key(record.email) if record.email else ""
    mailbox = mailbox_key(key) if "@" in key and key.partition("@")[0] not in _NOBODY else ""
    local, _, domain = mailbox.rpartition("@")
    kind = address_kind(key, own) if mailbox else AddressKind.PERSONAL
    letters = "".join(_LETTERS.findall(fold(local)))
    name = name_form(record.name) if record.name else None
    implied = False
    if name is not None and _is_label(name, domain):
        name = None
    if mailbox and kind is AddressKind.PERSONAL:
        fuller = _completed(name, local, letters)
        implied, name = fuller is not name, fuller
    return Features(
        mailbox=mailbox,
        local=local,
        domain=organisation_domain(domain),
        meant=f"{local}@{provider}" if (provider := provider_meant(domain)) else mailbox,
        kind=kind,
        letters=letters,
        digits="".join(filter(str.isdigit, local)),
        name=name,
        implied=implied,
        phone=_e164(record.phone, (_country(record, domain), region)),
        company=company_key(record.company) if record.company else "",
        born=_born(record.birth_date),
        customer_no=_number(record.customer_no),
    )


def likely_region(phones: Iterable[str]) -> str:
    """The country whose numbers most of these are written with, for those without one; '' if none is."""
    from mailcrm.model.phone import region_of_numbers

    counts: dict[str, int] = {}
    for phone in phones:
        if region := region_of_numbers(phone):
            counts[region] = counts.get(region, 0) + 1
    return max(sorted(counts), key=lambda region: counts[region], default="")


def _completed(name: NameForm | None, local: str, letters: str) -> NameForm | None:
    """A name that the mailbox spells out where nobody wrote one, or only a given name: patricia.elcombe, brown.mike."""
    words = tuple(_LETTERS.findall(fold(local)))
    if name is None:
        long = tuple(word for word in words if len(word) > 1)
        if len(words) > 2 or not long or len(long[0]) < 3:
            return None
        return words_form(long, "".join(word for word in words if len(word) == 1))
    if name.whole or name.initials or name.han:
        return name
    only = name.words[0]
    if len(words) == 2:
        others = [word for word in words if word != only and not is_short_for(word, only)]
        if len(others) == 1 and len(others[0]) > 2:
            return words_form((only, others[0]))
    if len(letters) < _SHORTEST_LOCAL:
        return name
    rest = letters.removeprefix(only) if letters.startswith(only) else letters.removesuffix(only)
    if rest == letters and letters[0] == only[0] and is_listed(letters[1:]):
        return words_form((only, letters[1:]))
    if rest == letters or len(rest) < 3 or (name.chinese and syllable_count(rest) > 2):
        return name
    return words_form((only, rest))


def _is_label(name: NameForm, domain: str) -> bool:
    """Whether it is the mailbox or the company that is called so, not a human: Support, Wesmore Foods Admin."""
    if any(word in ROLE_NAMES for word in name.words):
        return True
    host = "".join(_LETTERS.findall(fold(domain)))
    return name.whole and not name.han and "".join(name.words[:2]) in host and not is_free_mail(domain)


def _country(record: Record, domain: str) -> str:
    """Where numbers are likely to be written as here: by the script of the names, else by the domain; ''."""
    if has_han(record.name + record.company):
        return _CHINA
    top = domain.rpartition(".")[2]
    if len(top) != 2 or top in _NO_COUNTRY:
        return ""
    return _COUNTRIES.get(top, top.upper())


def _e164(written: str, regions: Iterable[str]) -> str:
    """A number in E.164 by the first region whose plan has it, or its digits where none does."""
    digits = "".join(filter(str.isdigit, written))
    if not digits or _MADE_UP.search(digits) or _ROUNDED.fullmatch(written.strip()):
        return ""
    from mailcrm.model.phone import e164

    tried = dict.fromkeys([*filter(None, regions), *([_CHINA] if _CHINESE_MOBILE.fullmatch(digits) else [])])
    for region in tried or [""]:
        if found := e164(written, region):
            return found
    return digits if len(digits) >= _SHORTEST_PHONE and len(set(digits)) > _FEW_DIGITS else ""


def _number(written: str) -> str:
    """A customer number; '' for what stands where there is none: 0, n/a, -, 无."""
    number = written.strip().upper()
    if _ROUNDED.fullmatch(number):
        return ""
    return number if any(char.isdigit() and char != "0" for char in number) else ""


def _born(written: str) -> date | None:
    match = _DATE.match(written.strip())
    try:
        born = date(*map(int, filter(None, match.groups()))) if match else None
    except ValueError:
        return None
    return born if born and born.year >= min(_FIRST_DAYS).year and born not in _FIRST_DAYS else None
