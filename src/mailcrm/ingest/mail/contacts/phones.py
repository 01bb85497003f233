"""Phone numbers as people write them, in E.164; owner of phonenumbers.

Its tables are large: import this only for text with digits.
"""

import re
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

_NUMBER = re.compile(r"(?<![\w.])(?:\+|00)?\(?\+?\d(?:[\d\u00a0 ().\-/–‐‑]{4,26}\d)(?![0-9A-WYZa-wyz_])")
_EXTENSION = re.compile(
    r"[ ,;]{0,3}(?:ext(?:ension)?\.?|x|转|轉|分机|內線|内线|-|доб\.?)[ :：.]{0,3}(\d{1,6})(?!\d)", re.IGNORECASE
)
_TRUNK = re.compile(r"\( ?0 ?\)")
_WIDE = str.maketrans("０１２３４５６７８９＋（）－", "0123456789+()-")
_PIECES = re.compile(r" {0,2}(?:/|,|;|、|，|\bor\b|\boder\b) {0,2}", re.IGNORECASE)
_SHORTEST, _LONGEST = 7, 15


class Number(NamedTuple):
    """`written` as in the text, `e164` with `;ext=` and an extension. `mobile` where it can be nothing else."""

    written: str
    e164: str
    mobile: bool
    national: bool


def find_numbers(text: str, region: str) -> list[Number]:
    """The phone numbers in a short text that holds nothing else, or is labelled; `region` (ISO 3166) is for national ones."""
    narrow = text.translate(_WIDE)
    found: list[Number] = []
    for match in _NUMBER.finditer(narrow):
        ext = _EXTENSION.match(narrow, match.end())
        whole = _number(text, match.start(), match[0], ext, region)
        if whole:
            found.append(whole)
            continue
        start = match.start()
        for piece in _PIECES.split(match[0]):
            at = narrow.find(piece, start)
            if number := _number(text, at, piece, None, region):
                found.append(number)
            start = at + len(piece)
    return found


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
_AMERICAN = re.compile(r"(?<!\d)(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?!\d)")


def region_of_numbers(text: str) -> str:
    """The ISO 3166 code of the first international number in a text, or of how Americans write theirs; ''."""
    for match in _INTERNATIONAL.finditer(text):
        parsed = _parse(f"+{match[1]}", "")
        if parsed is not None:
            return str(phonenumbers.region_code_for_number(parsed) or "")
    return "US" if _AMERICAN.search(text) else ""
