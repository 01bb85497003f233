"""Writing the rows of an import: many customers in a few statements, and beside each row what an undo has to restore.

The claims of a row know their batch; what else it changed is kept as canonical text with the row.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from mailcrm.model.address import AddressKind, address_key
from mailcrm.model.consent import ConsentState
from mailcrm.model.importing import RowOutcome, RowPlan
from mailcrm.model.number import STANDARD, NumberKind, number_key
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.recipient import Suppress
from mailcrm.model.record import Claim, EmailEntry
from mailcrm.store import addresses, consents, naming, numbers, parties, tags
from mailcrm.store.adopt import adopt_mail
from mailcrm.store.bulk import insert_rows
from mailcrm.store.claims import record_claims
from mailcrm.store.context import context_of
from mailcrm.store.history import Cause, Change, note_changes
from mailcrm.store.identity import profiles
from mailcrm.store.identity.clusters import roots_of
from mailcrm.store.imports.batches import count_rows
from mailcrm.store.imports.business import lines_of, organisation_key, record_business, tells_more
from mailcrm.store.imports.known import find_leaves
from mailcrm.store.rows.importing import ImportRow
from mailcrm.store.rows.party import NumberAlias, Party, PartyEmail

_SOURCE = "import"


@dataclass
class Written:
    """What is being done for one row."""

    plan: RowPlan
    party_id: int | None
    changes: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def write_plans(
    session: Session,
    batch_id: int,
    plans: Sequence[RowPlan],
    kind_of: Callable[[str], AddressKind],
    state: PartyState,
    now: datetime,
) -> list[Written]:
    """Carry out what was planned for rows of a file, in this transaction. `kind_of` tells what an address (by its comparison
    form) is; new customers get `state`, and a number with it. Returns what was done, row by row."""
    cause = Cause(_SOURCE, now, batch_id, batch_id)
    done = [Written(plan, plan.party_id, notes=list(plan.row.problems)) for plan in plans]
    _make(session, done, now)
    _rename(session, done, cause)
    _address(session, done, kind_of, now)
    _consent(session, done, batch_id, now)
    _tag(session, done, batch_id, now)
    claims: dict[int, list[Claim]] = {}
    for each in done:
        if each.party_id is not None and each.plan.claims:
            claims.setdefault(each.party_id, []).extend(each.plan.claims)
    record_claims(session, claims, cause)
    _do_business(session, done, now)
    # Numbers come last, as where mail is filed, so that two never wait for each other.
    _number_new(session, done, state, now)
    _number(session, done, now)
    _keep(session, batch_id, done)
    return done


def _make(session: Session, done: Sequence[Written], now: datetime) -> None:
    for kind in PartyKind:
        new = [each for each in done if each.plan.outcome == RowOutcome.NEW and each.plan.row.record.kind == kind]
        ids = parties.create_parties(session, kind, [each.plan.name or "" for each in new], _SOURCE, now)
        for each, party_id in zip(new, ids, strict=True):
            each.party_id = party_id
            each.changes["created"] = True
        if kind == PartyKind.PERSON:
            names = {i: (e.plan.given_name or "", e.plan.family_name or "") for e, i in zip(new, ids, strict=True)}
            parties.set_person_names(session, {i: pair for i, pair in names.items() if any(pair)})
        _recall(session, dict(zip(ids, new, strict=True)), now)
        profiles.touch(session, ids)


def _recall(session: Session, new: Mapping[int, Written], now: datetime) -> None:
    """Since when a file knows customers, and who called them so."""
    for party_id, each in new.items():
        values: dict[str, Any] = {}
        created_at = each.plan.row.record.created_at
        if created_at is not None and created_at < now:
            values["created_at"] = created_at
        if each.plan.name_source != _SOURCE:
            values["name_source"] = each.plan.name_source
        if values:
            these = update(Party).where(Party.id == party_id).values(values)
            session.execute(these.execution_options(synchronize_session=False))


def _number_new(session: Session, done: Sequence[Written], state: PartyState, now: datetime) -> None:
    """New customers get their numbers, in the order of the rows."""
    new = [each for each in done if "created" in each.changes]
    active = {
        each.party_id: each
        for each in new
        if each.party_id is not None and (each.plan.row.record.state or state) == PartyState.ACTIVE
    }
    given = {i: own for i, e in active.items() if (own := _own_number(session, e.plan.row.record.number))}
    parties.number_parties(session, {i: e.plan.row.record.kind for i, e in active.items()}, now, given)


def _own_number(session: Session, text: str) -> str:
    """A number that an archive of ours gave is kept; one of another form finds the customer, who gets one of ours beside it."""
    key = number_key(text)
    right = any(pattern.is_right(key) for pattern in (context_of(session).numbers, STANDARD))
    return key if right else ""


def _rename(session: Session, done: Sequence[Written], cause: Cause) -> None:
    changes = []
    for each in done:
        told = {"name": each.plan.name, "given_name": each.plan.given_name, "family_name": each.plan.family_name}
        new = {name: value for name, value in told.items() if value is not None}
        if not new or each.party_id is None or "created" in each.changes:
            continue
        before = naming.replace_names(session, each.party_id, new, each.plan.name_source, cause.now)
        each.changes["names"] = {name: [before[name], new[name]] for name in new} | {"source": before["source"]}
        changes += [Change(each.party_id, name, before[name], new[name]) for name in new]
    note_changes(session, changes, cause)


def _number(session: Session, done: Sequence[Written], now: datetime) -> None:
    """Numbers of other systems, and of an earlier archive of ours, find the customer from now on."""
    wanted = {
        (each.party_id, number_key(number)): (system, number)
        for each in done
        for system, number in each.plan.numbers
        if each.party_id is not None
    }
    taken = numbers.numbers_taken(session, {key for _, key in wanted})
    rows = [
        {
            "number_key": key, "system": system, "number": number, "party_id": party_id, "since": now,
            "kind": NumberKind.FOREIGN if system else NumberKind.FORMER,
        }
        for (party_id, key), (system, number) in wanted.items()
        if (system, key) not in taken
    ]  # fmt: skip
    insert_rows(session, NumberAlias, rows)
    gone = [
        (system, key, party_id) for (party_id, key), (system, _) in wanted.items() if taken.get((system, key)) is False
    ]
    for system, key, party_id in gone:  # of a customer whose import was taken back: it is this one's now
        these = NumberAlias.system == system, NumberAlias.number_key == key
        session.execute(update(NumberAlias).where(*these).values(party_id=party_id))


# --- addresses and what was said at them -------------------------------------------------------------------------


def _address(session: Session, done: Sequence[Written], kind_of: Callable[[str], AddressKind], now: datetime) -> None:
    wanted: dict[str, tuple[str, AddressKind]] = {}
    for each in done:
        for entry in each.plan.emails:
            key = address_key(entry.address)
            kind = kind_of(key)
            if kind == AddressKind.OWN:
                each.notes.append(f"{entry.address} is one of our own addresses, and was left out")
            else:
                wanted[key] = entry.address, kind
    before = addresses.find_addresses(session, wanted)
    known = addresses.ensure_addresses(session, wanted, now)
    links: list[tuple[int, int, EmailEntry]] = []
    for each in done:
        for entry in each.plan.emails:
            row = known.get(address_key(entry.address))
            if row is not None and each.party_id is not None:
                links.append((each.party_id, row.id, entry))
                each.changes.setdefault("emails", []).append(row.id)
    parties.link_addresses(session, [(party_id, address_id) for party_id, address_id, _ in links], _SOURCE, now)
    for party_id, address_id, entry in links:
        if entry.label or entry.ended_at:
            link = PartyEmail.party_id == party_id, PartyEmail.email_id == address_id
            session.execute(update(PartyEmail).where(*link).values(label=entry.label, valid_to=entry.ended_at))
        if address_key(entry.address) in before and before[address_key(entry.address)].party_id is None:
            adopt_mail(session, party_id, address_id)


def _consent(session: Session, done: Sequence[Written], batch_id: int, now: datetime) -> None:
    """What a file says of consent. A no holds at once and for ever; a yes counts only with its proof, and never over a no."""
    source = f"import:{batch_id}"
    speaking = [
        (each, entry) for each in done for entry in each.plan.row.record.emails if entry.consents or entry.closed
    ]
    if not speaking:
        return
    known = addresses.find_addresses(session, {address_key(entry.address) for _, entry in speaking})
    for each, entry in speaking:
        key = address_key(entry.address)
        if entry.closed:
            _close(session, each, key, Suppress(entry.closed), None, source, now)
        for said in entry.consents:
            if said.state == ConsentState.WITHDRAWN and not said.purpose:
                _close(session, each, key, Suppress.UNSUBSCRIBE, None, source, now)
            elif key in known:
                purpose = consents.ensure_purpose(session, said.purpose)
                states = consents.consent_states(session, [known[key].id], purpose)
                now_is = states.get(known[key].id)
                if now_is == said.state:
                    continue
                if said.state == ConsentState.GIVEN and (now_is == ConsentState.WITHDRAWN or not said.evidence):
                    why = "they said no before" if said.evidence else "there is no proof of it"
                    each.notes.append(f"{entry.address}: the yes to {said.purpose} was left out, for {why}")
                    continue
                consents.record_consent(
                    session, known[key].id, purpose, said.state, basis=said.basis, at=said.at or now,
                    source=said.source or source, evidence=said.evidence or source, now=now,
                )  # fmt: skip
                each.changes.setdefault("consents", []).append([known[key].id, purpose, said.state.value])


def _close(
    session: Session, each: Written, key: str, reason: Suppress, purpose: int | None, source: str, now: datetime
) -> None:
    if consents.suppress(session, key, reason, now, purpose_id=purpose, source=source):
        each.changes["closed"] = each.changes.get("closed", 0) + 1


def _do_business(session: Session, done: Sequence[Written], now: datetime) -> None:
    """Dates, orders, activities, ties: few rows have any."""
    made = []
    told = [tie for each in done for tie in each.plan.row.record.affiliations]
    named = find_leaves(session, {("organisation", organisation_key(tie.organisation)) for tie in told})
    known = {key for _, key in named}
    for each in done:
        record = each.plan.row.record
        ties = [tie for tie in record.affiliations if tells_more(tie) or organisation_key(tie.organisation) in known]
        if each.party_id is None or not (record.dates or record.orders or record.activities or ties):
            continue
        changes, notes = record_business(session, each.party_id, record, now)
        each.changes |= changes
        each.notes += notes
        if "created" in each.changes:
            made.append(each)
    lines = lines_of(session, [each.party_id for each in made if each.party_id is not None])
    for each in made:
        if each.party_id in lines:
            each.changes["lines"] = lines[each.party_id]  # an undo has to know what came later


# --- tags, and the row itself ------------------------------------------------------------------------------------


def _tag(session: Session, done: Sequence[Written], batch_id: int, now: datetime) -> None:
    wanted: dict[int, list[tuple[str, str]]] = {}
    for each in done:
        if each.party_id is not None and each.plan.tags:
            wanted.setdefault(each.party_id, []).extend(each.plan.tags)
    known = [each.party_id for each in done if each.party_id in wanted and "created" not in each.changes]
    before = tags.held_tags(session, known)
    added = tags.add_tags(session, wanted, now, f"import:{batch_id}")
    gone = before - tags.held_tags(session, known) if before else set()
    roots = roots_of(session, {party_id for party_id, _ in gone} | set(known)) if gone else {}
    for each in done:
        if each.party_id in added and each.plan.tags:
            each.changes["tags"] = added[each.party_id]
            replaced = [[p, tag] for p, tag in sorted(gone) if roots[p] == roots[each.party_id]]
            if replaced:  # of an exclusive category
                each.changes["replaced"] = replaced


def _keep(session: Session, batch_id: int, done: Sequence[Written]) -> None:
    rows = [
        {
            "batch_id": batch_id, "row_no": each.plan.row.number, "outcome": _outcome(each), "party_id": each.party_id,
            "record_hash": each.plan.row.digest, "changes": _canonical(each.changes),
            "note": "; ".join([*([each.plan.error] if each.plan.error else []), *each.notes]),
        }
        for each in done
    ]  # fmt: skip
    insert_rows(session, ImportRow, rows)
    count_rows(session, batch_id, Counter(_outcome(each) for each in done), max(each.plan.row.number for each in done))


def _outcome(each: Written) -> RowOutcome:
    """What was said of consent counts, too; it is known only now."""
    if each.plan.outcome == RowOutcome.SAME and each.changes:
        return RowOutcome.CHANGED
    return each.plan.outcome


def _canonical(changes: Mapping[str, Any]) -> str:
    return json.dumps(changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if changes else ""
