"""Names whose family name leads though they are written in Latin letters: Tran Thi Mai, Kim Sok Jin."""

import re

from mailcrm.identity.names.readings import syllable_count

_VIETNAMESE = frozenset("nguyen tran pham hoang huynh phan vu vo dang bui ngo duong dinh trinh truong luong".split())
_KOREAN = frozenset(
    (
        "kim lee yi ri rhee park pak bak choi choe jung jeong chong chung kang cho jo yoon yun jang chang lim im han "
        "oh seo so shin sin kwon hwang ahn an song ryu yu yoo hong jeon chon ko go mun moon son sohn yang bae pae "
        "paek baek ho heo nam no noh roh ha kwak sung song cha chu joo ju u woo ku koo na ra min jin chi ji om eom "
        "won chae bang pang kong hyon hyun ham yom yeom pyon byun"
    ).split()
)
_KOREAN_SYLLABLE = re.compile(
    "(?:kk|tt|pp|ss|jj|ch|sh|[gkndtrlmbpsjh])?[yw]?(?:ae|eo|eu|oe|oo|ee|ou|ui|[aeiou])(?:ng|ck|[kgntlrmpbhs])?"
)
_LONGEST_VIETNAMESE = 6
"""Letters of a word: truong, nguyen."""


def family_leads(words: tuple[str, ...]) -> bool:
    """Of three folded words and more: with two, Kim Jones, it cannot be told."""
    if len(words) < 3:
        return False
    if words[0] in _VIETNAMESE:
        return max(map(len, words)) <= _LONGEST_VIETNAMESE
    return words[0] in _KOREAN and all(_KOREAN_SYLLABLE.fullmatch(word) or syllable_count(word) == 1 for word in words)
