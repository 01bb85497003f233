"""Guesses which column is what: by whose export it is, by its heading, and by the values below it.

A guess is a suggestion with its reason. What concerns mail (opt-outs, consent, bounces) is looked for before all else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailcrm.exchange.mapping import Mapping, Rule, column_names
from mailcrm.exchange.presets import detect
from mailcrm.exchange.presets.preset import Preset
from mailcrm.exchange.tables.row import Cell, letter
from mailcrm.exchange.targets import IGNORE, LABELLED, MAIL, ORDERS, PHONES, PLACE, Target, own_field
from mailcrm.exchange.values import looks_like
from mailcrm.exchange.vocabulary import BY_HEADING, HAN_PARTS, plain_heading

_CERTAIN, _LIKELY, _PERHAPS = 0.95, 0.75, 0.55
_SHARE, _FEW = 0.6, 0.2
_MOST_TITLE_ROWS = 30
_ENOUGH = 3

_MAIL_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bounced", re.compile(r"bounce|退信|无效邮箱|invalid e ?mail")),
    ("complained", re.compile(r"spam (report|complain)|complain")),
    (
        "opt_out",
        re.compile(
            r"opt(ed)? ?out|unsubscri|do ?not ?(e ?mail|contact|mail|market)|no ?(newsletter|marketing)|black ?list|"
            r"退订|退訂|不接收|拒收|勿扰|请勿|取消订阅|黑名单|abgemeldet|désinscri|désabonn"
        ),
    ),
    (
        "consent",
        re.compile(
            r"opt(ed)? ?in|consent|subscri(bed|ption)|newsletter|accepts? .*marketing|"
            r"同意|订阅|訂閱|接收邮件|einwilligung|gdpr|dsgvo"
        ),
    ),
)  # fmt: skip
_LABELS = (
    ("home", re.compile(r"\b(home|private?|personal)\b|家庭|住宅|私人|privat|domicile")),
    ("office", re.compile(r"\b(work|business|office)\b|办公|公司(?=电|传|地|邮|座)|单位(?=电|地)|geschäftlich|bureau")),
    ("billing", re.compile(r"\b(billing|invoice)\b|账单|开票|rechnung")),
    ("shipping", re.compile(r"\b(shipping|delivery)\b|收货|送货|liefer")),
    ("other", re.compile(r"\bother\b|其他|其它|备用")),
)
_CHECKED = (*PHONES, "email")
_REPEATABLE = frozenset(
    (*PHONES, "email", "url", "tags", "note", *MAIL, IGNORE, "label", "address", "activity_text", "date")
)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column may be. `confidence` is from 0 to 1; below `MAPPED` the target is a suggestion, mostly for a field of the
    team's own, and not taken by itself. `why` is for people."""

    index: int
    column: str
    target: Target
    confidence: float
    why: str


MAPPED = 0.5


def guess_columns(headings: Sequence[str], sample: Sequence[Sequence[Cell]]) -> tuple[Guess, ...]:
    """A guess for each column, from its heading ('' for none) and the rows below it (some hundred will do)."""
    preset = detect(headings)
    names = column_names(headings)
    guesses = [
        _guess(at, name, headings[at], [row[at] for row in sample if at < len(row) and row[at] != ""], preset)
        for at, name in enumerate(names)
    ]
    return tuple(_without_doubles(guesses))


def mapping_of(guesses: Sequence[Guess], headings: Sequence[str], base: Mapping | None = None) -> Mapping:
    """The guesses that can be taken as a mapping; rules and options of `base` come first."""
    base = base or Mapping()
    preset = detect(headings)
    taken = {placed.index for placed in base.resolve(headings)}
    rules = [
        Rule(guess.column, guess.target)
        for guess in guesses
        if guess.confidence >= MAPPED and guess.target.field != IGNORE and guess.index not in taken
    ]
    kind = preset.kind if preset and base == Mapping() else base.kind
    return Mapping((*base.rules, *rules), base.region, base.currency, base.zone, base.date_order, base.decimal, kind)


def find_heading(rows: Sequence[Sequence[Cell]]) -> int | None:
    """Which of the first rows holds the headings, from 0; titles may stand above. None where there are none: only values."""
    best, place = 0, None
    for at, row in enumerate(rows[:_MOST_TITLE_ROWS]):
        texts = {str(cell) for cell in row if isinstance(cell, str) and cell}
        known = sum(
            _by_heading(plain_heading(text)) is not None for text in texts if len(text) <= 80 and "@" not in text
        )
        if detect([str(cell) for cell in row]):
            known += len(texts)
        if known > best:
            best, place = known, at
    if place is not None:
        return place
    for at, row in enumerate(rows[:_MOST_TITLE_ROWS]):
        filled = [cell for cell in row if cell != ""]
        if len(filled) >= 2:
            named = all(isinstance(cell, str) and not looks_like("value", cell) for cell in filled)
            return at if named else None
    return None


