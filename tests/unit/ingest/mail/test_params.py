"""Parameters of MIME headers, RFC 2231 and what mailers make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.params import parse_parameters


def name_of(value: str | bytes, hint: str = "") -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "surrogateescape")
    return parse_parameters(value).decoded("name", Guesser(), hint)


@pytest.mark.parametrize(
    ("value", "token", "charset"),
    [
        ("text/plain; charset=utf-8", "text/plain", "utf-8"),
        ('TEXT/Plain ; CHARSET = "gb2312"', "text/plain", "gb2312"),
        ("text/plain; charset=utf-8 (a comment); format=flowed", "text/plain", "utf-8"),
        ("text/plain charset=gbk", "text/plain", "gbk"),
        ("text/plain;charset=a; charset=b", "text/plain", "a"),
        ("text/plain; charset*=us-ascii''utf-8", "text/plain", "utf-8"),
        ('text/plain; charset="utf-8', "text/plain", "utf-8"),
        ("text/plain; charset=", "text/plain", ""),
        ("text/plain; charset", "text/plain", ""),
        ("", "", ""),
        (";;;", "", ""),
    ],
)
def test_value_and_charset_are_found(value: str, token: str, charset: str) -> None:
    parameters = parse_parameters(value)
    assert (parameters.value, parameters.plain("charset")) == (token, charset)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('a/b; name="report.pdf"', "report.pdf"),
        (r'a/b; name="say \"hi\" \\ there.pdf"', r'say "hi" \ there.pdf'),
        ("a/b; name=two words.pdf; x=y", "two words.pdf"),
        ("a/b; name*=utf-8'de'Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"),
        ("a/b; name*=gb2312''%B1%A8%BC%DB%B5%A5.pdf", "报价单.pdf"),
        ("a/b; name*0*=utf-8''%E6%8A; name*1*=%A5%E4%BB%B7; name*2=\" 1.pdf\"", "报价 1.pdf"),
        ('a/b; name*1="b.pdf"; name*0="a"', "ab.pdf"),
        ("a/b; name=ascii.pdf; name*=utf-8''%E6%8A%A5.pdf", "报.pdf"),
        ("a/b; name*=x-none''%E6%8A%A5.pdf", "报.pdf"),
        ("a/b; name*=%E6%8A%A5.pdf", "报.pdf"),
        ('a/b; name="=?gb2312?B?sai827WlLnBkZg==?="', "报价单.pdf"),
        ("a/b; name==?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?=", "Grüße.pdf"),
        ("a/b", ""),
    ],
)
def test_file_name_is_decoded_by_whatever_rule_it_was_encoded(value: str, name: str) -> None:
    assert name_of(value) == name


def test_raw_file_name_is_read_in_the_charset_of_the_part() -> None:
    assert name_of('a/b; name="报价单.pdf"'.encode("gbk"), "gbk") == "报价单.pdf"


@given(st.binary(max_size=200))
def test_any_value_is_taken_apart(value: bytes) -> None:
    text = value.decode("ascii", "surrogateescape")
    parse_parameters(text).plain("charset")
    assert isinstance(name_of(f"a/b; name*0*={text}"), str)
