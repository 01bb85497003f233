"""Important dates: once each, of all members of a customer, and found when they come up."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from mailcrm.errors import NotFound, UserError
from mailcrm.model.calendar.parse import parse_important_date
from mailcrm.model.important_date import DueDate, ImportantDate, LeapRule
from mailcrm.model.party import PartyState
from mailcrm.store import Session, Store, dates
from mailcrm.store.identity import profiles
from mailcrm.store.rows.identity import IdentityProfile
from mailcrm.store.rows.party import Party
from tests.builders import NOW, a_person, a_write
from tests.store.crowd import after_a_race, written

LATER = NOW + timedelta(days=9)


def birthday(text: str) -> ImportantDate:
    return parse_important_date(text, "birthday")


def somebody(session: Session, name: str = "zhang") -> int:
    party_id = a_person(session, f"{name}@example.com").party_id
    assert party_id is not None
    return party_id


def kept(session: Session, party_id: int, *texts: str) -> None:
    for text in texts:
        dates.add_date(session, party_id, birthday(text), "user", NOW)


def days(found: list[DueDate]) -> list[tuple[int, str, str, int | None]]:
    return [(due.party_id, due.day.isoformat(), due.key, due.years) for due in found]


def joined(session: Session, root: int, member: int) -> None:
    session.execute(update(Party).where(Party.id == member).values(root_id=root))


def test_the_same_day_is_kept_once(store: Store) -> None:
    with a_write(store) as session:
        who = somebody(session)
        first = dates.add_date(session, who, birthday("农历八月十五"), "import", NOW)
        again = dates.add_date(session, who, birthday("L08-15"), "import", LATER)
        assert again == replace(first, observed_at=LATER)
        other = dates.add_date(session, who, birthday("08-15"), "import", NOW)
        assert other.id != first.id
        assert dates.dates_of(session, [who]) == {who: [again, other]}


def test_a_date_without_a_year_is_kept_once_too(store: Store) -> None:
    with a_write(store) as session:
        who = somebody(session)
        kept(session, who, "03-05", "3月5日", "--03-05")
        assert len(dates.dates_of(session, [who])[who]) == 1


def test_two_workers_that_keep_the_same_day_keep_one(store: Store) -> None:
    who = written(store, somebody)
    after_a_race(store, lambda s: kept(s, who, "03-05"), lambda s: kept(s, who, "03-05"))
    with store.read() as session:
        assert len(dates.dates_of(session, [who])[who]) == 1


def test_a_weaker_source_changes_no_wishes(store: Store) -> None:
    with a_write(store) as session:
        who = somebody(session)
        wish = replace(birthday("闰五月初三"), lead_days=7, leap_rule=LeapRule.BOTH)
        told = dates.add_date(session, who, wish, "user", NOW)
        assert dates.add_date(session, who, birthday("闰五月初三"), "import", LATER) == told
        stronger = dates.add_date(session, who, birthday("闰五月初三"), "user", LATER)
        assert (stronger.date.lead_days, stronger.date.leap_rule) == (0, LeapRule.ORDINARY)


def test_an_ended_date_stays_and_can_begin_again(store: Store) -> None:
    with a_write(store) as session:
        who = somebody(session)
        told = dates.add_date(session, who, birthday("1990-03-05"), "user", NOW)
        assert dates.end_date(session, told.id, LATER).ended_at == LATER
        assert dates.dates_of(session, [who]) == {}
        assert dates.dates_of(session, [who], ended=True) == {who: [replace(told, ended_at=LATER)]}
        assert dates.select_due(session, date(2027, 3, 5)) == []
        with pytest.raises(NotFound, match=f"no date {told.id}; `mailcrm dates list CUSTOMER`"):
            dates.end_date(session, told.id, LATER)
        assert dates.add_date(session, who, birthday("1990-03-05"), "import", LATER) == replace(
            told, source="import", observed_at=LATER
        )


def test_what_is_no_date_is_not_kept(store: Store) -> None:
    with a_write(store) as session, pytest.raises(UserError, match="there is no month 13"):
        dates.add_date(session, somebody(session), replace(birthday("03-05"), month=13), "user", NOW)


def test_a_customer_has_the_dates_of_all_members(store: Store) -> None:
    with a_write(store) as session:
        root, member = somebody(session), somebody(session, "zhang.san")
        kept(session, root, "03-05")
        kept(session, member, "1990-03-05", "L08-15")
        joined(session, root, member)
        assert [each.party_id for each in dates.dates_of(session, [root, member])[root]] == [root, member, member]
        # one birthday on one day, though both members tell it
        assert days(dates.select_due(session, date(2027, 3, 5))) == [(root, "2027-03-05", "2027", None)]


@pytest.mark.parametrize(
    ("text", "today", "ahead", "day", "key", "years"),
    [
        ("1990-03-05", date(2027, 3, 1), 7, "2027-03-05", "2027", 37),
        ("1990-03-05", date(2027, 3, 6), 30, None, None, None),
        ("12-31", date(2026, 12, 25), 7, "2026-12-31", "2026", None),
        ("01-02", date(2026, 12, 25), 14, "2027-01-02", "2027", None),
        ("2000-02-29", date(2027, 2, 28), 0, "2027-02-28", "2027", 27),
        ("2000-02-29", date(2028, 2, 28), 0, None, None, None),
        ("L1990-12-15", date(2027, 1, 20), 7, "2027-01-22", "2026", 36),
        ("除夕", date(2027, 2, 5), 0, "2027-02-05", "2026", None),
        ("除夕", date(2027, 2, 4), 0, None, None, None),
        ("L--06+-01", date(2025, 7, 20), 7, "2025-07-25", "2025", None),
        ("L--06+-01", date(2025, 6, 20), 7, None, None, None),
        ("L--06+-01", date(2026, 7, 10), 7, "2026-07-14", "2026", None),
        ("2030-03-05", date(2027, 3, 1), 7, None, None, None),
    ],
)
def test_a_date_comes_up_when_it_should(
    sqlite_store: Store, text: str, today: date, ahead: int, day: str | None, key: str, years: int | None
) -> None:
    with a_write(sqlite_store) as session:
        who = somebody(session)
        kept(session, who, text)
        assert days(dates.select_due(session, today, ahead)) == ([(who, day, key, years)] if day else [])


def test_those_who_want_to_know_earlier_do(store: Store) -> None:
    with a_write(store) as session:
        who, other = somebody(session), somebody(session, "li")
        contract = parse_important_date("2027-03-31", "contract_expiry", lead_days=60)
        dates.add_date(session, who, contract, "user", NOW)
        kept(session, other, "03-31")
        assert days(dates.select_due(session, date(2027, 1, 29), 7)) == []
        assert days(dates.select_due(session, date(2027, 1, 30), 7)) == [(who, "2027-03-31", "2027", 0)]
        found = dates.select_due(session, date(2027, 3, 30), 7)
        assert {(each.party_id, each.day) for each in found} == {(each, date(2027, 3, 31)) for each in (who, other)}
        assert days(dates.select_due(session, date(2028, 3, 31), 7)) == [(other, "2028-03-31", "2028", None)]


def test_what_comes_up_is_in_order_and_by_customer(store: Store) -> None:
    with a_write(store) as session:
        one, two, gone = (somebody(session, name) for name in ("a", "b", "c"))
        kept(session, one, "L08-15")
        kept(session, two, "09-24", "09-26")
        kept(session, gone, "09-25")
        session.execute(update(Party).where(Party.id == gone).values(state=PartyState.ARCHIVED))
        found = dates.select_due(session, date(2026, 9, 20), 7)
        assert [(each.party_id, each.day.day) for each in found] == [(two, 24), (one, 25), (two, 26)]


def test_a_birth_date_stirs_the_resolver(store: Store) -> None:
    def stale(session: Session, party_id: int) -> bool:
        waits = session.execute(select(IdentityProfile.stale).where(IdentityProfile.party_id == party_id)).scalar()
        profiles.keep(session, {party_id: "x"}, 1, profiles.contents(session, [party_id]))
        return bool(waits)

    with a_write(store) as session:
        who = somebody(session)
        stale(session, who)
        kept(session, who, "03-05", "L1990-03-05")
        assert stale(session, who) is False
        kept(session, who, "1990-03-05")
        assert profiles.observe(session, [who])[who].birth_date == "1990-03-05"
        assert stale(session, who) is True
        kept(session, who, "1990-03-05")
        assert stale(session, who) is False
        born = dates.add_date(session, who, birthday("1990-03-05"), "user", LATER)
        dates.end_date(session, born.id, LATER)
        assert stale(session, who) is True
        assert profiles.observe(session, [who])[who].birth_date == ""


def test_the_birth_date_of_the_best_source_counts(store: Store) -> None:
    with a_write(store) as session:
        who, nobody = somebody(session), somebody(session, "li")
        for text, source, at in (
            ("1990-03-05", "import", LATER),
            ("1991-03-05", "user", NOW),
            ("1992-03-05", "form", LATER),
        ):
            dates.add_date(session, who, birthday(text), source, at)
        seen = profiles.observe(session, [who, nobody])
        assert (seen[who].birth_date, seen[nobody].birth_date) == ("1991-03-05", "")
