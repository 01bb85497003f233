"""How alike two names are; the owner of rapidfuzz. The resolver's evidence weights will live here too."""

import re
import unicodedata

SAME = 92.0
"""Of 100, in any word order: Smith, Jane and Jane Smith are 100; Jane Smith and Jane Smyth 90."""

_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def name_likeness(left: str, right: str) -> float:
    """0..100, without regard to case, accents, punctuation and the order of words. What says nothing is like nothing."""
    from rapidfuzz import fuzz  # only now: half of all passes over a mailbox find nothing to resolve

    one, other = _folded(left), _folded(right)
    return float(fuzz.token_sort_ratio(one, other)) if one and other else 0.0


def word_likeness(left: str, right: str) -> float:
    """0..1 by Jaro and Winkler, of two folded words: for what was mistyped."""
    from rapidfuzz.distance import JaroWinkler

    return float(JaroWinkler.similarity(left, right))


def is_slip(left: str, right: str) -> bool:
    """Whether two different folded words are one letter apart: left out, doubled, another, or two exchanged."""
    from rapidfuzz.distance import OSA

    return left != right and OSA.distance(left, right, score_cutoff=1) == 1


def slips(left: str, right: str) -> int:
    """How many letters two words are apart, as `is_slip` counts them."""
    from rapidfuzz.distance import OSA

    return OSA.distance(left, right)


def _folded(name: str) -> str:
    from rapidfuzz import utils

    if name.isascii():
        return str(utils.default_process(name))
    letters = (char for char in unicodedata.normalize("NFKD", name) if unicodedata.category(char) != "Mn")
    whole = _HAN_GAP.sub("", unicodedata.normalize("NFC", "".join(letters)))
    return str(utils.default_process(whole))


def same_name(left: str, right: str) -> bool:
    """Whether two spellings are one name."""
    return name_likeness(left, right) >= SAME
