"""A card becomes a customer: what its properties mean, with those that iOS, Android and Outlook add of their own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailcrm.exchange.cards.lines import Card, Property
from mailcrm.exchange.cells import parse_emails, parse_phones
from mailcrm.exchange.days import Day, Unreadable, parse_day
from mailcrm.exchange.regions import region_of
from mailcrm.exchange.rows.held import CellProblem
from mailcrm.exchange.rows.person import full_name, written_address
from mailcrm.exchange.targets import NETWORKS
from mailcrm.model.important_date import ImportantDate
from mailcrm.model.party import PartyKind
from mailcrm.model.record import AffiliationEntry, Claim, CustomerRecord, EmailEntry
from mailcrm.model.text import clean_line

_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_ANDROID = "X-ANDROID-CUSTOM"
_SILENT_TYPES = frozenset("voice pref internet text msg iphone video x-internet quoted-printable utf-8".split())
_NO_YEAR = 1604
"""The year that iOS writes where it does not know one."""

_NETWORK = {name: name for name in NETWORKS} | {
    "weixin": "wechat", "micromessenger": "wechat", "twitter": "x", "skype-username": "skype", "sinaweibo": "weibo",
    "tencent": "qq", "wa": "whatsapp", "xmpp": "", "sip": "", "aim": "", "icq": "", "msn": "", "jabber": "",
    "yahoo": "", "gtalk": "",
}  # fmt: skip
_URL_OF = {
    "linkedin.com": "linkedin",
    "facebook.com": "facebook",
    "instagram.com": "instagram",
    "twitter.com": "x",
    "x.com": "x",
}


@dataclass(slots=True)
class _Reading:
    card: Card
    region: str
    problems: list[CellProblem] = field(default_factory=list)

    def complain(self, prop: Property, what: str) -> None:
        self.problems.append(CellProblem(prop.name, prop.text[:200], what))


def customer_of(card: Card, region: str) -> tuple[CustomerRecord, tuple[CellProblem, ...]]:
    """The customer of a card, and what of it could not be read. `region` (ISO 3166) is for national phone numbers of a card
    without an address. Notes are left to the caller, who knows the time."""
    reading = _Reading(card, _region(card) or region)
    company, *units = _first_parts(card, "ORG") or [""]
    kind = _kind(card, company)
    fields = _names(card, kind, company)
    title = _text(card, "TITLE") or _text(card, "ROLE")
    claims = [*_claims(reading, kind, [company, *units], title)]
    record = CustomerRecord(
        kind=kind,
        foreign_id=_text(card, "UID").removeprefix("urn:uuid:")[:200],
        fields=fields,
        emails=_emails(reading),
        claims=tuple({(claim.field, claim.value): claim for claim in reversed(claims)}.values())[::-1],
        tags=tuple(dict.fromkeys(("", tag) for prop in card.all("CATEGORIES") for tag in prop.parts(",") if tag)),
        affiliations=(AffiliationEntry(company, title=title),) if company and kind is PartyKind.PERSON else (),
        dates=tuple(dict.fromkeys(_dates(reading))),
    )
    flaws = tuple(CellProblem("", "", flaw) for flaw in card.flaws)
    return record, (*flaws, *reading.problems)


def _region(card: Card) -> str:
    return next((found for adr in card.all("ADR") if (found := region_of((adr.parts() + [""] * 7)[6]))), "")


def _kind(card: Card, company: str) -> PartyKind:
    """RFC 6350 says KIND:org, iOS X-ABShowAs; others name a card after its firm and nobody."""
    if _text(card, "KIND").lower() == "org" or _text(card, "X-ABSHOWAS").upper() == "COMPANY":
        return PartyKind.ORGANISATION
    named = any(_first_parts(card, "N"))
    firm = company and not named and _text(card, "FN") in ("", company)
    return PartyKind.ORGANISATION if firm else PartyKind.PERSON


def _names(card: Card, kind: PartyKind, company: str) -> dict[str, str]:
    family, given, middle, prefix = (_first_parts(card, "N") + [""] * 4)[:4]
    shown = _text(card, "FN") or full_name(given, family)
    if kind is PartyKind.ORGANISATION:
        return {"name": company or shown}
    if not shown:
        nick = _text(card, "NICKNAME")
        shown = nick or next((prop.text for prop in card.all("EMAIL")), "")
    fields = {
        "name": shown,
        "given_name": " ".join(filter(None, (given, middle))),
        "family_name": family,
        "salutation": prefix,
        "language": _text(card, "LANG"),
    }
    return {name: value[:500] for name, value in fields.items() if value}


def _emails(reading: _Reading) -> tuple[EmailEntry, ...]:
    found: dict[str, EmailEntry] = {}
    for prop in sorted(reading.card.all("EMAIL"), key=lambda each: "pref" not in each.types):
        addresses, wrong = parse_emails(prop.text.removeprefix("mailto:"))
        if wrong:
            reading.complain(prop, "is no e-mail address; it was left out")
        for address in addresses:
            found.setdefault(address.casefold(), EmailEntry(address, _label(reading.card, prop)))
    return tuple(found.values())


def _claims(reading: _Reading, kind: PartyKind, org: list[str], title: str) -> Iterator[Claim]:
    card = reading.card
    if kind is PartyKind.PERSON:
        yield from _present(
            Claim("company", org[0]), Claim("department", " ".join(filter(None, org[1:]))), Claim("title", title)
        )
    aliases = [*card.all("NICKNAME"), *card.all("X-NICKNAME")]
    yield from (Claim("alias", alias) for prop in aliases for alias in prop.parts(",") if alias)
    for prop in card.properties:
        match prop.name:
            case "TEL":
                yield from _phones(reading, prop)
            case "ADR":
                yield from _place(card, prop)
            case "URL" | "X-SOCIALPROFILE" | "IMPP":
                yield from _link(card, prop)
            case "GENDER":
                yield from _present(Claim("gender", _GENDERS.get(prop.parts()[0].upper(), prop.parts()[-1])))
            case "TZ":
                yield from _present(Claim("timezone", clean_line(prop.text, 60)))
            case name if name == _ANDROID:
                yield from _android(prop)
            case name if name.startswith("X-") and (network := _NETWORK.get(name[2:].lower())):
                yield from _present(Claim(network, clean_line(prop.text, 500), _label(card, prop)))


_GENDERS = {"M": "male", "F": "female", "O": "other", "N": "", "U": ""}


def _phones(reading: _Reading, prop: Property) -> Iterator[Claim]:
    label = _label(reading.card, prop)
    text = re.sub(r"^tel:", "", prop.text, flags=re.IGNORECASE)
    try:
        phones = parse_phones(text, reading.region)
    except Unreadable as exc:
        reading.complain(prop, exc.message)
        return
    for phone in phones:
        if phone.problem:
            reading.complain(prop, phone.problem)
        is_fax = "fax" in prop.types or "fax" in label.lower() or "传真" in label
        is_mobile = prop.types & {"cell", "mobile"} or phone.is_mobile
        yield Claim("fax" if is_fax else "mobile" if is_mobile else "phone", phone.value, label)


def _place(card: Card, prop: Property) -> Iterator[Claim]:
    box, extended, street, city, region, postcode, country = (prop.parts() + [""] * 7)[:7]
    lines = ", ".join(filter(None, (part.replace("\n", ", ") for part in (box, extended, street))))
    parts = {"street": lines, "city": city, "region": region, "postcode": postcode, "country": country}
    parts = {name: clean_line(value, 300) for name, value in parts.items() if value}
    if parts:
        yield Claim("address", written_address(parts)[:500], _label(card, prop), parts)
        yield from (Claim(name, parts[name]) for name in ("country", "region", "city") if name in parts)


def _link(card: Card, prop: Property) -> Iterator[Claim]:
    """A page, or a handle in a network, which its TYPE, its scheme or its page names."""
    scheme, _, rest = prop.text.partition(":")
    said = {*prop.types, prop.param("X-SERVICE-TYPE").lower(), _label(card, prop).lower(), scheme.lower()}
    network = next((found for word in said if (found := _NETWORK.get(word))), "")
    text = clean_line(prop.text if prop.name != "IMPP" else rest.removeprefix("//"), 500)
    if prop.name == "X-SOCIALPROFILE":
        text = prop.param("X-USER") or text.removeprefix("x-apple:")
    if prop.name == "URL" and not network:
        network = next((name for page, name in _URL_OF.items() if re.search(rf"(^|[/.]){re.escape(page)}/", text)), "")
        yield from _present(Claim(network or "url", text, "" if network else _label(card, prop)))
    elif network:
        yield from _present(Claim(network, text))


def _android(prop: Property) -> Iterator[Claim]:
    kind, value = (prop.parts() + [""] * 2)[:2]
    if kind.endswith("/nickname"):
        yield from _present(Claim("alias", clean_line(value, 200)))


def _dates(reading: _Reading) -> Iterator[ImportantDate]:
    for prop in reading.card.properties:
        kind, text = prop.name, prop.text
        if kind == _ANDROID and prop.parts()[0].endswith("/contact_event"):
            _, text, sort = (prop.parts() + [""] * 3)[:3]
            kind = {"1": "ANNIVERSARY", "3": "BDAY"}.get(sort, "X-ABDATE")
        if (
            kind not in ("BDAY", "ANNIVERSARY", "X-ABDATE", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-ALTBDAY")
            or not text
        ):
            continue
        if kind == "X-ALTBDAY" or prop.param("CALSCALE").lower() == "chinese":
            reading.complain(prop, "is a birthday by the moon in a form that is not known; enter it by hand")
            continue
        try:
            day = parse_day(text.partition("T")[0] if text[:1].isdigit() or text[:2] == "--" else text)
        except Unreadable as exc:
            reading.complain(prop, exc.message)
            continue
        yield _date(reading.card, prop, kind, day)


def _date(card: Card, prop: Property, kind: str, day: Day) -> ImportantDate:
    year = None if day.year == _NO_YEAR or str(day.year) == prop.param("X-APPLE-OMIT-YEAR") else day.year
    name = "birthday" if kind == "BDAY" else "anniversary"
    label = _label(card, prop)
    if kind == "X-ABDATE" and label.lower() not in ("", "anniversary"):
        name = "date"
    kept = label if name == "date" else ""
    return ImportantDate(name, day.calendar, day.month, day.day, year, day.leap, label=kept)


def _label(card: Card, prop: Property) -> str:
    """What kind of value: by the label of its group, else by its types."""
    if said := card.beside(prop, "X-ABLABEL"):
        match = _APPLE_LABEL.fullmatch(said)
        return clean_line(match[1].lower() if match else said, 60)
    words = prop.types - _SILENT_TYPES - {"cell", "fax"} - set(_NETWORK)
    return " ".join(sorted(word.removeprefix("x-") for word in words))[:60]


def _present(*claims: Claim) -> Iterator[Claim]:
    return (claim for claim in claims if claim.value)


def _text(card: Card, name: str) -> str:
    prop = card.first(name)
    return clean_line(prop.text, 500) if prop else ""


def _first_parts(card: Card, name: str) -> list[str]:
    prop = card.first(name)
    return [clean_line(part, 300) for part in prop.parts()] if prop else []
