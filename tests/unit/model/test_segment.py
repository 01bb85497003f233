"""The segment language: what expressions mean, and where errors point."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import SupportsIndex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.errors import SegmentError
from mailcrm.model import segment as language
from mailcrm.model.segment import FIELDS, All, And, Node, Not, Op, Or, parse_segment


def a_test(field: str, op: Op, *values: str | datetime | timedelta) -> language.Test:
    return language.Test(field, op, values)


VIP, NEW, OLD = (a_test("tag", Op.EQUALS, tag) for tag in ("vip", "new", "old"))


# --- one comparison ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("all", All()),
        ("ALL", All()),
        ("tag = vip", VIP),
        ("tag=vip", VIP),
        ("TAG = vip", VIP),
        ("tag:vip", VIP),
        ("tag: vip", VIP),
        ("tag：vip", VIP),
        ("tag＝vip", VIP),
        ("tag　=　vip", VIP),
        ("\ufefftag = vip\u200b", VIP),
        ("  tag\n=\tvip  ", VIP),
        ('tag = "vip"', VIP),
        ("tag = 'vip'", VIP),
        ("tag = “vip”", VIP),
        ("tag = ‘vip’", VIP),
        ("tag = 「vip」", VIP),
        ("tag != VIP", a_test("tag", Op.DIFFERS, "VIP")),
        ("tag ！＝ vip", a_test("tag", Op.DIFFERS, "vip")),
        ("tag ≠ vip", a_test("tag", Op.DIFFERS, "vip")),
        ("tag = interest:tea", a_test("tag", Op.EQUALS, "interest:tea")),
        ("tag:interest:tea", a_test("tag", Op.EQUALS, "interest:tea")),
        ("tag：兴趣：茶", a_test("tag", Op.EQUALS, "兴趣:茶")),
        ('tag = interest:"green tea"', a_test("tag", Op.EQUALS, "interest:green tea")),
        ("tag in (vip, interest：tea)", a_test("tag", Op.IN, "vip", "interest:tea")),
        ("tag = interest:*", a_test("tag", Op.EQUALS, "interest:*")),
        ("tag is empty", a_test("tag", Op.EMPTY)),
        ("tag IS Empty", a_test("tag", Op.EMPTY)),
        ("name ~ 张", a_test("name", Op.CONTAINS, "张")),
        ("name ～ 张", a_test("name", Op.CONTAINS, "张")),
        ("name = O'Brien", a_test("name", Op.EQUALS, "O'Brien")),
        ("name = O’Brien", a_test("name", Op.EQUALS, "O’Brien")),
        ("name = 'O\\'Brien'", a_test("name", Op.EQUALS, "O'Brien")),
        (r'name = "a \"b\" \\ c"', a_test("name", Op.EQUALS, r'a "b" \ c')),
        (r"name = “C:\new”", a_test("name", Op.EQUALS, r"C:\new")),
        ('name = "a (b), c = d and e"', a_test("name", Op.EQUALS, "a (b), c = d and e")),
        ('name = "两\n行"', a_test("name", Op.EQUALS, "两\n行")),
        ('tag = "and"', a_test("tag", Op.EQUALS, "and")),
        ("tag = all", a_test("tag", Op.EQUALS, "all")),
        ("tag = in", a_test("tag", Op.EQUALS, "in")),
        ("email = jane+x@mytrade.example", a_test("email", Op.EQUALS, "jane+x@mytrade.example")),
        ("domain = 公司.cn", a_test("domain", Op.EQUALS, "公司.cn")),
        ("tag in (vip)", a_test("tag", Op.IN, "vip")),
        ('tag in (vip, "two words",3)', a_test("tag", Op.IN, "vip", "two words", "3")),
        ("tag in （大客户，新客户、老客户）", a_test("tag", Op.IN, "大客户", "新客户", "老客户")),
        ("last_in is never", a_test("last_in", Op.NEVER)),
        ("last_in before 90d", a_test("last_in", Op.BEFORE, timedelta(days=90))),
        ("last_in after 2W", a_test("last_in", Op.AFTER, timedelta(days=14))),
        ("last_in after 6m", a_test("last_in", Op.AFTER, timedelta(days=180))),
        ("last_in after 1y", a_test("last_in", Op.AFTER, timedelta(days=365))),
        ("last_in after 0d", a_test("last_in", Op.AFTER, timedelta(0))),
        ("last_in after 100y", a_test("last_in", Op.AFTER, timedelta(days=36500))),
        ('last_in after "30d"', a_test("last_in", Op.AFTER, timedelta(days=30))),
        ("created before 2026-01-31", a_test("created", Op.BEFORE, datetime(2026, 1, 31, tzinfo=UTC))),
        ("created before 2024-02-29", a_test("created", Op.BEFORE, datetime(2024, 2, 29, tzinfo=UTC))),
    ],
)
def test_comparison_is_read(text: str, node: Node) -> None:
    assert parse_segment(text).root == node


_VALUES = {
    Op.IN: "(x)", Op.BEFORE: "3d", Op.AFTER: "3d", Op.NEVER: "", Op.EMPTY: "", Op.EQUALS: "x", Op.DIFFERS: "x",
    Op.CONTAINS: "x",
}  # fmt: skip


@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize("field", FIELDS)
def test_field_takes_its_comparisons_and_no_other(field: str, op: Op) -> None:
    text = f"{field} {op} {_VALUES[op]}"
    if op in FIELDS[field]:
        root = parse_segment(text).root
        assert isinstance(root, language.Test)
        assert (root.field, root.op) == (field, op)
    else:
        with pytest.raises(SegmentError, match=f"'{field}' cannot be compared with '{op}'; use: ") as caught:
            parse_segment(text)
        assert place_of(caught.value) == str(op).split()[0]


# --- and, or, not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("tag=vip and tag=new", And((VIP, NEW))),
        ("tag=vip or tag=new", Or((VIP, NEW))),
        ("tag=vip and tag=new and tag=old", And((VIP, NEW, OLD))),
        ("tag=vip or tag=new or tag=old", Or((VIP, NEW, OLD))),
        ("tag=vip or tag=new and tag=old", Or((VIP, And((NEW, OLD))))),
        ("tag=vip and tag=new or tag=old", Or((And((VIP, NEW)), OLD))),
        ("(tag=vip or tag=new) and tag=old", And((Or((VIP, NEW)), OLD))),
        ("（tag=vip or tag=new） and tag=old", And((Or((VIP, NEW)), OLD))),
        ("(tag=vip)and(tag=new)", And((VIP, NEW))),
        ("not tag=vip and tag=new", And((Not(VIP), NEW))),
        ("not (tag=vip and tag=new)", Not(And((VIP, NEW)))),
        ("not not tag=vip", VIP),
        ("NOT tag=vip AND tag=new", And((Not(VIP), NEW))),
        ("not all", Not(All())),
        ("((tag=vip))", VIP),
        ('tag = vip and not tag = "do not call"', And((VIP, Not(a_test("tag", Op.EQUALS, "do not call"))))),
    ],
)
def test_and_binds_closer_than_or_and_not_closest(text: str, node: Node) -> None:
    assert parse_segment(text).root == node


leaves = st.sampled_from([VIP, NEW, OLD, All()])
trees: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.filter(lambda node: not isinstance(node, Not)).map(Not),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=8,
)


def written(node: Node) -> str:
    match node:
        case language.Test():
            return f"{node.field} {node.op} {node.values[0]}"
        case All():
            return "all"
        case Not():
            return f"not {in_brackets(node.item)}"
        case And():
            return " and ".join(map(in_brackets, node.items))
        case Or():
            return " or ".join(map(in_brackets, node.items))


def in_brackets(node: Node) -> str:
    return f"({written(node)})" if isinstance(node, And | Or) else written(node)


@given(trees)
def test_any_tree_can_be_written_down(tree: Node) -> None:
    assert parse_segment(written(tree)).root == tree


def test_text_is_kept_as_it_was_written() -> None:
    assert parse_segment("  tag:vip \n").text == "tag:vip"


# --- errors --------------------------------------------------------------------------------------------------------


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def place_of(error: SegmentError) -> str:
    """The first word that the caret stands under, as a terminal shows it ('' behind the end)."""
    _, shown, caret = str(error).split("\n")
    column = len(caret) - 1
    rest = next(
        rest for at in range(len(shown) + 1) if width(shown[:at]) == column and (rest := shown[at:]) is not None
    )
    return rest.split(" ")[0]


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "", "a field name is expected here"),
        ("   ", "", "a field name is expected here"),
        ("not", "", "a field name is expected here"),
        ("tag = vip and", "", "a field name is expected here"),
        ("tag = vip or or tag = new", "or", "unknown field 'or'"),
        ('"tag" = vip', '"tag"', "a field name is expected here"),
        ("tga = vip", "tga", "unknown field 'tga'; there are: tag, name,"),
        ("标签 = vip", "标签", "unknown field '标签'"),
        ("name ~ 张三 and tga = x", "tga", "unknown field 'tga'"),
        ("tag in （甲，乙） and tga = x", "tga", "unknown field 'tga'"),
        ("name = “张三” and 标签 = x", "标签", "unknown field '标签'"),
        ("name ~ 𠮷😀 and tga = x", "tga", "unknown field 'tga'"),
        ("tag = vip\nand tga = x", "tga", "unknown field 'tga'"),
        ("tag = vip\tand\ttga = x", "tga", "unknown field 'tga'"),
        ("tag vip", "vip", "a comparison is expected here"),
        ("tag", "", "a comparison is expected here"),
        ("tag (vip)", "(vip)", "a comparison is expected here"),
        ("tag is", "", "'is never' or 'is empty' expected"),
        ("tag is vip", "vip", "'is never' or 'is empty' expected"),
        ("tag ~ vip", "~", "'tag' cannot be compared with '~'; use: !=, =, in, is empty"),
        ("名 = x", "名", "unknown field '名'"),
        ("name is never", "is", "'name' cannot be compared with 'is never'"),
        ("last_in = 3d", "=", "use: after, before, is never"),
        ("tag =", "", "a value is expected here"),
        ("tag = = vip", "=", "a value is expected here"),
        ("tag = (vip)", "(vip)", "a value is expected here"),
        ("tag = and tag = new", "and", "a value is expected here; put the word in quotes if it is meant"),
        ("tag = not vip", "not", "put the word in quotes"),
        ('name ~ ""', '""', "this value is empty; 'is empty' asks for what is not there"),
        ("name = ' '", "'", "this value is empty"),
        ("tag in vip", "vip", "'in' needs a list: in (a, b)"),
        ("tag in ()", ")", "a value is expected here"),
        ("tag in (vip,)", ")", "a value is expected here"),
        ("tag in （甲，）", "）", "a value is expected here"),
        ("tag in (vip new)", "new)", "',' or ')' expected here"),
        ("tag in (vip", "", "',' or ')' expected here"),
        ("tag in (vip, or)", "or)", "a value is expected here"),
        ("last_in before", "", "a date like 2026-01-31 or an age like 30d"),
        ("last_in before 2026-02-30", "2026-02-30", "a date like 2026-01-31"),
        ("last_in before 31.1.2026", "31.1.2026", "a date like 2026-01-31"),
        ("last_in before 3 d", "3", "a date like 2026-01-31"),
        ("last_in before -3d", "-3d", "a date like 2026-01-31"),
        ("last_in before 半年", "半年", "a date like 2026-01-31"),
        ("last_in after 101y", "101y", "an age of at most 100y"),
        ("last_in after 99999w", "99999w", "an age of at most 100y"),
        ("(tag = vip", "(tag", "this bracket is never closed"),
        ("（tag = vip", "（tag", "this bracket is never closed"),
        ("(tag = vip tag = new)", "tag", "'and' or 'or' expected before 'tag'"),
        ("tag = vip)", ")", "this bracket was never opened"),
        ("tag = vip）", "）", "this bracket was never opened"),
        ("tag = vip tag = new", "tag", "'and' or 'or' expected before 'tag'"),
        ("tag = 张三 tag = new", "tag", "'and' or 'or' expected before 'tag'"),
        ("tag = “大 客户” 且 all", "且", "'and' or 'or' expected before '且'"),
        ("all all", "all", "'and' or 'or' expected before 'all'"),
        ('tag = "vip', '"vip', "this quotation mark is never closed"),
        ("tag = “vip", "“vip", "this quotation mark is never closed"),
        ("tag = 「大客户", "「大客户", "this quotation mark is never closed"),
        ("name = Yahoo!", "!", "'!' makes no sense here; a value with such a character needs quotes"),
        ("tag = vip”", "”", "'”' makes no sense here"),
        ("(" * 51 + "all" + ")" * 51, "(" + "all" + ")" * 51, "too many brackets inside one another"),
    ],
)
def test_error_says_what_is_wrong_and_points_at_it(text: str, place: str, reason: str) -> None:
    with pytest.raises(SegmentError) as caught:
        parse_segment(text)
    assert reason in str(caught.value)
    assert place_of(caught.value).strip() == place.strip()


def test_error_far_behind_shows_only_what_stands_around_it() -> None:
    with pytest.raises(SegmentError) as caught:
        parse_segment("tag = vip or " * 50 + "tga = x or " + "tag = new or " * 30 + "all")
    what, shown, _ = str(caught.value).split("\n")
    assert what.startswith("unknown field 'tga'")
    assert shown.strip().startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 130
    assert place_of(caught.value) == "tga"


@pytest.mark.parametrize("char", ["\0", "\x1b", "\x9b", "\udce9"], ids=ascii)
def test_character_that_no_database_takes_is_pointed_at_and_not_printed(char: str) -> None:
    with pytest.raises(SegmentError, match="this character cannot be searched for") as caught:
        parse_segment(f"name = 张{char}x")
    assert str(caught.value).split("\n")[1:] == ["    name = 张 x", "             ^"]


def test_combining_marks_take_no_column() -> None:
    with pytest.raises(SegmentError) as caught:
        parse_segment("name ~ Cafe\u0301 and tga = x")
    assert str(caught.value).split("\n")[2] == " " * 4 + " " * len("name ~ Cafe and ") + "^"


# --- limits and hostile input --------------------------------------------------------------------------------------


def test_fifty_brackets_are_read() -> None:
    assert parse_segment("(" * 49 + "tag = vip" + ")" * 49).root == VIP


def test_brackets_beside_one_another_are_not_nested() -> None:
    assert parse_segment(" and ".join(["(all)"] * 500)).root == And((All(),) * 500)


def test_sixty_conditions_are_read_and_no_more() -> None:
    parse_segment(" or ".join(["tag=vip"] * 60))
    with pytest.raises(SegmentError, match="more than 60 conditions; use tags, or 'in' with a list"):
        parse_segment(" or ".join(["tag=vip"] * 61))


def test_five_thousand_values_are_read_and_no_more() -> None:
    parse_segment(f"email in ({','.join(['a@b.cn'] * 5000)})")
    with pytest.raises(SegmentError, match="more than 5000 values"):
        parse_segment(f"email in ({','.join(['a@b.cn'] * 5001)})")


HOSTILE = [*"( ) \" ' a' a, “ 𠮷 ! = \\ \0 \u200b".split(), " ", "not ", "all and ", "tag=a or "]


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
@pytest.mark.parametrize("before", ["", "tag in ("])
def test_long_hostile_text_is_read_or_refused(before: str, piece: str) -> None:
    try:
        parse_segment(before + piece * (50_000 // len(piece)))
    except SegmentError as exc:
        assert len(str(exc)) < 600  # noqa: PT017
    with pytest.raises(SegmentError, match="longer than 200000 characters"):
        parse_segment(before + piece * 1_000_000)


def test_a_long_expression_is_not_copied_for_each_of_its_words() -> None:
    """Work must grow with the length and not with its square; counted, as a clock depends on the machine."""

    class Watched(str):
        copied = 0

        def __getitem__(self, key: SupportsIndex | slice) -> str:
            piece = super().__getitem__(key)
            Watched.copied += len(piece)
            return piece

    text = Watched("(" * 190_000 + "𠮷")
    with pytest.raises(SegmentError, match="too many brackets"):
        parse_segment(text)
    assert Watched.copied < 3 * len(text)


pieces = st.sampled_from(
    "tag name last_in all and or not in is never empty before after = != ~ : ( ) （ ） , ， 、 \" ' “ ” vip 张三 30d "
    "2026-01-31 ！ ＝ ！＝ \\ 0d 99999y".split()
) | st.sampled_from([" ", "\n", "\0", "\ud800", "\u200b"])


@given(st.lists(pieces, max_size=14).map(" ".join) | st.lists(pieces, max_size=14).map("".join) | st.text(max_size=60))
@example("tag in (")
@example("is is is")
@example("last_in before ٣d")
def test_any_text_is_a_segment_or_a_segment_error(text: str) -> None:
    try:
        found = parse_segment(text)
    except SegmentError:
        return
    assert parse_segment(found.text) == found
    found.text.encode("utf-8")
