"""Money as whole numbers of its smallest unit: typed, stored and shown exactly, by the exponents of ISO 4217."""

import re
import unicodedata

from mailcrm.errors import UserError

_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR "
    "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
    "TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

EXPONENTS = {
    code: digits for digits, codes in ((2, _TWO), (0, _NONE), (3, _THREE), (4, _FOUR)) for code in codes.split()
}
"""Digits behind the point, by currency (ISO 4217)."""

LARGEST = 10**15
"""In minor units. Sums of a thousand of them still fit into 64 bits."""

_ZH = {
    "CNY": "元", "HKD": "港元", "TWD": "新台币", "MOP": "澳门元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "JPY": "日元",
    "KRW": "韩元", "SGD": "新加坡元", "AUD": "澳元", "CAD": "加元", "NZD": "新西兰元", "CHF": "瑞士法郎", "RUB": "卢布",
    "THB": "泰铢", "MYR": "林吉特", "INR": "卢比", "VND": "越南盾",
}  # fmt: skip
_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?", re.ASCII)


def parse_currency(text: str) -> str:
    """The code of a currency. Raises UserError if ISO 4217 has no such one in use."""
    code = unicodedata.normalize("NFKC", text).strip().upper()
    if code not in EXPONENTS:
        raise UserError(f"{text!r} is no currency; write its code of three letters (ISO 4217), e.g. CNY, EUR, USD, JPY")
    return code


def parse_money(text: str, currency: str) -> int:
    """What somebody typed ("1299.50", "1,299.50", "-3") in minor units. Nothing is ever rounded: raises UserError for more
    digits than the currency has, and for a comma that is none between thousands."""
    digits = EXPONENTS[parse_currency(currency)]
    found = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip())
    if found is None:
        raise UserError(f"{text!r} is no amount; write it like 1299.50: a point before the decimals, no currency sign")
    part = (found["part"] or "").rstrip("0")
    if len(part) > digits:
        most = f"at most {digits} digits behind the point" if digits else "no decimals"
        raise UserError(f"{text!r} cannot be an amount of {currency.upper()}: it has {most}")
    minor = int(found["whole"].replace(",", "") + part.ljust(digits, "0"))
    if minor > LARGEST:
        raise UserError(f"{text!r} is more than any amount can be here; write it in units of the currency")
    return -minor if found["sign"] == "-" else minor


def plain_money(minor: int, currency: str) -> str:
    """An amount as `parse_money` reads it: "1299.50"."""
    return _shown(minor, currency, "")


def show_money(minor: int, currency: str, language: str = "en") -> str:
    """An amount for people: "1,299.50 CNY", in Chinese (`language` zh...) "1,299.50 元"."""
    name = _ZH.get(currency, currency) if language.startswith("zh") else currency
    return f"{_shown(minor, currency, ',')} {name}"


def _shown(minor: int, currency: str, between: str) -> str:
    digits = EXPONENTS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    thousands = f"{whole:,}".replace(",", between)
    return f"{sign}{thousands}.{part:0{digits}}" if digits else f"{sign}{thousands}"
