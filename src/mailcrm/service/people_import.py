"""Importing customers: rows of a file are planned, shown or written in portions, and can be taken back whole.

    rows -> whom is each about? -> what is new of it? -> preview: count | import: write, with what an undo needs

Nothing here can send mail. An import that was stopped goes on where it was when the same file is imported again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from mailcrm.exchange.plan import match_keys, plan_row, record_hash
from mailcrm.identity.normalise import split_name
from mailcrm.model.address import AddressKind, address_kind
from mailcrm.model.importing import Batch, BatchState, InputRow, RowOutcome, RowPlan
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.app import App
from mailcrm.service.customers import LookAlike, look_alikes, typed
from mailcrm.service.retry import store_retry
from mailcrm.store import Session, audit
from mailcrm.store.imports import batches, known, undo, write

_PORTION = 200
_UNDO_PORTION = 500
_EXAMPLES = 20
_COMPARED = 300

Progress = Callable[[int], None]
"""Told how many rows were dealt with, since it was told last."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported: the name, hash and format of the file, and which column was taken for what."""

    file_name: str
    sha256: str
    format: str
    mapping: str = ""


@dataclass
class Preview:
    """What an import would do. `examples` of each outcome, `problems` by row; `former` is the import of the very same file.
    `doubles`: new rows (number, name) who may be known already, of the first ones that were `compared`."""

    outcomes: Counter[RowOutcome] = field(default_factory=Counter)
    examples: dict[RowOutcome, list[RowPlan]] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    problem_count: int = 0
    opt_outs: int = 0
    doubles: list[tuple[int, str, LookAlike]] = field(default_factory=list)
    compared: int = 0
    former: Batch | None = None


def preview_people(app: App, source: Source, rows: Iterable[InputRow], progress: Progress) -> Preview:
    """What an import of these rows would do, without doing it."""
    found = Preview()
    with app.store.read() as session:
        found.former = batches.former_batch(session, source.sha256)
    seen: set[int] = set()
    for portion in _portions(rows):
        with app.store.read() as session:
            plans = _plan(session, portion)
            for plan in (_again(plan, seen) for plan in plans):
                _note(found, plan)
                _compare(session, found, plan)
        progress(len(plans))
    return found


def _compare(session: Session, found: Preview, plan: RowPlan) -> None:
    """With those known, as the resolver will after the import; it takes milliseconds, so not all are."""
    if plan.outcome != RowOutcome.NEW or found.compared >= _COMPARED:
        return
    found.compared += 1
    record = plan.row.record
    told = {claim.field: claim.value for claim in reversed(record.claims)}
    seen = typed(
        plan.name or "", record.emails[0].address if record.emails else "", told.get("mobile", told.get("phone", "")),
        told.get("company", ""), organisation=record.kind == PartyKind.ORGANISATION,
    )  # fmt: skip
    alike = look_alikes(session, seen, Viewer.system())
    found.doubles += [(plan.row.number, plan.name or "", each) for each in alike[:1]]


def _again(plan: RowPlan, seen: set[int]) -> RowPlan:
    """A row about somebody whom a row before it makes changes that customer."""
    keys = {hash(key) for key in match_keys(plan.row)}
    if plan.outcome == RowOutcome.NEW and not seen.isdisjoint(keys):
        plan = replace(plan, outcome=RowOutcome.CHANGED)
    seen |= keys
    return plan


def _note(found: Preview, plan: RowPlan) -> None:
    found.outcomes[plan.outcome] += 1
    examples = found.examples.setdefault(plan.outcome, [])
    if len(examples) < _EXAMPLES:
        examples.append(plan)
    said = [*plan.row.problems, *([plan.error] if plan.error else [])]
    found.problem_count += len(said)
    found.problems += [(plan.row.number, text) for text in said][: max(0, 1000 - len(found.problems))]
    found.opt_outs += any(entry.closed or entry.consents for entry in plan.row.record.emails)


