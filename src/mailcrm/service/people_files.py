"""Files of customers, as imports take them: what the user says of them, and rows whose values the archive can keep."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.exchange.canonical import FORMAT
from mailcrm.exchange.columns import Guess
from mailcrm.exchange.mapping import Mapping as ColumnMapping
from mailcrm.exchange.mapping import from_toml, to_toml
from mailcrm.exchange.reading import Opened, open_customers, read_customers
from mailcrm.model.importing import InputRow
from mailcrm.model.own_field import OwnFieldSpec, canonical
from mailcrm.model.record import CUSTOM, Claim
from mailcrm.service.people_import import Source

_OF = "import"
"""What orders and activities that have no name of their own are known by again, whatever the file is called."""


@dataclass(frozen=True, slots=True)
class How:
    """What the user says of a file: `mapping` in TOML, rules (`Column=field`) that come before it, and where it is not guessed:
    sheet, encoding, delimiter, region of phones, currency."""

    mapping: str = ""
    rules: tuple[str, ...] = ()
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    region: str = ""
    currency: str = ""


@dataclass(frozen=True)
class PeopleFile:
    """A file that can be imported. `guesses` say why a column was taken for what; `ignored` are columns that mean nothing that
    is known. `program` is what wrote it, as far as can be told."""

    named: Source
    rows: Callable[[], Iterator[InputRow]]
    guesses: Sequence[Guess] = ()
    ignored: Sequence[str] = ()
    sheets: Sequence[str] = ()
    program: str = ""


def open_people(path: Path, how: How, own: Mapping[str, OwnFieldSpec], now: datetime) -> PeopleFile:
    """Look at a file: nothing but its beginning is read (of JSON all, for the names of its columns).

    `own` are the team's own fields; `now` (UTC) is the time of notes that have none. Raises UserError saying what is wrong
    with the file or the mapping.
    """
    opened = open_customers(path, sheet=how.sheet, encoding=how.encoding, delimiter=how.delimiter)
    mapping = _mapping(how, opened)
    wanted = [rule.target.field for rule in mapping.rules if rule.target.field.startswith(CUSTOM)]
    unknown = [name for name in wanted if name not in own]
    if unknown:
        key = unknown[0].removeprefix(CUSTOM)
        raise UserError(f"there is no field {unknown[0]} yet; make it first: mailcrm fields add {key} --label ...")
    taken = {rule.column for rule in mapping.rules}
    return PeopleFile(
        Source(path.name, _sha256(path), FORMAT if opened.is_own else opened.kind.value, to_toml(mapping)),
        lambda: _rows(opened, mapping, own, now),
        opened.guesses,
        [guess.column for guess in opened.guesses if guess.column not in taken],
        opened.sheets,
        "mailcrm" if opened.is_own else opened.program,
    )


def _mapping(how: How, opened: Opened) -> ColumnMapping:
    base = from_toml(how.mapping) if how.mapping else ColumnMapping()
    if how.rules:
        told = from_toml("\n".join(["[columns]", *map(_toml_rule, how.rules)]))
        base = base.with_rules(told.rules)
    if not how.mapping:
        base = opened.mapping(base)
    return replace(base, region=how.region or base.region, currency=how.currency or base.currency)


def _rows(opened: Opened, mapping: ColumnMapping, own: Mapping[str, OwnFieldSpec], now: datetime) -> Iterator[InputRow]:
    for row in read_customers(opened, mapping, of=_OF, at=now):
        said = tuple(f"{each.column or 'row'}: {each.text!r} {each.what}"[:300] for each in row.problems)
        yield _checked(InputRow(row.number, row.record, problems=said), own)


def _toml_rule(rule: str) -> str:
    column, equals, meaning = rule.rpartition("=")
    if not equals:
        raise UserError(f"{rule!r}: write Column=field, e.g. 'Phone 1=mobile'")
    return f"{_quoted(column.strip())} = {_quoted(meaning.strip())}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _checked(row: InputRow, own: Mapping[str, OwnFieldSpec]) -> InputRow:
    """Values of the team's own fields as they are kept; one that cannot be is told and left out."""
    if not any(claim.field.startswith(CUSTOM) for claim in row.record.claims):
        return row
    kept: list[Claim] = []
    problems = list(row.problems)
    for claim in row.record.claims:
        if not claim.field.startswith(CUSTOM):
            kept.append(claim)
            continue
        try:
            if claim.field not in own:
                raise UserError(f"there is no field {claim.field}; `mailcrm fields add` makes it")
            kept.append(replace(claim, value=canonical(own[claim.field], claim.value)))
        except UserError as exc:
            problems.append(f"{claim.field}: {exc.message}")
    return replace(row, record=replace(row.record, claims=tuple(kept)), problems=tuple(problems))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise UserError(f"{path} cannot be read: {exc.strerror}") from exc
