"""What a visitor typed into a form, checked against its questions: values for the archive, or a problem at each field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from mailcrm.errors import UserError
from mailcrm.model.form import NEWSLETTER, FormField, FormSpec, Kind, fits
from mailcrm.model.text import clean_line, clean_text

Given = Mapping[str, Sequence[str]]
"""Every name that was posted with all its values, in order."""


class Trouble(StrEnum):
    """What is wrong with an answer."""

    MISSING = "missing"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    LONG = "long"
    LEAST = "least"
    MOST = "most"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class Problem:
    """`value` is the bound that was missed, or the pattern."""

    trouble: Trouble
    value: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """`values` are those of filled questions, as they are kept: several choices one a line, dates as 2026-03-05, a ticked box
    `yes`. `newsletter`: the box was ticked, which is no consent yet."""

    values: Mapping[str, str]
    problems: Mapping[str, Problem]
    newsletter: bool = False


class _Wrong(Exception):
    def __init__(self, trouble: Trouble, value: object = "") -> None:
        self.problem = Problem(trouble, str(value))


def read_answers(spec: FormSpec, given: Given) -> Answers:
    """All answers of a form; names that it does not ask for are left out."""
    values: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    for field in spec.fields:
        try:
            value = _read(spec, field, given.get(field.key, ()))
        except _Wrong as wrong:
            problems[field.key] = wrong.problem
        else:
            if value:
                values[field.key] = value
    wanted = bool(spec.newsletter) and any(_is_yes(each) for each in given.get(NEWSLETTER, ()))
    return Answers(values, problems, wanted)


def _read(spec: FormSpec, field: FormField, given: Sequence[str]) -> str:
    if field.kind is Kind.MULTI:
        value = _several(field, given)
    else:
        value = _ONE[field.kind](spec, field, _typed(field, given[0])) if given and given[0].strip() else ""
    if not value and field.required:
        raise _Wrong(Trouble.MISSING)
    return value


def _typed(field: FormField, text: str) -> str:
    """One line, or several where they are asked for; nothing that a terminal or a page would obey."""
    if len(text) > 4 * field.length + 100:  # before any work on it
        raise _Wrong(Trouble.LONG, field.length)
    cleaned = _lines(text) if field.kind is Kind.LONG_TEXT else clean_line(text)
    if len(cleaned) > field.length:
        raise _Wrong(Trouble.LONG, field.length)
    return cleaned


_EMPTY_LINES = re.compile(r"\n{4,}")


def _lines(text: str) -> str:
    lines = clean_text(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _EMPTY_LINES.sub("\n\n\n", "\n".join(_one(line) for line in lines).strip())


def _one(line: str) -> str:
    return "".join(char for char in line if char == "\t" or char.isprintable() or char in "\u200c\u200d").rstrip()


# --- one kind each -----------------------------------------------------------------------------------------------


def _text(_spec: FormSpec, field: FormField, text: str) -> str:
    if field.pattern and not fits(field.pattern, text):
        raise _Wrong(Trouble.PATTERN, field.pattern)
    return text


def _email(_spec: FormSpec, _field: FormField, text: str) -> str:
    from mailcrm.model.address import parse_address

    try:
        return parse_address(text).display
    except UserError as exc:
        raise _Wrong(Trouble.EMAIL) from exc


_PHONE = re.compile(r"[+(]?[0-9０-９][0-9０-９ ()./\-–－]{4,24}(?: ?(?:ext\.?|x|转|#) ?\d{1,6})?", re.IGNORECASE)


def _phone(spec: FormSpec, _field: FormField, text: str) -> str:
    """In E.164 where the country is known; else as typed, if it can be a number at all."""
    if not _PHONE.fullmatch(text):
        raise _Wrong(Trouble.PHONE)
    from mailcrm.model.phone import e164

    return e164(text, spec.region) or text


_WIDE = str.maketrans("０１２３４５６７８９．，－＋", "0123456789.,-+")


def _number(_spec: FormSpec, field: FormField, text: str) -> str:
    try:
        value = Decimal(text.translate(_WIDE).replace(" ", "").replace(",", ""))
    except InvalidOperation as exc:
        raise _Wrong(Trouble.NUMBER) from exc
    if not value.is_finite() or abs(value) >= 10**15 or -int(value.as_tuple().exponent) > 3:
        raise _Wrong(Trouble.NUMBER)
    if field.least is not None and value < field.least:
        raise _Wrong(Trouble.LEAST, field.least)
    if field.most is not None and value > field.most:
        raise _Wrong(Trouble.MOST, field.most)
    shown = f"{value.normalize():f}"
    return "0" if shown == "-0" else shown


_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)


def _date(_spec: FormSpec, _field: FormField, text: str) -> str:
    found = _DATE.fullmatch(text.translate(_WIDE))
    try:
        return date(*map(int, found.groups())).isoformat() if found else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> str:
    raise _Wrong(Trouble.DATE)


def _choice(_spec: FormSpec, field: FormField, text: str) -> str:
    return _option(field, text)


def _option(field: FormField, text: str) -> str:
    for option in field.options:
        if text in (option.en, option.zh):
            return option.in_("en")
    raise _Wrong(Trouble.CHOICE)


def _several(field: FormField, given: Sequence[str]) -> str:
    chosen = {_option(field, clean_line(each[:500])) for each in given if each.strip()}
    return "\n".join(value for value in field.values if value in chosen)


def _checkbox(_spec: FormSpec, _field: FormField, text: str) -> str:
    return "yes" if _is_yes(text) else ""


def _is_yes(text: str) -> bool:
    return text.strip().lower() in ("yes", "on", "true", "1")


_ONE = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CHECKBOX: _checkbox,
}
