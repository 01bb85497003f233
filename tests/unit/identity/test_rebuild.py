"""Everybody judged anew: what is proposed to be joined, taken apart, asked about."""

from mailcrm.identity.profile import Profile, profile_of, records_of
from mailcrm.identity.rebuild import Known, propose
from mailcrm.model.identity import Observed, records_text


def a_profile(number: int, name: str, *addresses: str, phone: str = "") -> Profile:
    seen = Observed(
        number, names=((name, addresses[0], 5),), addresses=addresses, phones=(phone,) if phone else ()
    )  # fmt: skip
    return profile_of(number, records_text(records_of(seen), [name]))


JANE = a_profile(1, "Jane Smith", "jane.smith@gmail.com")
SAME = a_profile(2, "Jane Smith", "janesmith@gmail.com")
THIRD = a_profile(3, "Jane Smith", "janesmith+x@googlemail.com")
BOB = a_profile(4, "Bob Ray", "bob@acme.example")
RADKA = a_profile(5, "Radka Dvorakova", "radka@acme.example")
RD = a_profile(6, "Radka Dvorakova", "rd@globex.example")


def test_one_mailbox_is_joined_and_a_name_is_asked_about() -> None:
    found = propose([JANE, SAME, BOB, RADKA, RD], Known())
    assert [(match.party_lo, match.party_hi) for match in found.joins] == [(1, 2)]
    assert [(match.party_lo, match.party_hi) for match in found.asked] == [(5, 6)]
    assert found.splits == ()
    assert found.compared >= 2


def test_what_is_one_already_is_not_proposed_again() -> None:
    found = propose([JANE, SAME, THIRD], Known(by_itself={7: (1, 2), 8: (1, 3)}))
    assert (found.joins, found.splits) == ((), ())


def test_as_many_joins_as_are_needed_and_no_more() -> None:
    assert len(propose([JANE, SAME, THIRD], Known()).joins) == 2
    assert len(propose([JANE, SAME, THIRD], Known(by_hand=[(2, 3)])).joins) == 1


def test_a_join_of_its_own_that_nothing_bears_any_more_is_taken_apart() -> None:
    found = propose([JANE, SAME, BOB], Known(by_itself={7: (1, 4), 8: (1, 2)}))
    assert found.splits == (7,)
    assert found.joins == ()


def test_who_were_one_only_through_a_third_are_joined_when_that_is_taken_apart() -> None:
    found = propose([JANE, SAME, BOB], Known(by_itself={7: (1, 4), 8: (2, 4)}))
    assert found.splits == (7, 8)
    assert [(match.party_lo, match.party_hi) for match in found.joins] == [(1, 2)]


def test_what_humans_joined_stays_whatever_speaks_against_it() -> None:
    found = propose([JANE, BOB], Known(by_hand=[(1, 4)]))
    assert (found.joins, found.splits) == ((), ())


def test_what_humans_told_apart_stays_apart_also_through_a_third() -> None:
    found = propose([JANE, SAME, THIRD], Known(apart=[(1, 2)]))
    [match] = found.joins
    assert {match.party_lo, match.party_hi} in ({1, 3}, {2, 3})
    assert all({each.party_lo, each.party_hi} != {1, 2} for each in found.asked)


def test_whoever_is_gone_is_no_matter() -> None:
    assert propose([JANE], Known(by_hand=[(1, 99)], by_itself={3: (98, 99)}, apart=[(1, 97)])).splits == ()


def test_a_mailbox_of_two_people_is_only_asked_about() -> None:
    seen = Observed(
        9,
        names=(("Jane Smith", "j.anesmith@gmail.com", 5), ("Carl Otto", "j.anesmith@gmail.com", 5)),
        addresses=("j.anesmith@gmail.com",),
    )
    family = profile_of(9, records_text(records_of(seen), []))
    found = propose([JANE, family], Known())
    assert found.joins == ()
    assert "several people" in found.asked[0].judgement.refused
