"""Text that every engine can store: cleaned once, at the border."""

import re
import unicodedata

_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # C1, too: \x9b starts an escape sequence
_SPACES = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """`text` without NUL and with lone surrogates replaced by U+FFFD.

    PostgreSQL refuses NUL, and all engines refuse the surrogates that Python's e-mail parser makes of raw 8-bit headers.
    """
    if text.isascii():
        return text.replace("\0", "")
    return _SURROGATES.sub("\ufffd", text).replace("\0", "")


def for_terminal(text: str) -> str:
    """`text` without the control characters that terminals obey; lines and tabs stay."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: str, limit: int = 998) -> str:
    """`text` as one line for a column or a header: NFC, no control characters, single spaces, at most `limit` characters."""
    if text.isascii() and text.isprintable() and "  " not in text:  # most of what comes along
        return text.strip(" ")[:limit].rstrip(" ")
    line = _CONTROLS.sub(" ", clean_text(text))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", line)).strip()[:limit].rstrip()
