"""File names from mail, made fit for a disk: whoever wrote the mail decides nothing about where a file goes."""

import re
import unicodedata
from collections.abc import Iterable

_SEPARATORS = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST = 180
"""Bytes; file systems take 255, and something may be put behind the name."""

_LONGEST_ENDING = 20


def safe_file_name(name: str, otherwise: str) -> str:
    """`name` without what leads to another directory, hides the file, or shows another name than it is; `otherwise` if
    nothing is left. Letters of all languages stay."""
    words = "".join(" " if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") else each for each in name)
    words = _SEPARATORS.sub("_", unicodedata.normalize("NFC", words))
    words = " ".join(words.split()).strip(" .")
    if not words.strip("_"):
        return otherwise
    return _shortened(f"_{words}" if _RESERVED.fullmatch(words) else words)


def free_name(name: str, taken: Iterable[str]) -> str:
    """`name`, with a number before its ending if it is `taken`; large and small letters are the same."""
    used = {each.casefold() for each in taken}
    stem, ending = _divided(name)
    number, found = 1, name
    while found.casefold() in used:
        number += 1
        found = f"{stem} ({number}){ending}"
    return found


def _shortened(name: str) -> str:
    stem, ending = _divided(name)
    room = _LONGEST - len(ending.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + ending


def _divided(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _LONGEST_ENDING:
        return name, ""
    return stem, dot + ending
