"""In which encoding a text file was written: what its bytes prove first, then what reads like a language.

Most exports from China are GB18030 (or its subset GBK) without saying so, those of Taiwan and Hong Kong Big5, those of
Excel in Europe cp1252. All bytes are seen before anything is decided: the first letter that is no ASCII may stand at the end.
"""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
KNOWN = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "cp950", "cp1252")
"""Encodings that are guessed; others can be named."""

_SAMPLE = 64 * 1024
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_COMMON = frozenset(
    "的一是不了在人有我他这為为这這中大来來上国國个個到说說们們地出会會也时時要就可以对對生能而子那得于着下自之年过過发發后後作里用道"
    "行所然家种種事成方多经經去法学學如都同现現当當没動动面起看定天分还還进進好小部其些主样樣理心本前开開但因只从從想实實日军者意无"
    "無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最重并物手应應战向头頭文体體政美相见見"
    "被利什二等产產或新己制身果加西斯月话話合回特代内信表化老给給世位次度门門任常先海通教儿東东原东声提立及比员員解水名真论論处處"
    "张張王李刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡林郭何罗羅郑鄭梁谢謝宋唐许許邓鄧冯馮韩韓曹曾彭萧蕭蔡潘田董袁余叶葉蒋杜苏蘇魏程吕呂丁沈"
    "客户戶电電话話手机機邮郵箱地址姓名职職位部门門备備注註编編号號订訂单單金额額数數量价價格状狀态態称稱稱公司联聯系繫络絡生日类類型级級别別"
    "北京上海广廣州深圳杭南省市区區路街台湾灣香港有限股份责責任科技贸貿易商店经理总總监監销銷售采採购購研究院中心"
)


@dataclass(slots=True)
class _Seen:
    """What a first reading of the bytes found."""

    utf8: bool = True
    even_nuls: int = 0
    odd_nuls: int = 0
    size: int = 0
    sample: list[bytes] = field(default_factory=list)
    sampled: int = 0


def guess_encoding(chunks: Iterable[bytes]) -> str:
    """The name of the codec of a file that is handed in piece by piece."""
    seen = _Seen()
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        if not seen.size and (marked := _marked(chunk)):
            return marked
        _look(seen, chunk)
        if seen.utf8:
            seen.utf8 = _goes_on(decoder, chunk)
    if wide := _wide(seen):
        return wide
    if seen.utf8 and _goes_on(decoder, b"", final=True):
        return "utf-8"
    return _by_plausibility(b"\n".join(seen.sample))


def _marked(start: bytes) -> str:
    return next((name for mark, name in _MARKS if start.startswith(mark)), "")


def _look(seen: _Seen, chunk: bytes) -> None:
    """Counts NULs by place, and keeps lines that are more than ASCII."""
    if b"\0" in chunk:
        first = seen.size % 2
        seen.even_nuls += chunk[first::2].count(0)
        seen.odd_nuls += chunk[1 - first :: 2].count(0)
    seen.size += len(chunk)
    if seen.sampled < _SAMPLE and not chunk.isascii():
        for line in chunk.split(b"\n")[:-1] or [chunk]:  # the last may end within a character
            if not line.isascii() and seen.sampled < _SAMPLE:
                seen.sample.append(line[:_SAMPLE])
                seen.sampled += len(line)


def _goes_on(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _wide(seen: _Seen) -> str:
    """UTF-16 without a mark: the delimiters and line ends have a zero byte on one side, and only there."""
    nuls = seen.even_nuls + seen.odd_nuls
    if seen.size % 2 or nuls * 50 < seen.size or nuls < 2:
        return ""
    if seen.odd_nuls > 9 * seen.even_nuls:
        return "utf-16-le"
    return "utf-16-be" if seen.even_nuls > 9 * seen.odd_nuls else ""


def _by_plausibility(sample: bytes) -> str:
    damaged = sample.decode("utf-8", "replace")
    strange = sum(not char.isascii() for char in damaged)
    if damaged.count("\ufffd") * 5 < strange:
        return "utf-8"  # with a few wrong bytes, which are then named by row; read otherwise, all would be garbage
    scores = {"gb18030": _chinese(sample, "gb18030"), "cp950": _chinese(sample, "cp950"), "cp1252": _western(sample)}
    return max(scores, key=lambda name: scores[name])


def _chinese(sample: bytes, codec: str) -> float:
    """How many of the characters are ones that people write: 1 for all, below 0 where much cannot be read at all."""
    text = sample.decode(codec, "replace")
    strange = [char for char in text if not char.isascii()]
    if not strange:
        return -1.0
    points = 0.0
    for char in strange:
        if char == "\ufffd":
            points -= 2
        elif char in _COMMON:
            points += 1
        elif "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uff5e":
            points += 0.7
        elif "\u4e00" <= char <= "\u9fff":
            points += 0.6 if _everyday(char, codec) else 0.0
        else:
            points -= 0.3
    return points / len(strange)


def _everyday(char: str, codec: str) -> bool:
    """Whether the standard lists the character among those of everyday use: GB 2312 level 1, Big5 level 1."""
    try:
        raw = char.encode("gb2312" if codec == "gb18030" else "cp950")
    except UnicodeEncodeError:
        return False
    lead = raw[0]
    return 0xB0 <= lead <= 0xD7 if codec == "gb18030" else 0xA4 <= lead <= 0xC6


def _western(sample: bytes) -> float:
    """How many of the runs of high bytes are one accented letter, or a mark such as a dash or the euro."""
    runs = _HIGH_RUN.findall(sample)
    if not runs:
        return -1.0
    points = 0.0
    for run in runs:
        letters = sum(byte >= 0xC0 and byte not in (0xD7, 0xF7) for byte in run)
        marks = sum(byte in _MARKS_OF_1252 for byte in run)
        if len(run) <= 2 and letters + marks == len(run):
            points += 1 if len(run) == 1 else 0.4
        else:
            points -= 1
    return points / len(runs)


_MARKS_OF_1252 = frozenset(
    b"\x80\x84\x8a\x8c\x8e\x91\x92\x93\x94\x96\x97\x9a\x9c\x9e\x9f\xa0\xa3\xa7\xa9\xaa\xab\xae\xb0\xb4\xb7\xba\xbb\xbf"
)
