"""A signature cut into segments, one thing each: lines, and what bars, dots and wide spaces separate within a line."""

import re
from typing import NamedTuple

from mailcrm.ingest.mail.contacts.labels import BETWEEN, EMAIL, FIELD_OF, LABEL, OTHER
from mailcrm.ingest.mail.contacts.words import CLOSING, STOP

LONGEST_SIGNATURE = 4_000
_MOST_LINES, _LONGEST_LINE = 40, 300
_SEPARATOR = re.compile(
    r"[ \t\u3000\xa0]*[|｜•·▪■●◆★♦∙┃│║¦][ \t\u3000\xa0]*"
    r"|(?<!\d)[ \xa0](?:/|-)[ \xa0]|[ \xa0](?:/|-)[ \xa0](?!\d)|[ \xa0](?://|–|—|~|\*)[ \xa0]"
    r"|(?<![:：.,，])(?:\t|[ \xa0\u3000]{3,}|\u3000)(?![:：])"
)
_DECORATION = re.compile(r"^(?:[\s*_=~#>•·\-–—|☎☏✆📞📱📧✉🌐📍🏢➤►]|\+(?!\d|\(?\d))+|[\s*_=~#|\-–—]+$")
_ICONS = {
    **dict.fromkeys("☎☏✆📞", "Tel: "),
    **dict.fromkeys("✉📧", "E-mail: "),
    "📱": "Mobile: ",
    "📠": "Fax: ",
    "🌐": "Web: ",
    "📍": "Address: ",
}
_MARKUP = re.compile(r"\[(?:cid:|https?://)[^\]\s]{0,300}\]|<(?:https?://|mailto:)[^<>\s]{0,300}>", re.IGNORECASE)
_LAST = " \t\u3000,，;；.。!！~*-–—_=|"


class Segment(NamedTuple):
    """One thing: a value, the fields that labels before it name (none where there is no label), and its line."""

    value: str
    fields: tuple[str, ...]
    line: int


def read_segments(signature: str) -> list[Segment]:
    """The segments in order. Text beyond the bounds of a signature, quoted mail and legal notices are not looked at."""
    found: list[Segment] = []
    waiting: tuple[str, ...] = ()
    for number, line in enumerate(_lines(signature)):
        for piece in _pieces(line):
            for segment in _labelled(piece, number):
                if segment.fields and not segment.value:
                    waiting = segment.fields  # of a table: the value is in the next cell
                    continue
                if waiting and not segment.fields:
                    segment = segment._replace(fields=waiting)
                waiting = ()
                found.append(segment)
    return found


def _lines(signature: str) -> list[str]:
    lines: list[str] = []
    for raw in signature[:LONGEST_SIGNATURE].split("\n"):
        if STOP.search(raw[:_LONGEST_LINE].strip()):
            if lines:
                break
            continue
        line = _MARKUP.sub(" ", raw) if ("[" in raw or "<" in raw) else raw
        for icon, word in _ICONS.items():
            if icon in line:
                line = line.replace(icon, f"   {word}", 1)
        line = line.replace("\u200b", "").replace("\ufe0f", "")
        if len(line) > _LONGEST_LINE or not line.strip() or CLOSING.fullmatch(line.strip(_LAST)):
            continue
        lines.append(line)
        if len(lines) == _MOST_LINES:
            break
    return lines


def _pieces(line: str) -> list[str]:
    return [piece for piece in _SEPARATOR.split(line.strip()) if piece and piece.strip()]


def _labelled(piece: str, line: int) -> list[Segment]:
    """What stands before the first label, and then each value with the labels before it."""
    lowered = piece.lower()
    if len(lowered) != len(piece):  # some letters become two
        lowered = piece
    return _cut(piece, _groups(lowered), line)


