"""One cell becomes one value, or says why not: addresses, phone numbers, yes and no, lists."""

import re
import unicodedata
from dataclasses import dataclass

from mailcrm.exchange.days import Unreadable
from mailcrm.exchange.tables.row import Cell
from mailcrm.model.address import address_key
from mailcrm.model.phone import find_numbers
from mailcrm.model.text import clean_line

_APART = re.compile(r"\s*(?::::|[;,、，；|\n\t])\s*|\s+(?=[^\s<>]+@)")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[^\s@<>()\[\],;:\".]{2,}")
_LOST = re.compile(r"\+?(\d(?:\.\d+)?)[eE]\+?(\d{1,2})")
_AS_FLOAT = re.compile(r"(\d+)\.0+")
_LIST = re.compile(r"\s*(?::::|[;,、，；|\n])\s*")
_SHORT = 40

_YES = frozenset(
    "yes y true t 1 on x ok checked ✓ ✔ √ ☑ 是 是的 有 对 對 真 好 ja oui si sí sim да はい 네 예 wahr vrai verdadero".split()
)
_NO = frozenset(
    (
        "no n false f 0 off unchecked ✗ ✘ × ☐ 否 无 無 没有 没 不 不是 假 "
        "nein non nao não нет いいえ 아니요 falsch faux falso"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Phone:
    """`value` is E.164 (with `;ext=`), or as it was written where its country has no such number: then `problem` says so."""

    value: str
    is_mobile: bool = False
    problem: str = ""


def text_of(cell: Cell) -> str:
    """What a cell shows; dates as 2026-03-05."""
    return cell if isinstance(cell, str) else cell.isoformat(*([" "] if hasattr(cell, "hour") else []))


def parse_yes_no(cell: Cell) -> bool | None:
    """What a cell answers in one of many languages; None where it is no such answer."""
    plain = unicodedata.normalize("NFKC", text_of(cell)).strip(" .!").casefold()
    if plain in _YES:
        return True
    return False if plain in _NO else None


def parse_emails(cell: Cell) -> tuple[tuple[str, ...], str]:
    """The addresses of a cell, each once, and what of it is none ('' nothing)."""
    found: dict[str, str] = {}
    strange: list[str] = []
    for piece in _APART.split(unicodedata.normalize("NFC", text_of(cell)).replace("＠", "@")):
        match = _ADDRESS.search(piece.removeprefix("mailto:"))
        if match:
            address = match[0].strip("'.")
            found.setdefault(address_key(address), address)
        elif "@" in piece or (piece and not found and len(piece) < _SHORT):
            strange.append(piece)
    wrong = strange if not found or any("@" in each for each in strange) else []
    return tuple(found.values()), "; ".join(wrong)[:200]


def parse_phones(cell: Cell, region: str) -> tuple[Phone, ...]:
    """The numbers of a cell, those of no country's plan as they were written. `region` (ISO 3166) is for national ones.

    Raises Unreadable where a spreadsheet program has cut the digits off (1.38E+10).
    """
    text = unicodedata.normalize("NFKC", text_of(cell)).strip()
    text = whole_digits(text).removeprefix("tel:")
    numbers: list[Phone] = []
    for piece in re.split(r"\s*(?::::|[;、；|\n]|,(?=\s*[+\d(]))\s*", text):
        found = find_numbers(piece, region)
        numbers += [Phone(each.e164, each.mobile) for each in found]
        if not found and piece:
            kept = clean_line(piece, 100)
            numbers.append(Phone(kept, problem=f"{kept!r} is no phone number that can be dialled; kept as it is"))
    return tuple({each.value: each for each in numbers}.values())


def whole_digits(text: str) -> str:
    """A number or id that a program stored as a fraction, in digits again: '13800000000.0'.

    Raises Unreadable for 1.38E+10, which has lost digits: what it was cannot be known.
    """
    if match := _AS_FLOAT.fullmatch(text):
        return match[1]
    if match := _LOST.fullmatch(text):
        mantissa, whole = match[1].replace(".", ""), int(match[2]) + 1
        if len(mantissa) < whole:
            raise Unreadable(
                f"{text!r} was shortened by a spreadsheet program and its last digits are lost; "
                "format the column as text (or 0) there and export it again"
            )
        return text if mantissa[whole:].strip("0") else mantissa[:whole]
    return text


def parse_list(cell: Cell) -> tuple[str, ...]:
    """Tags and the like, each once; Google's own groups (`* myContacts`) are left out."""
    pieces = (clean_line(piece, 100) for piece in _LIST.split(text_of(cell)))
    return tuple(dict.fromkeys(piece for piece in pieces if piece and not piece.startswith("* ")))
