"""Which font shows which character of a PDF."""

import pytest

from mailcrm.exchange.page.fonts import MISSING, Font, _in_chinese, _in_western, runs

WEST, EAST = Font("West", _in_western), Font("East", _in_chinese)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Tea", [("West", "Tea")]),
        ("绿茶 Tea", [("East", "绿茶 "), ("West", "Tea")]),
        ("Größe €5", [("West", "Größe €5")]),
        (" a", [("West", " a")]),
        ("茶🍵", [("East", "茶" + MISSING)]),
        ("ਕ", [("East", MISSING)]),
    ],
)
def test_each_character_gets_the_first_font_that_has_it(text: str, pieces: list[tuple[str, str]]) -> None:
    assert runs(text, (WEST, EAST)) == pieces


def test_without_a_font_that_can_say_so_something_is_shown_all_the_same() -> None:
    assert runs("🍵", (Font("None", lambda _: False),)) == [("None", MISSING)]
