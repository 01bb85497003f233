"""Words of the search index: the same for what is kept and for what is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.words import BREAK, LONGEST_WORD, Phrase, fold, indexed, phrase_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Price list, No. 7", ["price", "list", "no", "7"]),
        ("Müller's Café", ["muller", "s", "cafe"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("ＡＢＣ１２３ ﬁne ㎏", ["abc123", "fine", "kg"]),
        ("zhang_san@acme.example", ["zhang", "san", "acme", "example"]),
        ("soft\u00adhy\u200bphen", ["softhyphen"]),
        ("cafe\u0301", ["cafe"]),
        ("дом ёлка", ["дом", "елка"]),
        ("发票", ["发票", "票"]),
        ("号", ["号"]),
        ("退款申请，号", ["退款", "款申", "申请", "请", "号"]),
        ("iPhone手机x", ["iphone", "手机", "机", "x"]),
        ("ガス", ["ガス", "ス"]),
        ("party🎉!", ["party", "🎉"]),
        ("हिन्दी शब्द", ["हिन्दी", "शब्द"]),
        ("", []),
        ("!?…—", []),
        (f"a{BREAK}b", ["a", "b"]),
        ("x" * 100, ["x" * LONGEST_WORD]),
    ],
)
def test_the_words_of_a_text(text: str, words: list[str]) -> None:
    assert words_of(indexed(text)) == words


@pytest.mark.parametrize(
    ("typed", "words", "begins"),
    [
        ("Invoice", ("invoice",), False),
        ("发", ("发",), True),
        ("发票", ("发票",), False),
        ("发票号", ("发票", "票号"), False),
        ("INV-2026", ("inv", "2026"), False),
        ("order发票no", ("order", "发票", "票", "no"), False),
        ("x" * 40, ("x" * LONGEST_WORD,), True),
    ],
)
def test_the_words_of_a_phrase(typed: str, words: tuple[str, ...], begins: bool) -> None:
    phrase = phrase_of(typed)
    assert phrase is not None
    assert (phrase.words, phrase.begins) == (words, begins)


def test_a_star_asks_for_beginnings() -> None:
    assert phrase_of("invoic", prefix=True) == Phrase(("invoic",), prefix=True)
    assert phrase_of("invoic", prefix=True).begins  # type: ignore[union-attr]


def test_signs_alone_are_no_phrase() -> None:
    assert phrase_of("?! —") is None


CHARS = st.text(
    st.one_of(st.sampled_from("aAé ß号发票カ゛ガ¦_-.\u0301\u200b½ﬁ🎉"), st.characters(exclude_categories=["Cs"]))
)


@given(CHARS)
def test_what_is_kept_is_found_by_itself(text: str) -> None:
    """Any text is a phrase that its own index contains."""
    phrase = phrase_of(text)
    kept = f" {' '.join(words_of(indexed(text)))} "
    if phrase is None:
        assert not kept.strip() or BREAK not in kept
        return
    assert f" {' '.join(phrase.words)}{'' if phrase.begins else ' '}" in kept


@given(CHARS)
def test_nobody_can_type_the_word_that_all_have(text: str) -> None:
    assert BREAK not in words_of(indexed(text))


@given(CHARS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
