"""Customer numbers as a team wants them: the pattern they are made by, and the form they are compared in.

A pattern is text with fields: `C{seq:06}{check}`, `{kind}-{yyyy}-{seq:05}{luhn}`. What was once given is looked up as text, so
a pattern can be changed at any time: it only decides what the next number looks like.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from mailcrm.errors import UserError
from mailcrm.model.party import CHECK_ALPHABET, CustomerNumber, PartyKind, check_character

LONGEST = 20
"""Characters of a number of ours."""

LONGEST_FOREIGN = 60
"""Characters of a number that another system gave."""

_DIGITS_AT_LEAST = 9
"""A pattern must have room for so many digits of the serial: it outlives a billion customers."""

_SEPARATORS = re.compile(r"[\s\u00ad\u200b\ufeff\-‐-―−]+")
_FIELD = re.compile(r"\{([^{}]*)\}")
_LITERAL = re.compile(r"[A-Z0-9./-]*", re.ASCII)
_KNOWN = "{kind} {yy} {yyyy} {mm} {seq} {seq:06} {check} {luhn}"


class NumberKind(StrEnum):
    """How a number came to a customer: given by us, theirs in an earlier archive of ours, or of another system."""

    OWN = "own"
    FORMER = "former"
    FOREIGN = "foreign"


class Restart(StrEnum):
    """When the serial begins at 1 again."""

    NEVER = "never"
    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class KnownNumber:
    """A number of a customer, as it was written; `system` is '' for ours, `since` UTC."""

    number: str
    kind: NumberKind
    system: str
    since: datetime


def number_key(text: str) -> str:
    """The form in which numbers are compared: NFKC, capitals, without spaces and dashes. '' if nothing is left of it.

    A full stop and a slash count: 4/11 is not 41/1.
    """
    plain = unicodedata.normalize("NFKC", text[: 4 * LONGEST_FOREIGN])
    return unicodedata.normalize("NFKC", _SEPARATORS.sub("", plain).upper())


def luhn_digit(payload: str) -> str:
    """The Luhn check digit (ISO/IEC 7812-1, annex B) of the digits in a text."""
    total = 0
    for place, digit in enumerate(reversed([int(char) for char in payload if char in "0123456789"])):
        total += digit if place % 2 else sum(divmod(2 * digit, 10))
    return str(-total % 10)


def mod_37_36(payload: str) -> str:
    """The ISO 7064 MOD 37,36 check character of the letters and digits in a text."""
    return check_character("".join(char for char in payload if char in CHECK_ALPHABET))


_CHECKS: dict[str, Callable[[str], str]] = {"check": mod_37_36, "luhn": luhn_digit}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A field with its width, or a text between fields."""

    field: str
    text: str = ""
    width: int = 1


@dataclass(frozen=True)
class NumberPattern:
    """How the next numbers look. Made by `parse_pattern`; `person` and `organisation` are what `{kind}` becomes."""

    text: str
    pieces: tuple[_Piece, ...]
    person: str
    organisation: str
    restart: Restart

    def number(self, serial: int, kind: PartyKind, at: datetime) -> CustomerNumber:
        """The number for a serial; years and months are those of UTC. Raises UserError if it has become too long."""
        day = at.astimezone(UTC)
        values = {
            "kind": self.person if kind == PartyKind.PERSON else self.organisation,
            "yy": f"{day.year % 100:02d}", "yyyy": f"{day.year:04d}", "mm": f"{day.month:02d}",
        }  # fmt: skip
        made = ""
        for piece in self.pieces:
            if piece.field == "seq":
                made += f"{serial:0{piece.width}d}"
            elif piece.field in _CHECKS:
                made += _CHECKS[piece.field](number_key(made))
            else:
                made += values.get(piece.field, piece.text)
        if len(made) > LONGEST:
            raise UserError(
                f"the pattern {self.text!r} has no room for number {serial}; set another as numbers.pattern"
            )
        return CustomerNumber(made)

    def scope(self, at: datetime) -> str:
        """Which serials count on together."""
        day = at.astimezone(UTC)
        return {
            Restart.NEVER: "customer",
            Restart.YEAR: f"customer.{day:%Y}",
            Restart.MONTH: f"customer.{day:%Y-%m}",
        }[self.restart]

    @property
    def example(self) -> str:
        """A number such as this pattern makes."""
        return self.number(17, PartyKind.PERSON, datetime(2026, 3, 5, tzinfo=UTC)).text

    def has_form(self, key: str) -> bool:
        """Whether a key looks like a number of this pattern, whatever its check character."""
        return self._form.fullmatch(key) is not None

    def is_right(self, key: str) -> bool:
        """Whether a key is a number that this pattern can make."""
        check = _CHECKS.get(self.pieces[-1].field)
        return self.has_form(key) and (check is None or check(key[:-1]) == key[-1])

    @property
    def is_checked(self) -> bool:
        """Whether a number of this pattern ends with a check character."""
        return self.pieces[-1].field in _CHECKS

    @cached_property
    def _form(self) -> re.Pattern[str]:
        kinds = "|".join(sorted(re.escape(number_key(letters)) for letters in {self.person, self.organisation}))
        forms = {"kind": f"(?:{kinds})", "yy": r"\d\d", "yyyy": r"\d{4}", "mm": r"(?:0[1-9]|1[0-2])"}
        forms |= {"check": "[0-9A-Z]", "luhn": r"\d"}
        found = ""
        for piece in self.pieces:
            if piece.field == "seq":
                found += rf"(?:\d{{{piece.width}}}|[1-9]\d{{{piece.width},15}})"
            else:
                found += forms.get(piece.field) or re.escape(number_key(piece.text))
        return re.compile(found, re.ASCII)


