"""Names of companies for comparison: without legal form, city and punctuation; Chinese ones as they are read."""

import re
import unicodedata
from functools import lru_cache

from mailcrm.identity.names.form import fold
from mailcrm.identity.names.readings import company_reading
from mailcrm.identity.normalise import has_han

_FORMS = frozenset(
    (
        "ltd limited inc incorporated llc llp lp lllp plc corp corporation co company cie gmbh mbh ag kg kgaa ohg ug eg "
        "ev se sa sas sarl sasu srl sl slu spa snc sapa bv nv cv vof ab as asa aps oy oyj ky hf ehf sia uab ou oue doo "
        "dd ad eood ood zrt kft bt nyrt sro spzoo spk zoo sp z oo ltda eireli me cia sab sapi de rl cv pty pte pvt private "
        "sdn bhd tbk pt pjsc jsc ooo oao zao pao ip tov tnhh jsc kk gk yk "
        "fze fzco dmcc sti ооо оао зао пао ао ип holding holdings group the and und et y"
    ).split()
)
_HAN_FORMS = re.compile(
    "(股份有限公司|有限责任公司|有限責任公司|集团有限公司|集團有限公司|有限合伙企业|有限公司|有限会社|株式会社|股份公司|合伙企业|"
    "控股集团|控股|集团|集團|总公司|總公司|分公司|子公司|公司|总部|企业)+$"
)
_HAN_FORMS_BEFORE = re.compile("^(株式会社|有限会社)")
_NAMED_BY_PLACE = re.compile(
    "(大学|大學|学院|學院|中学|中學|小学|小學|医院|醫院|银行|銀行|航空|政府|委员会|委員會|协会|協會)$"
)
"""What is called by where it is: the University of Beijing and that of Shanghai are two."""

_SHORTEST_WITHOUT_CITY = 3
"""Characters; 北京 and 移动 alone would be many companies."""

_LONGEST = 300
_SLASHED = re.compile(r"\b([a-z])/([a-z])\b")
_HAN_BRACKETS = re.compile("[（(][^（()）]*[)）]")
_CITIES = (
    "北京 上海 天津 重庆 重慶 深圳 广州 廣州 杭州 南京 苏州 蘇州 成都 武汉 武漢 西安 宁波 寧波 青岛 青島 "
    "厦门 廈門 东莞 東莞 佛山 无锡 無錫 长沙 長沙 郑州 鄭州 济南 濟南 合肥 福州 沈阳 瀋陽 大连 大連 昆明 "
    "哈尔滨 哈爾濱 长春 長春 石家庄 南昌 贵阳 太原 南宁 温州 常州 中山 珠海 惠州 嘉兴 绍兴 泉州 烟台 潍坊 "
    "徐州 扬州 南通 台州 金华 义乌 香港 澳门 台湾 臺灣 台北 臺北 广东 廣東 浙江 江苏 江蘇 山东 山東 福建 "
    "四川 湖北 湖南 河南 河北 陕西 安徽 江西 辽宁 云南 广西 海南 中国 中國"
).split()
_CITY = re.compile(f"^(?:(?:{'|'.join(_CITIES)})(?:省|市|经济特区)?)+")
_WORD = re.compile(r"[^\W_]+")
_NONE = frozenset(
    "n/a na none null nil - private self self-employed freelance freelancer student retired unemployed 无 個人 个人".split()
)
"""What people write where a form wants a company."""


@lru_cache(maxsize=1 << 17)
def company_key(written: str) -> str:
    """What two spellings of one company share: its own words without a gap, in letters; '' where nothing is left."""
    name = unicodedata.normalize("NFKC", written[:_LONGEST]).strip()
    if name.lower() in _NONE:
        return ""
    if has_han(name):
        return "".join(_WORD.findall(company_reading(bare_characters(name)).lower()))
    plain = _SLASHED.sub(r"\1\2", fold(name).replace("&", " and ").replace(".", ""))
    words = _WORD.findall(plain)
    own = [word for word in words if word not in _FORMS]
    return "".join(own or words)


def bare_characters(name: str) -> str:
    """A name in Chinese characters without legal form, brackets, and the city where it is not what tells it from others."""
    bare = _HAN_FORMS.sub("", _HAN_BRACKETS.sub("", name).strip())
    return _without_city(_HAN_FORMS_BEFORE.sub("", bare).strip())


def _without_city(name: str) -> str:
    """Where the city is not what tells it from others."""
    rest = _CITY.sub("", name)
    return name if len(rest) < _SHORTEST_WITHOUT_CITY or _NAMED_BY_PLACE.search(rest) else rest
