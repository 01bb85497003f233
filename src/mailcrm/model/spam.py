"""The spam guard of public forms: signs of a machine or of advertising, weighed without asking anybody else.

Each sign has points. From `HELD` on a human looks, from `SPAM` on nobody has to; nothing is refused for a single sign that
a person may show (no JavaScript, a message in capitals, a name in two scripts).
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from mailcrm.model.form import PROOF_BITS, QUICKEST, Judged

HELD, SPAM = 2, 6
MOST_AN_HOUR = 20
"""Submissions of one visitor to one form in an hour; more are refused and not kept."""

MOST_OF_ALL = 500
"""Submissions to one form in an hour, whoever sends them; more are refused and not kept."""


class Sign(StrEnum):
    """What speaks against a submission; kept with it, so that a human knows why it waits."""

    HONEYPOT = "honeypot"
    TOO_FAST = "too fast"
    NO_TOKEN = "no token"
    FORGED_TOKEN = "forged token"
    NO_PROOF = "no proof of work"
    WRONG_PROOF = "wrong proof of work"
    FOREIGN_SITE = "posted by another site"
    OFTEN = "often from there"
    REPEATED = "same text again"
    LINKS = "links"
    MARKUP = "markup"
    WORDS = "advertising words"
    MIXED_SCRIPT = "letters of two scripts in a word"


_POINTS = {
    Sign.HONEYPOT: 6,
    Sign.TOO_FAST: 3,
    Sign.NO_TOKEN: 2,
    Sign.FORGED_TOKEN: 4,
    Sign.NO_PROOF: 2,
    Sign.WRONG_PROOF: 4,
    Sign.FOREIGN_SITE: 2,
    Sign.OFTEN: 2,
    Sign.MARKUP: 4,
    Sign.MIXED_SCRIPT: 3,
}
_LINKS_HELD, _LINKS_SPAM = 2, 6
_REPEATED_HELD, _REPEATED_SPAM = 2, 10
_OFTEN = 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the guard knows. `age` is how long the page stood open (None: without a token of ours), `proof` the counter that
    the browser found (None: none was sent). The counts are those of the hour, or of the day for `same_text`, before it."""

    texts: tuple[str, ...]
    honeypot: str = ""
    token: str = ""
    age: timedelta | None = None
    proof: str | None = None
    foreign_site: bool = False
    from_there: int = 0
    same_text: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and the signs that led to it."""

    judged: Judged
    signs: tuple[Sign, ...] = ()

    @property
    def reasons(self) -> str:
        """The signs in words."""
        return ", ".join(self.signs)


def judge(attempt: Attempt) -> Verdict:
    """Whether a submission is filed, looked at by a human, or thrown away."""
    points: dict[Sign, int] = {}
    for sign, weight in (*_of_machine(attempt), *_of_text("\n".join(attempt.texts))):
        points[sign] = max(points.get(sign, 0), weight)
    total = sum(points.values())
    judged = Judged.SPAM if total >= SPAM else Judged.HELD if total >= HELD else Judged.OK
    return Verdict(judged, tuple(points))


Found = Iterator[tuple[Sign, int]]


def _of_machine(attempt: Attempt) -> Found:
    if attempt.honeypot.strip():
        yield Sign.HONEYPOT, _POINTS[Sign.HONEYPOT]
    if attempt.foreign_site:
        yield Sign.FOREIGN_SITE, _POINTS[Sign.FOREIGN_SITE]
    if attempt.age is None:
        sign = Sign.FORGED_TOKEN if attempt.token else Sign.NO_TOKEN
        yield sign, _POINTS[sign]
    else:
        if attempt.age < QUICKEST:
            yield Sign.TOO_FAST, _POINTS[Sign.TOO_FAST]
        if not attempt.proof:
            yield Sign.NO_PROOF, _POINTS[Sign.NO_PROOF]
        elif not is_proof(attempt.token, attempt.proof):
            yield Sign.WRONG_PROOF, _POINTS[Sign.WRONG_PROOF]
    if attempt.from_there >= _OFTEN:
        yield Sign.OFTEN, _POINTS[Sign.OFTEN]
    if attempt.same_text >= _REPEATED_HELD:
        yield Sign.REPEATED, SPAM if attempt.same_text >= _REPEATED_SPAM else HELD


def is_proof(token: str, counter: str) -> bool:
    """Whether SHA-256 of `TOKEN:COUNTER` begins with enough zero bits; the browser tried thousands to find it."""
    if not re.fullmatch(r"\d{1,9}", counter, re.ASCII):
        return False
    digest = hashlib.sha256(f"{token}:{counter}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - PROOF_BITS) == 0


# --- what is written ---------------------------------------------------------------------------------------------

_LINK = re.compile(
    r"https?://|www\.|\b[\w-]{2,60}\.(?:ru|xyz|top|click|shop|online|site|icu|vip|loan)\b", re.IGNORECASE
)
_MARKUP = re.compile(r"\[/?(?:url|link|img)\b|<\s*(?:a|script|iframe|img)\b|&#\d{2,6};", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(?:viagra|cialis|levitra|casinos?|backlinks?|guest post|seo (?:services?|packages?|expert)|rank(?:ing)? on google|"
    r"first page of google|payday loans?|forex signals?|bitcoin (?:investment|trading)|crypto (?:investment|trading)|"
    r"adult dating|escorts?|porn\w*|sex dating|replica watches|essay writing|weight loss|make money online|"
    r"work from home|earn \$?\d+ (?:a|per) day|казино|ставки на спорт|порно|продвижение сайт\w*)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    "博彩|赌场|赌球|百家乐|六合彩|时时彩|代开发票|代办发票|发票代开|刷单|色情|裸聊|约炮|快速贷款|无抵押贷款|网赚|兼职日结|"
    "私服|外挂|伟哥|棋牌平台|关键词排名|快速排名|批量外链"
)
_WORD = re.compile(r"[^\W\d_]{3,60}")
_MOST_SEEN = 20_000


def _of_text(text: str) -> Found:
    text = unicodedata.normalize("NFKC", text[:_MOST_SEEN])
    links = len(_LINK.findall(text))
    if links > _LINKS_HELD:
        yield Sign.LINKS, SPAM if links > _LINKS_SPAM else HELD
    if _MARKUP.search(text):
        yield Sign.MARKUP, _POINTS[Sign.MARKUP]
    words = {found.casefold() for found in (*_WORDS.findall(text), *_CHINESE.findall(text))}
    if words:
        yield Sign.WORDS, HELD * len(words)
    if any(_is_mixed(word) for word in _WORD.findall(text)):
        yield Sign.MIXED_SCRIPT, _POINTS[Sign.MIXED_SCRIPT]


_ALIKE = ("LATIN", "CYRILLIC", "GREEK")
"""Scripts whose letters look the same: in one word they hide what it says (UTS 39)."""


def _is_mixed(word: str) -> bool:
    return not word.isascii() and len(_scripts(word)) > 1


def _scripts(word: Iterable[str]) -> set[str]:
    names = {unicodedata.name(char, "").partition(" ")[0] for char in word}
    return names & set(_ALIKE)


def text_hash(values: Iterable[str]) -> str:
    """What makes a text the same text: SHA-256 of its letters and digits, without case; '' of one too short to compare."""
    letters = "".join(
        char for value in values for char in unicodedata.normalize("NFKC", value).casefold() if char.isalnum()
    )
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest() if len(letters) >= _SHORT else ""


_SHORT = 20
