"""Which addresses can stand before an unsubscribe link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.base_url import parse_base_url


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://mail.own.example", "https://mail.own.example"),
        ("https://mail.own.example/", "https://mail.own.example"),
        ("https://mail.own.example:8443/crm/", "https://mail.own.example:8443/crm"),
        ("https://xn--exmple-cua.example", "https://xn--exmple-cua.example"),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:db8::1]:443/x", "https://[2001:db8::1]:443/x"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:8025", "http://[::1]:8025"),
    ],
)
def test_https_and_this_machine_are_taken(text: str, kept: str) -> None:
    assert parse_base_url(text) == kept


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "https://"),
        ("mail.own.example", "https://"),
        ("ftp://mail.own.example", "https://"),
        ("javascript:alert(1)", "https://"),
        ("http://mail.own.example", "https://"),
        ("http://127.0.0.1.evil.example", "https://"),
        ("http://localhost.evil.example", "https://"),
        ("http://localhost@evil.example", "https://"),
        ("https://", "needs a host"),
        ("https:///path", "needs a host"),
        ("https://user@mail.own.example", "needs a host"),
        ("https://user:word@mail.own.example", "needs a host"),
        ("https://mail..own.example", "needs a host"),
        ("https://-mail.own.example", "needs a host"),
        ("https://mail.own.example:x", "needs a host"),
        ("https://mail.own.example:70000", "needs a host"),
        ("https://mail.own.example:", "needs a host"),
        ("https://[::1", "needs a host"),
        ("https://h/?x=1", "query"),
        ("https://h/?", "query"),
        ("https://h/#top", "query"),
        ("https://h/a|b", "query"),
        ("https://h x", "characters"),
        ("https://h/ x", "characters"),
        ("https://h\n", "characters"),
        ("https://h/<b>", "characters"),
        ("https://mail.exämple.example", "characters"),
    ],
)
def test_all_else_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        parse_base_url(text)


@given(st.text(max_size=40))
def test_whatever_comes_behind_https_is_taken_or_refused(text: str) -> None:
    try:
        kept = parse_base_url(f"https://{text}")
    except UserError:
        return
    assert kept.isascii()
    assert not set(kept) & set(" <>\r\n\t?#")
