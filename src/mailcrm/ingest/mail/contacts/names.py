"""Whose signature it is: the name in it held against the name and the address that the mail came from."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailcrm.model.address import AddressKind, OwnAddresses, address_kind, domain_of, is_free_mail

_WORD = re.compile(r"[^\W\d_]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff]")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{1,3}[ \u3000]?[\u4e00-\u9fff]{1,3}|[가-힣]{2,4}")
_LATIN_NAME = re.compile(
    r"(?:(?:i\. ?A|i\. ?V|ppa|gez|Mr|Mrs|Ms|Miss|Dr|Prof|Ing|Dipl|M|Mme|Sr|Sra|Herr|Frau)\.?(?:-\w+\.?)? ){0,4}"
    r"[^\W\d_a-zß-öø-ÿ][\w.'’-]{0,30}(?: (?:[^\W\d_a-zß-öø-ÿ][\w.'’-]{0,30}"
    r"|van|von|de|der|den|del|della|di|da|dos|du|la|le|al|bin|zu|y|e)){0,4}"
)
_ASIDE = re.compile(r"\s*[(（][^()（）]{1,40}[)）]|,? ?(?:Ph\.? ?D|MBA|M\.?Sc|B\.?Sc|M\.A|Eng|P\.E)\.?(?![^\W_])")
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾陸顧龍萬錢湯喬賀賴龔欧歐司"
)
_HAN_POST = re.compile(
    r"[部处科组室店厂]$|经理|总监|公司|先生|女士|主管|客服|销售|业务|采购|团队|中心|集团|电话|地址|谢|好|祝|此致"
)
_NOT_OURS = OwnAddresses()


_ON_BEHALF = re.compile(r"^(?:i\. ?A|i\. ?V|ppa|gez)\.? ", re.IGNORECASE)


def bare_name(value: str) -> str:
    """Without "i. A." and its kin, by which Germans sign for their firm."""
    return _ON_BEHALF.sub("", value)


def is_name(value: str, seen_as: "SeenAs") -> bool:
    """Whether a segment can be somebody's name: two to five capital words, or two to four Chinese characters."""
    plain = _ASIDE.sub("", value).strip(" ,")
    if not plain or len(plain) > 60 or any(map(str.isdigit, plain)):
        return False
    if _HAN.search(plain):
        own = seen_as.matches(plain)
        parts = plain.split(" ", 1)
        han = parts[0] if len(parts) == 2 and parts[1].isascii() and _LATIN_NAME.fullmatch(parts[1]) else plain
        if not _HAN_NAME.fullmatch(han) or _HAN_POST.search(han):
            return False
        return own or (
            2 <= len(han.replace(" ", "")) <= 4 and (han[0] in _SURNAMES or bool(re.fullmatch("[가-힣]+", han)))
        )
    return bool(_LATIN_NAME.fullmatch(plain)) and (len(plain.split()) > 1 or seen_as.matches(plain))


@dataclass(frozen=True, slots=True)
class SeenAs:
    """Under which name and address somebody wrote: their words in lower case."""

    name: frozenset[str]
    han: str
    local: str
    address: str
    domain: str

    @classmethod
    def of(cls, name: str, address: str) -> "SeenAs":
        """From a From header; `address` is a comparison key."""
        key = address.lower()
        words = frozenset(_WORD.findall(name.casefold()))
        return cls(words, "".join(_HAN.findall(name)), key.rpartition("@")[0], key, domain_of(key))

    def matches(self, value: str) -> bool:
        """Whether a name in a text is the sender's: a word of both, or the name made into the address."""
        plain = value.casefold()
        han = "".join(_HAN.findall(plain))
        if self.han and han:
            return han in self.han or self.han in han
        words = _WORD.findall(plain)
        if any(word in self.name for word in words if not _HAN.search(word)):
            return True
        local = self.local.replace(".", "").replace("_", "").replace("-", "")
        return any(len(word) > 2 and word in local for word in words if word.isascii())

    def is_called(self, value: str) -> bool:
        """Whether each word of it is one of the sender's name: somebody may be called Meister."""
        return bool(self.name) and self.name.issuperset(_WORD.findall(value.casefold()))

    def is_company(self, value: str) -> bool:
        """Whether these words are what the domain of the address is called after."""
        if not self.domain or is_free_mail(self.domain) or len(value.split()) > 5 or "," in value:
            return False
        if self.name.intersection(_WORD.findall(value.casefold())):  # a site of one's own
            return False
        label = max(self.domain.split(".")[:-1], key=len, default="").replace("-", "")
        plain = "".join(_WORD.findall(value.casefold()))
        return len(label) > 3 and bool(plain) and (plain == label or (len(plain) > 5 and plain.startswith(label)))

    def trust(self, names: Sequence[str], emails: Iterable[str]) -> float:
        """How far the values are the sender's, 0 to 1: 0 for the signature of a colleague, or of somebody who was quoted."""
        others = [key for each in emails if (key := each.lower()) != self.address and _is_persons(key)]
        own_address = any(each.lower() == self.address for each in emails)
        own_name = any(map(self.matches, names))
        if own_address or own_name:
            return 1.0
        if others and any(domain_of(key) == self.domain for key in others) and names:
            return 0.0  # a colleague's
        if names and self.name and not self.han:
            latin = [name for name in names if not _HAN.search(name)]
            if latin and not self._is_impersonal():
                return 0.0 if len(latin) == len(names) else 0.7
        if names and self.han and any(map(_HAN.search, names)):
            return 0.0
        return 0.6 if others else 0.85

    def _is_impersonal(self) -> bool:
        """Whether the sender's name is that of a company or a desk, behind which somebody signs with his own."""
        return not self.name or bool(self.name & _DESKS) or address_kind(self.address, _NOT_OURS) == AddressKind.ROLE


_DESKS = frozenset(
    "sales info team support service export office purchasing vertrieb einkauf commercial ventas gmbh ltd inc company".split()
)


def _is_persons(key: str) -> bool:
    return address_kind(key, _NOT_OURS) == AddressKind.PERSONAL