def import_people(
    app: App,
    actor: Actor,
    source: Source,
    rows: Iterable[InputRow],
    progress: Progress,
    *,
    state: PartyState = PartyState.ACTIVE,
) -> Batch:
    """Write them. New customers get `state`, and a number with it. What was written stays written if it is stopped: the same
    file again goes on behind it."""
    now = app.clock()
    with app.store.write(actor) as session:
        batch_id, last = batches.begin_batch(
            session, source.file_name, source.sha256, source.format, source.mapping, now
        )
    for portion in _portions(row for row in rows if row.number > last):
        store_retry(partial(_write, app, actor, batch_id, portion, state, now))
        progress(len(portion))
    with app.store.write(actor) as session:
        batch = batches.finish_batch(session, batch_id, app.clock())
        audit.append_audit(
            session, "import.people", f"import:{batch_id}", app.clock(), rows=batch.rows, new=batch.new,
            changed=batch.changed, same=batch.same, errors=batch.errors,
        )  # fmt: skip
    return batch


def _write(
    app: App, actor: Actor, batch_id: int, portion: Sequence[InputRow], state: PartyState, now: datetime
) -> None:
    with app.store.write(actor) as session:
        write.write_plans(session, batch_id, _plan(session, portion), _kind_of(app), state, now)


def undo_import(app: App, actor: Actor, batch_id: int, progress: Progress) -> tuple[Batch, list[tuple[int, str]]]:
    """Take an import back, the last row first. Returns it with what could not be restored, by row. Raises NotFound."""
    with app.store.write(actor) as session:
        batch = batches.begin_undo(session, batch_id)
    conflicts: list[tuple[int, str]] = []
    while batch.state == BatchState.UNDOING:
        with app.store.write(actor) as session:
            count, those = undo.undo_rows(session, batch_id, _UNDO_PORTION, app.clock())
            conflicts += those
            if not count:
                batch = batches.finish_undo(session, batch_id, len(conflicts), app.clock())
                audit.append_audit(session, "import.undo", f"import:{batch_id}", app.clock(), conflicts=len(conflicts))
        progress(count)
    return batch, conflicts


# --- portions ----------------------------------------------------------------------------------------------------


def _portions(rows: Iterable[InputRow]) -> Iterator[Sequence[InputRow]]:
    """So many at a time that a transaction is short; two rows about the same customer never in one, since the second has to
    see what the first did."""
    portion: list[InputRow] = []
    keys: set[tuple[str, str]] = set()
    for row in map(_ready, rows):
        mine = set(match_keys(row))
        if len(portion) >= _PORTION or not keys.isdisjoint(mine):
            yield portion
            portion, keys = [], set()
        portion.append(row)
        keys |= mine
    if portion:
        yield portion


def _ready(row: InputRow) -> InputRow:
    """With its digest where nothing surer tells whom it is about, and with both names where the file has a whole one."""
    record, fields = row.record, row.record.fields
    parts = "given_name" in fields or "family_name" in fields
    if record.kind == PartyKind.PERSON and fields.get("name") and not parts:
        given, family = split_name(fields["name"])
        record = replace(record, fields={**fields, "given_name": given, "family_name": family})
    row = replace(row, record=record)
    return row if match_keys(row) else replace(row, digest=record_hash(record))


def _plan(session: Session, rows: Sequence[InputRow]) -> list[RowPlan]:
    wanted = {row.number: match_keys(row) for row in rows}
    leaves = known.find_leaves(session, (key for keys in wanted.values() for key in keys))
    about = {number: next((leaves[key] for key in keys if key in leaves), None) for number, keys in wanted.items()}
    customers = known.load_known(session, [party_id for party_id in about.values() if party_id is not None])
    return [plan_row(row, customers.get(about[row.number] or 0)) for row in rows]


def _kind_of(app: App) -> Callable[[str], AddressKind]:
    own = app.own
    return lambda key: address_kind(key, own)
