"""Taking an import back: what it created is archived, what it overwrote is restored, and what was changed since is told.

A customer that the import made and that nothing else knows of is archived; its number stays used. Of all others the claims
of the batch go, so that the values they covered show again. A no to mail is never taken back with an import.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from mailcrm.model.consent import ConsentState
from mailcrm.model.party import PartyState
from mailcrm.store import consents, naming
from mailcrm.store.bulk import portions, rows_in, update_rows
from mailcrm.store.context import actor_name
from mailcrm.store.history import Cause, Change, note_changes
from mailcrm.store.identity import profiles
from mailcrm.store.imports.business import lines_of, take_back
from mailcrm.store.ledger import Ledger
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.base import Id, UtcMicros
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.identity import MergeRecord
from mailcrm.store.rows.importing import ImportRow
from mailcrm.store.rows.party import EmailAddress, Party, PartyEmail, PartyTag
from mailcrm.store.rows.sighting import Sighting

_SOURCE = "import"


class _Row(NamedTuple):
    number: int
    party_id: int
    changes: dict[str, Any]


def undo_rows(session: Session, batch_id: int, limit: int, now: datetime) -> tuple[int, list[tuple[int, str]]]:
    """Take back the next rows of a batch, the last ones first, in this transaction. Returns how many (0: all are taken back),
    and what could not be restored, by row."""
    query = (
        select(ImportRow.row_no, ImportRow.party_id, ImportRow.changes)
        .where(ImportRow.batch_id == batch_id, ImportRow.undone.is_(False))
        .order_by(ImportRow.row_no.desc())
        .limit(limit)
    )
    found = session.execute(query).all()
    rows = [_Row(row[0], row[1], json.loads(row[2]) if row[2] else {}) for row in found if row[1] is not None]
    created = [row for row in rows if "created" in row.changes]
    kept = _with_a_life(session, batch_id, [row.party_id for row in created]) | _with_a_timeline(session, created)
    gone = [row for row in created if row.party_id not in kept]
    _archive(session, gone, now)
    for row in rows:
        take_back(session, row.changes, batch_id, now)
    conflicts = [(row.number, "the customer was kept: mail, edits or merges came after the import") for row in created
                 if row.party_id in kept]  # fmt: skip
    others = [row for row in rows if row.party_id not in {each.party_id for each in gone}]
    conflicts += _restore(session, batch_id, others, now)
    marks = update(ImportRow).where(ImportRow.batch_id == batch_id)
    for part in portions([row[0] for row in found]):
        session.execute(
            marks.where(ImportRow.row_no.in_(part)).values(undone=True).execution_options(synchronize_session=False)
        )
    for number, note in conflicts:
        session.execute(marks.where(ImportRow.row_no == number).values(note=note))
    return len(found), conflicts


# --- customers that the import made ------------------------------------------------------------------------------


def _with_a_life(session: Session, batch_id: int, party_ids: Sequence[int]) -> set[int]:
    """Those that something else knows of than this import: mail, a timeline, a merge, claims by humans, other addresses."""
    return {row[0] for row in rows_in(session, _alive(), party_ids, batch=batch_id)} if party_ids else set()


def _with_a_timeline(session: Session, rows: Sequence[_Row]) -> set[int]:
    """Those with lines on their timelines that the import did not bring."""
    own = {line for row in rows for line in row.changes.get("lines", ())}
    lines = lines_of(session, [row.party_id for row in rows])
    return {party_id for party_id, those in lines.items() if not own.issuperset(those)}


@cache
def _alive() -> Lookup:
    elsewhere = or_(ContactFactRow.batch_id.is_(None), ContactFactRow.batch_id != bindparam("batch", type_=Id))
    said = ContactFactRow.party_id == Party.id, elsewhere
    edges = and_(
        or_(MergeRecord.party_lo == Party.id, MergeRecord.party_hi == Party.id), MergeRecord.undone_at.is_(None)
    )
    reasons: tuple[ColumnElement[bool], ...] = (
        exists().where(Sighting.party_id == Party.id),
        exists().where(*said),
        exists().where(edges),
        Party.name_source != _SOURCE,
        Party.cluster_size > 1,
    )
    return Lookup(select(Party.id).where(or_(*reasons)), Party.id)


def _archive(session: Session, rows: Sequence[_Row], now: datetime) -> None:
    """Their numbers stay used; their addresses are free again for whoever comes."""
    update_rows(session, _archived(), [{"party": row.party_id, "at": now} for row in rows])
    for part in portions([row.party_id for row in rows]):
        free = update(EmailAddress).where(EmailAddress.match_party_id.in_(part)).values(match_party_id=None)
        session.execute(free.execution_options(synchronize_session=False))
        ended = update(PartyEmail).where(PartyEmail.party_id.in_(part), PartyEmail.valid_to.is_(None))
        session.execute(ended.values(valid_to=now).execution_options(synchronize_session=False))
    profiles.touch(session, [row.party_id for row in rows])


@cache
def _archived() -> Update:
    these = update(Party).where(Party.id == bindparam("party"))
    return these.values(state=PartyState.ARCHIVED, updated_at=bindparam("at", type_=UtcMicros()))


# --- customers that were there -----------------------------------------------------------------------------------


def _restore(session: Session, batch_id: int, rows: Sequence[_Row], now: datetime) -> list[tuple[int, str]]:
    if not rows:
        return []
    cause = Cause(_SOURCE, now, batch_id)
    conflicts = [each for row in rows for each in _restore_names(session, row, cause)]
    ledger = Ledger.open(session, [row.party_id for row in rows])
    for entry in [each for each in ledger.entries.values() if each.batch_id == batch_id]:
        ledger.remove(entry)
    ledger.write(cause)
    for row in rows:
        _end_addresses(session, row, now)
        _untag(session, row, batch_id)
        _restore_tags(session, row, now)
        _take_back_yes(session, row, batch_id, now)
        if "closed" in row.changes:
            conflicts.append((row.number, "the address stays closed: a no to mail is not taken back with an import"))
    return conflicts


def _restore_names(session: Session, row: _Row, cause: Cause) -> list[tuple[int, str]]:
    """Only what still stands there as the import wrote it."""
    names = dict(row.changes.get("names", {}))
    source = names.pop("source", _SOURCE)
    if not names:
        return []
    present = naming.own_names(session, row.party_id)
    back = {name: before for name, (before, after) in names.items() if present[name] == after}
    if back:
        naming.replace_names(session, row.party_id, back, source, cause.now)
        changes = [Change(row.party_id, name, present[name], value) for name, value in back.items()]
        note_changes(session, changes, cause)
    return [
        (row.number, f"{name} was changed since to {present[name]!r}, and stays; before the import it was {before!r}")
        for name, (before, after) in names.items()
        if present[name] not in (before, after)
    ]


def _end_addresses(session: Session, row: _Row, now: datetime) -> None:
    """Addresses are only ended; whose mail has come since keeps its owner."""
    for address_id in row.changes.get("emails", ()):
        link = PartyEmail.party_id == row.party_id, PartyEmail.email_id == address_id, PartyEmail.source == _SOURCE
        session.execute(update(PartyEmail).where(*link, PartyEmail.valid_to.is_(None)).values(valid_to=now))
        wrote = exists().where(Sighting.email_id == address_id, Sighting.party_id == row.party_id)
        mine = EmailAddress.id == address_id, EmailAddress.match_party_id == row.party_id
        session.execute(update(EmailAddress).where(*mine, ~wrote).values(match_party_id=None))


def _untag(session: Session, row: _Row, batch_id: int) -> None:
    for tag_id in row.changes.get("tags", ()):
        these = PartyTag.party_id == row.party_id, PartyTag.tag_id == tag_id, PartyTag.by == f"import:{batch_id}"
        session.execute(delete(PartyTag).where(*these).execution_options(synchronize_session=False))


def _restore_tags(session: Session, row: _Row, now: datetime) -> None:
    """Those that a tag of the import took the place of."""
    for party_id, tag_id in row.changes.get("replaced", ()):
        if session.get(PartyTag, (party_id, tag_id)) is None:
            session.add(PartyTag(party_id=party_id, tag_id=tag_id, at=now, by=actor_name(session)))
    session.flush()


def _take_back_yes(session: Session, row: _Row, batch_id: int, now: datetime) -> None:
    """A yes that only the import knew of is withdrawn: nobody is mailed on the word of a file that was taken back."""
    for address_id, purpose_id, state in row.changes.get("consents", ()):
        if state != ConsentState.GIVEN:
            continue
        if consents.consent_states(session, [address_id], purpose_id).get(address_id) == ConsentState.GIVEN:
            consents.record_consent(
                session, address_id, purpose_id, ConsentState.WITHDRAWN, basis="consent", at=now,
                source=f"import:{batch_id}", evidence="the import that said yes was taken back", now=now,
            )  # fmt: skip
