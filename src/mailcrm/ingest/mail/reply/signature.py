"""Where the signature begins below a stretch of own text: by a delimiter, a phone's line, contact facts, or small print.

Closing words ("Best regards,") are of the letter and stay with it; so does a bare name below them.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from mailcrm.ingest.mail.reply.languages import words
from mailcrm.ingest.mail.reply.lines import LONGEST_MARK, Lines
from mailcrm.ingest.mail.reply.sayings import HEAD, Openings

_DELIMITERS = frozenset({"--", "—", "–", "——", "- -", "ᐧ"})
_BARE = "--"
_DELIMITING = "-_=~#─—━–ᐧ "
_RULE = 3
_DELIMITED_LINES = 30
_RULED_LINES = 12

_BRACKETS = "*[(<_【 "
_SENT_FROM = Openings(words("sent_from"))
_SENT_FROM_ENDS = ("から送信", "에서 보냄", "'umdan gönderildi", "cihazımdan gönderildi")
_SENT_FROM_LAST = frozenset(end[-1] for end in _SENT_FROM_ENDS)
_SENT_FROM_FIRST = frozenset(f"{_BRACKETS}>发發삼")  # the beginnings that are shorter than others, or hide them
_MINE = re.compile(
    r"\b(?:my|meine[mr]|mon|mi|meu|mijn|min|mit|mio|minu|moj\w{0,4}|моего|мого)\b|我的|自我", re.IGNORECASE
)
_DEVICE = re.compile(
    r"iphone|ipad|ipod|android|outlook|yahoo|samsung|galaxy|blackberry|windows|huawei|honor|xiaomi|redmi|oppo|vivo|mail|nokia"
    r"|proton|sony|htc|tablet|smartphone|handy|mobil|\bspark\b|sparrow|phone|pixel|apple|\bmac\b|ios|thunderbird|手机|手機"
    r"|邮箱|郵箱|客户端|大师|設備|设备|裝置|电脑|телефон|устройств|스마트폰|갤럭시|aka\.ms",
    re.IGNORECASE,
)
_SENTENCE_END = ("。", "！", "？", "!", "?", ",", "，", ";", "；", ":", "：")
_PHONE_LINE = 90

_CLOSING = Openings(words("closings"), tail=r"[\s,.!，。！~～:：]{0,9}$")
_NOTICE = Openings(words("notices"))
_FOOTER = re.compile(
    r"unsubscribe|mailing\slist|list-?info|abbestellen|abmelden|désabonner|退订|取消订阅|to\srespond,\sreply|view\sthis\sonline"
    r"|reply to this e?mail",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"(?<![^\W_])(?:t|m|p|f|tel|tél|telephone|telefon|phone|ph|mob|mobile|mobil|handy|cell|fax|direct|office|skype|wechat|whatsapp"
    r"|电话|電話|手机|手機|传真|傳真|微信|座机|热线|固话|携帯|直通|전화|팩스|휴대폰|тел|моб|факс|qq"
    r"|telefono|teléfono|móvil|cellulare|telefone|gsm)\s?[.:：|/]{0,2}\s{0,3}[+(]{0,2}\d[\d\s().-]{4,}"
    r"|www\.\w|\+\d{1,3}[\s().-]{0,3}\d{2,}[\d\s().-]{4,}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d\s().-]{4}")
_SITE = re.compile(r"www\.\w|https?://\w", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![^\s<>():：])[^\s<>()@:：]{1,80}@[^\s<>()@.]{1,80}\.[^\s<>()@]{2,80}")
_POSTSCRIPT = re.compile(r"(?:p\.?\s?){1,2}s\s?[:：.]|n\.?\s?b\s?[:：.]|又及\s?[:：]", re.IGNORECASE)
_POSTSCRIPT_FIRSTS = ("p", "P", "n", "N", "又")
_BLOCK_LINES = 12
_LINE_LENGTH = 90
_NAME_LENGTH = 60
_FACTS_OF_CARD = 2
_TAIL = 40
_SIGNATURES = 3
"""In one stretch, with postscripts between them: nobody writes more."""


class Signatures:
    """Finds the signatures below the stretches of own lines in a mail."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def divide(self, own: Sequence[int]) -> tuple[list[int], list[int]]:
        """What is said in `own`, the numbers of a stretch of own lines, and what is signature: postscripts are said."""
        said: list[int] = []
        signed: list[int] = []
        for _ in range(_SIGNATURES):
            start = self._start(own)
            if start is None:
                break
            said += own[:start]
            end = self._postscript(own, start)
            signed += own[start:end]
            own = own[end:]
        return [*said, *own], signed

    def _postscript(self, own: Sequence[int], start: int) -> int:
        """Where below the begin of a signature one stands, as a paragraph of its own."""
        at = self._lines.at
        for position in range(start + 1, len(own)):
            bare = at[own[position]].bare
            if bare[:1] in _POSTSCRIPT_FIRSTS and _POSTSCRIPT.match(bare) and not at[own[position - 1]].bare:
                return position
        return len(own)

    def _start(self, own: Sequence[int]) -> int | None:
        """Where in `own` the signature begins; None if there is none."""
        start: int | None = None
        tail = self._tail(own)
        for find in (self._by_delimiter, self._by_phone_line, self._by_small_print, self._by_contact_facts):
            found = find(own, tail)
            if found is not None:
                start, own = found, own[:found]
                tail = self._tail(own)
        return start

    def _tail(self, own: Sequence[int]) -> list[int]:
        """The last positions in `own` that hold more than white space, in order; no more than are looked at."""
        found: list[int] = []
        stripped, at = self._lines.stripped, self._lines.at
        for position in range(len(own) - 1, -1, -1):
            text = stripped[own[position]]
            if text and (text[0].isalpha() or at[own[position]].bare):  # which takes longer
                found.append(position)
                if len(found) > _TAIL:
                    break
        found.reverse()
        return found

    def _by_delimiter(self, own: Sequence[int], tail: Sequence[int]) -> int | None:
        """The first delimiter with little enough below it. A drawn rule is one above what looks like a signature."""
        lines = self._lines
        odd = _within(lines.odd, own)
        # Without the space behind them (RFC 3676, section 4.3) two of them are a drawn frame.
        is_frame = sum(lines.texts[index] == _BARE for index in odd) > 1
        for index in odd:
            bare = lines.at[index].bare
            if not bare or bare[0] not in _DELIMITING or bare.strip(_DELIMITING):
                continue
            place = _place(tail, _place(own, index))
            if place is None:
                continue
            below = tail[place + 1 :]
            is_rule = is_frame and lines.texts[index] == _BARE
            if bare in _DELIMITERS and not is_rule:
                if len(below) <= (_DELIMITED_LINES if place else _RULED_LINES):
                    return tail[place]
            elif (
                (is_rule or len(bare) >= _RULE)
                and len(below) <= _RULED_LINES
                and _is_footer([lines.at[own[position]].bare for position in below])
            ):
                return tail[place]
        return None

    @cached_property
    def _phone_lines(self) -> list[int]:
        """The numbers of the few lines that may be such a one."""
        heads = _SENT_FROM.heads
        return [
            number
            for number, text in enumerate(self._lines.stripped)
            if text and (text[:HEAD].lower() in heads or text[0] in _SENT_FROM_FIRST or text[-1] in _SENT_FROM_LAST)
        ]

    def _by_phone_line(self, own: Sequence[int], tail: Sequence[int]) -> int | None:
        """What stands below it is what a program quoted without a word. Above all other text it ends nothing."""
        for index in _within(self._phone_lines, own):
            position = _place(own, index)
            if position is not None and _is_phone_line(self._lines.at[index].bare.lstrip(_BRACKETS)):
                is_last = not tail or tail[-1] <= position
                if is_last or any(self._lines.at[above].bare for above in own[:position]):
                    return position
        return None

    def _by_small_print(self, own: Sequence[int], tail: Sequence[int]) -> int | None:
        """The first paragraph near the end that begins as a notice of confidentiality does."""
        lines = self._lines
        if tail and tail[0] and len(tail) <= _TAIL and _is_notice(lines.at[own[tail[0]]].bare):
            return tail[0]  # nothing but white space above it
        for above, position in pairwise(tail):
            if position - above > 1 and _is_notice(lines.at[own[position]].bare):
                return position
        return None

    def _by_contact_facts(self, own: Sequence[int], tail: Sequence[int]) -> int | None:
        """Short lines at the end with a phone, an address or a site: below closing words, or as a paragraph of their own."""
        tail = tail[-_BLOCK_LINES - 1 :]
        numbers = [own[position] for position in tail]
        if not _may_be_contact("\n".join([self._lines.texts[number] for number in numbers])):
            return None
        return _contact_block(tail, [self._lines.at[number].bare for number in numbers])


