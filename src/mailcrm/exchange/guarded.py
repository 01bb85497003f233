"""Cells that a spreadsheet program would take for formulas: written with an apostrophe, read without it.

OWASP ("CSV Injection") names the first characters = + - @, tab and line breaks, and their full-width forms. Quotes do not help:
Excel and LibreOffice look at the value. The apostrophe makes it text, also of +8613800000000, which would lose its plus.
"""

import re

_LEADS = "=+\\-@\t\r\n＝＋－＠"
_RISKY = re.compile(f"'*[{_LEADS}]")
_GUARDED = re.compile(f"'+[{_LEADS}]")


def guard(text: str) -> str:
    """`text` so that no program computes it. What begins with apostrophes before such a character gets one more, so that
    `unguard` gives back exactly what was written."""
    return f"'{text}" if _RISKY.match(text) else text


def unguard(text: str) -> str:
    """What `guard` made `text` of; text that it never touches stays as it is ('t Hooft)."""
    return text[1:] if _GUARDED.match(text) else text
