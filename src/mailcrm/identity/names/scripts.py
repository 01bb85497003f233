"""Words of other scripts in Latin letters, so that one name in two scripts can be compared.

Letters by their usual transcription; where Unicode's own name of a character says how it is read (kana, Hangul, the scripts
of India and Ethiopia), by that. Arabic and Hebrew leave most vowels unwritten: see `leaves_vowels_out`.
"""

import re
import unicodedata
from functools import lru_cache

_FIRST_FOREIGN = "\u0370"
"""All before are Latin letters and their marks."""

_ROWS = (
    # Cyrillic, with the letters of Ukraine, Belarus, Serbia, Macedonia and Kazakhstan
    "а a б b в v г g д d е e ё e ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ - "
    "ы y ь - э e ю yu я ya і i ї i є e ґ g ў u ј j љ lj њ nj ћ c ђ dj џ dz ѓ gj ќ kj ѕ dz қ k ғ g ң ng ө o ү u ұ u һ h ә a",
    # Greek
    "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o",
    # Arabic, with the letters of Persian, Urdu and Pashto
    "ا a أ a إ i آ a ٱ a ب b پ p ت t ث th ج j چ ch ح h خ kh د d ذ dh ر r ز z ژ zh س s ش sh ص s ض d ط t ظ z ع - غ gh ف f ق q "
    "ك k ک k گ g ل l م m ن n ه h ة a و w ؤ w ي y ی y ى a ئ y ء - ھ h ے e ں n ٹ t ڈ d ڑ r",
    # Hebrew
    "א a ב b ג g ד d ה h ו v ז z ח h ט t י y כ k ך k ל l מ m ם m נ n ן n ס s ע a פ p ף f צ ts ץ ts ק k ר r ש sh ת t",
    # Armenian
    "ա a բ b գ g դ d ե e զ z է e ը y թ t ժ zh ի i լ l խ kh ծ ts կ k հ h ձ dz ղ gh ճ ch մ m յ y ն n շ sh ո o չ ch պ p ջ j ռ r "
    "ս s վ v տ t ր r ց ts ւ v փ p ք k օ o ֆ f և ev",
    # Georgian
    "ა a ბ b გ g დ d ე e ვ v ზ z თ t ი i კ k ლ l მ m ნ n ო o პ p ჟ zh რ r ს s ტ t უ u ფ p ქ k ღ gh ყ q შ sh ჩ ch ც ts ძ dz "
    "წ ts ჭ ch ხ kh ჯ j ჰ h",
)
_LETTERS = {
    letter: "" if reading == "-" else reading
    for row in _ROWS
    for letter, reading in zip(row.split()[::2], row.split()[1::2], strict=True)
}
_GREEK_PAIRS = str.maketrans({"ά": "α", "έ": "ε", "ή": "η", "ί": "ι", "ό": "ο", "ύ": "υ", "ώ": "ω"})
_GREEK_TOGETHER = (("ου", "u"), ("μπ", "b"), ("ντ", "nt"), ("αυ", "av"), ("ευ", "ev"), ("γγ", "ng"), ("γκ", "gk"))
_SEMITIC = re.compile("[\u0590-\u05ff\u0600-\u06ff]")
_NAMED = re.compile(
    r"(?:HANGUL SYLLABLE|(?:KATAKANA|HIRAGANA|ETHIOPIC|DEVANAGARI|BENGALI|GUJARATI|GURMUKHI|ORIYA|TAMIL|TELUGU|KANNADA|"
    r"MALAYALAM|SINHALA) (?:LETTER|SYLLABLE|VOWEL SIGN|SIGN)) (?:SMALL |PHARYNGEAL |GLOTTAL )?([A-Z]+)"
)
_HINDI_END = re.compile("(?<=[\u0900-\u094c])([\u0915-\u0939])(?![\u0900-\u097f])")
"""The `a` of a word's last consonant is not spoken: Rahul, not Rahula. After another consonant it is: Narendra."""

_INDIC = range(0x0900, 0x0E00)
_SILENT = frozenset(("VIRAMA", "NUKTA", "VISARGA"))
_NASAL = frozenset(("ANUSVARA", "CANDRABINDU"))


_READ_OTHERWISE = {
    "aa": "a", "ii": "i", "uu": "u", "vocalic": "ri",
    "si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji", "di": "ji", "du": "zu",
}  # fmt: skip
"""Long vowels of India; kana in the spelling of Hepburn."""

_SMALL = re.compile("(?:HIRAGANA|KATAKANA) LETTER SMALL (Y[AUO])")
_LONG_O = re.compile("(?<=[おこそとのほもよろごぞどぼぽょオコソトノホモヨロゴゾドボポョ])[うウ]|ー")


def leaves_vowels_out(text: str) -> bool:
    """Whether a name is written in Arabic or Hebrew letters."""
    return bool(_SEMITIC.search(text))


def latin(text: str) -> str:
    """A lower-case text with every letter of another alphabet transcribed; Chinese characters stay."""
    if all(char < _FIRST_FOREIGN for char in text):
        return text
    text = _HINDI_END.sub("\\1\u094d", unicodedata.normalize("NFC", text).translate(_GREEK_PAIRS))
    text = _LONG_O.sub("", text).replace("・", " ")
    for pair, reading in _GREEK_TOGETHER:
        text = text.replace(pair, reading)
    found: list[str] = []
    for char in text:
        _append(found, char)
    return "".join(found)


def _append(found: list[str], char: str) -> None:
    """The reading of one character; vowel signs of India take the place of the `a` that each consonant has."""
    if char < _FIRST_FOREIGN or char in _LETTERS:
        found.append(_LETTERS.get(char, char))
        return
    reading = _reading(char)
    if found and _SMALL.match(unicodedata.name(char, "")):
        start = found.pop()[:-1]
        reading = start + (reading[1:] if start in ("sh", "ch", "j") else reading)  # kyo, sho
    if ord(char) not in _INDIC:
        found.append(reading)
        return
    vowel = unicodedata.category(char)[0] == "M" and reading not in ("n", "")
    if vowel or "VIRAMA" in unicodedata.name(char, ""):
        _without_inherent(found)
    found.append(reading)


def _without_inherent(found: list[str]) -> None:
    if found and found[-1].endswith("a") and len(found[-1]) > 1:
        found[-1] = found[-1][:-1]


@lru_cache(maxsize=4096)
def _reading(char: str) -> str:
    """By the character's own name; the character itself where that says nothing."""
    match = _NAMED.match(unicodedata.name(char, ""))
    if match is None:
        return char
    name = match[1]
    if name in _SILENT:
        return ""
    return "n" if name in _NASAL else _READ_OTHERWISE.get(name.lower(), name.lower())
