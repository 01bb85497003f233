"""Days as people and sheets write them: numbers, English and Chinese words, and our own canonical text (docs/lunar.md)."""

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

from mailcrm.errors import UserError
from mailcrm.model.calendar.words import (
    BRANCHES,
    ENGLISH_MONTHS,
    FEASTS,
    STEMS,
    day_number,
    month_number,
    sexagenary,
    simplified,
    year_number,
    years_called,
)
from mailcrm.model.important_date import Calendar


class DateOrder(StrEnum):
    """Which of the numbers comes first where the year is last, or missing: 05/03/1990."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class Written(NamedTuple):
    """A day as it was written; `calendar` None where nothing says which."""

    year: int | None
    month: int
    day: int
    calendar: Calendar | None = None
    leap: bool = False


LONGEST = 80
"""Characters of a date; more is a sentence."""

_LUNAR, _SOLAR = Calendar.LUNAR, Calendar.SOLAR
_SAYS_LUNAR = re.compile(r"\(?(?:农历|阴历|旧历|夏历|lunar)\)?:? ?|^l ?(?=[-\d])")
_SAYS_SOLAR = re.compile(r"\(?(?:公历|阳历|新历|西历|国历|solar)\)?:? ?")
_MIDNIGHT = re.compile(r"(?:t| )00?:00(?::00(?:\.0+)?)?z?$")

_YEAR_FIRST = re.compile(
    r"(?:(?P<year>\d{4}|-)(?P<gap>[-/. ]) ?)?(?P<month>\d{1,2})(?P<leap>\+)?(?(gap)(?P=gap) ?|-)(?P<day>\d{1,2})\.?"
)
_PACKED = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})(?P<gap>[-/. ]) ?(?P<b>\d{1,2})(?P=gap) ?(?P<year>\d{4})")
_NO_YEAR = re.compile(r"(?P<a>\d{1,2})(?P<gap>[/.]) ?(?P<b>\d{1,2})(?P<end>\.?)")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d\d|\d\d年.*")

_NAMES = {name[:length].casefold(): at for at, name in enumerate(ENGLISH_MONTHS, 1) for length in (3, len(name))} | {
    "sept": 9
}
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_NTH = r"(?:st|nd|rd|th)?"
_ENGLISH = re.compile(
    rf"(?:(?P<d1>\d{{1,2}}){_NTH}\.?[- ]?(?:of )?(?P<m1>{_NAME})|(?P<m2>{_NAME})\.?[- ]?(?P<d2>\d{{1,2}}){_NTH})"
    r"\.?(?:,? |-)?(?P<year>(?<=[-, .])\d{4})?"
)
_ENGLISH_LUNAR = re.compile(
    rf"(?P<day>\d{{1,2}}){_NTH} day of the (?P<leap>leap )?(?P<month>\d{{1,2}}){_NTH} lunar month(?: of (?P<year>\d{{4}}))?"
)

_CYCLE = f"[{STEMS}][{BRANCHES}]"
_CHINESE_YEAR = rf"(?:(?P<year>\d{{4}}|[零一二三四五六七八九]{{4}})?(?:年?(?P<cycle>{_CYCLE}))?年)?"
_CHINESE = re.compile(
    rf"{_CHINESE_YEAR}(?P<leap>闰)?(?P<month>[正冬腊]|十[一二]?|[一二三四五六七八九]|\d{{1,2}})月"
    r"(?P<day>初[一二三四五六七八九十]|(?:[二三]?十|廿|卅)?[一二三四五六七八九]?|\d{1,2})(?P<unit>[日号])?"
)
_FEAST = re.compile(rf"(?:(?P<year>\d{{4}})?(?P<cycle>{_CYCLE})?年?)(?P<feast>{'|'.join(FEASTS)})节?")


def read_date(text: str, order: DateOrder | None = None, calendar: Calendar | None = None) -> Written:
    """What was written. `order` settles 05/03/1990, `calendar` what says nothing of one. Raises UserError that says what is
    unclear; whether there is such a day is not looked at."""
    line = _MIDNIGHT.sub("", simplified(" ".join(unicodedata.normalize("NFKC", text).split())).casefold())
    if not line:
        raise UserError("a date is missing")
    if len(line) > LONGEST:
        raise UserError(f"{line[:20]}... is too long for a date")
    if match := _ENGLISH_LUNAR.fullmatch(line):
        return Written(*_numbers(match), _LUNAR, bool(match["leap"]))
    bare, is_lunar = _SAYS_LUNAR.subn("", line)
    bare, is_solar = _SAYS_SOLAR.subn("", bare)
    if is_lunar and is_solar:
        raise UserError(f"{text!r} names both calendars, the lunar and the solar one")
    said = _LUNAR if is_lunar else _SOLAR if is_solar else None
    found = _read(bare.strip(), text, order, said or calendar)
    if found.calendar and said and found.calendar is not said:
        raise UserError(f"{text!r} says that it is solar, but it is written as a lunar day")
    return found._replace(calendar=said or found.calendar or calendar)


def _read(line: str, text: str, order: DateOrder | None, calendar: Calendar | None) -> Written:
    """Whatever form it has. `text` is as it came, for what is said of it."""
    if match := _YEAR_FIRST.fullmatch(line) or _PACKED.fullmatch(line):
        leap = bool(match.groupdict().get("leap"))
        return Written(*_numbers(match), _LUNAR if leap else None, leap)
    if match := _YEAR_LAST.fullmatch(line) or _NO_YEAR.fullmatch(line):
        return _ordered(match, text, order)
    if match := _ENGLISH.fullmatch(line):
        month, day = match["m1"] or match["m2"], match["d1"] or match["d2"]
        return Written(int(match["year"]) if match["year"] else None, _NAMES[month], int(day), _SOLAR)
    if _SHORT_YEAR.fullmatch(line):
        raise UserError(f"{text!r} has a year of two digits: write all four")
    tight = re.sub(r"[ ()]", "", line)
    if match := _FEAST.fullmatch(tight):
        feast = FEASTS[match["feast"]]
        return Written(_year(match, text), feast.month, feast.day, _LUNAR)
    if match := _CHINESE.fullmatch(tight):
        return _chinese(match, text, calendar)
    raise UserError(f"{text!r} is no date that can be read; write 1990-03-05, 03-05, 3月5日 or 农历八月十五")


def _numbers(match: re.Match[str]) -> tuple[int | None, int, int]:
    year = match["year"]
    return int(year) if year and year != "-" else None, int(match["month"]), int(match["day"])


def _ordered(match: re.Match[str], text: str, order: DateOrder | None) -> Written:
    """Two numbers, one of them the month. Points are put between them where the day comes first."""
    a, b = int(match["a"]), int(match["b"])
    year = int(match["year"]) if "year" in match.groupdict() else None
    if order is None and match["gap"] == "." and (year is not None or match["end"]):
        order = DateOrder.DAY_FIRST
    if order is None and a <= 12 and b <= 12 and a != b:
        raise UserError(
            f"{text!r} may be the {a}. of month {b} or the {b}. of month {a}: say which comes first, or write 03-05"
        )
    day_first = a > 12 or (b <= 12 and order is DateOrder.DAY_FIRST)
    return Written(year, b, a) if day_first else Written(year, a, b)


def _chinese(match: re.Match[str], text: str, calendar: Calendar | None) -> Written:
    """Numerals alone say nothing: 八月十五 is mostly a lunar day, 八月十五日 a solar one."""
    month, day = match["month"], match["day"]
    if not day:
        raise UserError(f"{text!r} has no day")
    words = not month.isdigit() and not day.isdigit()
    leap, cycle = bool(match["leap"]), match["cycle"]
    lunar = leap or cycle or month in "正冬腊" or day[0] in "初廿卅"
    if not lunar and words and not match["unit"] and calendar is None:
        raise UserError(f"{text!r} may be a lunar day or a solar one: write 农历 or 公历 before it")
    return Written(_year(match, text), month_number(month), day_number(day), _LUNAR if lunar else None, leap)


def _year(match: re.Match[str], text: str) -> int | None:
    """The year, and whether its name in the cycle of sixty is its own."""
    year = year_number(match["year"]) if match["year"] else None
    if not (cycle := match["cycle"]):
        return year
    if year is None:
        years = [str(each) for each in years_called(cycle)]
        raise UserError(
            f"{cycle}年 in {text!r} {'may be ' + ', '.join(years) if years else 'is no year'}: write its number"
        )
    if sexagenary(year) != cycle:
        raise UserError(f"{year} in {text!r} is {sexagenary(year)}年, not {cycle}年")
    return year
