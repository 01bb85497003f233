"""The words of days: numerals, months, feasts and years of the sexagenary cycle, as people write and read them."""

import re
from typing import NamedTuple

from mailcrm.model.calendar.lunar import LAST_YEAR
from mailcrm.model.calendar.lunar_table import FIRST_YEAR

ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

DIGITS = "零一二三四五六七八九"

LUNAR_MONTHS = ("正", *DIGITS[2:], "十", "十一", "十二")
"""Before 月. People also say 冬 and 腊 for the last two."""

LUNAR_DAYS = (
    *(f"初{each}" for each in (*DIGITS[1:], "十")),
    *(f"十{each}" for each in DIGITS[1:]),
    "二十",
    *(f"廿{each}" for each in DIGITS[1:]),
    "三十",
)

STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"

_SIMPLIFIED = str.maketrans("農曆歷陰陽閏臘舊國號節陽〇壹貳兩", "农历历阴阳闰腊旧国号节阳零一二二")

_MONTHS = {**{each: at for at, each in enumerate(LUNAR_MONTHS, 1)}, "一": 1, "冬": 11, "腊": 12}


class Feast(NamedTuple):
    """A lunar day that has a name."""

    month: int
    day: int


FEASTS = {
    "除夕": Feast(12, 30),  # the last day of the year, whether it is the 29th or the 30th
    "大年三十": Feast(12, 30),
    "年三十": Feast(12, 30),
    "春节": Feast(1, 1),
    "大年初一": Feast(1, 1),
    "元宵": Feast(1, 15),
    "端午": Feast(5, 5),
    "七夕": Feast(7, 7),
    "中元": Feast(7, 15),
    "中秋": Feast(8, 15),
    "重阳": Feast(9, 9),
    "腊八": Feast(12, 8),
}


def simplified(text: str) -> str:
    """The characters that dates are written with, in their simplified form."""
    return text.translate(_SIMPLIFIED)


def month_number(written: str) -> int:
    """正, 冬, 十二 or 12 as a number."""
    return int(written) if written.isdigit() else _MONTHS[written]


_DAY = re.compile(r"初?(?:(?P<tens>[二三]?十|廿|卅))?(?P<ones>[一二三四五六七八九])?")
_TENS = {"": 0, "十": 10, "二十": 20, "廿": 20, "三十": 30, "卅": 30}


def day_number(written: str) -> int:
    """初三, 十五, 廿三, 二十三, 卅 or 23 as a number; 0 for what is none."""
    if written.isdigit():
        return int(written)
    match = _DAY.fullmatch(written)
    return _TENS[match["tens"] or ""] + DIGITS.index(match["ones"] or DIGITS[0]) if match else 0


def year_number(written: str) -> int:
    """1990 or 一九九零 as a number."""
    return int("".join(str(DIGITS.index(each)) if each in DIGITS else each for each in written))


def sexagenary(year: int) -> str:
    """The name of a lunar year: 庚午 for 1990."""
    return STEMS[(year - 4) % 10] + BRANCHES[(year - 4) % 12]


def years_called(name: str) -> list[int]:
    """The lunar years of that name from 1900 to 2100, three or four; none for 甲丑, which never comes."""
    return [year for year in range(FIRST_YEAR, LAST_YEAR + 1) if sexagenary(year) == name]


def ordinal_word(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