def _groups(piece: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """The labels of a piece: where they start, where their value starts, and the fields."""
    groups: list[tuple[int, int, tuple[str, ...]]] = []
    at = 0
    while (match := LABEL.search(piece, at)) is not None:
        at = match.end()
        field = FIELD_OF.get(_word(match))
        if field is None:
            continue
        joins = groups and BETWEEN.fullmatch(piece, groups[-1][1], match.start())
        if groups and (joins or groups[-1][1] == match.start()):
            start, _, fields = groups[-1]
            if _opens(match, piece, field) or _opens_later(match, piece):
                groups[-1] = start, match.end(), (*fields, field)
            continue
        if _opens(match, piece, field) or _joined_later(match, piece):
            groups.append((match.start(), match.end(), (field,)))
    return groups


def _cut(piece: str, groups: list[tuple[int, int, tuple[str, ...]]], line: int) -> list[Segment]:
    if not groups:
        return [Segment(_clean(piece), (), line)]
    found = [Segment(_clean(piece[: groups[0][0]]), (), line)] if groups[0][0] else []
    ends = [start for start, _, _ in groups[1:]] + [len(piece)]
    found += [
        Segment(_clean(piece[begin:end]), fields, line) for (_, begin, fields), end in zip(groups, ends, strict=True)
    ]
    return [segment for segment in found if segment.value or segment.fields]


def _word(match: re.Match[str]) -> str:
    word = (match["latin"] or match["han"] or match["letter"]).replace(".", " ")
    return " ".join(word.split())


def _opens(match: re.Match[str], piece: str, field: str) -> bool:
    """Whether the word is a label here, and not a word: a colon behind it, or a value that only such a label has."""
    behind = match["end"]
    if any(mark in behind for mark in ":：=)"):
        return ")" not in behind or "(" in piece[: match.start()][-2:]
    rest = piece[match.end() :].lstrip()
    if not rest:
        return match.start() == 0 and field != OTHER  # the cell of a table that holds only the label
    if field == OTHER:
        return match.start() == 0 and any(map(str.isdigit, rest))
    if match["han"] and match.start() == 0 and len(match["han"]) > 1 and (behind or field in _NUMBERED):
        return rest[:1] in "+(（0123456789" or bool(behind)
    if field in _NUMBERED:
        if match["letter"]:  # "T 089 1234", but not "P 4500012"
            alone = match.start() == 0 or bool(_BEHIND_NUMBER.search(piece, 0, match.start()))
            return alone and (behind.startswith(".") or _LIKE_NUMBER.match(rest) is not None)
        return rest[:1] in "+(（0123456789"
    if field == EMAIL:
        return "@" in rest.split(" ", 1)[0]
    if field == "url":
        return rest.lower().startswith(("www.", "http"))
    return field in _BY_ID and match.start() == 0 and " " not in rest and not match["letter"]


def _joined_later(match: re.Match[str], piece: str) -> bool:
    """The first of several labels of one value: "Tel/Fax: 1", "手机/微信：1"."""
    between = BETWEEN.match(piece, match.start("end"))
    following = LABEL.match(piece, between.end()) if between and between.end() > between.start() else None
    return following is not None and _opens_later(following, piece)


def _opens_later(match: re.Match[str], piece: str) -> bool:
    field = FIELD_OF.get(_word(match))
    return field is not None and (_opens(match, piece, field) or _joined_later(match, piece))


_BEHIND_NUMBER = re.compile(r"\d[ ,;]{1,3}$")
_LIKE_NUMBER = re.compile(r"[+(（0]|\d{2,3}[ .-]\d{2,3}[ .-]")
_NUMBERED = frozenset({"phone", "mobile", "fax", "whatsapp", "wechat", "qq"})
_BY_ID = frozenset({"wechat", "qq", "skype", "telegram", "whatsapp"})


def _clean(value: str) -> str:
    text = " ".join(_DECORATION.sub("", value).split())
    return text.strip(" ,，;；:：、|").removesuffix("(").rstrip()
