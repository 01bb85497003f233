"""Phone numbers as people write them, in E.164; owner of phonenumbers.

Its tables are large: import this only for text with digits.
"""

import re
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

_NUMBER = re.compile(r"(?<![\w.])(?:\+|00)?\(?\+?\d(?:[\d\u00a0 ().\-/–‐‑]{4,26}\d)(?![0-9A-WYZa-wyz_])")
_EXTENSION = re.compile(
    r"[ ,;]{0,3}(?:ext(?:ension)?\.?|x|转|轉|分机|分機|內線|内线|-|доб\.?)[ :：.=]{0,3}(\d{1,6})(?!\d)", re.IGNORECASE
)
_TRUNK = re.compile(r"\( ?0 ?\)")
_WIDE = str.maketrans("０１２３４５６７８９＋（）－", "0123456789+()-")
_PIECES = re.compile(r" {0,2}(?:/|,|;|、|，|\bor\b|\boder\b) {0,2}", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d(?!\d)|(?:19|20)\d\d([./-])\d{1,2}\2\d{1,2}(?!\d)")
_HOURS = re.compile(
    r"(?<!\d)\d{1,2}(?:[:.]\d\d)?[ \xa0]?(?:-|–|bis|to|à|a)[ \xa0]?\d{1,2}(?:[:.]\d\d)?[ \xa0]?(?:uhr|hrs?|h|am|pm)(?!\w)",
    re.IGNORECASE,
)
_SHORTEST, _LONGEST = 7, 15
_WHOLE = 9
"""Digits of a number that stands for itself before a slash: "+49 89 123456 / 57" are two, "+49 89 / 123456" is one."""


class Number(NamedTuple):
    """`written` as in the text, `e164` with `;ext=` and an extension. `mobile` where it can be nothing else."""

    written: str
    e164: str
    mobile: bool
    national: bool


_E164 = re.compile(r"\+[1-9]\d{6,14}")


def e164(written: str, region: str) -> str:
    """The first phone number of a text that holds nothing else; '' if its country's plan has none like it."""
    if _E164.fullmatch(written):  # as we keep them ourselves
        parsed = _parse(written, "")
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if parsed else ""
    found = find_numbers(written, region)
    return found[0].e164 if found else ""


def spellings(typed: str) -> frozenset[str]:
    """What somebody may have noted who meant this number: with its country, without, and of a national one what it is in each
    country whose plan has it (E.164). Nothing for what has too few digits, or too many."""
    digits = sum(map(str.isdigit, typed))
    if not _SHORTEST <= digits <= _LONGEST + 2:
        return frozenset()
    narrow = typed.translate(_WIDE)
    plain = _parse(narrow, "")
    regions = () if plain else sorted(phonenumbers.SUPPORTED_REGIONS)
    parsed = [plain] if plain else [number for region in regions if (number := _parse(narrow, region))]
    formats = phonenumbers.PhoneNumberFormat
    shown = {phonenumbers.format_number(number, formats.E164) for number in parsed}
    if plain:
        shown.add(phonenumbers.format_number(plain, formats.NATIONAL))
    return frozenset(shown)


def find_numbers(text: str, region: str) -> list[Number]:
    """The phone numbers in a short text that holds nothing else, or is labelled; `region` (ISO 3166) is for national ones."""
    narrow = _HOURS.sub(lambda hours: " " * len(hours[0]), text.translate(_WIDE))
    found: list[Number] = []
    for match in _NUMBER.finditer(narrow):
        if _DATE.match(match[0]):
            continue
        ext = _EXTENSION.match(narrow, match.end())
        first, *others = _PIECES.split(match[0])
        is_list = others and sum(map(str.isdigit, first)) >= _WHOLE and _parse(first, region) is not None
        whole = None if is_list else _number(text, match.start(), match[0], ext, region)
        found += [whole] if whole else _each(text, match, narrow, region)
    return found


def _each(text: str, match: re.Match[str], narrow: str, region: str) -> list[Number]:
    """The numbers in a row of them; of one that is written only by its last digits nothing is made."""
    found: list[Number] = []
    start = match.start()
    for piece in _PIECES.split(match[0]):
        at = narrow.find(piece, start)
        if number := _number(text, at, piece, None, region):
            found.append(number)
        start = at + len(piece)
    return found


def is_dialled_so(written: str, region: str) -> bool:
    """Whether a number that nothing calls one is written as people of this region write theirs.

    With its country, its trunk prefix or its area in brackets; as Americans or Chinese mobiles, or in groups where there is no
    trunk prefix. Else it may be the number of anything.
    """
    if written.startswith(("+", "0", "(+", "(0")) or _UNMISTAKABLE.fullmatch(written):
        return True
    return " " in written and bool(region) and not phonenumbers.ndd_prefix_for_region(region, True)


def _number(text: str, start: int, written: str, ext: re.Match[str] | None, region: str) -> Number | None:
    digits = sum(map(str.isdigit, written))
    if not _SHORTEST <= digits <= _LONGEST + 2:
        return None
    parsed = _parse(written, region)
    inner = None
    if (
        parsed is None and ext is None and (dash := written.rfind("-")) > 0
    ):  # 0755-8888 1234-801: the last are an extension
        tail = written[dash + 1 :].strip()
        if tail.isdigit() and len(tail) <= 5 and (parsed := _parse(written[:dash], region)) is not None:
            inner = tail
    if parsed is None:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    extension = ext[1] if ext else inner
    end = ext.end() if ext else start + len(written)
    kind = phonenumbers.number_type(parsed)
    return Number(
        text[start:end].strip(),
        f"{e164};ext={extension}" if extension else e164,
        kind == PhoneNumberType.MOBILE,
        not written.lstrip("(").startswith(("+", "00")),
    )


def _parse(written: str, region: str) -> phonenumbers.PhoneNumber | None:
    """A number that its country's plan allows."""
    plain = _TRUNK.sub(" ", written) if "+" in written or written.startswith("00") else written
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    try:
        parsed = phonenumbers.parse(plain, region or None)
    except NumberParseException:
        return None
    if phonenumbers.is_valid_number(parsed):
        return parsed
    # Plans change sooner than our tables; of what is written with its country the length will do.
    return parsed if plain.startswith("+") and phonenumbers.is_possible_number(parsed) else None


_INTERNATIONAL = re.compile(r"(?<![\w+])(?:\+|00)(\d[\d ().-]{6,20}\d)")
_UNMISTAKABLE = re.compile(r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\(\d{2,3}\)[ -]?\d[\d -]{5,12}|\d{3}[.-]\d{3}[.-]\d{4}")
_AMERICAN = re.compile(r"(?<!\d)(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?!\d)")


def region_of_numbers(text: str) -> str:
    """The ISO 3166 code of the first international number in a text, or of how Americans write theirs; ''."""
    for match in _INTERNATIONAL.finditer(text):
        parsed = _parse(f"+{match[1]}", "")
        if parsed is not None:
            return str(phonenumbers.region_code_for_number(parsed) or "")
    return "US" if _AMERICAN.search(text) else ""
