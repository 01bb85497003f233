"""Which column is what, as somebody decided it: on the command line ("Newsletter=consent:news"), or kept in a file (TOML)."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

from mailcrm.errors import UserError
from mailcrm.exchange.days import DateOrder
from mailcrm.exchange.tables.row import letter
from mailcrm.exchange.targets import Target
from mailcrm.model.party import PartyKind

FORMAT = "mailcrm-mapping-1"


@dataclass(frozen=True, slots=True)
class Rule:
    """`column` is a heading, `heading#2` for the second one that is called so, or the letter of a column. `evidence` is what
    proves the consents of a consent column."""

    column: str
    target: Target
    evidence: str = ""

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """'Column=field', 'Column=phone:office', 'Column=consent:news; evidence=Signed at the fair'. A heading may hold a '='.

        Raises UserError that points at what is wrong.
        """
        places = [at for at, char in enumerate(text.partition(";")[0]) if char == "="]
        if not places or not text[: places[0]].strip():
            raise UserError(f"{text!r}: write the column, =, and its field, e.g. 'Mobile=phone:office'")
        problem: UserError | None = None
        for at in places:
            try:
                return _rule(text[:at].strip(), text[at + 1 :])
            except UserError as exc:
                problem = problem or exc
        assert problem is not None
        raise UserError(f"{text!r}: {problem.message}")

    @property
    def meaning(self) -> str:
        """What stands behind the = sign."""
        return f"{self.target}; evidence={self.evidence}" if self.evidence else str(self.target)


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule with the place of its column, from 0."""

    index: int
    heading: str
    target: Target
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Rules, and how cells are meant where they do not say so: `region` (ISO 3166) of national phone numbers, `currency` (ISO
    4217), `zone` (IANA) of times, the order of day and month, the mark before fractions, and what a row is."""

    rules: tuple[Rule, ...] = ()
    region: str = ""
    currency: str = ""
    zone: str = "UTC"
    date_order: DateOrder | None = None
    decimal: str = ""
    kind: PartyKind = PartyKind.PERSON

    def with_rules(self, rules: Iterable[Rule]) -> "Mapping":
        """These rules first, and of the present ones those for other columns."""
        new = tuple(rules)
        named = {rule.column.casefold() for rule in new}
        return replace(self, rules=(*new, *(rule for rule in self.rules if rule.column.casefold() not in named)))

    def resolve(self, headings: Sequence[str]) -> tuple[Placed, ...]:
        """The rules in the order of the columns. Raises UserError for a column that is not there, or has two."""
        placed: dict[int, Placed] = {}
        for rule in self.rules:
            index = _find(rule.column, headings)
            if index in placed:
                raise UserError(
                    f"column {rule.column!r} is mapped twice: to {placed[index].target} and to {rule.target}"
                )
            placed[index] = Placed(index, headings[index] or letter(index), rule.target, rule.evidence)
        return tuple(placed[index] for index in sorted(placed))


def column_names(headings: Sequence[str]) -> tuple[str, ...]:
    """How rules name the columns: by heading, `heading#2` where it is there again, by letter where there is none."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for at, heading in enumerate(headings):
        seen[heading] = seen.get(heading, 0) + 1
        names.append(letter(at) if not heading else heading if seen[heading] == 1 else f"{heading}#{seen[heading]}")
    return tuple(names)


def to_toml(mapping: Mapping) -> str:
    """The mapping as text that can be kept and edited."""
    lines = [f"format = {_quoted(FORMAT)}"]
    lines += [f"{name} = {_quoted(str(value))}" for name, value in _options(mapping).items() if value]
    lines += ["", "[columns]"]
    lines += [f"{_quoted(rule.column)} = {_quoted(rule.meaning)}" for rule in mapping.rules]
    return "\n".join(lines) + "\n"


def from_toml(text: str) -> Mapping:
    """The mapping that was kept. Raises UserError that names the line or the column."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise UserError(f"the mapping cannot be read: {exc}") from exc
    if data.pop("format", FORMAT) != FORMAT:
        raise UserError(f"this is no mapping that can be read here; the first line is: format = {FORMAT!r}")
    columns = data.pop("columns", {})
    if not isinstance(columns, dict):
        raise UserError("columns: expected a table with a line for each column")
    options: dict[str, Any] = {name: _option(name, value) for name, value in data.items()}
    rules: list[Rule] = []
    for column, meaning in columns.items():
        try:
            rules.append(_rule(column, str(meaning)))
        except UserError as exc:
            raise UserError(f"columns, {column!r}: {exc.message}") from exc
    return replace(Mapping(rules=tuple(rules)), **options)


def check_option(name: str, value: str) -> str | DateOrder | PartyKind | None:
    """An option of a mapping from text. Raises UserError with what is allowed."""
    if name == "date_order":
        if value not in ("", *DateOrder):
            raise UserError(
                f"date_order: {value!r} is not known; write day or month, whichever comes first in 3/5/2026"
            )
        return DateOrder(value) if value else None
    if name == "kind":
        if value not in tuple(PartyKind):
            raise UserError(f"kind: {value!r} is not known; write {' or '.join(PartyKind)}")
        return PartyKind(value)
    if name == "decimal" and value not in ("", ".", ","):
        raise UserError("decimal: write . or ,")
    if name in ("region", "currency"):
        length = 2 if name == "region" else 3
        if value and not (value.isascii() and value.isalpha() and len(value) == length):
            raise UserError(f"{name}: {value!r} is not known; write {'CN' if length == 2 else 'CNY'} or the like")
        return value.upper()
    if name == "zone":
        _check_zone(value)
    return value


# --- text --------------------------------------------------------------------------------------------------------


def _rule(column: str, meaning: str) -> Rule:
    target, behind, evidence = meaning.partition(";")
    parsed = Target.parse(target.strip())
    if not behind:
        return Rule(column, parsed)
    key, equals, value = evidence.partition("=")
    if key.strip() != "evidence" or not equals or not value.strip():
        raise UserError(f"behind the ; only evidence=TEXT can stand, not {evidence.strip()!r}")
    if parsed.field != "consent":
        raise UserError(f"evidence belongs to a consent, not to {parsed}")
    return Rule(column, parsed, value.strip())


def _find(column: str, headings: Sequence[str]) -> int:
    names = column_names(headings)
    for wanted, present in ((column, names), (column.casefold(), tuple(name.casefold() for name in names))):
        if wanted in present:
            return present.index(wanted)
    letters = [letter(at) for at in range(len(headings))]
    if column.upper() in letters:
        return letters.index(column.upper())
    from difflib import get_close_matches

    near = get_close_matches(column, names, 3, 0.6)
    raise UserError(
        f"the file has no column {column!r}; "
        + (f"did you mean {' or '.join(near)}?" if near else f"it has: {', '.join(names)}")
    )


def _options(mapping: Mapping) -> dict[str, object]:
    return {field.name: getattr(mapping, field.name) for field in fields(mapping) if field.name != "rules"}


def _option(name: str, value: object) -> str | DateOrder | PartyKind | None:
    known = [field.name for field in fields(Mapping) if field.name != "rules"]
    if name not in known:
        raise UserError(f"{name}: is not known; known are {', '.join(known)} and [columns]")
    if not isinstance(value, str):
        raise UserError(f"{name}: expected a text in quotes")
    return check_option(name, value)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as exc:  # unknown names, and those that are paths
        raise UserError(f"zone: {name!r} is not known; write Asia/Shanghai or the like") from exc


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # a TOML string is a JSON string but for this
