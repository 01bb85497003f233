"""ISO 3166 codes of countries as sheets write them, so that national phone numbers can be dialled."""

import unicodedata

_COUNTRIES = """
CN china|prc|p r china|中国|中國|中国大陆|中华人民共和国|chine|volksrepublik china
HK hong kong|hongkong|香港|中国香港
TW taiwan|台湾|台灣|中国台湾
MO macau|macao|澳门|澳門
DE germany|deutschland|allemagne|alemania|德国|德國
AT austria|österreich|奥地利
CH switzerland|schweiz|suisse|suiza|瑞士
FR france|frankreich|francia|法国
ES spain|españa|spanien|espagne|西班牙
IT italy|italia|italien|italie|意大利
PT portugal|葡萄牙
NL netherlands|the netherlands|niederlande|holland|pays bas|荷兰
BE belgium|belgien|belgique|比利时
LU luxembourg|luxemburg|卢森堡
GB united kingdom|uk|great britain|england|großbritannien|royaume uni|reino unido|英国
IE ireland|irland|爱尔兰
US united states|usa|u s a|united states of america|america|états unis|estados unidos|vereinigte staaten|美国
CA canada|kanada|加拿大
MX mexico|méxico|墨西哥
BR brazil|brasil|brasilien|brésil|巴西
AR argentina|阿根廷
CL chile|智利
CO colombia|哥伦比亚
PE peru|perú|秘鲁
AU australia|australien|澳大利亚|澳洲
NZ new zealand|neuseeland|新西兰
JP japan|日本
KR korea|south korea|republic of korea|韩国|南韓
IN india|indien|inde|印度
SG singapore|singapur|新加坡
MY malaysia|马来西亚
TH thailand|泰国
VN vietnam|viet nam|越南
ID indonesia|印度尼西亚|印尼
PH philippines|菲律宾
PK pakistan|巴基斯坦
BD bangladesh|孟加拉国|孟加拉
LK sri lanka|斯里兰卡
TR turkey|türkiye|türkei|turquie|土耳其
RU russia|russian federation|россия|russland|russie|俄罗斯
UA ukraine|乌克兰
KZ kazakhstan|哈萨克斯坦
PL poland|polen|pologne|polonia|polska|波兰
CZ czech republic|czechia|tschechien|捷克
SK slovakia|slowakei|斯洛伐克
HU hungary|ungarn|匈牙利
RO romania|rumänien|罗马尼亚
BG bulgaria|bulgarien|保加利亚
GR greece|griechenland|grèce|希腊
SE sweden|schweden|suède|suecia|瑞典
NO norway|norwegen|norvège|挪威
DK denmark|dänemark|danemark|丹麦
FI finland|finnland|finlande|芬兰
AE united arab emirates|uae|阿联酋
SA saudi arabia|saudi arabien|沙特阿拉伯|沙特
IL israel|以色列
EG egypt|ägypten|埃及
NG nigeria|尼日利亚
KE kenya|肯尼亚
ZA south africa|südafrika|南非
MA morocco|marokko|maroc|摩洛哥
"""
_CODES = {
    name: line[:2] for line in _COUNTRIES.strip().splitlines() for name in (line[:2].lower(), *line[3:].split("|"))
}


def region_of(country: str) -> str:
    """The code of a country by its name or code; '' for one that is not known here."""
    plain = unicodedata.normalize("NFKC", country).casefold().replace(".", " ").replace("-", " ")
    return _CODES.get(" ".join(plain.split()), "")
