"""What makes two sightings two people, and what is only a slip or a mistake."""

from mailcrm.identity.cluster import cluster
from mailcrm.identity.evidence import Score, weigh
from mailcrm.identity.features import features_of
from mailcrm.identity.world import World
from mailcrm.model.identity import Record

JANE = {"name": "Jane Wurzelbacher", "birth_date": "1980-05-06", "customer_no": "4892623"}


def scored(one: dict[str, str], other: dict[str, str]) -> Score:
    left, right = (features_of(Record("", **each)) for each in (one, other))
    return weigh(left, right, World())


def groups(*those: dict[str, str]) -> int:
    records = [Record(f"r{at}", **each) for at, each in enumerate(those)]
    return len(set(cluster(records).group_of))


def test_another_number_is_another_customer() -> None:
    assert scored(JANE, {**JANE, "customer_no": "7770001"}).veto == "different customer numbers"
    assert groups(JANE, {**JANE, "customer_no": "7770001"}) == 2


def test_a_number_with_a_slip_is_the_same_under_one_name_and_birth_date_alone() -> None:
    slip = {**JANE, "customer_no": "4892613"}
    assert groups(JANE, slip) == 1
    assert "same customer number but for a slip" in [line.what for line in scored(JANE, slip).lines]
    for wrong in ({"birth_date": "1980-05-07"}, {"birth_date": ""}, {"name": "Carla Ruiz"}):
        assert scored(JANE, {**slip, **wrong}).veto == "different customer numbers"


def test_the_next_short_number_is_the_next_customer() -> None:
    assert scored({**JANE, "customer_no": "17"}, {**JANE, "customer_no": "18"}).veto == "different customer numbers"


def test_slips_of_one_number_are_one_group_and_other_numbers_are_not() -> None:
    assert groups(JANE, {**JANE, "customer_no": "4892613"}, {**JANE, "customer_no": "4892633"}) == 1
    assert groups(JANE, {**JANE, "customer_no": "4892613"}, {**JANE, "customer_no": "1111111"}) == 2


def test_a_wrong_year_at_ones_own_mailbox_is_a_mistake_but_a_generation_is_not() -> None:
    mine = {"name": "Karl Wurzelbacher", "email": "karl@web.de", "birth_date": "1982-01-02"}
    assert not scored(mine, {**mine, "birth_date": "1993-03-04"}).veto
    assert scored(mine, {**mine, "birth_date": "1950-03-04"}).veto == "born in different years"
    assert scored(mine, {**mine, "birth_date": "1993-03-04", "email": "karl@gmx.de"}).veto == "born in different years"
    assert (
        scored(mine, {**mine, "birth_date": "1993-03-04", "name": "Anna Wurzelbacher"}).veto
        == "born in different years"
    )
    office = {**mine, "email": "info@acme.example"}
    assert scored(office, {**office, "birth_date": "1993-03-04"}).veto == "born in different years"
    assert groups(mine, {**mine, "birth_date": "1993-03-04"}) == 1
    assert groups(mine, {**mine, "birth_date": "1950-03-04"}) == 2


def test_ones_own_number_outweighs_a_wrong_date_of_birth() -> None:
    assert groups(JANE, {**JANE, "birth_date": "1923-11-10"}) == 1
    assert groups(JANE, {**JANE, "birth_date": "1923-11-10", "customer_no": ""}) == 2
    assert groups(JANE, {**JANE, "birth_date": "1923-11-10", "name": "Carla Ruiz"}) == 2


def test_one_number_and_one_birth_date_are_one_person_under_any_name() -> None:
    assert groups(JANE, {**JANE, "name": "Jane Miller"}) == 1
    assert groups(JANE, {**JANE, "name": "Jnae W"}) == 1
    assert groups(JANE, {"name": "Carla Ruiz", "customer_no": "4892623"}) == 2


