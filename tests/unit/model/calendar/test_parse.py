"""What people type for a day: read as they mean it, asked back where it may mean two, and the same after a round trip."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.calendar.lunar import FIRST_DAY, LAST_DAY, leap_month_of, to_lunar
from mailcrm.model.calendar.parse import parse_important_date
from mailcrm.model.calendar.shown import canonical_text, shown
from mailcrm.model.calendar.written import DateOrder
from mailcrm.model.important_date import Calendar, ImportantDate, LeapRule


def canonical(text: str, order: DateOrder | None = None, calendar: Calendar | None = None) -> str:
    return canonical_text(parse_important_date(text, "birthday", order=order, calendar=calendar))


READ = [
    ("1990-03-05", "1990-03-05"),
    ("1990-3-5", "1990-03-05"),
    ("1990/3/5", "1990-03-05"),
    ("1990.03.05", "1990-03-05"),
    ("1990. 3. 5.", "1990-03-05"),
    ("19900305", "1990-03-05"),
    ("1990-03-05 00:00:00", "1990-03-05"),
    ("1990-03-05T00:00:00.000Z", "1990-03-05"),
    ("03-05", "--03-05"),
    ("--03-05", "--03-05"),
    ("02-29", "--02-29"),
    ("3月5日", "--03-05"),
    ("3月5号", "--03-05"),
    ("3月5", "--03-05"),
    ("３月５日", "--03-05"),
    (" 3 月 5 日 ", "--03-05"),
    ("三月五日", "--03-05"),
    ("十二月二十五日", "--12-25"),
    ("1990年3月5日", "1990-03-05"),
    ("１９９０年３月５日", "1990-03-05"),
    ("一九九〇年三月五日", "1990-03-05"),
    ("公历八月十五", "--08-15"),
    ("阳历1990-3-5", "1990-03-05"),
    ("25/12/1990", "1990-12-25"),
    ("12/25/1990", "1990-12-25"),
    ("05/05/1990", "1990-05-05"),
    ("05.03.1990", "1990-03-05"),
    ("5. 3. 1990", "1990-03-05"),
    ("05.03.", "--03-05"),
    ("25/12", "--12-25"),
    ("5 March 1990", "1990-03-05"),
    ("5th of March", "--03-05"),
    ("March 5, 1990", "1990-03-05"),
    ("Mar. 5", "--03-05"),
    ("5-Mar-1990", "1990-03-05"),
    ("Sept 5", "--09-05"),
    ("农历八月十五", "L--08-15"),
    ("農曆八月十五", "L--08-15"),
    ("八月十五(农历)", "L--08-15"),
    ("八月十五（阴历）", "L--08-15"),
    ("农历：8月15日", "L--08-15"),
    ("(农历)1990年8月15", "L1990-08-15"),
    ("阴历1990年闰五月初三", "L1990-05+-03"),
    ("1990年閏五月初三", "L1990-05+-03"),
    ("1990年闰5月3日", "L1990-05+-03"),
    ("闰五月初三", "L--05+-03"),
    ("正月初一", "L--01-01"),
    ("腊月廿三", "L--12-23"),
    ("臘月二十三", "L--12-23"),
    ("冬月十一", "L--11-11"),
    ("冬月初十", "L--11-10"),
    ("十一月初二", "L--11-02"),
    ("八月三十(农历)", "L--08-30"),
    ("五月廿", "L--05-20"),
    ("农历一月一日", "L--01-01"),
    ("除夕", "L--12-30"),
    ("大年三十", "L--12-30"),
    ("1991年除夕", "L1991-12-30"),
    ("中秋节", "L--08-15"),
    ("1990庚午年八月十五", "L1990-08-15"),
    ("1990（庚午）年八月十五", "L1990-08-15"),
    ("lunar 8-15", "L--08-15"),
    ("lunar 1990-8-15", "L1990-08-15"),
    ("Lunar: 8/15", "L--08-15"),
    ("8-15 (lunar)", "L--08-15"),
    ("L08-15", "L--08-15"),
    ("L1990-08-15", "L1990-08-15"),
    ("L--05+-03", "L--05+-03"),
    ("l1990-05+-03", "L1990-05+-03"),
    ("1990-05+-03", "L1990-05+-03"),
    ("15th day of the 8th lunar month", "L--08-15"),
    ("3rd day of the leap 5th lunar month of 1990", "L1990-05+-03"),
]


@pytest.mark.parametrize(("text", "meant"), READ)
def test_text_is_read_as_it_is_meant(text: str, meant: str) -> None:
    assert canonical(text) == meant


@pytest.mark.parametrize(
    ("text", "order", "calendar", "meant"),
    [
        ("05/03/1990", DateOrder.DAY_FIRST, None, "1990-03-05"),
        ("05/03/1990", DateOrder.MONTH_FIRST, None, "1990-05-03"),
        ("05/12/1990", DateOrder.DAY_FIRST, None, "1990-12-05"),
        ("05.03.1990", DateOrder.MONTH_FIRST, None, "1990-05-03"),
        ("05-03-1990", DateOrder.DAY_FIRST, None, "1990-03-05"),
        ("5/3", DateOrder.DAY_FIRST, None, "--03-05"),
        ("5/3", DateOrder.MONTH_FIRST, None, "--05-03"),
        ("12/25/1990", DateOrder.DAY_FIRST, None, "1990-12-25"),  # can be nothing else
        ("03-05", DateOrder.DAY_FIRST, None, "--03-05"),  # our own text, whatever the order of the sheet
        ("1990-03-05", DateOrder.DAY_FIRST, None, "1990-03-05"),
        ("八月十五", None, Calendar.LUNAR, "L--08-15"),
        ("八月十五", None, Calendar.SOLAR, "--08-15"),
        ("1990-08-15", None, Calendar.LUNAR, "L1990-08-15"),
        ("公历1990-08-15", None, Calendar.LUNAR, "1990-08-15"),
        ("八月初三", None, Calendar.SOLAR, "L--08-03"),
    ],
)
def test_what_may_mean_two_is_settled_by_who_knows(
    text: str, order: DateOrder | None, calendar: Calendar | None, meant: str
) -> None:
    assert canonical(text, order, calendar) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a date is missing"),
        ("  ", "a date is missing"),
        ("soon", "'soon' is no date that can be read; write 1990-03-05"),
        ("x" * 100, "too long for a date"),
        ("05/03/1990", "may be the 5. of month 3 or the 3. of month 5: say which comes first"),
        ("5/3", "say which comes first"),
        ("90-03-05", "a year of two digits"),
        ("05/03/90", "a year of two digits"),
        ("90年3月5日", "a year of two digits"),
        ("八月十五", "may be a lunar day or a solar one: write 农历 or 公历"),
        ("公历八月初三", "says that it is solar, but it is written as a lunar day"),
        ("农历公历8月15", "names both calendars"),
        ("冬月", "has no day"),
        ("庚午年八月十五", "庚午年 in '庚午年八月十五' may be 1930, 1990, 2050: write its number"),
        ("甲丑年八月十五", "is no year"),
        ("1991庚午年八月十五", "1991 in .* is 辛未年, not 庚午年"),
        ("1990-13-05", "'1990-13-05' cannot be kept: there is no month 13"),
        ("1990-02-30", "1990-02 has 28 days, and no day 30"),
        ("2月30日", "month 2 has 29 days"),
        ("31/31/1990", "there is no month 31"),
        ("31 April", "month 4 has 30 days"),
        ("农历八月三十一", "a lunar month has 29 or 30 days, and no day 31"),
        ("农历1990年八月三十", "month 8 of the lunar year 1990 has 29 days"),
        ("1990年闰六月初三", "no leap month 6: its leap month is the one after month 5"),
        ("农历1890年八月十五", "from 1900 to 2100, not 1890"),
        ("八月初", "no date that can be read"),
        ("1990", "no date that can be read"),
        ("March 1990", "no date that can be read"),
    ],
)
def test_what_is_unclear_is_asked_back(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        canonical(text)


def test_contract_ends_once_unless_told_otherwise() -> None:
    assert parse_important_date("2027-03-31", "contract_expiry").recurs is False
    assert parse_important_date("2027-03-31", "contract_expiry", recurs=True).recurs is True
    assert parse_important_date("2027-03-31", "birthday").recurs is True
    with pytest.raises(UserError, match="comes once needs a year"):
        parse_important_date("03-31", "contract_expiry")


def test_what_goes_with_a_date_is_kept() -> None:
    date_ = parse_important_date(
        "闰五月初三", "other", label="opening", lead_days=7, leap_rule=LeapRule.BOTH, calendar=Calendar.SOLAR
    )
    assert date_ == ImportantDate(
        "other", Calendar.LUNAR, 5, 3, leap_month=True, leap_rule=LeapRule.BOTH, lead_days=7, label="opening"
    )


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("1990-03-05", "5 March 1990", "1990年3月5日"),
        ("03-05", "5 March", "3月5日"),
        ("L08-15", "15th day of the 8th lunar month", "农历八月十五"),
        ("L--05+-03", "3rd day of the leap 5th lunar month", "农历闰五月初三"),
        ("L1990-01-01", "1st day of the 1st lunar month of 1990", "农历1990年正月初一"),
        ("L12-22", "22nd day of the 12th lunar month", "农历十二月廿二"),
        ("L11-11", "11th day of the 11th lunar month", "农历十一月十一"),
        ("除夕", "30th day of the 12th lunar month", "农历十二月三十"),
    ],
)
def test_day_is_shown_in_both_languages(text: str, english: str, chinese: str) -> None:
    date_ = parse_important_date(text, "birthday")
    assert (shown(date_), shown(date_, "zh-CN")) == (english, chinese)


@st.composite
def _important_dates(draw: st.DrawFn) -> ImportantDate:
    day = draw(st.dates(FIRST_DAY, LAST_DAY) | st.just(date(2000, 2, 29)))
    known = draw(st.booleans())
    if draw(st.booleans()):
        return ImportantDate("birthday", Calendar.SOLAR, day.month, day.day, day.year if known else None)
    year, month, at, leap = to_lunar(day)
    return ImportantDate("birthday", Calendar.LUNAR, month, at, year if known else None, leap_month=leap)


@given(_important_dates(), st.sampled_from([None, *DateOrder]), st.sampled_from([None, Calendar.SOLAR]))
def test_date_comes_back_from_all_its_texts(
    date_: ImportantDate, order: DateOrder | None, calendar: Calendar | None
) -> None:
    for text in (canonical_text(date_), shown(date_), shown(date_, "zh-CN")):
        assert parse_important_date(text, "birthday", order=order, calendar=calendar) == date_


@given(st.text() | st.from_regex(r"[农闰]?[0-9一十廿初正腊年月日/.L+ -]{0,12}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        date_ = parse_important_date(text, "birthday")
    except UserError:
        return
    assert parse_important_date(canonical_text(date_), "birthday") == date_


def test_leap_months_can_be_written_for_each_year_that_has_one() -> None:
    for year in range(1900, 2101):
        if month := leap_month_of(year):
            assert canonical(f"L{year}-{month:02}+-01") == f"L{year}-{month:02}+-01"
