"""What is no important date is refused, and told what is wrong."""

import pytest

from mailcrm.errors import UserError
from mailcrm.model.calendar.rules import validate
from mailcrm.model.important_date import Calendar, DateKind, ImportantDate

SOLAR, LUNAR = Calendar.SOLAR, Calendar.LUNAR


@pytest.mark.parametrize(
    ("date_", "said"),
    [
        (ImportantDate("wedding", SOLAR, 3, 5), "there is no kind of date 'wedding'; kinds are: birthday, anniversary"),
        (ImportantDate("other", SOLAR, 3, 5), "needs a label"),
        (ImportantDate("other", SOLAR, 3, 5, label=" \x07"), "needs a label"),
        (ImportantDate("birthday", SOLAR, 3, 5, lead_days=-1), "0 to 366 days before a date, not -1"),
        (ImportantDate("birthday", SOLAR, 3, 5, lead_days=367), "not 367"),
        (ImportantDate("contract_expiry", SOLAR, 3, 5, recurs=False), "comes once needs a year"),
        (ImportantDate("birthday", SOLAR, 13, 5), "there is no month 13"),
        (ImportantDate("birthday", SOLAR, 0, 5), "there is no month 0"),
        (ImportantDate("birthday", SOLAR, 3, 0), "there is no day 0"),
        (ImportantDate("birthday", SOLAR, 4, 31), "month 4 has 30 days, and no day 31"),
        (ImportantDate("birthday", SOLAR, 2, 30), "month 2 has 29 days, and no day 30"),
        (ImportantDate("birthday", SOLAR, 2, 29, 1990), "1990-02 has 28 days, and no day 29"),
        (ImportantDate("birthday", SOLAR, 3, 5, 90), "the year 90 is none; years have four digits"),
        (ImportantDate("birthday", SOLAR, 3, 5, leap_month=True), "only a lunar date can lie in a leap month"),
        (ImportantDate("birthday", LUNAR, 8, 31), "a lunar month has 29 or 30 days, and no day 31"),
        (ImportantDate("birthday", LUNAR, 8, 30, 1990), "month 8 of the lunar year 1990 has 29 days, and no day 30"),
        (ImportantDate("birthday", LUNAR, 6, 1, 1990, leap_month=True), "no leap month 6: .* the one after month 5"),
        (ImportantDate("birthday", LUNAR, 6, 1, 1991, leap_month=True), "no leap month 6: it has no leap month"),
        (
            ImportantDate("birthday", LUNAR, 12, 1, leap_month=True),
            "no lunar year from 1900 to 2100 has a leap month 12",
        ),
        (ImportantDate("birthday", LUNAR, 8, 15, 1890), "lunar years are known from 1900 to 2100, not 1890"),
    ],
)
def test_what_is_no_date_is_refused(date_: ImportantDate, said: str) -> None:
    with pytest.raises(UserError, match=said):
        validate(date_)


@pytest.mark.parametrize(
    "date_",
    [
        ImportantDate("birthday", SOLAR, 2, 29),
        ImportantDate("birthday", SOLAR, 2, 29, 2000),
        ImportantDate("founding", SOLAR, 3, 5, 1368),
        ImportantDate("birthday", LUNAR, 12, 30),
        ImportantDate("birthday", LUNAR, 5, 29, 1990, leap_month=True),
        ImportantDate("birthday", LUNAR, 5, 30, leap_month=True),
        ImportantDate("contract_expiry", SOLAR, 3, 5, 2027, recurs=False, lead_days=60),
        ImportantDate(DateKind.OTHER, SOLAR, 3, 5, label="graduation"),
    ],
)
def test_date_is_let_through_as_it_is(date_: ImportantDate) -> None:
    assert validate(date_) is date_


def test_label_is_cleaned() -> None:
    date_ = validate(ImportantDate("other", SOLAR, 3, 5, label="  wedding \n day " + "y" * 200))
    assert date_.label.startswith("wedding day y")
    assert len(date_.label) == 120
