"""Where the signature begins below a stretch of own text: by a delimiter, a phone's line, contact facts, or small print.

Closing words ("Best regards,") are of the letter and stay with it; so does a bare name below them.
"""

import re
from collections.abc import Sequence

from mailcrm.ingest.mail.reply.languages import words
from mailcrm.ingest.mail.reply.lines import LONGEST_MARK, PLAIN, Line
from mailcrm.ingest.mail.reply.sayings import HEAD, Openings

_DELIMITERS = frozenset({"--", "—", "–", "——", "- -", "ᐧ"})
_DELIMITING = "-_=~#─—━–ᐧ "
_RULE = 3
_DELIMITED_LINES = 30
_RULED_LINES = 12

_BRACKETS = "*[(<_【 "
_SENT_FROM = Openings(words("sent_from"))
_SENT_FROM_ENDS = ("から送信", "에서 보냄", "'umdan gönderildi", "cihazımdan gönderildi")
_SENT_FROM_LAST = frozenset(end[-1] for end in _SENT_FROM_ENDS)
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
    r"|www\.\w|https?://\w|\+\d{1,3}[\s().-]{0,3}\d{2,}[\d\s().-]{4,}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d\s().-]{4}")
_ADDRESS = re.compile(r"(?<![^\s<>():：])[^\s<>()@:：]{1,80}@[^\s<>()@.]{1,80}\.[^\s<>()@]{2,80}")
_BLOCK_LINES = 12
_LINE_LENGTH = 90
_NAME_LENGTH = 60
_FACTS_OF_CARD = 2
_TAIL = 40


def signature_start(lines: Sequence[Line]) -> int | None:
    """The position in one stretch of own lines where the signature begins, None if there is none."""
    filled = [position for position, line in enumerate(lines) if line.bare]
    start: int | None = None
    for find in (_by_delimiter, _by_phone_line, _by_small_print, _by_contact_facts):
        found = find(lines, filled)
        if found is not None:
            start = found
            filled = [position for position in filled if position < start]
    return start


def _by_delimiter(lines: Sequence[Line], filled: Sequence[int]) -> int | None:
    """The first delimiter with little enough below it. A drawn rule is one above what looks like a signature."""
    for place, position in enumerate(filled):
        _, bare, mark = lines[position]
        if mark is PLAIN or bare[0] not in _DELIMITING or bare.strip(_DELIMITING):
            continue
        below = len(filled) - place - 1
        if bare in _DELIMITERS:
            if below <= (_DELIMITED_LINES if place else _RULED_LINES):
                return position
        elif len(bare) >= _RULE and below <= _RULED_LINES and _is_footer([lines[p].bare for p in filled[place + 1 :]]):
            return position
    return None


def _is_footer(texts: Sequence[str]) -> bool:
    return not texts or any(_FOOTER.search(text) or _is_notice(text) or _is_contact(text) for text in texts)


def _by_phone_line(lines: Sequence[Line], filled: Sequence[int]) -> int | None:
    """What stands below it is what a program quoted without a word. Above all other text it ends nothing."""
    heads = _SENT_FROM.heads
    for place, position in enumerate(filled):
        bare = lines[position].bare
        if bare[-1] not in _SENT_FROM_LAST and bare[0] not in _BRACKETS and bare[:HEAD].lower() not in heads:
            continue  # nearly all
        if _is_phone_line(bare.lstrip(_BRACKETS)) and (place or len(filled) == 1):
            return position
    return None


def _is_phone_line(bare: str) -> bool:
    """ "Sent from my iPhone" and its kin, in the words of many programs."""
    head = bare.split("<", 1)[0].rstrip()
    if len(head) > _PHONE_LINE or head.endswith(_SENTENCE_END):
        return False
    if not _SENT_FROM.match(head):
        return head.endswith(_SENT_FROM_ENDS)
    return bool(_MINE.search(head) or _DEVICE.search(bare[: 3 * _PHONE_LINE]))


def _by_small_print(lines: Sequence[Line], filled: Sequence[int]) -> int | None:
    """The first paragraph near the end that begins as a notice of confidentiality does."""
    for position in filled[-_TAIL:]:
        if position and not lines[position - 1].bare and _is_notice(lines[position].bare):
            return position
    return None


def _is_notice(text: str) -> bool:
    return _NOTICE.match(text.lstrip(_BRACKETS)) is not None


def _by_contact_facts(lines: Sequence[Line], filled: Sequence[int]) -> int | None:
    """Short lines at the end with a phone, an address or a site: below closing words, or as a paragraph of their own."""
    tail = filled[-_BLOCK_LINES - 1 :]
    texts = [lines[position].bare for position in tail]
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
    if not block or sum(facts[block:]) < _FACTS_OF_CARD or texts[block - 1].endswith((":", "：")):
        return 0
    card = texts[block:]
    is_card = all(map(_is_short, card)) and not facts[block] and len(card[0]) <= _NAME_LENGTH
    return block if is_card and not any(text.endswith(_SENTENCE_END) or text.endswith(".") for text in card) else 0


def _is_contact(text: str) -> bool:
    if "@" in text and _ADDRESS.search(text):
        return True
    if len(text) > LONGEST_MARK or not ("://" in text or "www." in text or _NUMBER.search(text)):
        return False
    return _CONTACT.search(text) is not None


def _is_short(text: str) -> bool:
    return len(text) <= _LINE_LENGTH