def _within(ordered: Sequence[int], own: Sequence[int]) -> Sequence[int]:
    """Those of the numbers in order that are not before the first and not behind the last of `own`."""
    return ordered[bisect_left(ordered, own[0]) : bisect_right(ordered, own[-1])] if own else ()


def _place(ordered: Sequence[int], value: int | None) -> int | None:
    """Where `value` stands among numbers in order, None where it does not."""
    if value is None:
        return None
    place = bisect_left(ordered, value)
    return place if place < len(ordered) and ordered[place] == value else None


def _is_footer(texts: Sequence[str]) -> bool:
    return not texts or any(_FOOTER.search(text) or _is_notice(text) or _is_contact(text) for text in texts)


def _is_phone_line(bare: str) -> bool:
    """ "Sent from my iPhone" and its kin, in the words of many programs."""
    head = bare.split("<", 1)[0].rstrip()
    if len(head) > _PHONE_LINE or head.endswith(_SENTENCE_END):
        return False
    if not _SENT_FROM.match(head):
        return head.endswith(_SENT_FROM_ENDS)
    return bool(_MINE.search(head) or _DEVICE.search(bare[: 3 * _PHONE_LINE]))


def _is_notice(text: str) -> bool:
    return _NOTICE.match(text.lstrip(_BRACKETS)) is not None


