"""Words of other scripts and spellings: how they are transcribed, and which are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.names.korean import split_hangul
from mailcrm.identity.names.scripts import latin, leaves_vowels_out
from mailcrm.identity.names.sounds import consonants, is_spelling
from mailcrm.identity.names.twins import join_split
from mailcrm.identity.names.variants import same_characters


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("müller", "müller"),
        ("щербаков", "shcherbakov"),
        ("володимир", "volodimir"),
        ("κυριάκος", "kyriakos"),
        ("μπάμπης", "babis"),
        ("თბილისი", "tbilisi"),
        ("נתניהו", "ntnyhv"),
        ("محمد", "mhmd"),
        ("नरेन्द्र", "narendra"),
        ("राहुल", "rahul"),
        ("ジョン", "jon"),
        ("きょうこ", "kyoko"),
        ("しんじ", "shinji"),
        ("정은", "jeongeun"),
        ("አሕመድ", "ahhemade"),
        ("张伟", "张伟"),
    ],
)
def test_letters_of_other_scripts_are_transcribed(written: str, read: str) -> None:
    assert latin(written) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        "schmidt schmitt".split(), "dmitry dmitriy".split(), "sergey sergej".split(), "aleksandr alexander".split(),
        "meier meyer".split(), "meyer maier".split(), "joseph josef".split(), "yuri iurii".split(), "yulia julia".split(),
        "hassan hasan".split(), "christian kristian".split(), "tchaikovsky chaikovskii".split(), "john jon".split(),
        "schulz schultz".split(), "nuristani nooristani".split(), "evgeny yevgeniy".split(), "erik eric".split(),
    ],
)  # fmt: skip
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert is_spelling(one, other, listed=True)


def test_vowels_of_transcriptions_may_differ_but_not_of_two_listed_names() -> None:
    assert is_spelling("mohammed", "muhammad", listed=False)
    assert not is_spelling("mohammed", "muhammad", listed=True)
    assert not is_spelling("lena", "lana", listed=False)


@pytest.mark.parametrize(
    "pair", ["christian christina", "maria marie", "maria mario", "martina martine", "karin karen", "li le"]
)
def test_two_names_are_no_spellings(pair: str) -> None:
    one, other = pair.split()
    assert not is_spelling(one, other, listed=False)


def test_what_arabic_keeps_of_a_word() -> None:
    assert leaves_vowels_out("محمد")
    assert not leaves_vowels_out("Мухаммад")
    for written, spelt in (("محمد", "mohammed"), ("فرناندو", "fernando"), ("بيريز", "perez"), ("باراك", "barack")):
        assert consonants(latin(written)) == consonants(spelt), spelt


def test_a_korean_name_is_split_after_its_family_name() -> None:
    assert split_hangul("김정은") == split_hangul("김 정은") == split_hangul("김정은님") == ("정은", "김")
    assert split_hangul("남궁민") == ("민", "남궁")
    assert split_hangul("삼성전자판매") == split_hangul("김") == ("", "")


def test_what_one_side_writes_in_two_words_is_taken_away() -> None:
    left, right = ["jan", "daniel", "otto"], ["jandaniel", "karl"]
    assert join_split(left, right)
    assert (left, right) == (["otto"], ["karl"])
    assert not join_split(left, right)


@pytest.mark.parametrize("pair", ["张伟 張偉", "叶秋 葉秋", "刘德华 劉德華", "钟云 鍾雲"])
def test_simplified_and_traditional_characters_are_the_same(pair: str) -> None:
    assert same_characters(*pair.split())


@pytest.mark.parametrize("pair", ["张伟 张韦", "张伟 章伟", "张伟 張偉明", "朋 平"])
def test_other_characters_are_others(pair: str) -> None:
    assert not same_characters(*pair.split())


@given(st.text(max_size=30))
def test_any_text_can_be_transcribed(text: str) -> None:
    assert latin(latin(text)) == latin(latin(latin(text)))
    consonants(latin(text))
