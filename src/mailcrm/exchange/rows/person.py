"""Who a row is about and what is known: names, firm, numbers, places, dates, tags and own fields."""

import re
from collections.abc import Iterator

from mailcrm.exchange.cells import parse_list, parse_phones, text_of, whole_digits
from mailcrm.exchange.days import parse_day
from mailcrm.exchange.mapping import Placed
from mailcrm.exchange.regions import region_of
from mailcrm.exchange.rows.held import Held
from mailcrm.exchange.tables.row import Cell
from mailcrm.exchange.targets import CLAIMS, PHONES, PLACE, SINGLE
from mailcrm.model.important_date import Calendar, ImportantDate
from mailcrm.model.number import LONGEST_FOREIGN, number_key
from mailcrm.model.party import PartyKind
from mailcrm.model.record import CUSTOM, Claim
from mailcrm.model.text import clean_line, clean_text

_HAN = re.compile(r"[\u3400-\u9fff·]+")
_PARTS = ("street", "district", "city", "region", "postcode", "country")
_FIRMS = (
    "company",
    "organisation",
    "organization",
    "business",
    "account",
    "企业",
    "公司",
    "单位",
    "机构",
    "firma",
    "société",
    "empresa",
)
_LONGEST_OWN = 10_000


def read_kind(row: Held) -> PartyKind:
    """A person, unless the row or the mapping says otherwise, or it names a firm and nobody."""
    said = row.text("kind").casefold()
    if said:
        return PartyKind.ORGANISATION if any(word in said for word in _FIRMS) else PartyKind.PERSON
    named = row.of("name", "given_name", "family_name")
    if row.how.mapping.kind is PartyKind.PERSON and not named and row.of("company"):
        return PartyKind.ORGANISATION
    return row.how.mapping.kind


def read_fields(row: Held, kind: PartyKind) -> dict[str, str]:
    """The names and what else has one value."""
    fields = {name: row.text(name) for name in ("name", *SINGLE) if row.of(name)}
    given = " ".join(filter(None, (row.text("given_name", 120), row.text("middle_name", 120))))
    family = row.text("family_name", 120)
    if kind is PartyKind.ORGANISATION:
        fields.setdefault("name", row.text("company") or f"{given} {family}".strip())
        return {name: value for name, value in fields.items() if value}
    if given or family:
        fields |= {"given_name": given, "family_name": family}
        fields.setdefault("name", full_name(given, family))
    return {name: value for name, value in fields.items() if value}


def full_name(given: str, family: str) -> str:
    """Both names as they are said: 王小明, but Ann Miller."""
    if _HAN.fullmatch(family) and _HAN.fullmatch(given):
        return family + given
    return f"{given} {family}".strip()


def read_number(row: Held) -> str:
    """The number of the customer; '' where there is none that can be one. Whose it is, is looked up when it is imported."""
    for placed, cell in row.of("number"):
        text = clean_line(text_of(cell), LONGEST_FOREIGN)
        if number_key(text) and not any(sign in text for sign in "@#:"):
            return text
        row.complain(placed, cell, "cannot be a customer's number")
    return ""


def read_claims(row: Held, kind: PartyKind, labels: dict[int, str]) -> tuple[Claim, ...]:
    """All values besides names, each once."""
    return tuple({(claim.field, claim.value): claim for claim in reversed([*_claims(row, kind, labels)])}.values())[
        ::-1
    ]


def read_dates(row: Held) -> tuple[ImportantDate, ...]:
    """Birthdays and other days of the year."""
    found: list[ImportantDate] = []
    for placed, cell in row.of("birthday", "birthday_lunar", "anniversary", "date"):
        day = row.attempt(placed, cell, parse_day, row.how.mapping.date_order)
        if day is None:
            continue
        field = placed.target.field
        named = "birthday" if field == "birthday_lunar" else placed.target.label or field
        calendar = Calendar.LUNAR if field == "birthday_lunar" else day.calendar
        found.append(ImportantDate(named, calendar, day.month, day.day, day.year, day.leap))
    return tuple(dict.fromkeys(found))


def read_tags(row: Held) -> tuple[tuple[str, str], ...]:
    """(category, tag) of all tags."""
    return tuple(
        dict.fromkeys((placed.target.label, tag) for placed, cell in row.of("tags") for tag in parse_list(cell))
    )


def _claims(row: Held, kind: PartyKind, labels: dict[int, str]) -> Iterator[Claim]:
    for placed, cell in row.filled:
        field = placed.target.field
        label = placed.target.label or labels.get(placed.index, "")
        if field in PHONES:
            yield from _phones(row, placed, cell, label)
        elif field.startswith(CUSTOM):
            value = clean_text(text_of(cell)).strip()
            if len(value) > _LONGEST_OWN:
                row.complain(placed, cell, f"has more than {_LONGEST_OWN:,} characters; the rest was cut off")
            yield Claim(field, value[:_LONGEST_OWN])
        elif field in CLAIMS and not (field == "company" and kind is PartyKind.ORGANISATION):
            yield from _plain(row, placed, cell, label)
    yield from _places(row)


def _plain(row: Held, placed: Placed, cell: Cell, label: str) -> Iterator[Claim]:
    text = row.line(placed, cell)
    if text.isascii() and text[:1].isdigit():
        text = row.attempt(placed, text, whole_digits) or ""  # QQ numbers and the like
    values = text.split(" ::: ") if placed.target.field == "url" else [text]
    yield from (Claim(placed.target.field, value.strip(), label) for value in values if value.strip())


def _phones(row: Held, placed: Placed, cell: Cell, label: str) -> Iterator[Claim]:
    region = region_of(row.text("country")) or row.how.mapping.region
    field = placed.target.field
    if field == "phone" and label:
        field = _field_of(label)
    for phone in row.attempt(placed, cell, parse_phones, region) or ():
        if phone.problem:
            row.complain(placed, cell, phone.problem)
        yield Claim("mobile" if field == "phone" and phone.is_mobile else field, phone.value, label)


def _field_of(label: str) -> str:
    """What Google's kind of a number means."""
    plain = label.casefold()
    if "fax" in plain or "传真" in plain:
        return "fax"
    return "mobile" if any(word in plain for word in ("mobile", "cell", "手机", "iphone")) else "phone"


def _places(row: Held) -> Iterator[Claim]:
    """Postal addresses by their labels; country, region and city of the first also by themselves, to search for."""
    labels = dict.fromkeys(placed.target.label for placed, _ in row.of(*PLACE))
    for at, label in enumerate(labels):
        cells = [(placed, cell) for placed, cell in row.of(*PLACE) if placed.target.label == label]
        parts = {placed.target.field: clean_line(text_of(cell), 300) for placed, cell in reversed(cells)}
        whole = parts.pop("address", "")
        if at == 0:
            yield from (Claim(name, parts[name]) for name in ("country", "region", "city") if parts.get(name))
        if whole or "street" in parts or "postcode" in parts or "district" in parts or (at and parts):
            shown = whole or written_address(parts)
            yield Claim("address", shown[:500], label, {name: parts[name] for name in _PARTS if name in parts})


def written_address(parts: dict[str, str]) -> str:
    """The parts in one line: from the large to the small in Chinese, from the small to the large elsewhere."""
    present = [parts[name] for name in _PARTS if parts.get(name) and name != "postcode"]
    code = parts.get("postcode", "")
    if any(_HAN.search(part) for part in present):
        return " ".join(filter(None, ("".join(dict.fromkeys(reversed(present))), code)))
    return ", ".join([*present, code] if code else present)
