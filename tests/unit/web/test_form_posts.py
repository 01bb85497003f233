"""What was posted to a form, from where, and by what kind of visitor."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.web.form_posts import Sender, Unreadable, first, is_json, read_post, sender_of, visitor_kind, wants_json

URLENCODED = "application/x-www-form-urlencoded"
BASE = "https://mail.own.example/crm"


def test_names_keep_all_their_values_and_spaces() -> None:
    found = read_post(URLENCODED, b"a=1&a=2&b=%E5%BC%A0+%E4%B8%89&c=&d")
    assert found == {"a": ["1", "2"], "b": ["张 三"], "c": [""], "d": [""]}
    assert (first(found, "a"), first(found, "none")) == ("1", "")


def test_json_is_read_as_if_it_had_been_typed() -> None:
    body = '{"a": "张三", "b": ["x", 2], "c": true, "d": false, "e": null, "f": 1.5}'
    assert read_post("application/json; charset=utf-8", body.encode()) == {
        "a": ["张三"], "b": ["x", "2"], "c": ["yes"], "d": [""], "e": [""], "f": ["1.5"],
    }  # fmt: skip


@given(st.binary(max_size=200), st.sampled_from([URLENCODED, "", "application/json"]))
def test_any_bytes_are_values_or_unreadable(body: bytes, kind: str) -> None:
    with suppress(Unreadable):
        found = read_post(kind, body)
        assert all(isinstance(value, str) for values in found.values() for value in values)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("", Sender.OWN),
        ("null", Sender.OWN),
        ("http://127.0.0.1:8025", Sender.OWN),
        ("https://mail.own.example", Sender.OWN),
        ("https://shop.example", Sender.ALLOWED),
        ("http://shop.example", Sender.FOREIGN),
        ("https://shop.example.evil.example", Sender.FOREIGN),
        ("https://evil.example", Sender.FOREIGN),
        ("chrome-extension://abc", Sender.FOREIGN),
        ("file://", Sender.FOREIGN),
    ],
)
def test_who_sends_is_told_by_the_origin(origin: str, expected: Sender) -> None:
    assert sender_of(origin, "127.0.0.1:8025", BASE, ("https://shop.example",)) is expected
    assert sender_of("file://", "127.0.0.1:8025", None, ()) is Sender.FOREIGN


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("", "none"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/130 Safari/537.36", "browser"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148", "phone"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "program"),
        ("curl/8.5", "program"),
        ("Lynx/2.9", "other"),
    ],
)
def test_of_a_browser_only_its_class_is_kept(agent: str, expected: str) -> None:
    assert visitor_kind({"user-agent": agent} if agent else {}) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("Application/JSON;q=0.9", True),
        ("text/html,application/json", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_json_is_given_to_whoever_asks_for_it_and_no_page(accept: str, expected: bool) -> None:
    assert wants_json(accept) is expected


def test_json_is_told_by_its_type_alone() -> None:
    assert is_json("Application/JSON; charset=utf-8")
    assert not is_json("text/html, application/json")
