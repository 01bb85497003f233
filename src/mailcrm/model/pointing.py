"""Trouble in what somebody typed, shown with the place it is at, on one line of a terminal."""

import re
import unicodedata

AROUND = 60
"""Characters shown before and after the place."""

_UNSHOWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def pointed(text: str, at: int, what: str) -> str:
    """`what`, below it the text around `at`, and below that a sign there. Chinese characters are two columns wide."""
    start = max(0, at - AROUND)
    before = "…" * (start > 0) + _UNSHOWN.sub(" ", text[start:at])
    after = _UNSHOWN.sub(" ", text[at : at + AROUND]) + "…" * (at + AROUND < len(text))
    return f"{what}\n    {before}{after}\n    {' ' * sum(map(_columns, before))}^"


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
