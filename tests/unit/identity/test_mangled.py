"""Names with slips in every word, of people who have something else in common."""

import pytest

from mailcrm.identity.cluster import cluster
from mailcrm.identity.evidence import Score, weigh
from mailcrm.identity.features import features_of
from mailcrm.identity.groups import why_not_one
from mailcrm.identity.mangled import second_look
from mailcrm.identity.names.compare import Level, compare_names
from mailcrm.identity.names.form import name_form
from mailcrm.identity.names.rarity import Rarity
from mailcrm.identity.world import World
from mailcrm.model.identity import Record

_CENSUS = Rarity()
BORN = "1980-05-06"


def level(one: str, other: str) -> Level:
    left, right = name_form(one), name_form(other)
    assert left is not None
    assert right is not None
    return second_look(left, right, compare_names(left, right, _CENSUS), _CENSUS).level


def score(one: str, other: str, **both: str) -> Score:
    left, right = (features_of(Record("", name=name, **both)) for name in (one, other))
    return weigh(left, right, World())


def groups(*those: dict[str, str]) -> int:
    return len(set(cluster([Record(f"r{at}", **each) for at, each in enumerate(those)]).group_of))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Zachsry Hoep", "Zachary Hopd", Level.MISTYPED),
        ("Hopd Zachary", "Zachsry Hoep", Level.MISTYPED),
        ("Fera Hhas", "Shah Fare", Level.MISTYPED),
        ("Jed McFadden", "Jwd McFadden", Level.MISTYPED),
        ("Amy Miteff", "Amy Mitef", Level.MISTYPED),
        ("Ivy", "Iyv Lee", Level.PART),
        ("Anna Meier", "Olga Schulz", Level.CONFLICT),
        ("Anna Meier", "Emma Meier", Level.HOUSEHOLD),
        ("Jan Novak", "Jana Novak", Level.HOUSEHOLD),
        ("Zbigdan Novak", "Zbigdana Novak", Level.HOUSEHOLD),
        ("Maria Garcia", "Marie Garcia", Level.HOUSEHOLD),
        ("Elizabeth Rundle", "Elisabetta Rundle", Level.HOUSEHOLD),
        ("Li Yuechen", "Li Yuchen", Level.HOUSEHOLD),
        ("William G. Frost", "William W. Frost", Level.HOUSEHOLD),
        ("Karl Hopd Jr", "Krl Hopd Sr", Level.HOUSEHOLD),
    ],
)
def test_a_second_look_takes_slips_for_slips_and_siblings_for_siblings(one: str, other: str, expected: Level) -> None:
    assert level(one, other) is expected


def test_a_name_with_a_slip_in_every_word_is_enough_with_the_birth_date_only() -> None:
    assert score("Zachsry Hoep", "Zachary Hopd", birth_date=BORN).is_one
    assert not score("Zachsry Hoep", "Zachary Hopd", phone="+4930901820").is_open


def test_groups_look_again_where_they_have_more_in_common() -> None:
    names = "Zachsry Hoep", "Zachary Hopd"
    assert groups(*({"name": name, "birth_date": BORN} for name in names)) == 1
    assert groups(*({"name": name, "email": "zh@acme.example"} for name in names)) == 1
    left, right = ([[features_of(Record("", name=name))]] for name in names)
    assert why_not_one(left, right, World()) == "other names"


def test_two_given_names_at_a_family_mailbox_are_two_people() -> None:
    home = {"email": "tw@web.de"}
    assert groups({**home, "name": "Sarah"}, home, {**home, "name": "Otto"}) == 2


def test_of_a_family_at_one_mailbox_names_a_letter_apart_are_two_and_a_human_is_asked() -> None:
    home = {"email": "tw@web.de"}
    assert score("Kia Huber", "Kai Huber", **home).is_open
    assert groups({**home, "name": "Kia Huber"}, home, {**home, "name": "Kai Huber"}) == 2
    assert level("Tim", "Jim Huber") is Level.CONFLICT


def test_a_jumbled_name_at_ones_own_mailbox_is_ones_own() -> None:
    assert score("Iyv", "Ivy Wurzelbacher", email="iw@humphrey.example").is_one
    assert score("Iyv", "Ivy Wurzelbacher", email="info@humphrey.example").veto == "two people behind a shared mailbox"


def test_of_twins_with_a_rare_name_a_human_is_asked() -> None:
    assert score("Anna Wurzelbacher", "Emma Wurzelbacher", birth_date=BORN).is_open
    assert score("Mary Wurzelbacher", "Mary Hobermaier", birth_date=BORN).bits < 0
    assert score("Svetoslava Huber", "Svetoslava Maier", birth_date=BORN).is_open
    assert score("Anna Smith", "Emma Smith", birth_date=BORN).bits < 0


def test_twins_are_not_joined_by_their_parents_mailbox_and_phone() -> None:
    home = {"birth_date": BORN, "email": "wurzelbachers@web.de", "phone": "+4930901820"}
    anna, emma = ({**home, "name": f"{name} Wurzelbacher"} for name in ("Anna", "Emma"))
    assert groups(anna, emma) == 2
    assert groups(anna, {**home, "name": "Wurzelbacher"}, emma) == 2
    assert groups(anna, {**home, "name": "Wurzelbacher Emma"}) == 2


def test_one_mailbox_and_one_birth_date_are_one_person_under_any_name_but_a_siblings() -> None:
    mine = {"birth_date": BORN, "email": "lottie.d7@morgan-pierce.example"}
    assert groups({**mine, "name": "Lottie Davis"}, {**mine, "name": "aDvs"}) == 1


def test_given_and_family_name_alone_are_no_two_names_of_who_was_born_that_day() -> None:
    whole = {"name": "Jaime Musolino", "birth_date": BORN}
    assert groups(whole, {**whole, "name": "Jaime"}, {**whole, "name": "Musolino"}) == 1
