"""The words of the public pages: complete in both languages, and in the language of the visitor."""

import re
from dataclasses import fields

import pytest

from mailcrm.web.texts import TEXTS, Language, Texts, choose_language

KEYS = [field.name for field in fields(Texts)]
HAN = re.compile("[\u4e00-\u9fff]")


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{[^{}]*\}", text))


@pytest.mark.parametrize("key", KEYS)
def test_every_text_is_there_in_both_languages(key: str) -> None:
    english, chinese = getattr(TEXTS["en"], key), getattr(TEXTS["zh-CN"], key)
    assert english.isascii()
    assert english.strip() == english != ""
    assert HAN.search(chinese)
    assert chinese.strip() == chinese


@pytest.mark.parametrize("key", KEYS)
def test_a_text_names_the_company_in_both_languages_or_in_none(key: str) -> None:
    found = {language: placeholders(getattr(texts, key)) for language, texts in TEXTS.items()}
    assert found["en"] == found["zh-CN"] <= {"{company}"}


def test_chinese_texts_end_sentences_the_chinese_way() -> None:
    assert not [key for key in KEYS if re.search(r"[,.?;!]", getattr(TEXTS["zh-CN"], key))]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("en", "en"),
        ("zh-CN", "zh-CN"),
        ("ZH-cn", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.3, zh;q=0.7", "zh-CN"),
        ("zh-Hant-TW", "zh-CN"),
        ("de-DE,de;q=0.9,en;q=0.5", "en"),
        ("fr, zh;q=0, en;q=0.1", "en"),
        ("zh ; q = 0.5 , en;q=0.4", "zh-CN"),
        ("zh;q=nonsense, en;q=0.1", "en"),
        ("en;q=0.5,zh;q=0.5", "en"),
    ],
)
@pytest.mark.parametrize("fallback", ["en", "zh-CN"])
def test_the_visitor_gets_his_favourite_language(accepted: str, expected: Language, fallback: Language) -> None:
    assert choose_language(accepted, fallback) == expected


@pytest.mark.parametrize(
    "accepted", ["", "*", "de", "fr;q=0.8,de", ",,;;q=,=", "en;q=0", "zh;q=-1", "de,*;q=0.5,en;q=0.1"]
)
@pytest.mark.parametrize("fallback", ["en", "zh-CN"])
def test_the_configured_language_serves_everybody_else(accepted: str, fallback: Language) -> None:
    assert choose_language(accepted, fallback) == fallback
