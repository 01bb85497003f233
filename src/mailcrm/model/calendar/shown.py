"""A day that matters as people read it, and as files hold it."""

from mailcrm.model.calendar.words import ENGLISH_MONTHS, LUNAR_DAYS, LUNAR_MONTHS, ordinal_word
from mailcrm.model.important_date import Calendar, ImportantDate


def shown(date_: ImportantDate, language: str = "en") -> str:
    """In words, in Chinese for 'zh' and 'zh-CN', else in English: "15th day of the 8th lunar month", "农历八月十五"."""
    if language.split("-", maxsplit=1)[0] == "zh":
        return _chinese(date_)
    return _english(date_)


def _chinese(date_: ImportantDate) -> str:
    year = f"{date_.year}年" if date_.year is not None else ""
    if date_.calendar is Calendar.SOLAR:
        return f"{year}{date_.month}月{date_.day}日"
    leap = "闰" if date_.leap_month else ""
    return f"农历{year}{leap}{LUNAR_MONTHS[date_.month - 1]}月{LUNAR_DAYS[date_.day - 1]}"


def _english(date_: ImportantDate) -> str:
    if date_.calendar is Calendar.SOLAR:
        year = f" {date_.year}" if date_.year is not None else ""
        return f"{date_.day} {ENGLISH_MONTHS[date_.month - 1]}{year}"
    year = f" of {date_.year}" if date_.year is not None else ""
    leap = "leap " if date_.leap_month else ""
    return f"{ordinal_word(date_.day)} day of the {leap}{ordinal_word(date_.month)} lunar month{year}"


def canonical_text(date_: ImportantDate) -> str:
    """As files hold it, the same everywhere: 1990-03-05, --03-05, L1990-08-15, L--05+-03 (docs/lunar.md). It holds calendar,
    year, month, leap month and day; `parse_important_date` reads it."""
    lunar = "L" if date_.calendar is Calendar.LUNAR else ""
    year = f"{date_.year:04}" if date_.year is not None else "-"
    leap = "+" if date_.leap_month else ""
    return f"{lunar}{year}-{date_.month:02}{leap}-{date_.day:02}"
