"""The public pages: what they say in each state, that they escape what they are given, and their headers."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from starlette.responses import Response

from mailcrm.config import Company
from mailcrm.store.optouts import Closed, OptOut, masked
from mailcrm.web.pages import Choice, Trouble, View, opt_out_page, trouble_page, view_of
from mailcrm.web.public import read_choice
from mailcrm.web.texts import TEXTS, Language

COMPANY = Company(name="Own Ltd", postal_address="1 Main Street, London")
FOUND = OptOut("z***@example.com", "Newsletter", "own.example", Closed.NOTHING, is_test=False)
NO_PURPOSE = replace(FOUND, purpose="")


def html(response: Response) -> str:
    return bytes(response.body).decode()


def buttons(response: Response) -> list[str]:
    return re.findall(r'<button name="choice" value="(\w+)"', html(response))


# --- what is shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "acted", "expected"),
    [
        (FOUND, False, View("open", "open_purpose_lead", Choice.PURPOSE, Choice.EVERYTHING)),
        (NO_PURPOSE, False, View("open", "open_everything_lead", Choice.EVERYTHING)),
        (replace(FOUND, closed=Closed.PURPOSE), True, View("purpose", "purpose_lead", None, Choice.EVERYTHING, True)),
        (replace(FOUND, closed=Closed.PURPOSE), False, View("purpose", "purpose_lead", None, Choice.EVERYTHING, True)),
        (replace(FOUND, closed=Closed.EVERYTHING), True, View("everything", "everything_lead", done=True)),
        (replace(FOUND, closed=Closed.EVERYTHING), False, View("everything", "everything_lead", done=True)),
        (replace(NO_PURPOSE, is_test=True), False, View("open", "open_everything_lead", Choice.EVERYTHING)),
        (replace(NO_PURPOSE, is_test=True), True, View("test", "test_lead", done=True)),
    ],
)
def test_a_page_shows_what_holds_and_offers_what_is_left(found: OptOut, acted: bool, expected: View) -> None:
    assert view_of(found, acted=acted) == expected


@pytest.mark.parametrize("language", list(TEXTS))
def test_an_open_page_names_company_purpose_and_masked_address(language: Language) -> None:
    page = opt_out_page(language, COMPANY, FOUND, acted=False)
    for text in ("Own Ltd", "Newsletter", "z***@example.com", "1 Main Street, London", TEXTS[language].open_title):
        assert text in html(page)
    assert f'<html lang="{language}">' in html(page)
    assert page.headers["content-language"] == language
    assert buttons(page) == ["purpose", "everything"]


@pytest.mark.parametrize(
    ("found", "acted", "expected"),
    [
        (NO_PURPOSE, False, ["everything"]),
        (replace(FOUND, closed=Closed.PURPOSE), True, ["everything"]),
        (replace(FOUND, closed=Closed.EVERYTHING), True, []),
        (replace(NO_PURPOSE, is_test=True), False, ["everything"]),
        (replace(NO_PURPOSE, is_test=True), True, []),
    ],
)
def test_only_what_can_still_be_closed_has_a_button(found: OptOut, acted: bool, expected: list[str]) -> None:
    assert buttons(opt_out_page("en", COMPANY, found, acted=acted)) == expected


def test_the_form_says_one_click_like_a_mail_program() -> None:
    page = html(opt_out_page("en", COMPANY, FOUND, acted=False))
    assert '<form method="post">' in page
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page


def test_a_company_without_a_name_is_called_by_its_domain() -> None:
    page = html(opt_out_page("en", Company(), FOUND, acted=False))
    assert "receiving this mail from own.example?" in page
    assert "<footer>" not in page


def test_names_cannot_bring_html_into_a_page() -> None:
    evil = '<script>alert("1")</script>'
    found = replace(FOUND, purpose=evil, address=f"{evil}***@example.com")
    page = html(opt_out_page("en", Company(name=evil, postal_address=evil), found, acted=False))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5


def test_a_company_name_with_braces_is_only_a_name() -> None:
    assert "from {company} {x} {{ 7 }}?" in html(
        opt_out_page("en", Company(name="{company} {x} {{ 7 }}"), FOUND, acted=False)
    )


@pytest.mark.parametrize("language", list(TEXTS))
@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("company", [COMPANY, Company()])
def test_trouble_is_told_in_words_with_the_right_status(language: Language, trouble: Trouble, company: Company) -> None:
    page = trouble_page(language, company, trouble, 418, {"Retry-After": "60"})
    assert page.status_code == 418
    assert page.headers["retry-after"] == "60"
    assert getattr(TEXTS[language], f"{trouble}_title") in html(page)
    assert "{" not in html(page).partition("</style>")[2]


def test_a_lost_link_says_to_write_to_the_company() -> None:
    page = html(trouble_page("en", COMPANY, Trouble.LOST, 404))
    assert "write to Own Ltd" in page


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [opt_out_page("en", COMPANY, FOUND, acted=False), trouble_page("zh-CN", COMPANY, Trouble.BROKEN, 500)]
)
def test_every_page_forbids_everything_it_does_not_need(page: Response) -> None:
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    for part in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "img-src data:"):
        assert part in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "set-cookie" not in page.headers


def test_the_style_sheet_is_the_one_that_the_policy_allows() -> None:
    page = opt_out_page("en", COMPANY, FOUND, acted=False)
    [style] = re.findall(r"<style>(.*?)</style>", html(page), re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]
    assert len(style) < 15_000


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = html(opt_out_page("en", COMPANY, FOUND, acted=False))
    assert not re.findall(r"<script|\bsrc=|https?://|\son\w+=|style=", page)


# --- small parts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("zhang@example.com", "z***@example.com"),
        ("a@example.com", "a***@example.com"),
        ("张三@例子.cn", "张***@例子.cn"),
        ('"odd@local"@example.com', '"***@example.com'),
        ("@example.com", "***@example.com"),
        ("nonsense", "***"),
        ("", "***"),
    ],
)
def test_an_address_is_shown_to_its_owner_only(address: str, expected: str) -> None:
    assert masked(address) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"List-Unsubscribe=One-Click", None),
        (b"", None),
        (b"List-Unsubscribe=One-Click&choice=purpose", Choice.PURPOSE),
        (b"List-Unsubscribe=One-Click&choice=everything", Choice.EVERYTHING),
        (b"choice=nonsense", None),
        (b"choice=", None),
        (b"\xff\xfe\x00=&&&;%zz%", None),
        (b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n', None),
    ],
)
def test_a_body_that_names_no_button_is_a_one_click(body: bytes, expected: Choice | None) -> None:
    assert read_choice(body) == expected
