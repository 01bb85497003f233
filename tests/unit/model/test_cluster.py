"""What a cluster is: which parties, who stands for them, whose name is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.cluster import components, named_by, path_between, root_of
from mailcrm.model.identity import Evidence, Judgement, Member, judgement_text, key_number, read_judgement

IDS = st.integers(0, 9)
NUMBER = 3960091916853659664


def a_member(number: int = 1, no: str = "", name: str = "", source: str = "header") -> Member:
    return Member(number, bool(no), no, name, source)


@given(st.lists(st.tuples(IDS, IDS), max_size=15))
def test_who_is_connected_is_together_and_nobody_else(edges: list[tuple[int, int]]) -> None:
    groups = components(range(10), edges)
    assert sorted(each for group in groups for each in group) == list(range(10))
    home = {each: group for group in groups for each in group}
    assert all(home[one] is home[other] for one, other in edges)
    for group in groups:
        for each in group[1:]:
            assert path_between(group[0], each, list(enumerate(edges, start=1)))
    for one in range(10):
        for other in range(10):
            if home[one] is not home[other]:
                assert path_between(one, other, list(enumerate(edges, start=1))) == []


def test_a_way_is_the_shortest_and_names_its_edges_in_order() -> None:
    edges = [(7, (1, 2)), (8, (2, 3)), (9, (3, 4)), (10, (1, 3))]
    assert path_between(1, 4, edges) == [10, 9]
    assert path_between(4, 1, edges) == [9, 10]
    assert path_between(1, 1, edges) == []


def test_the_lowest_number_stands_for_all_and_longer_numbers_are_higher() -> None:
    members = [a_member(1), a_member(2, "C1000000X"), a_member(3, "C000017Z"), a_member(4, "C000018X")]
    assert root_of(members).id == 3
    assert root_of([a_member(5), a_member(4)]).id == 4


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([("J. Smith", "header"), ("Jane Smith", "header")], "Jane Smith"),
        ([("Jane Smith", "header"), ("Janet Smith", "header")], "Jane Smith"),  # the root's own
        ([("jane@x.example", "header"), ("Jane", "header")], "Jane"),
        ([("Jane Smith", "header"), ("JS", "user")], "JS"),
        ([("Annie", "user"), ("Bob Ray", "user")], "Annie"),  # what people enter is shown
        ([("Wang Wei", "header"), ("王伟", "signature")], "王伟"),
        ([("王伟", "header"), ("Wang", "header")], "王伟"),
        ([("", "header"), ("Jane", "header")], "Jane"),
    ],
)
def test_the_name_shown_is_a_humans_then_the_fullest(names: list[tuple[str, str]], shown: str) -> None:
    members = [a_member(at, name=name, source=source) for at, (name, source) in enumerate(names, start=1)]
    assert named_by(members).name == shown


@given(st.lists(st.floats(-30, 30, allow_nan=False), max_size=8))
def test_rounded_evidence_adds_up_exactly_also_when_it_is_read_again(bits: list[float]) -> None:
    judgement = Judgement.of([Evidence("x", "a", "b", each) for each in bits], name_only=True)
    assert judgement.bits == round(sum(line.bits for line in judgement.lines), 2)
    assert read_judgement(judgement_text(judgement)) == judgement


def test_a_key_is_its_own_number_in_64_bits() -> None:
    assert key_number(("name", "ab", "c")) != key_number(("name", "a", "bc"))
    assert -(2**63) <= key_number(("name", "李伟")) < 2**63
    assert key_number(("name", "jane", "smith")) == NUMBER, "keys that are kept would not be found any more"
