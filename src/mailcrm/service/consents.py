"""Recording consent, one or from a list, with evidence; closing and opening addresses by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mailcrm.errors import ConsentError, UserError
from mailcrm.exchange.tables.opening import open_table
from mailcrm.model.address import parse_address
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.customers import add_customer, known_address
from mailcrm.store import Session, audit, consents

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One person's word. `at` is UTC; `problem` marks a row that could not be read, `row` is its number in the file."""

    address: str
    name: str
    at: datetime
    evidence: str
    problem: str = ""
    row: int = 0


@dataclass
class Recorded:
    """What a run of recording did; problems name their row."""

    changed: int = 0
    same: int = 0
    created: int = 0
    problems: list[str] = field(default_factory=list)


_COLUMNS = {"email": ("email", "邮箱", "address"), "name": ("name", "姓名"), "at": ("at",), "evidence": ("evidence",)}
"""What we look for, and the names under which it may stand in the first row."""


def read_file(path: Path, moment: datetime, evidence: str) -> list[Said]:
    """The rows of a sheet (CSV, XLSX, ODS ...), the first one naming the columns: email, name, at (a date or ISO 8601, UTC
    if it says nothing), evidence.

    Raises UserError if it cannot be read, or no column has the addresses. Rows are numbered as a spreadsheet shows them.
    """
    rows = open_table(path).rows()
    header = next(rows, None)
    places = _places([str(cell) for cell in header.cells] if header is not None else [])
    found = []
    for row in rows:
        cells = {key: str(row.cells[place]).strip() for key, place in places.items() if place < len(row.cells)}
        if any(str(cell).strip() for cell in row.cells):
            at, problem = _moment(cells.get("at", ""), moment)
            proof = cells.get("evidence") or evidence
            found.append(
                Said(cells.get("email", ""), cells.get("name", ""), at, proof, row.flaw or problem, row.number)
            )
    return found


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands. Raises UserError naming those found and those wanted."""
    names = [name.strip().lower() for name in header]
    places = {
        key: next(names.index(word) for word in words if word in names)
        for key, words in _COLUMNS.items()
        if any(word in names for word in words)
    }
    if "email" not in places:
        shown = ", ".join(repr(name.strip()) for name in header if name.strip()) or "none"
        raise UserError(
            f"the first row must name the columns. Found: {shown[:200]}. "
            "Wanted: email (or 邮箱, address) and, if there are, name (or 姓名), at, evidence"
        )
    return places


def _moment(text: str, default: datetime) -> tuple[datetime, str]:
    if not text:
        return default, ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return default, f"{text!r} is not a time like 2026-01-31"
    return (at if at.tzinfo else at.replace(tzinfo=UTC)), ""


def record_all(
    app: App, actor: Actor, purpose: str, action: ConsentState, said: Sequence[Said], *, source: str
) -> Recorded:
    """Append each word; whoever said yes is a customer from then on. Bad rows are listed and do not stop the others.

    Raises ConsentError if a yes comes without evidence.
    """
    if action == ConsentState.GIVEN and any(not item.evidence for item in said):
        raise ConsentError("a yes needs evidence: --evidence 'form on our site, 2026-05-03', or a column of that name")
    done = Recorded()
    for start in range(0, len(said), _BATCH):
        with app.store.write(actor) as session:
            purpose_id = consents.ensure_purpose(session, purpose)
            for number, item in enumerate(said[start : start + _BATCH], start + 1):
                _record(app, session, purpose_id, action, item, source, done, item.row or number)
    with app.store.write(actor) as session:
        audit.append_audit(
            session, "consent.record", f"purpose:{purpose}", app.clock(), said=action.value, changed=done.changed,
            same=done.same, created=done.created, problems=len(done.problems),
        )  # fmt: skip
    return done


def _record(
    app: App,
    session: Session,
    purpose_id: int,
    action: ConsentState,
    item: Said,
    source: str,
    done: Recorded,
    number: int,
) -> None:
    now = app.clock()
    try:
        if item.problem:
            raise UserError(item.problem)
        if item.at > now:
            raise UserError(f"{item.at:%Y-%m-%d} is in the future")
        address = known_address(session, item.address, app.own, now)
        if action == ConsentState.GIVEN:
            done.created += address.party_id is None
            add_customer(session, item.address, item.name if address.party_id is None else "", app.own, now)
    except UserError as exc:
        done.problems.append(f"row {number}: {exc.message}")
        return
    changed = consents.record_consent(
        session,
        address.id,
        purpose_id,
        action,
        basis="consent",
        at=item.at,
        source=source,
        evidence=item.evidence,
        now=now,
    )
    done.changed += changed
    done.same += not changed


def close_address(app: App, actor: Actor, text: str, purpose: str | None) -> bool:
    """Never mail this address again (for one purpose or at all). Returns whether it was open. Raises UserError."""
    key = parse_address(text).key
    with app.store.write(actor) as session:
        purpose_id = consents.get_purpose(session, purpose) if purpose else None
        fresh = consents.suppress(session, key, Suppress.MANUAL, app.clock(), purpose_id=purpose_id, source=str(actor))
        audit.append_audit(session, "address.suppress", f"purpose:{purpose or 'all'}", app.clock())
    return fresh


def open_address(app: App, actor: Actor, text: str) -> int:
    """Lift every closure of an address, which is logged. Returns how many there were. Raises UserError."""
    key = parse_address(text).key
    with app.store.write(actor) as session:
        count = consents.lift_suppression(session, key)
        audit.append_audit(session, "address.lift", "address", app.clock(), lifted=count)
    return count
