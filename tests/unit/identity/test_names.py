"""Personal names: taken apart, weighed, compared across order, script, short forms and slips of the finger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.names.compare import Level, NameMatch, compare_names
from mailcrm.identity.names.form import name_form
from mailcrm.identity.names.nicknames import is_short_for
from mailcrm.identity.names.rarity import Rarity, is_listed
from mailcrm.identity.names.readings import given_readings, surname_reading, syllable_count

_CENSUS = Rarity()


def match(one: str, other: str, rarity: Rarity = _CENSUS) -> NameMatch:
    left, right = name_form(one), name_form(other)
    assert left is not None
    assert right is not None
    return compare_names(left, right, rarity)


def test_a_rare_word_says_much_even_mistyped_and_a_common_one_little() -> None:
    rare = match("Jane Wurzelbacher", "Jane Wurzelbaher").bits - match("Jane Smith", "Jane").bits
    common = match("Jane Thompson", "Jane Thompsn").bits - match("Jane Smith", "Jane").bits
    assert rare == pytest.approx(9.0)
    assert common == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Jane Smith", "Smith, Jane", Level.SAME),
        ("Jane Smith", "SMITH Jane", Level.SAME),
        ("Dr. José Klein", "Jose Klein", Level.SAME),
        ("Jürgen Müller", "Juergen Mueller", Level.SAME),
        ("Luo Chong-Dong", "Chongdong Luo", Level.SAME),
        ("Ludwig van Beethoven", "Ludwig Beethoven", Level.SAME),
        ("Mary Ann Smith", "Mary Smith", Level.PART),
        ("Patricia", "Patricia Elcombe", Level.PART),
        ("Bob Smith", "Robert Smith", Level.NICKNAME),
        ("Mike Brown", "Michael Brown", Level.NICKNAME),
        ("Kathlen Wilson", "Kathleen Wilson", Level.MISTYPED),
        ("Mary Rockgaet", "Mary Rockgate", Level.MISTYPED),
        ("J. Smith", "Jane Smith", Level.INITIAL),
        ("Jess S.", "J. Smith", Level.INITIAL),
        ("Cheryl L. Lewis", "C Lewis", Level.INITIAL),
        ("A. Kumar", "Pooja Kumar", Level.ONE_SHARED),
        ("Sarah Smith", "John Smith", Level.HOUSEHOLD),
        ("Anna Meier", "Anna Schulz", Level.RENAMED),
        ("Anna Meier", "Olga Schulz", Level.CONFLICT),
        ("Zhang Wei", "Zhang Wen", Level.HOUSEHOLD),
        ("John Smith Jr.", "John Smith, Sr", Level.HOUSEHOLD),
        ("John Smith III", "John Smith Jr", Level.HOUSEHOLD),
        ("John Smith Jr.", "John Smith", Level.SAME),
        ("Li Yuechen", "Li Yuchen", Level.HOUSEHOLD),
        ("Li Li", "Li Lei", Level.HOUSEHOLD),
        ("Thomas Thomas", "Thomas Smith", Level.RENAMED),
        ("Bin Wang", "Lei Wang", Level.HOUSEHOLD),
        ("Wang Bin", "Bin Wang", Level.SAME),
        ("Al Gore", "Albert Gore", Level.NICKNAME),
        ("Mr. van Berg", "Jan van Berg", Level.PART),
        ("Christian Huber", "Christina Huber", Level.HOUSEHOLD),
        ("Patrick Smith", "Patricia Smith", Level.HOUSEHOLD),
        ("Maria Garcia", "Marie Garcia", Level.HOUSEHOLD),
        ("Aleksandr Ivanov", "Aleksandra Ivanov", Level.HOUSEHOLD),
        ("राहुल शर्मा", "राहुल वर्मा", Level.RENAMED),
        ("Grace Li", "Bojing Li", Level.ENGLISH),
        ("Mun Chong-Min", "Mun Chong-Chol", Level.HOUSEHOLD),
        ("Anna Schmidt", "Anna Schmitt", Level.SPELLING),
        ("Mohammed Salih", "Muhammad Salih", Level.SPELLING),
        ("Dmitry Orlov", "Dmitriy Orlov", Level.SPELLING),
        ("Aleksandr Orlov", "Alexander Orlov", Level.SPELLING),
        ("Johannes Elcombe", "Hannes Elcombe", Level.MISTYPED),
        ("Anna Wurzel", "Anna Wurzelbach", Level.MISTYPED),
        ("Wilhelm Lindenberg", "Wilhelm Lyndenburg", Level.MISTYPED),
        ("Paulo Monteiro", "Paulo Montenegro", Level.RENAMED),
        ("JanDaniel Bothma", "Jan Daniel Bothma", Level.SAME),
        ("Oskar JanDaniel Bothma", "Bothma Jan Daniel Oskar", Level.SAME),
        ("William G. Frost", "William W. Frost", Level.HOUSEHOLD),
        ("Salman bin Tariq", "Tariq bin Salman", Level.HOUSEHOLD),
        ("Salman bin Tariq", "Salman bin Tariq", Level.SAME),
        ("Tran Thi Mai", "Tran Thi Lan", Level.HOUSEHOLD),
        ("Kim Sok Jin", "Kim Sok Chol", Level.HOUSEHOLD),
        ("Kim Marie Brown", "Kim Marie Jones", Level.RENAMED),
        ("Jane Smith - Acme", "Jane Smith", Level.SAME),
        ("Acme Foods Ltd | Jane Smith", "Smith, Jane", Level.SAME),
    ],
)
def test_two_names_in_letters(one: str, other: str, level: Level) -> None:
    assert match(one, other).level is level
    assert match(other, one) == match(one, other)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("曾语志", "曾语志", Level.SAME),
        ("曾语志", "曾 语志 先生", Level.SAME),
        ("曾语志", "Zeng Yuzhi", Level.READING),
        ("曾语志", "Yu Zhi Zeng", Level.READING),
        ("单雄信", "Shan Xiongxin", Level.READING),
        ("解晓东", "Xie Xiaodong", Level.READING),
        ("查良镛", "Zha Liangyong", Level.READING),
        ("欧阳修", "Ouyang Xiu", Level.READING),
        ("许重飞", "Chongfei Xu", Level.READING),
        ("许重飞", "Zhongfei Xu", Level.READING),
        ("吕俊丽", "Junli Lu", Level.READING),
        ("余梅", "Amy Yu", Level.ENGLISH),
        ("余梅", "Amy", Level.UNKNOWN),
        ("余梅", "M. Yu", Level.INITIAL),
        ("余梅", "Lan Yu", Level.HOUSEHOLD),
        ("李先生", "Li Na", Level.PART),
        ("王斌", "Bin Wang", Level.READING),
        ("张伟", "章伟", Level.CONFLICT),
        ("张伟", "张韦", Level.HOUSEHOLD),
        ("语志", "曾语志", Level.PART),
        ("张伟", "Peter Brown", Level.CONFLICT),
    ],
)
def test_a_name_in_chinese_characters(one: str, other: str, level: Level) -> None:
    assert match(one, other).level is level
    assert match(other, one) == match(one, other)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Сергей Викторович Орлов", "Sergei Viktorovich Orlov", Level.SAME),
        ("Дмитрий Орлов", "Dmitry Orlov", Level.SPELLING),
        ("Νίκος Παππάς", "Nikos Pappas", Level.SAME),
        ("Բարակ Օբամա", "Barak Obama", Level.SAME),
        ("राहुल शर्मा", "Rahul Sharma", Level.SAME),
        ("たなか さくら", "Sakura Tanaka", Level.SAME),
        ("さとう しょうた", "Shota Sato", Level.SAME),
        ("فرناندو بيريز", "Fernando Pérez", Level.READING),
        ("فرناندو بيريز", "Fernando Gomez", Level.CONFLICT),
        ("김정은", "김 정은", Level.SAME),
        ("김정은님", "김정은", Level.SAME),
        ("김정은", "김종은", Level.HOUSEHOLD),
        ("김정은", "Kim Jong-un", Level.READING),
        ("박근혜", "Park Geun-hye", Level.READING),
        ("이재명", "Lee Jae Myung", Level.READING),
        ("이재명", "Lee Jae Hyung", Level.HOUSEHOLD),
        ("이재명", "Jane Smith", Level.CONFLICT),
        ("이재명", "李在明", Level.UNKNOWN),
        ("张伟", "張偉", Level.SAME),
        ("叶秋", "葉秋", Level.SAME),
        ("张伟", "张韦", Level.HOUSEHOLD),
        ("张伟", "張衛", Level.SAME),
    ],
)
def test_a_name_in_another_script(one: str, other: str, level: Level) -> None:
    assert match(one, other).level is level
    assert match(other, one) == match(one, other)


def test_a_letter_apart_says_less_against_than_another_name() -> None:
    assert match("Serena Elcombe", "Selena Elcombe").bits > match("Serena Elcombe", "Martha Elcombe").bits
    assert match("Christian Elcombe", "Christina Elcombe").bits == match("Martin Elcombe", "Olga Elcombe").bits
    assert not match("Serena Elcombe", "Selena Elcombe").agrees


def test_a_whole_korean_name_is_no_rare_one() -> None:
    assert match("김민수", "김민수").bits < match("Leopold Wurzelbacher", "Leopold Wurzelbacher").bits


def test_what_names_no_human_has_no_form() -> None:
    for text in ("", "info@acme.com", "Acme Trading Ltd", "Sales Team", "瑞丰软件有限公司"):
        assert name_form(text) is None, text


def test_a_rare_name_says_more_than_a_common_one() -> None:
    assert match("Leopold Wurzelbacher", "Leopold Wurzelbacher").bits > match("James Smith", "James Smith").bits + 5


def test_a_name_that_many_have_here_says_less() -> None:
    here = Rarity({"wurzelbacher": 300, "leopold": 300}, 1000)
    assert match("Leopold Wurzelbacher", "Leopold Wurzelbacher", here).bits < 10


def test_the_pair_itself_does_not_make_its_name_common() -> None:
    assert Rarity({"wurzelbacher": 2}, 10).bits("wurzelbacher") == pytest.approx(Rarity({}, 10).bits("wurzelbacher"))


def test_readings() -> None:
    assert [surname_reading(each) for each in ("单", "解", "查", "仇", "区", "曾", "尉迟")] == [
        "shan", "xie", "zha", "qiu", "ou", "zeng", "yuchi",
    ]  # fmt: skip
    assert set(given_readings("重飞")) == {"zhongfei", "chongfei"}
    assert [syllable_count(word) for word in ("zhang", "yuzhi", "xiongxin", "smith", "")] == [1, 2, 2, 0, 0]


def test_short_forms() -> None:
    assert is_short_for("bob", "robert")
    assert is_short_for("robert", "bob")
    assert is_short_for("rob", "bob")
    assert not is_short_for("alexander", "alexandra")
    assert is_listed("smith")
    assert not is_listed("elcombe")


_NAMES = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from("Jane J. Bob Smith Müller van 曾 语志 Li Wei Amy - , Dr. O'Neil".split()), max_size=5).map(
        " ".join
    ),
)


@given(_NAMES, _NAMES)
def test_any_two_names_can_be_compared_in_either_order(one: str, other: str) -> None:
    left, right = name_form(one), name_form(other)
    if left is not None and right is not None:
        assert compare_names(left, right, _CENSUS).agrees == compare_names(right, left, _CENSUS).agrees
        assert compare_names(left, left, _CENSUS).agrees
