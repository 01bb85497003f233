"""Names as people and their programs write them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.identity.normalise import clean_name, has_han, split_name

names = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from("Jane SMITH van Ltd Dr. Jr. , ( ) 【 】 王 小明 欧阳 先生 🎉 \u200b \" ' @ < > - via İ 가 か".split()),
        max_size=6,
    ).map(" ".join),
)  # fmt: skip


# --- clean_name ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("display", "name"),
    [
        pytest.param("Jane Smith", "Jane Smith", id="a name"),
        pytest.param("  Jane   Smith ", "Jane Smith", id="spaces"),
        pytest.param("张三", "张三", id="Chinese"),
        pytest.param("'Jane Smith'", "Jane Smith", id="quoted by Outlook"),
        pytest.param('"Jane Smith"', "Jane Smith", id="quoted twice"),
        pytest.param("“张三”", "张三", id="Chinese quotes"),
        pytest.param("Smith, Jane", "Smith, Jane", id="family name first"),
        pytest.param("Mary O'Brien", "Mary O'Brien", id="an apostrophe"),
        pytest.param("Jane Smith (Acme)", "Jane Smith", id="company in brackets"),
        pytest.param("张三（销售部）", "张三", id="department in full-width brackets"),
        pytest.param("【采购】张三", "张三", id="lenticular brackets"),
        pytest.param("Jane (Acme (UK)) Smith", "Jane Smith", id="brackets in brackets"),
        pytest.param("(Jane)", "Jane", id="only in brackets"),
        pytest.param("Jane Smith (", "Jane Smith", id="a bracket that is never closed"),
        pytest.param("Jane Smith <jane@x.example>", "Jane Smith", id="with its address"),
        pytest.param("Jane via LinkedIn", "Jane", id="via"),
        pytest.param("Jane Smith by way of dev list", "Jane Smith", id="by way of"),
        pytest.param("张三 通过 钉钉", "张三", id="via in Chinese"),
        pytest.param("Silvia Viano", "Silvia Viano", id="via inside a name"),
        pytest.param("Tom @ Notion", "Tom @ Notion", id="at his company"),
        pytest.param("Jane Smith |", "Jane Smith", id="a dangling stroke"),
        pytest.param("🎉 Jane Smith 🎉", "Jane Smith", id="emoji"),
        pytest.param("👩🏽‍💻 张三 ★", "张三", id="joined emoji and a star"),
        pytest.param("Acme™ Store", "Acme Store", id="trade mark"),
        pytest.param("Jane\u200b Smith\u202c", "Jane Smith", id="invisible characters"),
        pytest.param("علی\u200cرضا رضایی", "علی\u200cرضا رضایی", id="Persian spelling"),
        pytest.param("Jane\x00\x1bSmith", "Jane Smith", id="control characters"),
        pytest.param("Jane\r\n Smith", "Jane Smith", id="folded"),
        pytest.param("ＪＡＮＥ　ＳＭＩＴＨ", "Jane Smith", id="full-width letters"),
        pytest.param("JANE SMITH", "Jane Smith", id="shouting"),
        pytest.param("jane smith", "Jane Smith", id="whispering"),
        pytest.param("JEAN-PIERRE DUPONT", "Jean-Pierre Dupont", id="shouting with a hyphen"),
        pytest.param("conor o'brien", "Conor O'Brien", id="whispering with an apostrophe"),
        pytest.param("tom's garage", "Tom's Garage", id="a possessive"),
        pytest.param("MÜLLER HANS", "Müller Hans", id="shouting with an umlaut"),
        pytest.param("ИВАН ПЕТРОВ", "Иван Петров", id="shouting in Cyrillic"),
        pytest.param("İBRAHİM YILMAZ", "İBRAHİM YILMAZ", id="shouting in Turkish stays: its small letters are unknown"),
        pytest.param("IBM", "IBM", id="one word of capitals"),
        pytest.param("张三 ACME", "张三 ACME", id="capitals beside Chinese"),
        pytest.param("Jane McDonald", "Jane McDonald", id="mixed case"),
        pytest.param("Acme Trading Co., Ltd", "Acme Trading Co., Ltd", id="a company"),
        pytest.param("jane@x.example", "", id="an address"),
        pytest.param("'jane@x.example'", "", id="a quoted address"),
        pytest.param("jane＠x.example", "", id="a full-width address"),
        pytest.param("12345678", "", id="a number"),
        pytest.param("🎉", "", id="only an emoji"),
        pytest.param("- . -", "", id="only punctuation"),
        pytest.param("()", "", id="only brackets"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_name_worth_showing_is_left(display: str, name: str) -> None:
    assert clean_name(display, "somebody@else.example") == name


@pytest.mark.parametrize(
    ("display", "address", "name"),
    [
        ("jane.smith", "jane.smith@x.example", ""),
        ("Jane.Smith", "jane.smith@x.example", ""),
        ("jane", "jane@x.example", ""),
        ("Jane", "jane@x.example", "Jane"),
        ("Jane", "Jane@x.example", ""),
        ("JANE", "jane@x.example", ""),
        ("Jane Smith", "jane@x.example", "Jane Smith"),
        ("zhangwei88", "zhangwei88@163.com", ""),
        ("张三", "张三@公司.cn", ""),
        ("root", "root", ""),
        ("Jane", "", "Jane"),
    ],
)
def test_name_that_repeats_the_address_says_nothing(display: str, address: str, name: str) -> None:
    assert clean_name(display, address) == name


@given(names)
@example("(" * 100 + "x")
def test_cleaned_name_is_one_clean_line(display: str) -> None:
    name = clean_name(display)
    assert name == " ".join(name.split())
    assert len(name) <= 255
    assert not name or any(map(str.isalpha, name))


def test_long_name_is_cut() -> None:
    assert clean_name("Jane " * 100_000) == clean_name("Jane " * 100) != ""
    assert len(clean_name("王" * 1000)) == 255


# --- split_name ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given_name", "family_name"),
    [
        ("Jane Smith", "Jane", "Smith"),
        ("Smith, Jane", "Jane", "Smith"),
        ("Smith,Jane", "Jane", "Smith"),
        ("van der Berg, Anna Maria", "Anna Maria", "van der Berg"),
        ("Smith, Dr. Jane", "Jane", "Smith"),
        ("Jane Mary Ann Smith", "Jane Mary Ann", "Smith"),
        ("J. R. Smith", "J. R.", "Smith"),
        ("J.R. Smith", "J.R.", "Smith"),
        ("Mary O'Brien", "Mary", "O'Brien"),
        ("Jean-Pierre Dupont", "Jean-Pierre", "Dupont"),
        ("José García", "José", "García"),
        ("Иван Петров", "Иван", "Петров"),
        ("Prof. Dr. Hans Müller", "Hans", "Müller"),
        ("Dr.Hans Müller", "Hans", "Müller"),
        ("Mr Jack Ma", "Jack", "Ma"),
        ("Jack Ma", "Jack", "Ma"),
        ("Dr. med. Anna Schmidt", "Anna", "Schmidt"),
        ("Mr. Smith", "", "Smith"),
        ("Frau Müller", "", "Müller"),
        ("Sammy Davis, Jr.", "Sammy", "Davis"),
        ("Jane Smith, PhD", "Jane", "Smith"),
        ("Jane Smith Ph.D., MBA", "Jane", "Smith"),
        ("John Smith III", "John", "Smith"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("van der Berg", "", "van der Berg"),
        ("Maria de la Cruz", "Maria", "de la Cruz"),
        ("Van Nguyen", "Van", "Nguyen"),
        ("Maria Sales", "Maria", "Sales"),
        ("Maria Sa", "Maria", "Sa"),
        ("Jenny Co", "Jenny", "Co"),
        ("Nguyen The Anh", "Nguyen The", "Anh"),
        ("🎉 Jane 🎉 Smith", "Jane", "Smith"),
        ("Jane (Acme) Smith", "Jane", "Smith"),
        ("علی رضایی", "علی", "رضایی"),
    ],
)
def test_western_name_is_split(name: str, given_name: str, family_name: str) -> None:
    assert split_name(name) == (given_name, family_name)


@pytest.mark.parametrize(
    ("name", "given_name", "family_name"),
    [
        ("张三", "三", "张"),
        ("张 三", "三", "张"),
        ("张，三", "三", "张"),
        ("王小明", "小明", "王"),
        ("陳大文", "大文", "陳"),
        ("欧阳修", "修", "欧阳"),
        ("欧阳娜娜", "娜娜", "欧阳"),
        ("歐陽菲菲", "菲菲", "歐陽"),
        ("諸葛亮", "亮", "諸葛"),
        ("司马相如", "相如", "司马"),
        ("张三先生", "三", "张"),
        ("张三 经理", "三", "张"),
        ("王先生", "", "王"),
        ("王 女士", "", "王"),
        ("李总监", "", "李"),
        ("李总经理", "", "李"),
        ("王总", "", "王"),
        ("张工", "", "张"),
        ("欧阳先生", "", "欧阳"),
        ("王小明（Amy）", "小明", "王"),
        ("Amy 王小明", "小明", "王"),
        ("王小明 Amy Wang", "小明", "王"),
        ("張經理", "", "張"),
    ],
)
def test_chinese_family_name_leads(name: str, given_name: str, family_name: str) -> None:
    assert split_name(name) == (given_name, family_name)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "Jane", "A B C D E", "Mr.", "Smith,", ", Jane", "Smith, Jane, Acme", "a, b c d e", ". .", "' '",
        "Jane2 Smith", "Jane_Smith Li", "J.K.Rowling",
        # companies, teams and robots
        "Acme Trading Co., Ltd", "Acme Trading", "Acme, Inc.", "Siemens AG", "Foo Bar Co.", "Müller GmbH", "Acme S.p.A.",
        "Sales Team", "Customer Service", "LinkedIn Notifications", "Amazon.com Orders", "Smith & Sons", "Acme / Sales",
        "Jane and John Smith", "Tom from Notion", "Tom @ Notion", "The Daily Planet", "Shenzhen Technology", "Acme Group",
        # Chinese that does not begin with a family name, or goes on after it
        "小王", "老张", "阿强", "阿里云", "腾讯", "京东", "小米", "客服", "客服部", "销售部", "财务部", "商务部", "人事部",
        "深圳市某某有限公司", "张三 销售部", "张三 李四", "阿不都·热合曼", "陈方安生", "王", "欧阳", "先生", "某先生",
        "Acme 有限公司",
        # other orders
        "김철수", "김 철수", "たなか けん", "田中さん", "タナカ ケン",
    ],
)  # fmt: skip
def test_what_is_not_surely_a_persons_name_is_not_split(name: str) -> None:
    assert split_name(name) == ("", "")


@given(names)
@example("王" * 5000)
@example(", " * 5000)
def test_halves_come_from_the_name(name: str) -> None:
    given_name, family_name = split_name(name)
    assert not given_name or family_name
    assert given_name == " ".join(given_name.split())
    assert family_name == " ".join(family_name.split())


@given(st.text("(<[, \t王🎉.j", max_size=10).map(lambda piece: piece * 20_000))
def test_long_hostile_name_takes_no_time(name: str) -> None:
    clean_name(name)
    split_name(name)


@pytest.mark.parametrize(
    ("name", "han"),
    [("张三", True), ("Amy 王", True), ("𠮷", True), ("Jane", False), ("かな", False), ("김", False),
     ("", False), ("，。", False)],
)  # fmt: skip
def test_chinese_is_recognised(name: str, han: bool) -> None:
    assert has_han(name) is han
