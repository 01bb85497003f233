"""Dates as people and programs write them: by the sun and by the moon, with and without a year, in the order of the column."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from mailcrm.errors import UserError
from mailcrm.exchange.tables.row import Cell
from mailcrm.model.important_date import Calendar


class Unreadable(UserError):
    """The cell does not hold what its column should."""


class DateOrder(StrEnum):
    """What comes first in 3/5/2026."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was written. `year` None: it was not; `leap` is a second lunar month of that number."""

    month: int
    day: int
    year: int | None = None
    calendar: Calendar = Calendar.SOLAR
    leap: bool = False


_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)
"""Excel's numbers of days from 1954 to 2119; others are more likely something else."""

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})\s?[/-]\s?(\d{1,2})\s?[/-]\s?(\d{4})")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:\.|st|nd|rd|th)?[ -](?:de )?)?([a-zäéûô]{3,12})\.?[ -]?(?:(\d{1,2})(?:st|nd|rd|th)?,? )?(?:de )?(\d{4})?"
)
_NO_YEAR = re.compile(r"--(\d\d)-?(\d\d)|(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?|(\d{1,2})-(\d{1,2})")
_TIME = re.compile(
    r"(?:[T\s]\s*|(?<=[日号]))(上午|下午|晚上|凌晨)?\s*(\d{1,2})[:时時](\d{2})(?:[:分](\d{2})(?:\.\d{1,9})?)?[分秒]?\s*(am|pm)?\s*"
    r"(z|utc|gmt|[+-]\d\d:?\d\d)?$",
    re.IGNORECASE,
)
_LUNAR = re.compile(r"农历|農曆|阴历|陰曆|旧历|舊曆|lunar", re.IGNORECASE)
_LUNAR_DAY = re.compile(
    r"(?:(\d{4})年?)?(闰|閏)?([正一二三四五六七八九十冬腊臘]{1,2}|\d{1,2})月(初[一二三四五六七八九十]|[一二三四五六七八九十廿卅]{1,3}|\d{1,2})[日号]?"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier enero", "feb february februar février febrero fevrier",
            "mar march märz mars marzo mrz", "apr april avril abril avr", "may mai mayo", "jun june juni juin junio",
            "jul july juli juillet julio juil", "aug august août agosto aout ago",
            "sep sept september septembre septiembre", "oct october oktober octobre octubre okt",
            "nov november novembre noviembre", "dec december dezember décembre diciembre dez decembre dic déc",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_DIGIT = {char: number for number, char in enumerate("零一二三四五六七八九十")} | {
    "正": 1,
    "冬": 11,
    "腊": 12,
    "臘": 12,
}
_AFTERNOON = ("pm", "下午", "晚上")


def parse_day(cell: Cell, order: DateOrder | None = None) -> Day:
    """A day of the calendar. Raises Unreadable, also where day and month could change places and `order` does not say."""
    if isinstance(cell, date):
        return Day(cell.month, cell.day, cell.year)
    text = _TIME.sub("", unicodedata.normalize("NFKC", cell).strip())
    if lunar := _lunar(text):
        return lunar
    text = _LUNAR.sub("", text).strip(" ()（）")
    day = _with_year(text, order) or _without_year(text)
    if day is None:
        raise Unreadable(f"{cell[:40]!r} is no date; write it as 2026-03-05")
    if _LUNAR.search(cell):
        day = Day(day.month, day.day, day.year, Calendar.LUNAR)
    return _checked(day, cell)


def parse_time(cell: Cell, zone: tzinfo, order: DateOrder | None = None) -> datetime:
    """A point in time, in UTC. What has no zone of its own is meant in `zone`; a day is its first moment there.

    Raises Unreadable; also for a day without a year.
    """
    if isinstance(cell, datetime):
        return _in_utc(cell, zone)
    if isinstance(cell, date):
        return _in_utc(datetime.combine(cell, time()), zone)
    text = unicodedata.normalize("NFKC", cell).strip()
    if serial := _serial(text):
        return _in_utc(serial, zone)
    day = parse_day(text, order)
    if day.year is None or day.calendar is Calendar.LUNAR:
        raise Unreadable(f"{cell[:40]!r} is no whole date; write it as 2026-03-05")
    moment, shift = _clock(text)
    try:
        there = datetime.combine(date(day.year, day.month, day.day), moment)
        return _in_utc(there, UTC) - shift if shift is not None else _in_utc(there, zone)
    except (ValueError, OverflowError) as exc:
        raise Unreadable(f"{cell[:40]!r} is no date of the calendar") from exc


def guess_order(cells: Iterable[Cell]) -> DateOrder | None:
    """What comes first in the dates of a column: shown by any day above 12. None where nothing shows it, or both."""
    day_first = month_first = False
    for cell in cells:
        if isinstance(cell, str) and (match := _SLASHED.match(unicodedata.normalize("NFKC", cell).strip())):
            day_first |= int(match[1]) > 12
            month_first |= int(match[2]) > 12
    if day_first == month_first:
        return None
    return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST


# --- one form after the other ------------------------------------------------------------------------------------


def _with_year(text: str, order: DateOrder | None) -> Day | None:
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return Day(int(match[2]), int(match[3]), int(match[1]))
    if match := _DOTTED.fullmatch(text):
        return Day(int(match[2]), int(match[1]), int(match[3]))
    if match := _SLASHED.fullmatch(text):
        return _ordered(text, int(match[1]), int(match[2]), int(match[3]), order)
    if serial := _serial(text):
        return Day(serial.month, serial.day, serial.year)
    return None


def _without_year(text: str) -> Day | None:
    if match := _NO_YEAR.fullmatch(text):
        first, second = (int(each) for each in match.groups() if each)
        return Day(first, second)
    if (match := _NAMED.fullmatch(text.lower())) and (month := _MONTHS.get(match[2], 0)):
        if bool(match[1]) == bool(match[3]):
            return None
        return Day(month, int(match[1] or match[3]), int(match[4]) if match[4] else None)
    return None


def _ordered(text: str, first: int, second: int, year: int, order: DateOrder | None) -> Day:
    if first > 12 or (order is DateOrder.DAY_FIRST and second <= 12):
        return Day(second, first, year)
    if second > 12 or order is DateOrder.MONTH_FIRST or first == second:
        return Day(first, second, year)
    raise Unreadable(
        f"{text[:40]!r} may be two dates: say whether the day or the month comes first, or write 2026-03-05"
    )


def _serial(text: str) -> datetime | None:
    """The day that a spreadsheet counts so, with the time behind its point."""
    if not re.fullmatch(r"\d{5}(\.\d{1,12})?", text) or int(text[:5]) not in _SERIALS:
        return None
    seconds = round(float(f"0.{text[6:] or 0}") * 86_400)
    return datetime.combine(_SERIAL_ZERO, time()) + timedelta(days=int(text[:5]), seconds=seconds)


def _lunar(text: str) -> Day | None:
    """A lunar day in Chinese words: 农历八月十五, 闰四月初二, 腊月廿三."""
    bare = _LUNAR.sub("", text).replace(" ", "")
    match = _LUNAR_DAY.fullmatch(bare)
    if not match or (match[3].isdigit() and match[4].isdigit() and not match[2]):
        return None  # digits are of the sun unless it is said; then the other forms read them
    in_words = not match[3].isdigit() and not match[4].isdigit()
    said = _LUNAR.search(text) or match[2] or match[4][0] in "初廿卅" or match[3] in ("正", "冬", "腊", "臘")
    year = int(match[1]) if match[1] else None
    calendar = Calendar.LUNAR if said else Calendar.SOLAR
    if not in_words and not said:
        return None
    return _checked(Day(_words(match[3]), _words(match[4]), year, calendar, bool(match[2])), text)


def _words(text: str) -> int:
    """一 to 三十, with 初, 廿 and 卅."""
    if text.isdigit():
        return int(text)
    text = text.removeprefix("初").replace("廿", "二十").replace("卅", "三十")
    text = text.replace("二十十", "二十")
    if "十" in text and len(text) > 1:
        tens, _, ones = text.partition("十")
        return _DIGIT.get(tens, 1) * 10 + _DIGIT.get(ones, 0)
    return _DIGIT.get(text, 0)


def _checked(day: Day, cell: object) -> Day:
    if day.calendar is Calendar.LUNAR:
        fits = 1 <= day.month <= 12 and 1 <= day.day <= 30
    else:
        try:
            date(day.year or 2000, day.month, day.day)
            fits = True
        except ValueError:
            fits = False
    if not fits:
        raise Unreadable(f"{str(cell)[:40]!r} is no day of the calendar")
    return day


def _clock(text: str) -> tuple[time, timedelta | None]:
    """The time behind a date, and how far its zone is ahead of UTC; midnight and None where it has none."""
    match = _TIME.search(text)
    if not match:
        return time(), None
    hour = int(match[2])
    half = (match[5] or match[1] or "").lower()
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in ("am", "上午", "凌晨") and hour == 12:
        hour = 0
    try:
        moment = time(hour, int(match[3]), int(match[4] or 0))
    except ValueError as exc:
        raise Unreadable(f"{text[:40]!r} is no time of the day") from exc
    return moment, _shift(match[6])


def _shift(zone: str | None) -> timedelta | None:
    if not zone:
        return None
    if zone[0] not in "+-":
        return timedelta()
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return size if zone[0] == "+" else -size


def _in_utc(there: datetime, zone: tzinfo) -> datetime:
    try:
        return (there if there.tzinfo else there.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as exc:
        raise Unreadable(f"{there:%Y-%m-%d} is no date that can be kept") from exc
