"""The lines that mail programs write above a quote: "On ... wrote:", and separators as "-----Original Message-----"."""

import re

from mailcrm.ingest.mail.reply.languages import words
from mailcrm.ingest.mail.reply.lines import Lines, is_own
from mailcrm.ingest.mail.reply.sayings import Inside, Openings, either

_LONGEST = 400
_MOST_LINES = 4
_COLONS = (":", "：")

_WROTE = rf"(?:(?<![^\W\d_])(?:{either(words('wrote'))})(?![^\W\d_])|のメール|写道|寫道|写到|作成|작성|書きました)"
_WROTE_AT_END = Inside(words("wrote"), rf"{_WROTE}\s?[:：]?$", last=max(map(len, words("wrote"))) + 5)
_WROTE_SOMEWHERE = Inside(words("wrote"), _WROTE)
_STARTS = Openings((*words("starts"), "在", "于", "於"), tail=r"(?![a-zA-ZÀ-ɏА-я])")
_CITING = re.compile(r"(?:quoting|zitat\svon|citando|citação\sde)\s", re.IGNORECASE)
_TOKEN = r"[^\s<>()\[\]:：,;\"'@]"
_ADDRESS = re.compile(rf"(?<!{_TOKEN}){_TOKEN}{{1,120}}@{_TOKEN}{{1,200}}|(?<=['\"]){_TOKEN}{{1,60}}@{_TOKEN}{{1,200}}")
_BRACKETED = re.compile(
    r"[<(\[（＜]\s?(?:mailto:)?[^\s<>()@]{1,120}@[^\s<>()@]{1,200}?\s?(?:<mailto:[^\s<>]{1,300}>)?\s?[>)\]）＞]{1,3}[:：]?$"
)
_WHEN = re.compile(
    r"\d{1,2}[:.h：]\d{2}(?!\d)|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:19|20)\d\d.{0,20}\d|\d.{0,20}(?:19|20)\d\d|\d{1,2}-\w{3}-\d{4}"
)
_STARTS_WITH_DATE = re.compile(r"[^\d]{0,25}\d")
_GLUED = re.compile(r"([^\W_].{0,300}?)\s+(?:On|Am|Le|El|Em|Il|Op|Den)\s(?:\w{2,10}\.?,?\s){0,2}\d{1,4}\b")
CLOCK = re.compile(r"\d{1,2}(?:[:：h时點点]|시\s)\d{2}(?!\d)|(?<![\d./-])\d{1,2}\.\d{2}(?![\d./-])")
"""A time of day."""
# Behind the verb, as in "schrieb Jana Roh:"; "wrote us that the goods are late:" is a sentence.
_NAME = re.compile(
    r"(?:\s?(?:von|van|de|del|der|den|da|di|du|la|le|via|[^\Wa-zß-öø-ÿа-я_][^\s:：]{0,40})){1,6}\s?[:：]"
)
_DATE_AND_AUTHOR = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b"
    r"(?:.{1,120}[<(][^\s<>()@]{1,120}@[^\s<>()@]{1,200}[>)]|\s\d{1,2}:\d{2}\sGMT[+-]\d\d:\d\d\s.{1,120})$"
)

_QUOTED_NAME = re.compile(r"[\"“„«]\s?([^\"“”„«»]{1,120}?)\s?[\"”“»]\s{0,2}$")
_DATE_ENDS = re.compile(r"[\d,，、:：]")
_LOWER_WORDS = re.compile(r"^(?:[^\W\d_A-ZÀ-ÞΑ-ΩА-Я]{1,20}[.)]?\s)*(?=\S)")

_DASHES = "-_=*—─━~<>"
_DASHES_AND_BLANKS = f"{_DASHES} \t\xa0\u3000"
_FEWEST_DASHES = 2
_SHORTEST_RULE = 7
_FORWARDS = Openings(words("forwards"), tail=r"(?![a-zA-ZÀ-ɏА-я])")
_ORIGINALS = Openings(words("originals"), tail=r"(?![a-zA-ZÀ-ɏА-я])")
_FORWARD_ALONE = Openings(words("forwards"), tail=r"\s?[:：]?$")
_TITLE = re.compile(r"[-_=]{3,}\s?[^\s\d][^\n]{0,60}?[-_=]{3,}$")
_LONGEST_TITLE = 120


def separator_kind(bare: str) -> str:
    """'forward' or 'original' where the line stands above a whole mail, 'unknown' where it may, '' where it does not."""
    if bare[0] in _DASHES:
        title = bare.lstrip(_DASHES_AND_BLANKS)
        if len(bare) - len(title) < _FEWEST_DASHES:
            return ""
        if not title:
            return "unknown" if _SHORTEST_RULE <= len(bare) < _LONGEST_TITLE and not bare.strip("-_=") else ""
        title = title[:_LONGEST_TITLE]
        if _FORWARDS.match(title):
            return "forward"
        if _ORIGINALS.match(title):
            return "original"
        return "unknown" if bare[-1] in "-_=" and len(bare) < _LONGEST_TITLE and _TITLE.match(bare) else ""
    if bare[-1] in _COLONS and len(bare) < _LONGEST_TITLE and _FORWARD_ALONE.match(bare):
        return "forward"
    return ""


