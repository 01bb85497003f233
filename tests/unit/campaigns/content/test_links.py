"""Unsubscribe links and headers."""

from email.message import Message
from email.parser import BytesParser
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.content.links import list_unsubscribe_headers, unsubscribe_mailto, unsubscribe_url
from mailcrm.errors import UserError
from mailcrm.model.token import LinkKeys

BASES = [
    "https://mail.example.com",
    "https://mail.example.com/",
    "https://mail.example.com/crm",
    "http://127.0.0.1:8025",
]


@pytest.mark.parametrize("base", [*BASES, "http://localhost:8025", "http://[::1]:8025"])
def test_https_and_this_machine_are_accepted(base: str) -> None:
    assert unsubscribe_url(base, "NDI.abc") == f"{base.rstrip('/')}/u/NDI.abc"


@pytest.mark.parametrize(
    "base",
    [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "https://",
        "https://user@mail.example.com",
        "https://mail.example.com/?x=1",
        "https://mail.example.com/#top",
        "https://mail.example.com/>\r\nBcc: a@b",
        "https://mail.exämple.com",
        "javascript:alert(1)",
    ],
)
def test_other_base_urls_are_refused(base: str) -> None:
    with pytest.raises(UserError, match="cannot carry unsubscribe links"):
        unsubscribe_url(base, "token")


def test_link_of_a_real_token_leads_back_to_its_recipient() -> None:
    keys = LinkKeys((b"a key of this test",))
    path = urlsplit(unsubscribe_url("https://mail.example.com/crm", keys.unsubscribe_token(4711))).path
    assert keys.read_unsubscribe(unquote(path.rpartition("/u/")[2])) == 4711


@given(st.text(min_size=1, max_size=60))
def test_mailto_carries_any_token_in_its_subject(token: str) -> None:
    parts = urlsplit(unsubscribe_mailto("news+list@example.com", token.encode("utf-8", "ignore").decode()))
    assert (parts.scheme, unquote(parts.path)) == ("mailto", "news+list@example.com")
    assert parse_qs(parts.query)["subject"] == [f"unsubscribe {token.encode('utf-8', 'ignore').decode()}"]


def test_headers_offer_one_click_and_mail() -> None:
    headers = list_unsubscribe_headers("https://mail.example.com", "news@example.com", "NDI.abc")
    assert headers == {
        "List-Unsubscribe": (
            "<https://mail.example.com/u/NDI.abc>, <mailto:news@example.com?subject=unsubscribe%20NDI.abc>"
        ),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_without_base_url_only_mail_remains() -> None:
    headers = list_unsubscribe_headers(None, "news@example.com", "NDI.abc")
    assert headers == {"List-Unsubscribe": "<mailto:news@example.com?subject=unsubscribe%20NDI.abc>"}


@given(st.text(max_size=80))
def test_no_token_breaks_out_of_the_header(token: str) -> None:
    clean = token.encode("utf-8", "ignore").decode()
    value = list_unsubscribe_headers("https://mail.example.com", "a@example.com", clean)["List-Unsubscribe"]
    parsed: Message = BytesParser().parsebytes(f"List-Unsubscribe: {value}\r\n\r\n".encode("ascii"))
    assert parsed.keys() == ["List-Unsubscribe"]
    assert value.count("<") == value.count(">") == 2
