"""What a value looks like, without its heading: an address, a number of ours, a phone, a firm, a name."""

import re

from mailcrm.model.number import STANDARD, number_key

_EMAIL = re.compile(r"\s*(?:[^<>]{0,80}<)?[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]{2,}>?\s*(?:[;,、:].*)?")
_URL = re.compile(
    r"(?:https?://|www\.)\S+\.\S{2,}|[\w-]+(?:\.[\w-]+)*\.(?:com|cn|net|org|de|fr|es|io|co|eu)(?:/\S*)?", re.I
)
_LINKEDIN = re.compile(r"(?:https?://)?(?:\w+\.)?linkedin\.com/\S+", re.I)
_MOBILE = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?:\.0)?")
_PHONE = re.compile(r"(?:\+|00)?\(?\+?\d[\d\s()./-]{5,22}\d(?:\s*(?:ext\.?|x|转)\s*\d{1,6})?(?:\s*[;,、/].*)?")
_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_FIRM = re.compile(
    r".*(?:有限公司|有限责任公司|股份公司|集团|公司|株式会社|\b(?:gmbh(?: & co\.? kg)?|ag|ltd\.?|limited|inc\.?|"
    r"llc|corp\.?|co\.,? ?ltd\.?|"
    r"s\.?a\.?r?\.?l?\.?|s\.?l\.?|b\.?v\.?|srl|plc))\W*",
    re.I,
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦"
    "白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严武戚莫孔向汤張劉陳楊黃趙吳孫馬鄭謝許鄧馮韓葉蔣蘇魏呂盧鐘薑譚"
)
_HAN_NAME = re.compile(rf"(?:[{_SURNAMES}]|欧阳|上官|司马|诸葛|歐陽)[\u4e00-\u9fff·]{{1,3}}")


def looks_like(field: str, text: str) -> bool:
    """Whether a value is of the form of a field; `value`: of any that is no heading."""
    text = text.strip()
    match field:
        case "email":
            return _EMAIL.fullmatch(text) is not None
        case "number":
            return _is_ours(text)
        case "linkedin":
            return _LINKEDIN.fullmatch(text) is not None
        case "url":
            return _URL.fullmatch(text) is not None
        case "mobile":
            return _MOBILE.fullmatch(text) is not None or _is_phone(text)
        case "phone" | "fax":
            return _is_phone(text)
        case "company":
            return len(text) >= 4 and _FIRM.fullmatch(text) is not None
        case "name":
            return _HAN_NAME.fullmatch(text) is not None
        case _:
            return any(looks_like(each, text) for each in ("email", "url", "phone", "number")) or bool(
                re.fullmatch(r"[\d.,:/ -]+", text)
            )


def _is_phone(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    return digits >= 7 and _PHONE.fullmatch(text) is not None and _DAY.fullmatch(text) is None


def _is_ours(text: str) -> bool:
    """By the pattern that numbers have unless a team chose another; whose number it is, is looked up when it is imported."""
    return text[:1] in ("C", "c", "Ｃ") and STANDARD.is_right(number_key(text))