def test_a_mailbox_with_slips_is_the_same_of_people_born_on_one_day() -> None:
    one = {"name": "Evie Dean", "email": "evied56@harris-bailey.example", "birth_date": "2015-03-03"}
    slipped = {**one, "email": "evihd65@harris-bailey.example"}
    assert "same mailbox but for slips, same birth date" in [line.what for line in scored(one, slipped).lines]
    assert "same mailbox but for slips, same birth date" not in [
        line.what for line in scored(one, {**slipped, "birth_date": "2015-04-03"}).lines
    ]


def test_a_wrong_year_at_nearly_ones_own_mailbox_is_a_mistake_too() -> None:
    mine = {"name": "Karl Wurzelbacher", "email": "karl.w@harris-bailey.example", "birth_date": "1982-01-02"}
    slipped = {**mine, "email": "karl.w@haris-bailey.example", "birth_date": "1993-03-04"}
    assert not scored(mine, slipped).veto
    assert groups(mine, slipped) == 1
    assert scored(mine, {**slipped, "birth_date": "1950-03-04"}).veto == "born in different years"
    namesake = {**slipped, "email": "karl.w2@harris-bailey.example"}
    assert scored(mine, namesake).veto == "born in different years"


def test_a_wrong_date_at_ones_own_mailbox_weighs_less_than_elsewhere() -> None:
    mine = {"name": "Alfie Wurzelbacher", "email": "aw@harris-bailey.example", "birth_date": "1995-12-10"}
    wrong = {**mine, "birth_date": "1995-01-23"}
    assert [scored(mine, wrong).lines[-1].bits, scored(mine, {**wrong, "email": ""}).lines[-1].bits] == [-5.0, -9.0]
    assert scored(mine, {**wrong, "email": "aw@haris-bailey.example"}).lines[-1].bits == -5.0


def test_a_slip_in_a_date_says_a_little_for_one_person() -> None:
    assert scored(JANE, {**JANE, "birth_date": "1980-05-07"}).lines[-1].bits == 4.0


def test_a_mailbox_of_many_does_not_excuse_a_wrong_year() -> None:
    mine = {"name": "Karl Wurzelbacher", "email": "karl.w@harris-bailey.example", "birth_date": "1982-01-02"}
    left, right = (features_of(Record("", **{**mine, "birth_date": born})) for born in ("1982-01-02", "1993-03-04"))
    assert weigh(left, right, World(shared=frozenset({mine["email"]}))).veto == "born in different years"


def test_who_has_no_date_does_not_join_two_who_have() -> None:
    karl = {"name": "Karl Wurzelbacher"}
    father = {**karl, "email": "karl@web.de", "birth_date": "1950-01-02"}
    assert groups(father, {**karl, "email": "karl@web.de"}, {**father, "birth_date": "1980-05-06"}) == 2
    by_phone = {**karl, "phone": "+4930901820"}
    other = {**by_phone, "birth_date": "1958-05-07"}
    assert groups(father, {**by_phone, "email": "karl@web.de"}, other) == 2


def test_a_group_that_has_a_wrong_year_takes_in_who_has_the_right_one() -> None:
    right = {"name": "Karl Wurzelbacher", "email": "karl@web.de", "birth_date": "1982-01-02"}
    wrong = {**right, "birth_date": "1993-03-04"}
    without = {"name": "Karl Wurzelbacher", "birth_date": "1982-01-02"}
    assert groups(right, wrong, without) == 1
    assert groups(right, wrong, {**without, "birth_date": "1960-01-02"}) == 2


def test_a_date_may_be_written_without_marks() -> None:
    born = [features_of(Record("", birth_date=written)).born for written in ("1956-04-09", "19560409", "1956年4月9日")]
    assert len(set(born)) == 1
    assert born[0] is not None
    assert [features_of(Record("", birth_date=wrong)).born for wrong in ("195604091", "19561309", "12345678")] == [
        None
    ] * 3
