"""What humans, forms, programs and imports say of customers: values of fields, with label and validity.

A stronger source is never overwritten by a weaker one (user > form > api > import > vcard > signature > header): what the
weaker says is kept as a suggestion. Nothing is wiped: a value is ended, and can be restored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.contact import LONGEST_VALUE, MANY, OWN, value_hash
from mailcrm.model.own_field import LONGEST_LONG_TEXT
from mailcrm.model.record import Claim
from mailcrm.model.text import clean_line, clean_text
from mailcrm.store.context import actor_name
from mailcrm.store.history import Cause, Change, note_changes
from mailcrm.store.ledger import Entry, Ledger, parts_text
from mailcrm.store.rows.party import Party

_USER = "user"


def record_claims(session: Session, claims: Mapping[int, Sequence[Claim]], cause: Cause) -> list[Change]:
    """What a source says of parties (by id). Said again, it is the same claim, seen once more. Returns what changed."""
    ledger = Ledger.open(session, claims)
    for party_id, those in claims.items():
        for claim in those:
            ledger.put(_claimed(ledger, party_id, claim, cause))
    return ledger.write(cause)


def _claimed(ledger: Ledger, party_id: int, claim: Claim, cause: Cause) -> Entry:
    proof, value = claim.proof, clean_value(claim.value)
    at = proof.observed_at or cause.now
    confidence = round(proof.confidence * 100)
    digest = value_hash(claim.field, value)
    ref = cause.ref if proof.source == cause.source else None  # of what an archive of ours was told by others
    entry = ledger.entries.get((party_id, claim.field, digest, proof.source))
    if entry is None:
        return Entry(
            party_id, claim.field, value, proof.source, at, confidence, digest, label=clean_line(claim.label, 60),
            parts=parts_text(claim.parts), source_ref=ref, is_preferred=_is_first(claim), verified_by=proof.verified_by,
            ended_at=claim.ended_at, batch_id=cause.batch,
        )  # fmt: skip
    if at > entry.observed_at:
        entry.observed_at, entry.source_ref = at, ref
    entry.confidence = max(entry.confidence, confidence)
    entry.label = clean_line(claim.label, 60) or entry.label
    entry.parts = parts_text(claim.parts) or entry.parts
    return entry


def _is_first(claim: Claim) -> bool:
    """Of several values a human entered it is the one to use first."""
    return claim.is_current and claim.proof.source == _USER and claim.field in MANY


def clean_value(text: str) -> str:
    """A value as it is kept: one line, but for the long texts and choices of a team's own fields."""
    if "\n" not in text:
        return clean_line(text, LONGEST_LONG_TEXT)
    return clean_text(text).strip()[:LONGEST_LONG_TEXT]


# --- by hand -----------------------------------------------------------------------------------------------------


def set_by_hand(session: Session, party_id: int, values: Mapping[str, str], now: datetime) -> list[Change]:
    """A human's values, by field: they count from now on, whatever mail or files say. An empty one says that there is none.

    Of a field that holds several values it becomes the one to use first. Returns what changed.
    """
    ledger = Ledger.open(session, [party_id])
    for name, text in values.items():
        for other in ledger.of(party_id, name):
            other.is_preferred = False
        entry = _by_hand(session, ledger, party_id, name, text, now)
        entry.is_preferred = True
        ledger.put(entry)
    return ledger.write(Cause(_USER, now))


def add_by_hand(
    session: Session,
    party_id: int,
    name: str,
    text: str,
    now: datetime,
    *,
    label: str = "",
    parts: Mapping[str, str] | None = None,
) -> list[Change]:
    """One more value of a field that holds several. The one to use first stays it."""
    ledger = Ledger.open(session, [party_id])
    first = next((each for each in ledger.of(party_id, name) if each.is_current and each.value), None)
    entry = _by_hand(session, ledger, party_id, name, text, now)
    entry.label, entry.parts = clean_line(label, 60) or entry.label, parts_text(parts or {}) or entry.parts
    if first is not None and first.source == _USER:
        first.is_preferred = True
    ledger.put(entry)
    return ledger.write(Cause(_USER, now))


def _by_hand(session: Session, ledger: Ledger, party_id: int, name: str, text: str, now: datetime) -> Entry:
    value = clean_value(text) if name.startswith(OWN) else clean_line(text, LONGEST_VALUE)
    entry = ledger.find(party_id, name, value, _USER) or Entry(party_id, name, value, _USER, now)
    entry.value, entry.confidence, entry.observed_at, entry.ended_at = value, 100, now, None
    entry.verified_by = actor_name(session)
    return entry


def end_by_hand(session: Session, root_id: int, name: str, value: str, now: datetime) -> bool:
    """A value holds no more, whoever claims it of any member of a customer; it is kept, and can be restored by entering it
    again. Returns whether it was there and held until now."""
    members = session.execute(select(Party.id).where(Party.root_id == root_id)).scalars().all()
    ledger = Ledger.open(session, members)
    digest = value_hash(name, clean_value(value))
    those = [
        each
        for member in members
        for each in ledger.of(member, name)
        if each.value_hash == digest and each.ended_at is None
    ]
    for entry in those:
        entry.ended_at, entry.is_preferred = now, False
        ledger.put(entry)
    changes = ledger.write(Cause(_USER, now))
    if those and not changes:  # it was not the one to use first: told all the same
        note_changes(session, [Change(those[0].party_id, name, those[0].value, None)], Cause(_USER, now))
    return bool(those)
