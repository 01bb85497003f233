"""Bytes and a declared charset become text, whatever the declaration is worth.

The order: the declared charset if it fits strictly, UTF-8 if it fits strictly, whichever of the two nearly fits,
detection, and at last replacement characters with a defect.
"""

import re
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import lru_cache

# A name from a header never reaches `bytes.decode` or `codecs.lookup` unless its codec stands here: Python also knows
# idna, punycode, undefined, zlib, base64 and others that raise or decompress, and imports modules by name.
_CODEC_NAMES = (
    "ascii utf_8 utf_7 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le latin_1 iso8859_2 iso8859_3 iso8859_4 "
    "iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14 iso8859_15 "
    "iso8859_16 cp037 cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 "
    "cp869 cp874 cp932 cp949 cp950 cp1006 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 "
    "koi8_r koi8_t koi8_u kz1048 ptcp154 mac_cyrillic mac_greek mac_iceland mac_latin2 mac_roman mac_turkish tis_620 "
    "big5 big5hkscs gb2312 gbk gb18030 hz shift_jis shift_jis_2004 shift_jisx0213 euc_jp euc_jis_2004 euc_jisx0213 "
    "iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr euc_kr johab"
)
_CODECS = frozenset(_CODEC_NAMES.split())
# What senders mean by a name is the superset that their system really used.
_SUPERSETS = {
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("cp950", "big5hkscs"),
    "latin_1": ("cp1252",),
    "iso8859_9": ("cp1254",),
    "iso8859_11": ("cp874",),
    "tis_620": ("cp874",),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_kr": ("cp949",),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "iso2022_jp": ("iso2022_jp_ext", "iso2022_jp_2004"),
}
_SEEN_IN_THE_WILD = {
    "gb_2312": "gb2312",
    "gb_2312_80": "gb2312",
    "gb18030_2000": "gb18030",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "windows_31j": "cp932",
    "ks_c_5601_1989": "euc_kr",
    "windows_949": "cp949",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_6_i": "iso8859_6",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "utf8mb4": "utf_8",
    "unicode": "utf_8",
    "ansi_x3_110_1983": "latin_1",
}
_NUMBERED = re.compile(r"^(windows|cp|ms|ibm|iso_?8859)_?(\d{1,4})$")
# Text in these is 7-bit on the wire, so being ASCII says nothing.
_SEVEN_BIT = ("iso2022", "hz", "utf_7")
_MULTIBYTE = frozenset({"gb18030", "cp950", "big5hkscs", "cp932", "cp949", "euc_jp", "shift_jis_2004", "johab"})
_SHIFT_IN = b"\x1b$"  # how ISO-2022 text begins, declared or not
_LONG_ASCII = re.compile(rb"[\x00-\x7f]{48,}")
_EVIDENCE_LIMIT = 8_192
_GUESSES_PER_MESSAGE = 24
# DOS and Macintosh charsets only ever win on scarce evidence, and are wrong then.
_WESTERN = "cp1252"
_HIGH_BYTES = bytes(range(0x80, 0x100))
_FEW_LETTERS = 4  # an accent or two in English could be anything
_UNKNOWN_LETTER = "\ufffd"


@lru_cache(maxsize=512)
def codecs_for(charset: str) -> tuple[str, ...]:
    """The Python codecs to try for a charset name from a header, best first; empty if the name means nothing to us."""
    # RFC 2231 section 5: a language may follow the charset behind a star.
    name = normalize_encoding(charset.strip().strip("\"'").split("*", 1)[0].lower()[:60]).replace(".", "_")
    codec = _codec(name) or _codec(name.removeprefix("x_").removeprefix("x_"))
    return _SUPERSETS.get(codec, (codec,)) if codec else ()


def _codec(name: str) -> str:
    numbered = _NUMBERED.match(name)
    if numbered:  # windows1252, ibm-850, iso8859-15: however it is written
        name = ("iso8859_" if numbered[1].startswith("iso") else "cp") + numbered[2]
    if name.startswith(("utf_8", "utf8")):
        return "utf_8"
    codec = _SEEN_IN_THE_WILD.get(name) or aliases.get(name, name)
    return codec if codec in _CODECS else ""


