"""How typed answers are read: servers, days, names, and domains that may be the company's."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import Conflict, UserError
from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.provider import Security, Server
from mailcrm.service.answers import (
    NewAccount,
    account_name,
    company_domain,
    parse_day,
    parse_server,
    parse_since,
    require_company_domain,
    server_text,
)

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("imap.own.example:993:tls", Server("imap.own.example", 993, Security.TLS)),
        (" IMAP.own.example:143:STARTTLS ", Server("imap.own.example", 143, Security.STARTTLS)),
        ("imap.own.example", Server("imap.own.example", 993, Security.TLS)),
        ("imap.own.example:143", Server("imap.own.example", 143, Security.STARTTLS)),
        ("[::1]:1143:none", Server("::1", 1143, Security.NONE)),
    ],
)
def test_server_is_read_with_what_follows_from_the_port(text: str, server: Server) -> None:
    assert parse_server(text) == server


def test_server_for_sending_has_other_defaults() -> None:
    assert parse_server("smtp.own.example", sends=True) == Server("smtp.own.example", 465, Security.TLS)
    assert parse_server("smtp.own.example:587", sends=True).security is Security.STARTTLS


@pytest.mark.parametrize(
    "text", ["", "a b", "host:99999", "host:0", "host:993:ssl", "https://host", "me@host", "host::tls"]
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_server(text)


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,10}(\.[a-z]{2,5}){1,2}", fullmatch=True),
    st.integers(1, 65535),
    st.sampled_from(list(Security)),
)
def test_server_text_is_what_parse_server_reads(host: str, port: int, security: Security) -> None:
    server = Server(host, port, security)
    assert parse_server(server_text(server)) == server


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24 months", date(2024, 3, 28)),
        ("1 month", date(2026, 2, 28)),
        ("15m", date(2024, 12, 28)),
        ("2 Years", date(2024, 3, 28)),
        ("2025-12-31", date(2025, 12, 31)),
        ("all", None),
    ],
)
def test_since_is_a_span_or_a_day_or_all(text: str, day: date | None) -> None:
    assert parse_since(text, TODAY) == day


@pytest.mark.parametrize("text", ["", "2025-02-30", "yesterday", "9999 years", "-3 months"])
def test_what_is_no_span_and_no_day_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_since(text, TODAY)


@given(st.integers(1, 600), st.dates(date(1970, 1, 1), date(2200, 1, 1)))
def test_span_of_months_ends_that_many_months_earlier(months: int, today: date) -> None:
    day = parse_since(f"{months} months", today)
    assert day is not None
    assert (today.year - day.year) * 12 + today.month - day.month == months
    assert day < today


def test_day_is_iso() -> None:
    assert parse_day(" 2027-06-30 ") == date(2027, 6, 30)
    with pytest.raises(UserError, match="2025-01-31"):
        parse_day("30.6.2027")


def test_account_is_named_after_its_address() -> None:
    assert account_name("Sales.Asia@own.example", {}) == "sales.asia"
    assert account_name("a+b/c@own.example", {}) == "a-b-c"
    assert account_name("张伟@own.example", {}) == "mailbox"


def test_taken_name_gets_the_domain_but_an_address_gets_its_own_name_back() -> None:
    known = {"sales": "sales@other.example"}
    assert account_name("sales@own.example", known) == "sales-own.example"
    assert account_name("sales@other.example", known) == "sales"


def test_names_are_not_invented_for_ever() -> None:
    known = {f"a-b.example{end}": "x" for end in ("", *(f"-{number}" for number in range(2, 100)))} | {"a": "x"}
    with pytest.raises(Conflict, match="--name"):
        account_name("a@b.example", known)


@pytest.mark.parametrize("address", ["me@gmail.com", "me@qq.com", "me@rocketmail.com", "me@outlook.com"])
def test_free_mail_says_nothing_about_the_company(address: str) -> None:
    assert company_domain(address) is None
    with pytest.raises(UserError, match="anybody"):
        require_company_domain(address)


def test_own_domain_is_taken_in_comparison_form() -> None:
    assert company_domain("Me@Own.Example") == "own.example"
    assert require_company_domain("@Müller.example ") == "xn--mller-kva.example"
    with pytest.raises(UserError):
        require_company_domain("own")


def test_secret_does_not_show() -> None:
    server = Server("h", 1, Security.TLS)
    policy = AccountPolicy(Capture.ALL, Visibility.ALL, CustomerWhen.ALL)
    account = NewAccount("a", "a@b.example", server, server, policy, "hunter2")
    assert account.imap_login().secret == "hunter2"
    assert "hunter2" not in f"{account!r} {account.imap_login()!r} {account.smtp_login()!r}"
