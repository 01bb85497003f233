"""Blocks of header fields in a text: `From: ... Sent: ... To: ... Subject: ...`, in any language that we know."""

import re
from functools import cache
from typing import NamedTuple

from mailcrm.ingest.mail.reply.attributions import CLOCK
from mailcrm.ingest.mail.reply.languages import words
from mailcrm.ingest.mail.reply.lines import LONGEST_MARK, Lines, Mark

_FIELDS = ("sender", "sent", "to", "cc", "subject")
# "Date" and "To" are words of several languages: the first meaning in this order that a block lacks is taken.
_KINDS: dict[str, tuple[str, ...]] = {}
for _field in _FIELDS:
    for _word in words(_field):
        _KINDS[_word] = (*_KINDS.get(_word, ()), _field)
_LONGEST_NAME = max(map(len, _KINDS)) + 8
_NAME = re.compile(r"[\s|*_]{0,8}([^:：|*_<>@\d\t]{1,40}?)[ \u3000*_]{0,8}(?:[:：|\t])\*{0,2}")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WIDE = re.compile(r"[\s\u3000]+")
_LINES = 24
_FIELDS_OF_BLOCK = 3
_FIELDS_BELOW_SEPARATOR = 2


class Fields(NamedTuple):
    """What a block says, by kind: sender, sent, to, cc, subject. `end` is the line behind it."""

    values: dict[str, str]
    end: int


def field_of(bare: str) -> tuple[tuple[str, ...], str] | None:
    """The kinds that a line as `Name: value` may have, and its value."""
    found = _NAME.match(bare)
    if found is None:
        return None
    name = found[1].strip().lower()
    if _CJK.search(name):
        name = _WIDE.sub("", name) if name not in _KINDS else name
    kinds = _KINDS.get(name)
    return (kinds, bare[found.end() :].strip(" \t*|\u3000")) if kinds else None


def read_fields(lines: Lines, start: int) -> Fields | None:
    """The block that begins at `start`, whatever it holds; None where there is none."""
    values: dict[str, str] = {}
    end = index = start
    last = ""
    while index < len(lines) and index < start + _LINES:
        bare = lines.at[index].bare
        if not bare or _is_rule(bare):
            index += 1
            if values and not _goes_on(lines, index, values):
                break
            continue
        if len(bare) > LONGEST_MARK:
            break
        found = field_of(bare)
        kind = next((kind for kind in found[0] if kind not in values), "") if found else ""
        if found and kind:
            values[kind], last = found[1], kind
            _split_inline(values, kind)
        elif found and last:
            pass  # the same name again, as Reply-To beside To
        elif last and last != "sent" and _continues(lines, index):
            values[last] = f"{values[last]} {bare}".strip()
        else:
            break
        index += 1
        end = index
    return Fields(values, end) if values else None


def is_block(found: Fields | None, *, announced: bool = False) -> bool:
    """Whether fields are of a mail, not of a timetable or a freight enquiry. `announced`: a separator stands above."""
    if found is None or "sender" not in found.values:
        return announced and found is not None and len(found.values) >= _FIELDS_OF_BLOCK
    values = found.values
    has_address = "@" in values["sender"] or "@" in values.get("to", "")
    if announced:
        return (has_address or "subject" in values) and len(values) >= _FIELDS_BELOW_SEPARATOR
    # Couriers, bookings and transfers have a sender, a receiver and a date, too, but no address and no time of day.
    return (has_address or CLOCK.search(values.get("sent", "")) is not None) and len(values) >= _FIELDS_OF_BLOCK


def _is_rule(bare: str) -> bool:
    return len(bare) > 2 and not bare.strip("-_=|: ")


def _goes_on(lines: Lines, index: int, values: dict[str, str]) -> bool:
    """Whether a field that is still missing follows an empty line."""
    if len(values) >= len(_FIELDS) or index >= len(lines):
        return False
    found = field_of(lines.at[index].bare) if lines.at[index].mark is not Mark.END else None
    return found is not None and any(kind not in values for kind in found[0]) and len(values) >= 1


def _continues(lines: Lines, index: int) -> bool:
    """Whether a line that is no field belongs to the one above: another field follows soon."""
    for line in lines.between(index + 1, index + 4):
        if not line.bare:
            return False
        if field_of(line.bare):
            return True
    return False


def _split_inline(values: dict[str, str], kind: str) -> None:
    """Take apart fields that stand on one line."""
    value = values[kind]
    if (":" not in value and "：" not in value) or kind == "subject":
        return
    found = list(_inline().finditer(value))
    if not found:
        return
    cuts = [*(match.start() for match in found), len(value)]
    pieces = []
    for match, end in zip(found, cuts[1:], strict=True):
        kinds = _KINDS.get(match[1].lower(), ())
        pieces.append(
            (next((other for other in kinds if other not in values and other != kind), ""), value[match.end() : end])
        )
    if not any(name for name, _ in pieces):
        return
    values[kind] = value[: cuts[0]].strip()
    for name, piece in pieces:
        if name:
            values.setdefault(name, piece.strip())


@cache
def _inline() -> re.Pattern[str]:
    """A name that has lost its line: "...<a@example.com>To: ...". Only as programs write it, with a capital."""
    names = [re.escape(name.capitalize()) for name in sorted(_KINDS, key=len, reverse=True) if len(name) > 1]
    return re.compile(rf"({'|'.join(names)}|CC|À)\s?[:：]")