# --- reading a pattern -------------------------------------------------------------------------------------------


def parse_pattern(
    text: str, *, person: str = "P", organisation: str = "O", restart: Restart = Restart.NEVER
) -> NumberPattern:
    """The pattern in a text. Raises UserError, saying which rule it breaks.

    It begins with a letter (numbers are told from ids and from addresses by that), has one {seq}, at most one check character,
    at its end, and room for nine digits of the serial. A serial can begin anew only where the number says when.
    """
    pieces = tuple(_pieces(text))
    fields = [piece.field for piece in pieces if piece.field]
    for field in fields:
        if fields.count(field) > 1:
            raise UserError(f"{{{field}}} stands twice in {text!r}")
    if "seq" not in fields:
        raise UserError(f"{text!r} has no {{seq}}: without a serial all customers would have the same number")
    checks = [field for field in fields if field in _CHECKS]
    if len(checks) > 1 or (checks and pieces[-1].field != checks[0]):
        raise UserError(f"{text!r}: one check character, {{check}} or {{luhn}}, and only at the end")
    _require_letters(text, pieces, person, organisation)
    _require_when(fields, restart)
    pattern = NumberPattern(text, pieces, person, organisation, restart)
    _require_room(pattern)
    return pattern


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for match in [*_FIELD.finditer(text), None]:
        literal = text[at : match.start() if match else len(text)]
        if not _LITERAL.fullmatch(literal):
            raise UserError(
                f"{literal!r}: between fields only capitals A-Z, digits, '-', '.' and '/'; fields are {_KNOWN}"
            )
        if literal:
            yield _Piece("", literal)
        if match is None:
            return
        at = match.end()
        yield _field(match[1])


def _field(text: str) -> _Piece:
    name, colon, width = text.partition(":")
    if name not in ("kind", "yy", "yyyy", "mm", "seq", "check", "luhn") or (colon and name != "seq"):
        raise UserError(f"{{{text}}} is no field; there are: {_KNOWN}")
    if not colon:
        return _Piece(name)
    if not re.fullmatch(r"0?[1-9]|1[0-2]", width, re.ASCII):
        raise UserError(f"{{{text}}}: the serial has 1 to 12 digits, e.g. {{seq:06}}")
    return _Piece(name, width=int(width))


def _require_letters(text: str, pieces: tuple[_Piece, ...], person: str, organisation: str) -> None:
    for letters in (person, organisation):
        if not re.fullmatch("[A-Z]{1,6}", letters, re.ASCII):
            raise UserError(f"{letters!r}: what {{kind}} becomes is one to six capitals")
    if any(piece.field == "kind" for piece in pieces):
        one, other = sorted((person, organisation), key=len)
        if one == other:
            raise UserError(f"{{kind}} is {one!r} for people and for organisations; give two or leave the field out")
    first = pieces[0]
    if not (first.field == "kind" or "A" <= first.text[:1] <= "Z"):
        raise UserError(f"{text!r} must begin with a capital: a number of digits alone cannot be told from an id")


def _require_when(fields: list[str], restart: Restart) -> None:
    year = "yy" in fields or "yyyy" in fields
    if restart != Restart.NEVER and not year:
        raise UserError(
            f"restart = {restart.value!r} needs {{yy}} or {{yyyy}} in the pattern: numbers would come again"
        )
    if restart == Restart.MONTH and "mm" not in fields:
        raise UserError("restart = 'month' needs {mm} in the pattern: numbers would come again")


def _require_room(pattern: NumberPattern) -> None:
    longest = max((PartyKind.PERSON, PartyKind.ORGANISATION), key=lambda kind: len(_letters(pattern, kind)))
    try:
        pattern.number(10**_DIGITS_AT_LEAST - 1, longest, datetime(2026, 3, 5, tzinfo=UTC))
    except UserError as exc:
        raise UserError(
            f"{pattern.text!r} is too long: a number has at most {LONGEST} characters with {_DIGITS_AT_LEAST} digits of serial"
        ) from exc


def _letters(pattern: NumberPattern, kind: PartyKind) -> str:
    return pattern.person if kind == PartyKind.PERSON else pattern.organisation


STANDARD = parse_pattern("C{seq:06}{check}")
"""What is in force where nothing is configured: C000017Z."""
