"""Chinese names in Latin letters; owner of pypinyin, whose tables take a quarter of a second to load.

Surnames have readings of their own (单 Shan, 解 Xie, 查 Zha, 仇 Qiu, 区 Ou, 曾 Zeng); ü is written v, as in addresses and
passports of the older kind.
"""

import re
from functools import lru_cache

_SURNAMES = {
    "单": "shan", "單": "shan", "解": "xie", "查": "zha", "仇": "qiu", "区": "ou", "區": "ou", "曾": "zeng", "任": "ren",
    "盖": "ge", "蓋": "ge", "朴": "piao", "尉": "wei", "繁": "po", "召": "shao", "翟": "zhai", "乐": "yue", "樂": "yue",
    "员": "yun", "貟": "yun", "缪": "miao", "繆": "miao", "折": "she", "洗": "xian", "冼": "xian", "华": "hua", "纪": "ji",
    "覃": "qin", "宓": "mi", "冯": "feng", "葛": "ge", "宁": "ning", "隗": "kui", "么": "yao", "秘": "bi",
    "尉迟": "yuchi", "尉遲": "yuchi", "万俟": "moqi", "萬俟": "moqi", "长孙": "zhangsun", "長孫": "zhangsun",
    "单于": "chanyu", "澹台": "tantai", "澹臺": "tantai", "鲜于": "xianyu", "鮮于": "xianyu",
}  # fmt: skip

_INITIALS = "zh ch sh b p m f d t n l g k h j q x r z c s y w".split()
_FINALS = (
    "a o e ai ei ao ou an en ang eng i ia ie iao iu ian in iang ing iong u ua uo uai ui uan un uang ueng ong v ve ue van vn"
).split()
_SYLLABLE = re.compile(
    f"(?:(?:{'|'.join(_INITIALS)})(?:{'|'.join(sorted(_FINALS, key=len, reverse=True))})|ai|an|ang|ao|en|er|e|ou|a|o)"
)
_LIKELY, _READINGS = 2, 8
"""Readings of one character, and of a name, that are thought of."""

_FEW = 3
"""Syllables of a given name, or of a surname, at most."""


@lru_cache(maxsize=65536)
def surname_reading(surname: str) -> str:
    """The syllables of a family name, joined."""
    return _SURNAMES.get(surname) or "".join(_syllables(surname))


@lru_cache(maxsize=65536)
def given_readings(given: str) -> tuple[str, ...]:
    """The syllables of a given name, joined: the usual reading first, then others that it may have (重 Chong, Zhong)."""
    from pypinyin import Style, pinyin

    found = [""]
    for each in pinyin(given, style=Style.NORMAL, heteronym=True):
        syllables = dict.fromkeys(syllable for one in each[:_LIKELY] for syllable in spellings(str(one).lower()))
        found = [start + syllable for start in found for syllable in syllables][:_READINGS]
    return tuple(dict.fromkeys(found))


def spellings(syllable: str) -> tuple[str, ...]:
    """lü is written lv, lu, lyu or lue."""
    if "ü" in syllable or syllable in ("lv", "nv", "lve", "nve"):
        base = syllable.replace("ü", "v")
        return base, base.replace("v", "u"), base.replace("v", "yu"), base.replace("v", "ue")
    return (syllable,)


def company_reading(written: str) -> str:
    """Chinese characters as syllables, joined; all else stays."""
    return "".join(_syllables(written))


@lru_cache(maxsize=65536)
def syllable_count(token: str) -> int:
    """How many syllables of Chinese a lower-case word may be made of (the fewest way); 0 if it cannot be read so."""
    return _fewest(token, _FEW) if token.isascii() else 0


def _fewest(token: str, most: int) -> int:
    """By trying the longest syllable first, and shorter ones where that leads nowhere."""
    if most == 0:
        return 0
    match = _SYLLABLE.match(token)
    if match is None:
        return 0
    for length in range(match.end(), 0, -1):
        if not _SYLLABLE.fullmatch(token[:length]):
            continue
        if length == len(token):
            return 1
        if rest := _fewest(token[length:], most - 1):
            return rest + 1
    return 0


def _syllables(written: str) -> list[str]:
    from pypinyin import lazy_pinyin

    return [str(each).lower() for each in lazy_pinyin(written)]