# --- one column --------------------------------------------------------------------------------------------------


def _guess(at: int, name: str, heading: str, values: list[Cell], preset: Preset | None) -> Guess:
    known = preset.target(heading) if preset else None
    if preset and known:
        return Guess(at, name, known, _CERTAIN, f"a column of {preset.title}")
    plain = plain_heading(heading)
    if found := _by_heading(plain):
        field, confidence = found
        if field in _CHECKED and len(values) >= _ENOUGH and _share(field, values) < _FEW:
            return _contradicted(at, name, heading, field, values)
        if field == "foreign_id" and _share("number", values) >= _SHARE:
            return Guess(at, name, Target("number"), _LIKELY, "its values are customer numbers of ours")
        return Guess(at, name, _labelled(field, plain), confidence, f"is headed {heading!r}")
    if by_value := _by_values(values):
        return Guess(at, name, Target(by_value), _LIKELY, f"its values look like {by_value}")
    return Guess(
        at, name, own_field(heading, letter(at)), 0.0, "means nothing known; it can become a field of your own"
    )


def _contradicted(at: int, name: str, heading: str, field: str, values: list[Cell]) -> Guess:
    """A heading such as "e-mail" over yes and no."""
    if by_value := _by_values(values):
        return Guess(at, name, Target(by_value), _LIKELY, f"its values look like {by_value}, whatever its heading says")
    return Guess(at, name, own_field(heading, letter(at)), 0.0, f"is headed like {field}, but its values are none")


def _by_heading(plain: str) -> tuple[str, float] | None:
    """Field and confidence for a heading in its plain form."""
    if field := BY_HEADING.get(plain):
        return field, _CERTAIN
    for field, pattern in _MAIL_WORDS:
        if pattern.search(plain):
            return field, _LIKELY
    if plain.isascii() or not re.search(r"[\u3400-\u9fff]", plain):
        return _by_words(plain.split())
    for part in HAN_PARTS:
        if plain.endswith(part) or plain.startswith(part):  # 主要联系电话, 手机号（本人）
            return BY_HEADING[part], _LIKELY if plain.endswith(part) else _PERHAPS
    return None


def _by_words(words: list[str]) -> tuple[str, float] | None:
    """By the longest run of words at the end ("customer e-mail"), then at the start ("phone of the office")."""
    for length in range(min(len(words) - 1, 4), 0, -1):
        for run in (words[-length:], words[:length]):
            text = " ".join(run)
            if len(text) >= 4 and (field := BY_HEADING.get(text)) and field not in _TOO_PLAIN:
                return field, _PERHAPS
    return None


_TOO_PLAIN = frozenset(
    ("name", "x", "line", "signal", "foreign_id", "lifecycle", "activity_text", "note", "kind", *ORDERS)
)
"""Words such as "status" or "total", which in a longer heading mean anything."""


def _by_values(values: list[Cell]) -> str | None:
    for field, least in _SEEN_IN_VALUES:
        if len(values) >= least and _share(field, values) >= _SHARE:
            return field
    return None


_SEEN_IN_VALUES = (
    ("email", 1), ("number", 1), ("linkedin", 1), ("url", 2), ("mobile", 3), ("phone", 3), ("company", 3), ("name", 3),
)  # fmt: skip
"""What values alone can show, and how many it takes."""


def _share(field: str, values: list[Cell]) -> float:
    return sum(looks_like(field, str(value)) for value in values) / len(values) if values else 0.0


def _labelled(field: str, plain: str) -> Target:
    if field in (*PHONES, "email", *PLACE):
        for label, pattern in _LABELS:
            if pattern.search(plain):
                return Target(field, label)
    return Target(field)


def _without_doubles(guesses: list[Guess]) -> list[Guess]:
    """Where a field can stand once only, the most certain column has it."""
    best: dict[Target, Guess] = {}
    for guess in sorted(guesses, key=lambda guess: (-guess.confidence, guess.index)):
        if guess.target.field not in _REPEATABLE:
            best.setdefault(guess.target, guess)
    kept: list[Guess] = []
    for guess in guesses:
        first = best.get(guess.target, guess)
        if first is guess or guess.confidence < MAPPED:
            kept.append(guess)
        elif guess.target.field in LABELLED and not guess.target.label:
            kept.append(Guess(guess.index, guess.column, Target(guess.target.field, "other"), _PERHAPS, guess.why))
        else:
            own = own_field(guess.column, letter(guess.index))
            kept.append(
                Guess(guess.index, guess.column, own, 0.0, f"is like {first.column!r}, which is {guess.target} already")
            )
    return kept
