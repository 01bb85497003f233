"""Where a search hit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import SearchError
from mailcrm.model.hits import Pieces, plain
from mailcrm.model.search import parse_search
from mailcrm.model.snippet import Finder, beginning


def shown(pieces: Pieces | None) -> str:
    assert pieces is not None
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("search", "text", "marked"),
    [
        ("price", "The price of Price.", "The [price] of [Price]."),
        ("price", "prices surprise", "prices surprise"),
        ("rice", "price of Rice, 价rice", "price of [Rice], 价[rice]"),
        ("rice", "price of Rice", "price of [Rice]"),
        ("pric*", "prices surprise", "[pric]es surprise"),
        ("cafe", "Im Café „CAFÉ“", "Im [Café] „[CAFÉ]“"),
        ("cafe", "… un cafe\u0301!", "… un [cafe\u0301]!"),
        ("strasse", "… Straße 7", "… [Straße] 7"),
        ("abc", "x ＡＢＣ y", "x [ＡＢＣ] y"),
        ("票", "发票号", "发[票]号"),
        ("发票", "增值税发票，电子发票", "增值税[发票]，电子[发票]"),
        ('"price list"', "price,  list; price of list", "[price,  list]; price of list"),
        ("from:zhang@acme.example", "Zhang <zhang@acme.example>", "Zhang <[zhang@acme.example]>"),
        ("iphone手机", "新iPhone手机壳", "新[iPhone手机]壳"),
        ("a -b", "a b", "[a] b"),
        ("has:attachment", "a b", "a b"),
    ],
)
def test_what_is_marked(search: str, text: str, marked: str) -> None:
    assert shown(Finder(parse_search(search)).marked(text)) == marked


def test_the_place_around_the_first_hit() -> None:
    text = "alpha beta " * 100 + "the needle\nis here " + "gamma delta " * 100
    found = shown(Finder(parse_search("needle")).around(text))
    assert found.startswith("… ")
    assert "the [needle] is here" in found
    assert found.endswith(" …")
    assert len(found) < 220
    assert all(word in ("alpha", "beta", "gamma", "delta") for word in found.split()[1:4] + found.split()[-4:-1])


def test_the_place_in_chinese_is_half_as_long() -> None:
    text = "这是一封很长的信" * 50 + "请退款" + "谢谢您的帮助" * 50
    found = shown(Finder(parse_search("退款")).around(text))
    assert "[退款]" in found
    assert len(found) < 110


def test_without_a_hit_it_is_the_beginning() -> None:
    assert Finder(parse_search("needle")).around("Hello\n\nworld") is None
    assert shown(beginning("Hello\n\nworld")) == "Hello world"
    assert beginning(" \n") == ()


@given(
    st.text(st.sampled_from("abAÉe\u0301ß…ﬁ发票号 \n.½İ")),
    st.sampled_from(["a", "e", "发", "票号", "ss", '"a b"', "fi*"]),
)
def test_marks_lose_nothing_of_a_text(text: str, search: str) -> None:
    finder = Finder(parse_search(search))
    assert plain(finder.marked(text)) == text
    finder.around(text)


def test_two_megabytes_of_nearly_hits_take_no_longer() -> None:
    """The time-out of the tests is what would fail: a pattern that goes back and forth needs hours."""
    for text in ("a" * 2_000_000, "a." * 1_000_000, "é" * 2_000_000, "发" * 2_000_000, "a\u0301" * 1_000_000):
        Finder(parse_search('"a a a a a b" OR 发发票 OR é*')).around(text)


def test_an_empty_search_is_no_search() -> None:
    with pytest.raises(SearchError):
        parse_search(" ")
