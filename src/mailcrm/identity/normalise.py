"""Names as mail headers write them: cleaned of quotes, remarks in brackets, 'via' notes, emoji and shouting, and split."""

import re
import unicodedata

_QUOTES = "\"'“”‘’«»`"
_VIA = re.compile(r"\s(via|by way of|经由|通过)\s.*$", re.IGNORECASE)
_ANGLED = re.compile(r"<[^<>]*>")
_BRACKETS = re.compile(r"\s*[(（\[【][^()（）\[\]【】]*[)）\]】]\s*")
_ADDRESS = re.compile(r"\S@\S")
_LONGEST = 1000

_UNSEEN = ("Cf", "Cn", "Co", "Cs", "So")
_EMOJI_PARTS = re.compile("[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_ZWNJ = "\u200c"  # part of Persian spelling

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAS_HAN = re.compile(f"[{_HAN}]")
_ALL_HAN = re.compile(f"[{_HAN}]+")
_OTHER_ORDER = re.compile("[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")  # kana and Hangul: the family name leads

_TITLES = re.compile(
    r"^((mr|mrs|ms|miss|mx|sir|madam|dr|prof|med|jur|herr|frau|mme|mlle|monsieur|madame|sr|sra|señor|señora)(\.\s*|\s+))+",
    re.IGNORECASE,
)
_SUFFIXES = re.compile(r"(,?\s+(jr|sr|ii|iii|iv|ph\.?d|m\.d|mba|esq|cpa|pmp|msc|bsc)\.?)+$", re.IGNORECASE)
_PARTICLES = frozenset(
    "van von der den de del della delle di da do dos das du la le ten ter zu zur bin ibn al el".split()
)
_NO_PERSON = frozenset(
    (
        "ltd limited inc llc llp lp gmbh mbh corp corporation company plc pty kg ohg ug srl spa bv nv oy oü aps sdn bhd "
        "pte s.a s.p.a s.r.l s.l s.a.s b.v n.v group holding holdings team department dept division support service "
        "services customer customers account accounts info newsletter news notification notifications trading "
        "technology technologies tech industrial industries industry international solutions systems logistics "
        "electronics machinery university college institute foundation association hotel online shop store office "
        "helpdesk desk marketing export import noreply no-reply"
    ).split()
)
"""Words that make a name that of a company, a team or a robot; surnames such as Sales, Bank and Co are not among them."""
_LEGAL_FORMS = frozenset("AG SA SE AB AS CO Co.".split())  # in this spelling only: Sa and Co are surnames
_CONNECTIVES = frozenset("and und et or of from at for by on via the".split())

_HONORIFIC = re.compile(
    "(先生|女士|小姐|夫人|太太|总经理|經理|经理|總經理|总监|總監|主任|主管|老师|老師|博士|教授|律师|律師|医生|醫生|老板|老闆|同学|同學)$"
)
_SHORT_HONORIFICS = "总總工哥姐董"
_DEPARTMENTS = "部组組处處店厂廠社院局队隊网網"
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石"
    "廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷"
    "詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时"
    "穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩"
    "明佘池查麻苑迟邝"
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭蔣葉蘇呂盧鍾譚陸賈韋鄒閆龍黎賀顧龔邵萬錢嚴湯溫齊喬龐顏莊聶魯關蘭寧紀畢單塗駱藍華饒簡車項"
    "連蘆麥婁竇戚黨宮費衛應閔鄔邊師欒榮甄叢鞏遲鄺"
)
_COMPOUND_SURNAMES = frozenset(
    (
        "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 "
        "太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 "
        "漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 "
        "歐陽 司馬 東方 獨孤 南宮 聞人 諸葛 尉遲 赫連 濮陽 公孫 仲孫 鍾離 長孫 鮮于 軒轅 東郭 東門 西門"
    ).split()
)


def clean_name(display: str, address: str = "") -> str:
    """A display name worth showing, '' if it only repeats the address or says nothing."""
    name = _ANGLED.sub(" ", unicodedata.normalize("NFKC", _seen(display[:_LONGEST])))
    name = " ".join(name.split()).strip(_QUOTES).strip()
    name = _VIA.sub("", name)
    name = " ".join((_unbracketed(name).strip(_EDGES) or name.strip(_EDGES)).split())
    if not any(map(str.isalpha, name)) or _ADDRESS.search(name) or _repeats(name, address):
        return ""
    return _unshout(name)[:255].rstrip()


_EDGES = " ,;-–|()[]【】" + _QUOTES


