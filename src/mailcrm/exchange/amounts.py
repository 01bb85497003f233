"""Numbers and money in cells: separators of all countries, full-width digits, 万 and 亿, signs and names of currencies."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from mailcrm.exchange.days import Unreadable
from mailcrm.exchange.tables.row import Cell

_NUMBER = re.compile(r"[-+]?(?:\d[\d.,' \u00a0\u2009\u202f’]*\d|\d)(?:[eE][+-]?\d{1,3})?")
_TIMES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000, "千": 1000, "w": 10_000}
_SPACES = re.compile(r"[ '’\u00a0\u2009\u202f]")
_CURRENCIES = """
USD us$ usd u$s 美元 美金 dollar dollars
CNY cny rmb cn¥ 元 人民币 人民幣 圆 块 yuan
EUR € eur 欧元 歐元 euro euros
GBP £ gbp 英镑 英鎊
HKD hk$ hkd 港币 港元 港幣
TWD nt$ twd ntd 新台币 台币 台幣 新臺幣
JPY jpy 日元 日圓 円
KRW ₩ krw 韩元
INR ₹ inr rs
AUD a$ au$ aud 澳元
CAD c$ ca$ cad 加元
SGD s$ sgd 新加坡元
CHF chf fr sfr
RUB ₽ rub 卢布
BRL r$ brl
VND ₫ vnd 越南盾
THB ฿ thb 泰铢
MYR rm myr
PLN pln zł
TRY ₺ try
IDR idr rp
PHP ₱ php
"""
_BY_NAME = {name: line[:3] for line in _CURRENCIES.strip().splitlines() for name in line.split()[1:]}
_DOLLARS = ("USD", "HKD", "TWD", "AUD", "CAD", "SGD", "MXN", "NZD")
_YENS = ("CNY", "JPY")
_DIGITS = dict.fromkeys("JPY KRW VND CLP ISK UGX PYG XAF XOF".split(), 0) | dict.fromkeys(
    "BHD KWD JOD OMR TND".split(), 3
)
_TOO_LARGE = Decimal(10) ** 15


def parse_number(cell: Cell, decimal: str = "") -> Decimal:
    """A number. `decimal` is the mark before the fraction in this column, '' if nobody knows.

    Raises Unreadable, also for 1.234 where it is not known whether that is a thousand.
    """
    text = str(cell)
    plain = unicodedata.normalize("NFKC", text).strip()
    times = _TIMES.get(plain[-1:].lower(), 1)
    plain = plain[:-1].strip() if times > 1 else plain
    if plain.startswith("(") and plain.endswith(")"):  # how bookkeepers write a negative number
        plain = f"-{plain[1:-1]}"
    if not _NUMBER.fullmatch(plain):
        raise Unreadable(f"{text[:40]!r} is no number")
    try:
        number = Decimal(_with_point(plain, decimal, text)) * times
    except InvalidOperation as exc:
        raise Unreadable(f"{text[:40]!r} is no number") from exc
    if abs(number) >= _TOO_LARGE:
        raise Unreadable(f"{text[:40]!r} is larger than can be kept")
    return number


def parse_money(cell: Cell, currency: str = "", decimal: str = "") -> tuple[int, str]:
    """An amount in minor units, and its currency: what the cell says, else `currency` (ISO 4217).

    Raises Unreadable, also where no currency is known, or the amount has more digits than its currency.
    """
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    number, named = _parted(text)
    code = currency_of(named, currency) if named else currency
    if named and not code:
        raise Unreadable(f"{text[:40]!r} is no amount of money")
    if not code:
        raise Unreadable(f"{text[:40]!r} has no currency; name one for the column")
    exact = parse_number(number, decimal) * Decimal(10) ** _DIGITS.get(code, 2)
    minor = round(exact)
    if abs(exact - minor) > Decimal("0.0001"):  # less is what programs make of fractions
        raise Unreadable(f"{text[:40]!r} has more digits than {code} has")
    return minor, code


def currency_of(text: str, likely: str = "") -> str:
    """The ISO 4217 code for a sign or name; ''. $ and ¥ are those of `likely` where it is one of them."""
    plain = unicodedata.normalize("NFKC", text).strip(" .:").lower()
    if plain == "$":
        return likely if likely in _DOLLARS else "USD"
    if plain == "¥":
        return likely if likely in _YENS else "CNY"
    return _BY_NAME.get(plain, plain.upper() if re.fullmatch("[a-z]{3}", plain) else "")


def guess_decimal(cells: Iterable[Cell]) -> str:
    """The mark before fractions in a column, where a cell leaves no doubt; else ''."""
    marks: set[str] = set()
    for cell in cells:
        text = re.sub(r"[^\d.,]", "", unicodedata.normalize("NFKC", str(cell)))
        last = max(text.rfind("."), text.rfind(","))
        if last < 0:
            continue
        other = "," if text[last] == "." else "."
        if other in text[:last] or (text.count(text[last]) == 1 and len(text) - last - 1 != 3):
            marks.add(text[last])
        elif text.count(text[last]) > 1:
            marks.add(other)
    return marks.pop() if len(marks) == 1 else ""


def _parted(text: str) -> tuple[str, str]:
    """A number with its 万, and what else the text says: $ 5, 5 EUR, 3.5万元, 人民币 5."""
    match = re.fullmatch(
        r"([^\d(+-]*)\s*([-+(]?)\s*([^\d\s]{0,3}?)\s*(\d[\d.,'’ \u00a0\u2009\u202f]*?)\s*([万萬亿億千]?)\s*(\)?)\s*([^\d]*)",
        text,
    )
    if not match:
        return text, ""
    before, sign, inner, number, times, close, after = match.groups()
    return f"{sign}{number}{close}{times}".replace(")万", "万)"), (before + inner).strip() or after.strip()


def _with_point(text: str, decimal: str, shown: str) -> str:
    plain = _SPACES.sub("", text)
    comma, point = plain.count(","), plain.count(".")
    if decimal:
        return plain.replace("." if decimal == "," else ",", "").replace(",", ".")
    if comma and point:
        mark = max(",.", key=plain.rfind)
        return plain.replace("." if mark == "," else ",", "").replace(",", ".")
    if comma == 1 and not re.search(r"\d,\d{3}$", plain):
        return plain.replace(",", ".")
    if comma or point > 1:
        return plain.replace(",", "").replace(".", "")
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d{3}", plain):
        raise Unreadable(f"{shown[:40]!r} may be thousands or a fraction: say which mark stands before fractions")
    return plain
