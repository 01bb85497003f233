"""Fields that a team defines for itself: what type they have, what may stand in them, and how values are written.

A value is kept as canonical text: numbers with a point, dates as 2026-03-05, yes and no, several choices one a line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from mailcrm.errors import UserError
from mailcrm.model.contact import OWN, ContactField
from mailcrm.model.party import PartyKind
from mailcrm.model.text import clean_line, clean_text


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    URL = "url"


LONGEST_TEXT = 500
LONGEST_LONG_TEXT = 10_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,57}")
_LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class OwnFieldSpec:
    """A field of a team's own. `key` is without the prefix; `applies_to` None: people and organisations. `least` and `most` are
    for numbers, or the length of texts. Sensitive ones (health, money, faith) are masked where nobody asked for them."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    label_zh: str = ""
    options: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    applies_to: PartyKind | None = None
    section: str = ""
    position: int = 0
    required: bool = False
    is_sensitive: bool = False
    preset: str = ""
    is_archived: bool = False

    @property
    def name(self) -> str:
        """What it is called among all fields: `x.budget`."""
        return OWN + self.key


def check_spec(spec: OwnFieldSpec) -> None:
    """Raises UserError for a definition that cannot be."""
    if not _KEY.fullmatch(spec.key):
        raise UserError(
            f"{spec.key!r}: a key has small letters, digits and _, begins with a letter, and has at most 58"
        )
    if spec.key in set(ContactField):
        raise UserError(f"{spec.key!r} is a field of every customer already; use that one")
    if not clean_line(spec.label):
        raise UserError(f"{spec.key}: a label is what people see, and is missing")
    choosing = spec.type in (FieldType.CHOICE, FieldType.CHOICES)
    if choosing != bool(spec.options):
        raise UserError(f"{spec.key}: options are for choice and choices, which need some")
    folded = [option.casefold() for option in spec.options]
    if len(set(folded)) < len(folded) or any("\n" in option or not option.strip() for option in spec.options):
        raise UserError(f"{spec.key}: every option is one line, and stands there once")
    if spec.least is not None and spec.most is not None and spec.least > spec.most:
        raise UserError(f"{spec.key}: the least, {spec.least}, is above the most, {spec.most}")


# --- values ------------------------------------------------------------------------------------------------------


def canonical(spec: OwnFieldSpec, text: str) -> str:
    """The value to keep of what somebody typed; '' for nothing. Raises UserError saying what is expected."""
    cleaned = clean_text(text).strip() if spec.type is FieldType.LONG_TEXT else clean_line(text, LONGEST_LONG_TEXT)
    if spec.type is FieldType.CHOICES:
        cleaned = clean_text(text).strip()
    if not cleaned:
        if spec.required:
            raise UserError(f"{spec.label} may not be empty")
        return ""
    return _READ[spec.type](spec, cleaned)


def _text(spec: OwnFieldSpec, text: str) -> str:
    most = LONGEST_LONG_TEXT if spec.type is FieldType.LONG_TEXT else LONGEST_TEXT
    most = min(most, int(spec.most)) if spec.most is not None else most
    if len(text) > most:
        raise UserError(f"{spec.label} has at most {most} characters, not {len(text)}")
    if spec.least is not None and len(text) < spec.least:
        raise UserError(f"{spec.label} has at least {spec.least} characters")
    return text


def _number(spec: OwnFieldSpec, text: str) -> str:
    try:
        value = Decimal(text.translate(_WIDE).replace(",", "").replace(" ", ""))
    except InvalidOperation as exc:
        raise UserError(f"{spec.label} is a number like 1250.5, not {text!r}") from exc
    if not value.is_finite() or abs(value) > _LARGEST or -int(value.as_tuple().exponent) > 3:
        raise UserError(f"{spec.label}: {text!r} has more than 15 digits, or more than 3 behind the point")
    if (spec.least is not None and value < spec.least) or (spec.most is not None and value > spec.most):
        raise UserError(f"{spec.label} is {_range(spec)}, not {value}")
    shown = f"{value.normalize():f}"
    return "0" if shown == "-0" else shown


_WIDE = str.maketrans("０１２３４５６７８９．，－＋", "0123456789.,-+")


def _range(spec: OwnFieldSpec) -> str:
    if spec.least is None:
        return f"at most {spec.most}"
    return f"at least {spec.least}" if spec.most is None else f"from {spec.least} to {spec.most}"


def _date(spec: OwnFieldSpec, text: str) -> str:
    plain = text.translate(_WIDE).replace("年", "-").replace("月", "-").rstrip("日").replace("/", "-")
    parts = plain.split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day).isoformat()
    except ValueError as exc:
        raise UserError(f"{spec.label} is a date like 2026-03-05, not {text!r}") from exc


_YES = frozenset({"yes", "y", "true", "1", "on", "x", "是", "有", "对", "✓", "ja", "oui"})
_NO = frozenset({"no", "n", "false", "0", "off", "否", "无", "不", "没有", "nein", "non"})


def _yes_no(spec: OwnFieldSpec, text: str) -> str:
    folded = text.translate(_WIDE).casefold()
    if folded in _YES or folded in _NO:
        return "yes" if folded in _YES else "no"
    raise UserError(f"{spec.label} is yes or no, not {text!r}")


def _choice(spec: OwnFieldSpec, text: str) -> str:
    for option in spec.options:
        if option.casefold() == text.casefold():
            return option
    raise UserError(f"{spec.label} is one of {', '.join(spec.options)}, not {text!r}")


def _choices(spec: OwnFieldSpec, text: str) -> str:
    chosen = {_choice(spec, part.strip()) for part in re.split(r"[\n;；]", text) if part.strip()}
    return "\n".join(option for option in spec.options if option in chosen)


def _url(spec: OwnFieldSpec, text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", text):
        raise UserError(f"{spec.label} is an address like https://example.com, not {text!r}")
    return _text(spec, text)


_READ = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.YES_NO: _yes_no,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.URL: _url,
}


# --- what lists are filtered by ----------------------------------------------------------------------------------


class ShownKey(NamedTuple):
    """What is compared and sorted: folded text; numbers in thousandths, dates as days since 1970, yes 1, no 0."""

    text: str
    number: int | None = None


_EPOCH = date(1970, 1, 1)
_LONGEST_KEY = 190


def shown_keys(spec: OwnFieldSpec | None, value: str) -> Sequence[ShownKey]:
    """Those of a value; `spec` None for a field that every customer has."""
    if spec is None or spec.type not in _NUMBERS:
        parts = value.split("\n") if spec is not None and spec.type is FieldType.CHOICES else [value]
        return [ShownKey(part.casefold()[:_LONGEST_KEY]) for part in parts]
    return [ShownKey(value.casefold(), _NUMBERS[spec.type](value))]


_NUMBERS = {
    FieldType.NUMBER: lambda value: int(Decimal(value) * 1000),
    FieldType.DATE: lambda value: (date.fromisoformat(value) - _EPOCH).days,
    FieldType.YES_NO: lambda value: int(value == "yes"),
}