class Guesser:
    """Charset detection for one message, not too often: it takes milliseconds, and hostile mail asks for much."""

    __slots__ = ("_last", "_left")

    def __init__(self) -> None:
        self._left = _GUESSES_PER_MESSAGE
        self._last = _WESTERN

    def guess(self, data: bytes) -> str:
        """The most likely codec of 8-bit `data`; once the budget is spent, the last answer."""
        if self._left > 0:
            self._left -= 1
            self._last = _detect(_evidence(data))
        return self._last


def _evidence(data: bytes) -> bytes:
    """`data` with long ASCII stretches shortened, so that little foreign text in much English still counts."""
    sample = _LONG_ASCII.sub(lambda run: run[0][:16] + b" " + run[0][-16:], data[: _EVIDENCE_LIMIT * 16])
    return sample[:_EVIDENCE_LIMIT]


def _detect(data: bytes) -> str:
    import chardet  # only now: its tables take long to load, and most mail says rightly what it is written in

    era = chardet.EncodingEra.MODERN_WEB
    found = chardet.detect(data, encoding_era=era, prefer_superset=True, compat_names=False)["encoding"]
    codec = (codecs_for(found or "") or (_WESTERN,))[0]
    letters = len(data) - len(data.translate(None, _HIGH_BYTES))
    return _WESTERN if letters < _FEW_LETTERS and codec not in _MULTIBYTE else codec


def decode_text(data: bytes, declared: str, guesser: Guesser) -> tuple[str, str]:
    """Body bytes as text, and a defect in plain words ('' if the declaration was right or not needed)."""
    codecs = codecs_for(declared)
    if _is_plain_ascii(data, codecs):
        return data.decode("ascii"), ""
    if data.isascii() and _SHIFT_IN in data and not (codecs and codecs[0].startswith(_SEVEN_BIT)):
        codecs = codecs_for("iso-2022-jp")
    for codec in (*codecs, "utf_8"):
        text = _strictly(data, codec)
        if text is not None:
            unfit = declared and codec == "utf_8" and "utf_8" not in codecs
            return text, _unfit(declared, "utf_8") if unfit else ""
    return _decode_damaged(data, declared, codecs, guesser)


def _is_plain_ascii(data: bytes, codecs: tuple[str, ...]) -> bool:
    if not data.isascii() or _SHIFT_IN in data:
        return False
    codec = codecs[0] if codecs else ""
    if codec.startswith(("utf_16", "utf_32")):  # a wrong label, unless every other byte is NUL
        return b"\0" not in data
    return not codec.startswith(_SEVEN_BIT)


def _decode_damaged(data: bytes, declared: str, codecs: tuple[str, ...], guesser: Guesser) -> tuple[str, str]:
    """Text that fits neither its declaration nor UTF-8: nearly (a cut or broken character), else by detection."""
    for codec in (*codecs[:1], "utf_8"):
        text = data.decode(codec, "replace")
        if _nearly_whole(text):
            return text, f"some characters are not valid {codec}"
    guess = guesser.guess(data)
    text = _strictly(data, guess) or data.decode(codecs[0] if codecs else guess, "replace")
    return text, _unfit(declared, guess)


def decode_undeclared(data: bytes, hint: str, guesser: Guesser) -> str:
    """Raw 8-bit header bytes as text. `hint` is the charset of the body, which the same program probably wrote.

    UTF-8 goes first where it is beyond doubt (a sequence of three bytes); two-byte sequences also occur by chance in
    GBK and Big5, so that there a multi-byte hint has the first word.
    """
    codecs = codecs_for(hint)
    utf8 = _strictly(data, "utf_8")
    if utf8 is not None and (max(utf8, default="") >= "\u0800" or codecs[:1] == () or codecs[0] not in _MULTIBYTE):
        return utf8
    for codec in codecs:
        text = _strictly(data, codec)
        if text is not None:
            return text
    if utf8 is not None:
        return utf8
    return data.decode(guesser.guess(data), "replace")


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        text = data.decode(codec)
    except (UnicodeError, ValueError):
        return None
    return text.removeprefix("\ufeff")


def _nearly_whole(text: str) -> bool:
    sample = text[:100_000]
    bad = sample.count(_UNKNOWN_LETTER)
    foreign = len(sample) - len(sample.encode("ascii", "ignore"))
    return bad * 20 <= foreign - bad


def _unfit(declared: str, used: str) -> str:
    if not declared:
        return f"charset not declared, read as {used}"
    return f"charset {declared[:40]!r} does not fit, read as {used}"
