"""Who of many sightings is one person: the cases that a CRM must not get wrong, each by its name."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.cluster import Clusters, cluster
from mailcrm.identity.evidence import Score, name_match, weigh, weigh_unless_hopeless
from mailcrm.identity.features import Record, features_of
from mailcrm.identity.world import World


def seen(**values: str) -> Record:
    """A sighting; its id is set by `found`."""
    return Record("", **values)


def found(*records: Record) -> Clusters:
    """With a crowd of others around, so that counts mean something."""
    named = [Record(f"r{at}", *_values(each)) for at, each in enumerate(records)]
    crowd = [
        Record(
            f"z{at}",
            "header",
            f"Firstname{chr(97 + at % 26)} Lastname{chr(97 + at // 26)}",
            f"someone{at}@crowd{at}.example",
        )
        for at in range(100)
    ]
    return cluster([*named, *crowd])


def _values(record: Record) -> tuple[str, ...]:
    return (
        record.source, record.name, record.email, record.phone, record.company, record.title, record.birth_date,
        record.customer_no, record.seen,
    )  # fmt: skip


def are_one(*records: Record) -> bool:
    groups = set(found(*records).group_of[: len(records)])
    return len(groups) == 1


def are_apart(*records: Record) -> bool:
    groups = set(found(*records).group_of[: len(records)])
    return len(groups) == len(records)


def is_asked(one: Record, other: Record) -> bool:
    """Whether a human is asked about the two."""
    return any({pair.one, pair.other} == {0, 1} for pair in found(one, other).review)


def score(one: Record, other: Record) -> Score:
    clusters = found(one, other)
    return weigh(clusters.features[0], clusters.features[1], clusters.world)


# --- one person ----------------------------------------------------------------------------------------------------


def test_one_mailbox_in_many_spellings() -> None:
    assert are_one(
        seen(name="Jane Smith", email="Jane.Smith+shop@googlemail.com"),
        seen(email="janesmith@gmail.com"),
        seen(name="Smith, Jane", email="JANESMITH@gmail.com"),
    )


def test_gmail_dots_mean_nothing_but_dots_elsewhere_do() -> None:
    assert are_one(seen(email="ja.ne@gmail.com"), seen(email="jane@gmail.com"))
    assert are_apart(seen(email="ja.ne@outlook.com"), seen(email="jane@outlook.com"))


def test_a_customer_number_is_enough() -> None:
    assert are_one(seen(name="Jane Smith", customer_no="c-7"), seen(email="js@acme.example", customer_no="C-7"))


def test_a_married_name_at_the_same_mailbox() -> None:
    assert are_one(seen(name="Anna Meier", email="anna@web.de"), seen(name="Anna Schulz", email="anna@web.de"))


def test_a_rare_name_and_its_phone() -> None:
    assert are_one(
        seen(name="Leopold Wurzelbacher", email="leo@acme.example", phone="+49 30 901820"),
        seen(name="L. Wurzelbacher", phone="+4930901820"),
    )


def test_a_rare_name_in_one_company_written_in_two_scripts() -> None:
    assert are_one(
        seen(name="单雄信", email="sales1@wagang-steel.example", company="瓦岗钢铁有限公司"),
        seen(name="Shan Xiongxin", email="xiongxin@wagang-steel.example"),
    )


def test_national_numbers_of_several_countries_in_one_sheet() -> None:
    assert are_one(
        seen(name="王芳", email="wangfang@163.com", phone="13800138000"),
        seen(name="Fang Wang", email="fang.wang@xinyufoods.com", phone="+86 138 0013 8000"),
        seen(name="Wang Fang", phone="138-0013-8000"),
    )
    assert are_one(
        seen(name="张伟国", phone="010-61714174"),
        seen(name="Zhang Weiguo", email="zwg@a.example", phone="+86 10 6171 4174"),
    )
    groups = found(
        seen(name="Karl Wurzelbacher", email="karl@acme.de", phone="030 901820"),
        seen(name="Karl Wurzelbacher", phone="+49 30 901820"),
        seen(name="Bob Miller", phone="(415) 555-2671"),
    ).group_of
    assert groups[0] == groups[1] != groups[2]


def test_a_slip_in_the_provider() -> None:
    assert are_one(
        seen(name="Jane Smith", email="jsmith77@gmail.com"), seen(name="Jane Smith", email="jsmith77@gmail.con")
    )


def test_two_sightings_of_one_shared_mailbox_without_a_name() -> None:
    assert are_one(
        seen(email="info@acme.example"), seen(name="Acme Info", email="info@acme.example", phone="+4930901820")
    )


# --- not one person ------------------------------------------------------------------------------------------------


def test_namesakes_in_one_company() -> None:
    assert are_apart(
        seen(name="Gary Smith", email="gary@acme.example"), seen(name="Gary Smith", email="gary2@acme.example")
    )


def test_namesakes_at_free_mail_are_at_most_asked_about() -> None:
    assert are_apart(
        seen(name="James Smith", email="jsmith1@gmail.com"), seen(name="James Smith", email="smithj9@yahoo.com")
    )


def test_father_and_son() -> None:
    father = seen(name="Karl Wurzelbacher", phone="+49 30 901820", birth_date="1950-01-02", email="karl@web.de")
    son = seen(name="Karl Wurzelbacher", phone="+49 30 901820", birth_date="1980-05-06", email="karl.jun@web.de")
    assert are_apart(father, son)
    assert score(father, son).veto == "born in different years"


def test_a_slip_in_a_birth_date_is_no_other_person() -> None:
    assert are_one(
        seen(name="Karl Wurzelbacher", phone="+49 30 901820", birth_date="1950-01-02"),
        seen(name="Karl Wurzelbacher", phone="+49 30 901820", birth_date="1960-01-02"),
    )


def test_a_family_mailbox() -> None:
    assert are_apart(
        seen(name="Sarah Smith", email="thesmiths@gmail.com"), seen(name="John Smith", email="thesmiths@gmail.com")
    )
    assert is_asked(
        seen(name="Sarah Smith", email="thesmiths@gmail.com"), seen(name="John Smith", email="thesmiths@gmail.com")
    )


def test_a_mailbox_without_a_name_does_not_join_a_couple() -> None:
    sarah, john = seen(name="Sarah Smith", email="smith@gmail.com"), seen(name="John Smith", email="smith@gmail.com")
    groups = found(sarah, seen(email="smith@gmail.com"), john).group_of
    assert groups[0] != groups[2]


def test_two_people_behind_info() -> None:
    assert are_apart(
        seen(name="Sarah Smith", email="info@acme.example"), seen(name="John Brown", email="info@acme.example")
    )


def test_a_person_is_not_the_shared_mailbox() -> None:
    assert are_apart(seen(email="info@acme.example"), seen(name="John Brown", email="info@acme.example"))


def test_a_switchboard_number() -> None:
    names = ("Sarah Smith", "John Brown", "Olga Weber", "Peter Klein", "James Smith")
    staff = [seen(name=name, phone="+49 30 901820", email=f"{name[0]}@acme.example".lower()) for name in names]
    assert are_apart(*staff)


def test_a_job_change_is_asked_about() -> None:
    before = seen(name="Leopold Wurzelbacher", email="leopold.wurzelbacher@acme.example")
    after = seen(name="Leopold Wurzelbacher", email="l.wurzelbacher@other.example")
    assert are_apart(before, after)
    assert is_asked(before, after)


def test_other_characters_of_the_same_reading() -> None:
    assert are_apart(
        seen(name="张伟", email="zw@acme.example", company="Acme"),
        seen(name="章伟", email="wz@acme.example", company="Acme"),
    )


def test_two_customer_numbers_are_two_customers_even_at_one_mailbox() -> None:
    one, other = seen(email="jane@acme.example", customer_no="C1"), seen(email="jane@acme.example", customer_no="C2")
    assert are_apart(one, other)
    assert score(one, other).veto == "different customer numbers"


def test_who_has_no_number_does_not_join_two_who_have() -> None:
    between = seen(name="Jane Smith", email="jane@acme.example")
    one, other = (seen(name="Jane Smith", email="jane@acme.example", customer_no=number) for number in ("C1", "C2"))
    groups = found(one, between, other).group_of
    assert groups[0] != groups[2]


_CROWD = ("Sarah Smith", "John Brown", "Olga Weber", "Peter Klein", "Grace Li")


def test_a_mailbox_that_many_names_have_is_nobodys() -> None:
    assert are_apart(*(seen(name=name, email="dispatch@a.example") for name in _CROWD))
    crowd = [seen(name=name, email="dispatch@a.example") for name in _CROWD]
    assert found(*crowd, seen(email="dispatch@a.example")).world.shared == {"dispatch@a.example"}


def test_a_number_that_a_program_fills_in_joins_nobody_and_keeps_nobody_apart() -> None:
    many = [seen(name=name, email=f"{at}@a.example", customer_no="C1000") for at, name in enumerate(_CROWD)]
    assert are_apart(*many)
    groups = found(*many, seen(name="Sarah Smith", email="0@a.example", customer_no="C7")).group_of
    assert groups[0] == groups[5]


@pytest.mark.parametrize("nothing", ["0", "000", "n/a", "-", "无"])
def test_what_stands_for_no_number_is_none(nothing: str) -> None:
    one, other = (seen(name=name, email=f"{name[0]}@a.example", customer_no=nothing) for name in _CROWD[:2])
    assert are_apart(one, other)
    assert not score(one, other).veto


def test_a_date_of_birth_that_a_form_fills_in_says_nothing() -> None:
    same = [seen(name=f"Anna {name.split()[1]}", phone="", birth_date="1970-01-01") for name in _CROWD * 2]
    one, other = (seen(name="Leopold Wurzelbacher", birth_date="1970-01-01") for _ in range(2))
    groups = found(*same, one, other).group_of
    assert groups[10] != groups[11]


@pytest.mark.parametrize(
    "filled",
    [
        {"phone": "000000000"}, {"phone": "+1 234 567 890"}, {"phone": "13888888888"}, {"phone": "1.38E+10"},
        {"customer_no": "1.2E+11"}, {"birth_date": "1900-01-01"}, {"birth_date": "1970-01-01"},
        {"email": "none@none.com"}, {"email": "test@test.com"},
    ],
)  # fmt: skip
def test_what_only_fills_a_cell_is_no_evidence(filled: dict[str, str]) -> None:
    one, other = (seen(name=name, **filled) for name in ("Leopold Wurzelbacher", "Sarah Brown"))
    lines = {line.what for line in score(one, other).lines}
    assert lines <= {"before any evidence", "another name"}
    assert are_apart(one, other)


def test_why_a_group_refused_is_said() -> None:
    one, between, other = (
        seen(name="Jane Wurzelbacher", email="jane@acme.example", customer_no="C1"),
        seen(name="Jane Wurzelbacher", email="jane@acme.example"),
        seen(name="Jane Wurzelbacher", email="jane@acme.example", customer_no="C2"),
    )
    (pair,) = (pair for pair in found(one, between, other).review if pair.refused)
    assert pair.refused == "two customer numbers"


def test_hundreds_of_names_at_one_mailbox_are_not_compared_each_with_each() -> None:
    letters = "bcdfghklm"
    names = [f"{a.upper()}{b}ana {c.upper()}olmqvist" for a in letters for b in letters for c in letters]
    result = cluster([Record(f"r{at:05}", name=name, email="a@a.example") for at, name in enumerate(names)])
    assert (("mailbox", "a@a.example"), len(names)) in result.capped
    assert result.compared < len(names) ** 2 / 4


def test_robots_and_lists_are_nobody() -> None:
    assert are_apart(
        seen(name="Jane Smith", email="noreply@shop.example"), seen(name="Jane Smith", email="no-reply@shop.example")
    )


# --- how it is done ------------------------------------------------------------------------------------------------


def test_the_evidence_adds_up_to_the_score() -> None:
    one = seen(name="Jane Wurzelbacher", email="jane@acme.example", phone="+4930901820", birth_date="1980-01-02")
    other = seen(name="J. Wurzelbacher", email="jw@acme.example", phone="+4930901820", birth_date="1980-01-02")
    result = score(one, other)
    assert result.bits == pytest.approx(sum(line.bits for line in result.lines))
    assert [line.what for line in result.lines] == [
        "before any evidence", "initial", "same phone, of 1", "same birth date", "same domain",
    ]  # fmt: skip


def test_who_writes_a_thousand_times_is_weighed_once() -> None:
    result = cluster([Record(f"r{at}", name="Jane Smith", email="jane@acme.example") for at in range(1000)])
    assert set(result.group_of) == {0}
    assert result.compared == 0


_SIGHTINGS = st.builds(
    Record,
    st.just(""), st.just("header"),
    st.sampled_from(["", "Jane Smith", "J. Smith", "Smith, Jane", "John Smith", "张伟", "Zhang Wei", "Amy Zhang"]),
    st.sampled_from(["", "jane@acme.example", "smith@acme.example", "js@gmail.com", "js1@gmail.com", "info@acme.example"]),
    st.sampled_from(["", "+4930901820", "030 901820"]),
    st.sampled_from(["", "Acme Ltd", "ACME"]),
    st.just(""),
    st.sampled_from(["", "1980-01-02", "1980-02-01", "1955-01-02"]),
    st.sampled_from(["", "C1", "C2"]),
)  # fmt: skip


@given(st.lists(_SIGHTINGS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_sheet_does_not_matter(sightings: list[Record], chance: random.Random) -> None:
    records = [Record(f"r{at:02}", *_values(each)) for at, each in enumerate(sightings)]
    mixed = list(records)
    chance.shuffle(mixed)
    assert _partition(records, cluster(records)) == _partition(mixed, cluster(mixed))


@given(st.lists(_SIGHTINGS, min_size=2, max_size=12))
def test_what_is_passed_over_at_a_glance_would_have_come_to_nothing(sightings: list[Record]) -> None:
    result = cluster([Record(f"r{at:02}", *_values(each)) for at, each in enumerate(sightings)])
    for one, other in combinations(result.features, 2):
        if weigh_unless_hopeless(one, other, result.world, name_match(one, other, result.world)) is None:
            full = weigh(one, other, result.world)
            assert not full.is_one
            assert not full.is_open


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            seen(name="Mary Smith", email="smithmary@northernlights.example"),
            seen(name="Mary Smith", email="smithmery@northernlight.example"),
        ),
        (seen(name="Mary Smith", email="mary.smith@gmail.com"), seen(name="Mary Smith", email="mary.smyth@gmail.com")),
        (seen(name="Mary Smith", email="office7@gmail.com"), seen(name="Mary Smith", email="office7@yahoo.com")),
        (seen(name="Mary Smith", email="mary@acme.example"), seen(name="M. Smith", email="smith.m@acme.example")),
        (seen(name="James Smith", birth_date="1980-01-02"), seen(name="James Smith", birth_date="1980-01-03")),
    ],
    ids=["host", "name", "local", "place", "birth"],
)
def test_a_frequent_name_is_not_passed_over_with_one_thing_besides(one: Record, other: Record) -> None:
    mine, theirs = features_of(one), features_of(other)
    match = name_match(mine, theirs, World(size=3000))
    assert match is not None
    assert World(size=3000).prior + match.bits < 0, "the name alone does not say enough"
    found = weigh_unless_hopeless(mine, theirs, World(size=3000), match)
    assert found == weigh(mine, theirs, World(size=3000))
    assert found.is_one or found.is_open


@given(st.lists(_SIGHTINGS, max_size=12))
def test_no_group_has_two_numbers_or_without_one_two_years_of_birth(sightings: list[Record]) -> None:
    records = [Record(f"r{at:02}", *_values(each)) for at, each in enumerate(sightings)]
    result = cluster(records)
    for one, other in combinations(range(len(records)), 2):
        if result.group_of[one] == result.group_of[other]:
            left, right = result.features[one], result.features[other]
            assert len({left.customer_no, right.customer_no} - result.world.shared - {""}) < 2
            births = {each.born.year for each in (left, right) if each.born and each.born not in result.world.defaults}
            members = [
                f for f, group in zip(result.features, result.group_of, strict=True) if group == result.group_of[one]
            ]
            mistaken = any(f.customer_no for f in members) and any(f.name for f in members)
            assert len(births) < 2 or mistaken


def _partition(records: list[Record], clusters: Clusters) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = {}
    for record, group in zip(records, clusters.group_of, strict=True):
        groups.setdefault(group, set()).add(record.id)
    return {frozenset(each) for each in groups.values()}