def _contact_block(tail: Sequence[int], texts: Sequence[str]) -> int | None:
    """Where in `tail` the block of contact facts begins; `texts` are the lines of these positions."""
    facts = [_is_contact(text) for text in texts]
    if not any(facts):
        return None
    for place in range(len(tail) - 2, -1, -1):
        if not _is_short(texts[place + 1]):
            break
        if any(facts[place + 1 :]) and len(texts[place]) < _NAME_LENGTH and _CLOSING.match(texts[place]):
            return tail[place + 1]
    return tail[block] if (block := _card(tail, texts, facts)) else None


def _card(tail: Sequence[int], texts: Sequence[str], facts: Sequence[bool]) -> int:
    """Where the last paragraph begins if it is a name above two contact facts, 0 if it is none."""
    block = len(tail) - 1
    while block and tail[block] - tail[block - 1] == 1:
        block -= 1
    if not block or texts[block - 1].endswith((":", "：")):
        return 0
    if (
        sum(_facts_in(text) for text, is_fact in zip(texts[block:], facts[block:], strict=True) if is_fact)
        < _FACTS_OF_CARD
    ):
        return 0
    card = texts[block:]
    is_card = all(map(_is_short, card)) and not facts[block] and len(card[0]) <= _NAME_LENGTH
    return block if is_card and not any(text.endswith(_SENTENCE_END) or text.endswith(".") for text in card) else 0


def _may_be_contact(text: str) -> bool:
    """Whether it is worth the while to ask `_is_contact` of a line of the text. Fast."""
    return "@" in text or "://" in text or "www." in text or _NUMBER.search(text) is not None


def _is_contact(text: str) -> bool:
    if "@" in text and _ADDRESS.search(text):
        return True
    if len(text) > LONGEST_MARK:
        return False
    if ("://" in text or "www." in text) and _SITE.search(text):
        return True
    return _NUMBER.search(text) is not None and _CONTACT.search(text) is not None


def _facts_in(text: str) -> int:
    return max(1, len(_CONTACT.findall(text)))


def _is_short(text: str) -> bool:
    return len(text) <= _LINE_LENGTH
