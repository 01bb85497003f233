"""The search language."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import SearchError
from mailcrm.model.search import And, Attached, Field, Flag, In, Marked, Node, Not, Or, Time, Words, parse_search
from mailcrm.model.words import phrase_of


def words(text: str, field: Field | None = None, *, prefix: bool = False) -> Words:
    phrase = phrase_of(text, prefix=prefix)
    assert phrase is not None
    return Words(phrase, text, field)


A, B = words("a"), words("b")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b", Or((A, B))),
        ("a | b", Or((A, B))),
        ("a or b", And((A, words("or"), B))),
        ("a -b", And((A, Not(B)))),
        ("a NOT b", And((A, Not(B)))),
        ("-a", Not(A)),
        ("a － b", And((A, B))),
        ("a b OR c", Or((And((A, B)), words("c")))),
        ("a (b OR c)", And((A, Or((B, words("c")))))),
        ("a（b OR c）", And((A, Or((B, words("c")))))),
        ("-(a b)", Not(And((A, B)))),
        ('"price list"', words("price list")),
        ("“price list”", words("price list")),
        ("「报价 单」", words("报价 单")),
        ("price-list", words("price-list")),
        ("invoic*", words("invoic", prefix=True)),
        ("from:zhang", words("zhang", Field.FROM)),
        ("FROM:zhang", words("zhang", Field.FROM)),
        ("from: zhang", words("zhang", Field.FROM)),
        ("发件人：张三", words("张三", Field.FROM)),
        ('subject:"price list"', words("price list", Field.SUBJECT)),
        ("to:(a OR b)", Or((words("a", Field.TO), words("b", Field.TO)))),
        ("subject:(a -b)", And((words("a", Field.SUBJECT), Not(words("b", Field.SUBJECT))))),
        ("-from:a", Not(words("a", Field.FROM))),
        ("in:Sent", In("Sent", 3)),
        ('in:"My folder"', In("My folder", 3)),
        ("has:attachment", Attached()),
        ("有:附件", Attached()),
        ("filename:报价.xlsx", Attached("报价.xlsx")),
        ("附件:报价", Attached("报价")),
        ("is:unread", Marked(Flag.UNREAD)),
        ("is:flagged", Marked(Flag.STARRED)),
        ("before:2026-01-31", Time(date(2026, 1, 31), before=True)),
        ("after:2026/1/5", Time(date(2026, 1, 5), before=False)),
        ("之后:2026年1月5日", Time(date(2026, 1, 5), before=False)),
        ("after:7d", Time(timedelta(days=7), before=False)),
        ("older_than:1y", Time(timedelta(days=365), before=True)),
        ("10:30", words("10:30")),
        ("http://acme.example/x", words("http://acme.example/x")),
        ("a !?", A),
    ],
)
def test_what_it_means(text: str, root: Node) -> None:
    assert parse_search(text).root == root


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing to search for"),
        ("?!", "nothing to search for"),
        ("()", "nothing to search for"),
        ('a "b', "never closed\n    a \"b\n      ^"),
        ("a (b", "this bracket is never closed\n    a (b\n      ^"),
        ("a)", "never opened\n    a)\n     ^"),
        ("a OR", "OR stands between two things"),
        ("OR a", "OR stands between two things"),
        ("a NOT", "what must not be there is missing"),
        ("from:", "from: what?"),
        ("from:!", "no word to search for in this"),
        ("发票 sender:zhang", "no field 'sender', but from: to: subject: "),
        ("发票 sender:zhang", "as text\n    发票 sender:zhang\n         ^"),
        ("has:money", "has:attachment is what can be asked"),
        ("is:odd", "unread, read, starred, answered"),
        ("before:yesterday", "a day like 2026-01-31"),
        ("before:2026-02-30", "a day like 2026-01-31"),
        ("after:9999y", "a day like 2026-01-31"),
        ("a\x00b", "cannot be searched for"),
        ("a\ud800", "cannot be searched for"),
        ("(" * 30 + "a", "too many brackets"),
        ("a " * 60, "more than 50 things"),
        ("a" * 1001, "longer than 1000"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(text: str, said: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_search(text)
    assert said in caught.value.message


def test_a_day_begins_at_midnight_of_the_reader() -> None:
    day = Time(date(2026, 1, 31), before=True)
    assert day.moment(datetime(2026, 5, 1, tzinfo=UTC), timezone(timedelta(hours=8))) == datetime(
        2026, 1, 30, 16, tzinfo=UTC
    )
    assert day.moment(datetime(2026, 5, 1, tzinfo=UTC), None).astimezone().hour == 0


def test_an_age_counts_from_now() -> None:
    age = Time(timedelta(days=7), before=False)
    assert age.moment(datetime(2026, 5, 8, 9, tzinfo=UTC), None) == datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_only_bare_words_mean_people() -> None:
    assert parse_search('zhang "acme ltd"').for_people == ("zhang", "acme ltd")
    for text in ("from:zhang", "zhang OR li", "-zhang", "zhang in:inbox", "(zhang li)*"):
        assert parse_search(text).for_people is None or "(" in text


def test_what_hits_show_is_what_they_have() -> None:
    assert parse_search("a (b OR from:c) -d").wanted == (A, B, words("c", Field.FROM))


@given(st.text(st.sampled_from('ab 发票()-"“”:：ORfrom in:|*（）7d«')))
def test_any_text_is_a_search_or_an_error(text: str) -> None:
    with suppress(SearchError):
        assert parse_search(text).text == text