def _unbracketed(name: str) -> str:
    return _BRACKETS.sub(" ", _BRACKETS.sub(" ", name))  # brackets in brackets, too


def _seen(text: str) -> str:
    """Without emoji and invisible characters; control characters become spaces."""
    if text.isascii() and text.isprintable():
        return text
    kept = (char for char in _EMOJI_PARTS.sub("", text) if char == _ZWNJ or unicodedata.category(char) not in _UNSEEN)
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in kept)


def _repeats(name: str, address: str) -> bool:
    """Whether a name is only the address or its local part again; `Jane` of jane@acme.com was written by somebody."""
    local = address.rpartition("@")[0] or address
    written = name.isalpha() and name.istitle() and name != local
    return name.lower() in (address.lower(), local.lower()) and not written


_WORD_START = re.compile(r"(?:^[dlo]['’]|^|[-.&/])[^\W\d_]")


def _unshout(name: str) -> str:
    """JANE SMITH and jane smith as Jane Smith; short all-capitals (IBM, ACME) stay as they are."""
    words = name.split()
    one_case = (name.isupper() and name.lower().upper() == name) or name.islower()
    if len(words) < 2 or not one_case or has_han(name):
        return name
    return " ".join(_WORD_START.sub(lambda start: start[0].upper(), word.lower()) for word in words)


def has_han(name: str) -> bool:
    """Whether a name is written in Chinese characters."""
    return bool(_HAS_HAN.search(name))


def without_title(name: str) -> str:
    """Without the titles before a name and the degrees behind it."""
    return _SUFFIXES.sub("", _TITLES.sub("", name))


def split_name(name: str) -> tuple[str, str]:
    """(given, family) by the usual order of the script; ('', '') where a name cannot be split with confidence.

    With a title or a particle the family name alone is known: Mr. Smith, van der Berg, 王先生.
    """
    plain = unicodedata.normalize("NFKC", _seen(name[:_LONGEST]))
    plain = " ".join(_unbracketed(plain).split())
    if has_han(plain):
        return _split_chinese(plain)
    untitled = _TITLES.sub("", plain)
    bare = _SUFFIXES.sub("", untitled)
    if not is_personal(bare):
        return "", ""
    if "," in bare:
        return _split_at_comma(bare)
    words = bare.split()
    if len(words) == 1 and untitled != plain:
        return "", words[0]
    if not 2 <= len(words) <= 4:
        return "", ""
    start = next((at for at, word in enumerate(words[:-1]) if word in _PARTICLES), len(words) - 1)
    return " ".join(words[:start]), " ".join(words[start:])


def is_personal(name: str) -> bool:
    """Whether a cleaned name in an alphabet, without title, may be that of one human."""
    if _OTHER_ORDER.search(name) or re.search(r"\w{2,}\.\w", name):
        return False
    if any(not (char.isalpha() or unicodedata.category(char)[0] == "M" or char in " .,'’-" + _ZWNJ) for char in name):
        return False
    words = name.split()
    if name.startswith("The ") or _LEGAL_FORMS.intersection(words[-1:]):
        return False
    if not all(any(map(str.isalpha, word)) for word in words):
        return False
    return not any(word in _CONNECTIVES or word.strip(".,").lower() in _NO_PERSON for word in words)


def _split_at_comma(name: str) -> tuple[str, str]:
    """Smith, Jane. With two commas it may be anything."""
    family, _, given = (part.strip() for part in name.partition(","))
    given = _TITLES.sub("", given)
    if "," in given or not family or not given or max(len(family.split()), len(given.split())) > 3:
        return "", ""
    return given, family


def _split_chinese(name: str) -> tuple[str, str]:
    """The family name leads. What does not begin with one is a company, a department or a nickname."""
    words = re.split(r"[\s,、/]+", name)
    han = [word for word in words if _ALL_HAN.fullmatch(word)]
    whole = "".join(han) if len(han) == len(words) else han[0] if len(han) == 1 else ""
    bare = _HONORIFIC.sub("", whole)
    if bare in _COMPOUND_SURNAMES or len(bare) == 1:
        return "", bare if bare != whole and (len(bare) == 2 or bare in _SURNAMES) else ""
    if 3 <= len(bare) <= 4 and bare[:2] in _COMPOUND_SURNAMES:
        return bare[2:], bare[:2]
    if not 2 <= len(bare) <= 3 or bare[0] not in _SURNAMES or bare[-1] in _DEPARTMENTS:
        return "", ""
    return ("", bare[0]) if len(bare) == 2 and bare[1] in _SHORT_HONORIFICS else (bare[1:], bare[0])