def may_end_attribution(bare: str) -> bool:
    """Whether it is worth the while to look at a line, and those above it, as an attribution. Fast."""
    if len(bare) > _LONGEST:
        return False
    if bare[-1] in _COLONS:
        return True
    if bare[-1] == "-":
        return bare.startswith("--")
    return (bare[0].isdigit() or not bare[-1].isascii()) and ("@" in bare or " GMT" in bare)


def attribution_start(
    lines: Lines, index: int, first: int, *, quoted_follows: bool, is_answer: bool = False
) -> int | None:
    """Where the attribution that ends at line `index` begins, not before line `first`; None if it is none.

    People write such lines, too ("On 4 May your colleague wrote:"): one without an address and a time of day counts in
    an answer only (`is_answer`), or where quoted lines follow.
    Programs break it where it gets long: as few lines as make one with its date are taken, or as few as make one at all.
    """
    found: int | None = None
    mark = lines.at[index].mark
    text = ""
    first = max(first, index - _MOST_LINES + 1)
    if lines.at[index].bare[-1] in _COLONS and not _may_attribute(lines, first, index + 1):
        return None
    for start in range(index, first - 1, -1):
        above = lines.at[start]
        if not above.bare or (above.mark is not mark and not (is_own(mark) and is_own(above.mark))):
            break
        text = f"{above.bare} {text}" if text else above.bare
        if len(text) > _LONGEST or (start < index and text[-1] not in _COLONS):
            break
        if _closes_more_than_it_opens(text):
            continue
        if _is_attribution(text) and (quoted_follows or is_answer or _is_by_program(text)):
            if _WHEN.search(text):
                return start
            found = start if found is None else found
        elif found is None and quoted_follows and _is_likely_attribution(text):
            found = start
    return found


def words_before(bare: str) -> str:
    """What stands before the attribution on its own first line, where a phone put both on one; '' for nothing."""
    found = _GLUED.match(bare)
    if found is None or "@" in found[1] or _STARTS.match(bare) or _WROTE_SOMEWHERE.search(found[1]):
        return ""
    return found[1]


def author_of(text: str) -> str:
    """The author that an attribution names, as `Name <address>`; '' where it names no address."""
    found = _ADDRESS.search(text)
    if found is None:
        return ""
    before = text[: found.start()].rstrip(" \t<([（＜").removesuffix("mailto:").rstrip(" \t<([（＜")
    quoted = _QUOTED_NAME.search(before)
    name = quoted[1] if quoted else _LOWER_WORDS.sub("", _DATE_ENDS.split(before)[-1].strip())
    return f"{name} <{found[0]}>"


def _is_by_program(text: str) -> bool:
    """Whether an attribution holds what programs write and people seldom do."""
    return text[-1] == "-" or _has_address(text) or CLOCK.search(text) is not None


def _may_attribute(lines: Lines, start: int, end: int) -> bool:
    """What ends in a colon and has neither an address nor one of the words is no attribution."""
    text = " ".join(lines.texts[start:end])
    return "@" in text or _WROTE_SOMEWHERE.may_be_in(text)


def _closes_more_than_it_opens(text: str) -> bool:
    return text.count(">") > text.count("<") or text.count(")") > text.count("(")


def _is_attribution(text: str) -> bool:
    """Whether a whole line says who wrote when. The commonest of the tests stand first."""
    ends = text[-1]
    if ends == "-":
        return text.startswith("--") and _WROTE_AT_END.search(text.strip("- ")) is not None
    if ends not in _COLONS:
        return bool(_DATE_AND_AUTHOR.match(text) or (_names_both(text) and _WROTE_AT_END.search(text)))
    has_address = _has_address(text)
    has_date = bool(_WHEN.search(text))
    if not has_date and not has_address:
        return False
    if _WROTE_AT_END.search(text):
        return has_address or bool(_STARTS.match(text) or _STARTS_WITH_DATE.match(text))
    if has_address and has_date:
        if _STARTS_WITH_DATE.match(text) and _BRACKETED.search(text):
            return True
        return bool(_WROTE_SOMEWHERE.search(text))
    if has_address:
        return bool(_CITING.match(text))
    if not (_STARTS.match(text) and _STARTS_WITH_DATE.match(text)):
        return False
    wrote = _WROTE_SOMEWHERE.search(text)
    return wrote is not None and _NAME.fullmatch(text, wrote.end()) is not None


def _is_likely_attribution(text: str) -> bool:
    """Enough where quoted lines follow at once."""
    if text[-1] not in _COLONS or len(text) > _LONGEST // 2:
        return False
    if _has_address(text) or _WROTE_AT_END.search(text):
        return True
    return bool(_WHEN.search(text) and _WROTE_SOMEWHERE.search(text))


def _has_address(text: str) -> bool:
    return "@" in text and _ADDRESS.search(text) is not None


def _names_both(text: str) -> bool:
    return _has_address(text) and _WHEN.search(text) is not None
