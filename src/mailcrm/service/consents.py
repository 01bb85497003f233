"""Recording consent, one or from a list, with evidence; closing and opening addresses by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mailcrm.errors import ConsentError, UserError
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
    """One person's word. `at` is UTC; `problem` marks a row that could not be read."""

    address: str
    name: str
    at: datetime
    evidence: str
    problem: str = ""


@dataclass
class Recorded:
    """What a run of recording did; problems name their row."""

    changed: int = 0
    same: int = 0
    created: int = 0
    problems: list[str] = field(default_factory=list)


def read_rows(rows: Iterable[Mapping[str, str | None]], moment: datetime, evidence: str) -> list[Said]:
    """Rows of a table with the columns email, name, at (ISO 8601, UTC if it says nothing else), evidence."""
    found = []
    for row in rows:
        clean = {
            (key or "").strip().lower(): (value or "").strip() for key, value in row.items() if isinstance(value, str)
        }
        address = clean.get("email") or clean.get("邮箱") or clean.get("address", "")
        at, problem = _moment(clean.get("at", ""), moment)
        found.append(
            Said(address, clean.get("name") or clean.get("姓名", ""), at, clean.get("evidence") or evidence, problem)
        )
    return found


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
                _record(app, session, purpose_id, action, item, source, done, number)
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
