"""The order in which the mails of a conversation are drawn."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.tree import Leaf, draw
from tests.builders import NOW


def leaf(key: str, answers: str, minute: int) -> Leaf:
    return Leaf(key, answers, NOW + timedelta(minutes=minute))


def drawn(*leaves: Leaf) -> list[str]:
    return [f"{'.' * depth}{leaves[index].key}" for index, depth in draw(leaves)]


def test_answers_stand_below_what_they_answer_in_the_order_of_time() -> None:
    mails = [leaf("a", "", 0), leaf("b", "a", 3), leaf("c", "a", 1), leaf("d", "c", 5), leaf("e", "", 2)]
    assert drawn(*mails) == ["a", ".c", "..d", ".b", "e"]
    assert drawn(*reversed(mails)) == ["a", ".c", "..d", ".b", "e"]


def test_answer_to_a_missing_mail_stands_at_the_top() -> None:
    assert drawn(leaf("b", "gone", 1), leaf("a", "", 0)) == ["a", "b"]


def test_forged_circle_is_opened() -> None:
    assert sorted(each.strip(".") for each in drawn(leaf("a", "b", 0), leaf("b", "a", 1), leaf("c", "c", 2))) == [
        *"abc"
    ]


_LEAF = st.builds(leaf, st.sampled_from(["", *"abcdef"]), st.sampled_from(["", *"abcdef"]), st.integers(0, 9))


@given(st.lists(_LEAF, max_size=30))
def test_each_mail_is_drawn_once(leaves: list[Leaf]) -> None:
    found = draw(leaves)
    assert sorted(index for index, _ in found) == list(range(len(leaves)))
    assert all(depth <= len(leaves) for _, depth in found)
