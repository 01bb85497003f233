"""Fonts of a PDF: for each character the first that has it, from this computer where there are some, else from the reader's."""

from collections.abc import Callable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

MISSING = "〓"
"""What Chinese printers set for a character that they have no type for; the page shows it where no font has one."""

_FONT_FOLDER = Path("/usr/share/fonts")
_FILES = (
    ("Latin", "truetype/dejavu/DejaVuSans.ttf"),
    ("Latin", "TTF/DejaVuSans.ttf"),
    ("Latin", "dejavu-sans-fonts/DejaVuSans.ttf"),
    ("Chinese", "truetype/wqy/wqy-microhei.ttc"),
    ("Chinese", "truetype/wqy/wqy-zenhei.ttc"),
    ("Chinese", "wenquanyi/wqy-zenhei/wqy-zenhei.ttc"),
    ("Chinese", "wqy-zenhei-fonts/wqy-zenhei.ttc"),
    ("Chinese", "truetype/droid/DroidSansFallbackFull.ttf"),
    ("Chinese", "truetype/arphic/uming.ttc"),
)
"""Where Debian, Arch and Fedora put fonts with TrueType outlines; those with PostScript outlines (Noto CJK) cannot be used."""

_UNEMBEDDED = "STSong-Light"
"""Of Adobe's Simplified Chinese font pack, which readers bring or replace: needs no file here, and is not in the PDF."""


class Font(NamedTuple):
    """A font by its name in the PDF, and whether it has a character."""

    name: str
    has: Callable[[str], bool]


@cache
def fonts(folder: Path = _FONT_FOLDER) -> tuple[Font, ...]:
    """In the order in which they are asked. Needs reportlab."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    found: dict[str, Font] = {}
    for kind, path in _FILES:
        if kind not in found and (folder / path).exists():
            found[kind] = _from_file(kind, folder / path)
    latin = found.get("Latin", Font("Helvetica", _in_western))
    if "Chinese" not in found:
        pdfmetrics.registerFont(UnicodeCIDFont(_UNEMBEDDED))
    return latin, found.get("Chinese", Font(_UNEMBEDDED, _in_chinese))


def _from_file(kind: str, path: Path) -> Font:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    name = f"mailcrm-{kind}-{path.stem}"
    font: Any = TTFont(name, str(path), subfontIndex=0)
    pdfmetrics.registerFont(font)
    glyphs = font.face.charToGlyph
    return Font(name, lambda char: ord(char) in glyphs)


def _in_western(char: str) -> bool:
    """Windows-1252, which the standard fonts of PDF have (ISO 32000-1, annex D)."""
    return char in _WESTERN


_WESTERN = frozenset(bytes(range(32, 256)).decode("cp1252", "ignore"))


def _in_chinese(char: str) -> bool:
    """GBK, all of which Adobe-GB1 has from supplement 2 on."""
    try:
        return len(char.encode("gbk")) == 2
    except UnicodeEncodeError:
        return False


def runs(text: str, asked: tuple[Font, ...]) -> list[tuple[str, str]]:
    """`text` in pieces of one font each: (name of the font, piece). Spaces stay with what is before them."""
    chosen: list[tuple[str, str]] = []
    for char in text:
        name = chosen[-1][0] if char == " " and chosen else _first(char, asked)
        chosen.append((name, char) if name else (_first(MISSING, asked) or asked[-1].name, MISSING))
    return [(name, "".join(char for _, char in those)) for name, those in groupby(chosen, key=lambda each: each[0])]


def _first(char: str, asked: tuple[Font, ...]) -> str:
    return next((font.name for font in asked if font.has(char)), "")
