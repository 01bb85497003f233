"""Files of customers, as imports take them: what kind of file it is, which column means what, and the rows one by one."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.exchange.canonical import FORMAT, from_json
from mailcrm.exchange.columns import Guess, guess_columns, mapping_of
from mailcrm.exchange.mapping import Mapping as ColumnMapping
from mailcrm.exchange.mapping import from_toml, to_toml
from mailcrm.exchange.presets import detect
from mailcrm.exchange.records import Headed, ReadRow, find_headings, read_rows
from mailcrm.exchange.tables.objects import read_objects
from mailcrm.exchange.tables.opening import FileKind, file_kind, open_table, sheet_names
from mailcrm.exchange.tables.row import Source
from mailcrm.model.importing import InputRow
from mailcrm.model.own_field import OwnFieldSpec, canonical
from mailcrm.model.record import CUSTOM, Claim, CustomerRecord
from mailcrm.service.people_import import Source as Named

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

    named: Named
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
    kind = file_kind(path)
    if kind == FileKind.JSON and _is_ours(path):
        return _ours(path, own)
    if kind == FileKind.CARDS:
        return _cards(path, how, own, now)
    source = open_table(path, sheet=how.sheet, encoding=how.encoding, delimiter=how.delimiter)
    headed = find_headings(source)
    guesses = guess_columns(headed.headings, headed.sample)
    mapping = _mapping(how, headed, guesses)
    wanted = [rule.target.field for rule in mapping.rules if rule.target.field.startswith(CUSTOM)]
    unknown = [name for name in wanted if name not in own]
    if unknown:
        key = unknown[0].removeprefix(CUSTOM)
        raise UserError(f"there is no field {unknown[0]} yet; make it first: mailcrm fields add {key} --label ...")
    taken = {rule.column for rule in mapping.rules}
    preset = detect(headed.headings)
    return PeopleFile(
        Named(path.name, _sha256(path), kind.value, to_toml(mapping)),
        lambda: _rows(source, headed, mapping, own, now),
        guesses,
        [guess.column for guess in guesses if guess.column not in taken],
        sheet_names(path),
        preset.title if preset else "",
    )


def _mapping(how: How, headed: Headed, guesses: Sequence[Guess]) -> ColumnMapping:
    base = from_toml(how.mapping) if how.mapping else ColumnMapping()
    if how.rules:
        told = from_toml("\n".join(["[columns]", *map(_toml_rule, how.rules)]))
        base = base.with_rules(told.rules)
    if not how.mapping:
        base = mapping_of(guesses, headed.headings, base)
    return replace(base, region=how.region or base.region, currency=how.currency or base.currency)


def _toml_rule(rule: str) -> str:
    column, equals, meaning = rule.rpartition("=")
    if not equals:
        raise UserError(f"{rule!r}: write Column=field, e.g. 'Phone 1=mobile'")
    return f"{_quoted(column.strip())} = {_quoted(meaning.strip())}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rows(
    source: Source, headed: Headed, mapping: ColumnMapping, own: Mapping[str, OwnFieldSpec], now: datetime
) -> Iterator[InputRow]:
    for row in read_rows(source, headed, mapping, of=_OF, at=now):
        yield _checked(InputRow(row.number, row.record, problems=_told(row)), own)


def _told(row: ReadRow) -> tuple[str, ...]:
    return tuple(f"{each.column or 'row'}: {each.text!r} {each.what}"[:300] for each in row.problems)


# --- files of our own --------------------------------------------------------------------------------------------


def _is_ours(path: Path) -> bool:
    """Whether it is what `mailcrm export` wrote."""
    first = next(iter(read_objects(path)), (0, {}))[1]
    return str(first.get("format", "")).startswith(FORMAT.rpartition("-")[0])


def _ours(path: Path, own: Mapping[str, OwnFieldSpec]) -> PeopleFile:
    def rows() -> Iterator[InputRow]:
        for number, each in read_objects(path):
            try:
                record, problems = from_json(each), ()
            except UserError as exc:
                record, problems = CustomerRecord(), (exc.message,)  # type: ignore[assignment]
            yield _checked(InputRow(number, record, problems=problems), own)

    return PeopleFile(Named(path.name, _sha256(path), FORMAT), rows, program="mailcrm")


def _cards(path: Path, how: How, own: Mapping[str, OwnFieldSpec], now: datetime) -> PeopleFile:
    from mailcrm.exchange.cards.reader import read_card_file  # only now: few files are cards

    def rows() -> Iterator[InputRow]:
        for card in read_card_file(path, region=how.region, of=_OF, at=now):
            yield _checked(InputRow(card.number, card.record, problems=_told(card)), own)

    return PeopleFile(Named(path.name, _sha256(path), FileKind.CARDS.value), rows, program="vCard")


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
