"""Legal forms of many countries, and what kind each is: GmbH, Ltd and ООО are one kind, AG, plc and JSC another."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from mailcrm.identity.score import is_slip

Words = tuple[str, ...]


class Form(StrEnum):
    """What stands behind a company; `COMPANY` says no more than that it is one."""

    COMPANY = "company"
    LIMITED = "limited"
    SHARES = "shares"
    PARTNERSHIP = "partnership"
    ASSOCIATION = "association"


_LEADING = "leading"
_SHORT = 2
"""Words of a form that stands in front of a name only if it is listed as one that does; longer ones may in any country."""

_SHORTEST_SLIP = 5
"""Letters of a word of a form that may be mistyped: joynt stock company."""

_CHARACTERS = {
    "股份有限公司": Form.SHARES, "株式会社": Form.SHARES, "股份公司": Form.SHARES, "주식회사": Form.SHARES,
    "有限责任公司": Form.LIMITED, "有限責任公司": Form.LIMITED, "有限公司": Form.LIMITED, "有限会社": Form.LIMITED,
    "合同会社": Form.LIMITED, "유한회사": Form.LIMITED, "有限合伙企业": Form.PARTNERSHIP, "合伙企业": Form.PARTNERSHIP,
    "公司": Form.COMPANY,
}  # fmt: skip


def without_forms(words: Words) -> tuple[Words, frozenset[Form]]:
    """Folded words of a name without the legal forms at both of its ends, and which kinds these were. Something stays."""
    found: set[Form] = set()
    for leading in (False, True):
        while spelt := _form_at(words, leading):
            found.add(_forms()[spelt])
            words = words[len(spelt) :] if leading else words[: -len(spelt)]
    return words, frozenset(found)


def form_in_characters(name: str) -> frozenset[Form]:
    """The kind that a Chinese, Japanese or Korean name says; the longest first."""
    return frozenset(next(((form,) for written, form in _CHARACTERS.items() if written in name), ()))


def forms_differ(one: frozenset[Form], other: frozenset[Form]) -> bool:
    """Whether two names say kinds that cannot be one company's."""
    mine, theirs = one - {Form.COMPANY}, other - {Form.COMPANY}
    return bool(mine) and bool(theirs) and not mine & theirs


def _form_at(words: Words, leading: bool) -> Words:
    """The longest form at the end, or in front, that leaves a word; () if none."""
    for size in range(min(_longest(), len(words) - 1), 0, -1):
        spelt = _spelt(words[:size] if leading else words[-size:])
        if spelt and (not leading or size > _SHORT or spelt in _leading()):
            return spelt
    return ()


@lru_cache(maxsize=1 << 14)
def _spelt(words: Words) -> Words:
    """The form that is written so, perhaps with a slip; () if none."""
    if words in _forms():
        return words
    return next((form for form in _forms() if len(form) == len(words) and all(map(_is_word, words, form))), ())


def _is_word(written: str, meant: str) -> bool:
    return written == meant or (len(meant) >= _SHORTEST_SLIP and is_slip(written, meant))


def _forms() -> Mapping[Words, Form]:
    return _table()[0]


def _leading() -> frozenset[Words]:
    return _table()[1]


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(len, _forms()))


@lru_cache(maxsize=1)
def _table() -> tuple[Mapping[Words, Form], frozenset[Words]]:
    sections = read_sections("forms.txt")
    phrases = {
        kind: [tuple(phrase.split()) for phrase in " ".join(lines).split(",")] for kind, lines in sections.items()
    }
    leading = frozenset(phrases.pop(_LEADING))
    return {phrase: Form(kind) for kind, many in phrases.items() for phrase in many}, leading


def read_sections(file: str) -> dict[str, list[str]]:
    """The lines of a table of this package by the [section] that they stand in."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in files(__package__).joinpath(file).read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found
