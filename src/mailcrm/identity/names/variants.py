"""Whether two strings of Chinese characters are the same in simplified and in traditional writing: 张伟 and 張偉.

No table of all characters is shipped: what only the simplified standard (GB 2312) has and what only the traditional one (Big5)
has are two writings of one character if they are read alike. The few that both standards have are listed.
"""

from functools import lru_cache

from mailcrm.identity.names.readings import given_readings

_BOTH = (
    "后後 里裡 里裏 范範 叶葉 云雲 于於 余餘 郁鬱 沈瀋 谷穀 丰豐 万萬 台臺 干乾 面麵 几幾 志誌 松鬆 系係 征徵 "
    "冬鼕 千韆 朱硃 卜蔔 斗鬥 姜薑 才纔 克剋 向嚮 荐薦 适適 党黨 宁寧 价價 仆僕 胜勝 体體 虫蟲 灵靈 种種 吁籲 "
    "岳嶽 升昇 布佈 占佔 采採 游遊 周週 钟鍾 钟鐘 伙夥"
).split()
_PAIRS = frozenset(frozenset(pair) for pair in _BOTH)


def same_characters(one: str, other: str) -> bool:
    """Character by character."""
    return len(one) == len(other) and all(map(_same, one, other))


@lru_cache(maxsize=1 << 16)
def _same(one: str, other: str) -> bool:
    if one == other or frozenset((one, other)) in _PAIRS:
        return True
    kinds = {(_has("gb2312", each), _has("big5", each)) for each in (one, other)}
    return kinds == {(True, False), (False, True)} and bool({*given_readings(one)} & {*given_readings(other)})


def _has(standard: str, char: str) -> bool:
    try:
        char.encode(standard)
    except UnicodeEncodeError:
        return False
    return True
