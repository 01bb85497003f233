"""Mailboxes that are one but for slips, and those that are two people's."""

import pytest

from mailcrm.identity.evidence import Score, weigh
from mailcrm.identity.features import features_of
from mailcrm.identity.mailboxes import are_nearly_one
from mailcrm.identity.world import World
from mailcrm.model.identity import Record

JANE = "Jane Wurzelbacher"


def score(one: str, other: str, name: str = JANE, **both: str) -> Score:
    left, right = (features_of(Record("", name=name, email=email, **both)) for email in (one, other))
    return weigh(left, right, World())


def said(found: Score) -> set[str]:
    return {line.what for line in found.lines}


@pytest.mark.parametrize(
    ("one", "other", "nearly"),
    [
        ("evied56@harris-bailey.example", "evihd56@earris-bailey.example", True),
        ("anna.meier@acme.example", "otto.huber@acme.example", False),
        ("gary@acme.example", "gary2@acme.example", False),
        ("gary1@acme.example", "gary2@acme.example", False),
        ("j@a.de", "k@a.de", False),
        ("jane@acme.example", "jane@acme.example", False),
    ],
)
def test_addresses_with_a_few_slips_are_nearly_one_and_numbered_ones_are_not(
    one: str, other: str, nearly: bool
) -> None:
    assert are_nearly_one(one, other) is nearly


@pytest.mark.parametrize("slip", ["jw@wagner-stel.example", "jw@wagner-steel.exampe", "jw@wagnre-steel.example"])
def test_a_slip_in_the_host_is_the_same_mailbox_of_one_name(slip: str) -> None:
    found = score("jw@wagner-steel.example", slip)
    assert "same mailbox but for a slip in the host" in said(found)
    assert found.is_one


def test_a_slip_in_both_parts_is_the_same_mailbox_too_but_not_under_another_name() -> None:
    one, other = "j.wurzel@wagner-steel.example", "j.wurzl@wagner-stel.example"
    assert "same mailbox but for a slip in the host" in said(score(one, other))
    features = [features_of(Record("", name=n, email=e)) for n, e in ((JANE, one), ("Carla Ruiz", other))]
    assert "same mailbox but for a slip in the host" not in said(weigh(*features, World()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jw@a.example", "jw@b.example"),
        ("jw@opendesign34.example", "jw@opendesign35.example"),
        ("jw@wagner-steel.example", "otto@wagner-stel.example"),
        ("jwurzel@wagner-steel.example", "jwurzl@wagner-steel.example"),
        ("office@wagner-steel.example", "offise@wagner-stel.example"),
        ("jw1980@hotmail.com", "jw1980@hotmail.co.uk"),
    ],
)
def test_another_host_or_a_colleague_is_no_slip(one: str, other: str) -> None:
    assert "same mailbox but for a slip in the host" not in said(score(one, other))


def test_numbered_twins_born_on_one_day_are_still_told_apart() -> None:
    twins = score("gary@acme-steel.example", "gary2@acme-steel.example", birth_date="1980-05-06")
    assert "numbered twins" in said(twins)


def test_two_phones_say_a_little_against_one_person_but_not_at_one_mailbox() -> None:
    one, other = (Record("", name=JANE, phone=phone) for phone in ("+49 30 901820", "+49 40 427310"))
    found = weigh(features_of(one), features_of(other), World())
    assert found.lines[-1].what == "another phone"
    assert found.lines[-1].bits == -1.0
    here = weigh(
        *(features_of(Record("", email="jane@acme.example", phone=each.phone)) for each in (one, other)), World()
    )
    assert "another phone" not in said(here)
