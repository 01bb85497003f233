"""Tags as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.tag import TagName, category_key, parse_tag, tag_key


@pytest.mark.parametrize(
    ("text", "category", "name"),
    [
        ("vip", "", "vip"),
        (" VIP  Kunde ", "", "VIP Kunde"),
        ("interest:tea", "interest", "tea"),
        ("Interest : Green  Tea", "Interest", "Green Tea"),
        ("兴趣：茶", "兴趣", "茶"),
        (":tea", "", "tea"),
        ("a:b:c", "a", "b:c"),
    ],
)
def test_a_tag_is_read_with_its_category(text: str, category: str, name: str) -> None:
    assert parse_tag(text) == TagName(category, name)


@pytest.mark.parametrize("text", ["", " ", "\x00", "interest:", "interest： ", ":"])
def test_a_tag_without_a_name_is_told(text: str) -> None:
    with pytest.raises(UserError, match="needs a name"):
        parse_tag(text)


def test_width_and_capitals_do_not_tell_tags_apart() -> None:
    assert TagName("ＩＮＴＥＲＥＳＴ", "TEA").key == TagName("interest", "tea").key == ("interest", "tea")


@given(st.text(), st.text())
def test_a_key_fits_its_column_and_is_its_own(category: str, name: str) -> None:
    assert len(tag_key(name)) <= 120
    assert len(category_key(category)) <= 60


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30),
    st.text(st.characters(categories=["L"]), min_size=1),
)
def test_what_is_shown_is_read_again(category: str, name: str) -> None:
    once = parse_tag(f"{category}:{name}")
    assert parse_tag(str(once)).key == once.key
