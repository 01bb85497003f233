"""In which country a signature was written, by its words and the domain: so national numbers can be dialled from anywhere."""

import re

_COUNTRIES = """
CN china|中国|中國|省|深圳|上海|北京|广州|杭州|东莞|宁波|义乌|苏州|天津|重庆|成都
CN shenzhen|shanghai|beijing|guangzhou|guangdong|zhejiang|ningbo|yiwu|dongguan
HK hong kong|hongkong|香港
TW taiwan|台灣|臺灣|台湾|台北|臺北|taipei
DE germany|deutschland|münchen|berlin|hamburg|köln|stuttgart|frankfurt
AT austria|österreich|wien
CH switzerland|schweiz|suisse|svizzera|zürich|genève
FR france|francia|frankreich|paris|lyon
ES spain|españa|madrid|barcelona|espagne
IT italy|italia|italien|milano|roma|torino
PT portugal|lisboa
BR brazil|brasil|são paulo
MX mexico|méxico
AR argentina
NL netherlands|nederland|holland|amsterdam|rotterdam
BE belgium|belgique|belgië|belgien
GB united kingdom|england|scotland|wales|uk|u.k.|london
IE ireland
US usa|u.s.a.|united states
CA canada
AU australia
NZ new zealand
JP japan|日本|東京|大阪|株式会社
KR korea|한국|서울|대한민국
IN india
SG singapore|新加坡
MY malaysia
TH thailand
VN vietnam|viet nam
ID indonesia
TR turkey|türkiye
RU russia|россия|москва
PL poland|polska|warszawa
CZ czech republic|czechia|česko|praha
SE sweden|sverige|stockholm
DK denmark|danmark|københavn
NO norway|norge|oslo
FI finland|suomi|helsinki
AE uae|u.a.e|united arab emirates|dubai
"""
_WORDS = {word: line[:2] for line in _COUNTRIES.strip().splitlines() for word in line[3:].split("|")}
_AMERICAN = re.compile(r"(?<!\w)[A-Z]{2} \d{5}(?:-\d{4})?(?!\w)")
_CODES = tuple(dict.fromkeys(_WORDS.values()))
_BY_ENDING = {"uk": "GB", "eu": ""} | {
    code.lower(): code
    for code in (*_CODES, *"HU RO BG GR HR SI SK LT LV EE UA IL SA EG ZA CL CO PE VE PH PK BD LK KZ IS LU".split())
}
_BY_DOMAIN = {
    **dict.fromkeys("qq.com foxmail.com 163.com 126.com yeah.net sina.com sohu.com aliyun.com 139.com 21cn.com".split(), "CN"),
    **dict.fromkeys("web.de t-online.de freenet.de gmx.net".split(), "DE"),
    **dict.fromkeys("naver.com hanmail.net daum.net".split(), "KR"),
}  # fmt: skip
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")


def region_of(text: str, domain: str, hint: str = "") -> str:
    """The ISO 3166 code, or ''. The words of the text count first, then the ending of the domain, the hint, the script.

    A text that names several countries (head office and branch) says nothing.
    """
    lowered = text.lower()
    named = {code for word, code in _WORDS.items() if word in lowered and _stands_alone(word, lowered)}
    if _AMERICAN.search(text):
        named.add("US")
    if len(named) == 1:
        return named.pop()
    ending = _BY_DOMAIN.get(domain) or _BY_ENDING.get(domain.rpartition(".")[2], "")
    if ending or hint:
        return ending or hint
    if _KANA.search(text):
        return "JP"
    if _HANGUL.search(text):
        return "KR"
    return "CN" if _HAN.search(text) else ""


def _stands_alone(word: str, text: str) -> bool:
    """Whether it is a word of the text, and not a piece of one; Chinese has no words to tell."""
    return not word.isalpha() or word[0] > "\u2e80" or re.search(rf"(?<![^\W\d_]){word}(?![^\W\d_])", text) is not None
