"""The page as PDF: what a reader can copy out of it is what was in the archive."""

from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from mailcrm.exchange.page import pdf
from mailcrm.exchange.page.build import build_page
from mailcrm.exchange.page.fonts import fonts
from mailcrm.exchange.page.pdf import pdf_page
from mailcrm.exchange.page.texts import PageLanguage
from tests.unit.exchange.page.sample import content, local
from tests.unit.exchange.page.test_html import HOSTILE

pytest.importorskip("reportlab")


def read(file: bytes) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(file)
    try:
        texts = []
        for page in document:
            text = page.get_textpage()
            texts.append(text.get_text_range())
            text.close()
            page.close()
        return texts
    finally:
        document.close()


def printed(text: str, lines: int = 2) -> list[str]:
    return read(pdf_page(build_page(content(text, lines), PageLanguage.ZH, local)))


def test_chinese_comes_out_as_it_went_in_with_whatever_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for found in (fonts(), fonts(tmp_path)):
        monkeypatch.setattr(pdf, "fonts", lambda found=found: found)
        whole = "".join(printed("王小明，西湖龙井 250 克"))
        for text in ("客户档案", "王小明，西湖龙井 250 克", "农历1980年八月十五", "1,299.50 元", "C000017Z"):
            assert text in whole, text


def test_each_page_says_which_of_how_many_it_is() -> None:
    pages = printed("王", 200)
    assert len(pages) > 5
    assert all(f"{number} / {len(pages)}" in text for number, text in enumerate(pages, 1))


@pytest.mark.parametrize(
    "text", [*HOSTILE, "<font size=99>", "<br/>", "<img src='file:///etc/passwd'/>", "&#0;", "<bullet>"]
)
def test_no_text_of_a_customer_becomes_mark_up(text: str) -> None:
    whole = "".join(printed(text))
    assert text.replace("\0", "").replace("\u202e", "").replace("\u2066", "") in whole.replace("\r\n", " ")


def test_text_of_any_length_breaks_over_pages() -> None:
    whole = content("王")
    [case] = whole.cases
    for body in ("茶" * 10_000, "x" * 10_000, "a\n" * 2_000):
        long = replace(case, activity=replace(case.activity, body=body, title="茶" * 998))
        assert len(read(pdf_page(build_page(replace(whole, cases=(long,)), PageLanguage.EN, local)))) > 4


def test_english_breaks_between_words() -> None:
    said = (
        "The shipment of jasmine tea arrived in perfect condition and everybody was delighted with the packaging, " * 3
    )
    whole = content("王")
    [case] = whole.cases
    long = replace(case, activity=replace(case.activity, body=said))
    pages = read(pdf_page(build_page(replace(whole, cases=(long,)), PageLanguage.EN, local)))
    lines = [line.split() for text in pages for line in text.split("\r\n") if "jasmine" in line or "delighted" in line]
    assert len(lines) > 2
    assert {line[-1] for line in lines} <= set(said.split())
