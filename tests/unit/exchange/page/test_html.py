"""The page as HTML: whole, alone, and safe against whatever customers wrote."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.exchange.page.build import build_page
from mailcrm.exchange.page.html import html_page
from mailcrm.exchange.page.texts import PageLanguage
from tests.unit.exchange.page.sample import content, local

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='x", "</style><script>", "</dl></main>",
    "{{ 7 * 7 }}{% raw %}", "javascript:alert(1)", "&lt;b&gt;", "<!-- ", "a\0b<\0script>", "gpj\u202e.exe\u2066", "]]>",
]  # fmt: skip


class Outline(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def printed(text: str, language: PageLanguage = PageLanguage.EN) -> str:
    return html_page(build_page(content(text), language, local))


PLAIN = Outline(printed("x"))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_customer_becomes_mark_up(text: str) -> None:
    seen = Outline(printed(text))
    assert seen.tags == PLAIN.tags
    assert not set("\0\u202e\u2066") & set(seen.said)


@given(st.text(min_size=1))
def test_no_text_at_all_becomes_mark_up(text: str) -> None:
    tags = {tag for tag, _ in Outline(printed(text)).tags}
    assert tags <= {tag for tag, _ in PLAIN.tags}


def test_hostile_text_is_still_readable() -> None:
    said = Outline(printed("<b>Tom & 'Jerry'</b>")).said
    assert said.count("<b>Tom & 'Jerry'</b>") > 10


def test_page_loads_nothing_and_a_browser_may_do_nothing_with_it() -> None:
    html = printed("x")
    assert not {"script", "img", "link", "iframe", "a", "form"} & {tag for tag, _ in PLAIN.tags}
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in html


@pytest.mark.parametrize("language", list(PageLanguage))
def test_page_says_its_language(language: PageLanguage) -> None:
    html = printed("x", language)
    assert f'<html lang="{language}">' in html
    assert ("客户档案" in html) == (language is PageLanguage.ZH)
