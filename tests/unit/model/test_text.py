"""Text that every database takes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.text import clean_line, clean_text

any_text = st.text(st.characters(codec=None) | st.sampled_from("\0\r\n\t \x1b\x9b\udce9\u0301e "), max_size=80)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("plain", "plain", id="plain text"),
        pytest.param("a\0b", "ab", id="NUL in ASCII"),
        pytest.param("张\0三", "张三", id="NUL in Chinese"),
        pytest.param("caf\udce9", "caf\ufffd", id="a raw 8-bit byte"),
        pytest.param("a\n b\t", "a\n b\t", id="lines and tabs stay"),
    ],
)
def test_text_loses_only_what_cannot_be_stored(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("  a  b\t c ", "a b c", id="spaces"),
        pytest.param("a\r\n b", "a b", id="folded header"),
        pytest.param("a\u2028b\u3000c\xa0d", "a b c d", id="separators of other scripts"),
        pytest.param("a\x1b[31mb", "a [31mb", id="terminal escape"),
        pytest.param("张\x9b31m三", "张 31m三", id="8-bit terminal escape"),
        pytest.param("张\x85三", "张 三", id="next line"),
        pytest.param("Cafe\u0301", "Café", id="decomposed accent"),
        pytest.param("\0", "", id="NUL"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_line_is_one_line(text: str, line: str) -> None:
    assert clean_line(text) == line


@pytest.mark.parametrize(
    ("text", "line"), [("abcdef", "abcd"), ("abc def", "abc"), ("  abcd  ", "abcd"), ("张三丰 李四", "张三丰")]
)
def test_line_is_cut_without_a_space_at_its_end(text: str, line: str) -> None:
    assert clean_line(text, 4) == line


@given(any_text)
def test_clean_text_can_be_stored_anywhere(text: str) -> None:
    clean = clean_text(text)
    clean.encode("utf-8")
    assert "\0" not in clean
    assert clean_text(clean) == clean


@given(any_text, st.integers(min_value=1, max_value=100))
def test_clean_line_has_one_form(text: str, limit: int) -> None:
    line = clean_line(text, limit)
    assert len(line) <= limit
    assert line == line.strip() == unicodedata.normalize("NFC", line)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in line)
    assert clean_line(line, limit) == line
