"""Contact facts: what mail tells of its sender and what humans enter, each value once, and which of them counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from mailcrm.model.address import AddressKind
from mailcrm.model.contact import LONGEST_VALUE, ContactFact, ContactField, ContactFinding, current_fact, value_hash
from mailcrm.model.interaction import Direction
from mailcrm.model.message import RULES, MailKind, ParticipantRole, written_at
from mailcrm.model.rights import Viewer
from mailcrm.model.text import clean_line
from mailcrm.store.bulk import portions
from mailcrm.store.context import actor_name
from mailcrm.store.identity import profiles
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.mail import Message, MessageParticipant
from mailcrm.store.rows.party import EmailAddress, Party
from mailcrm.store.visibility import visible_message

_OF_MAIL = ("signature", "vcard", "header")
_USER = "user"
_ORDER = {field: number for number, field in enumerate(ContactField)}

Key = tuple[int, ContactField, str, str]
"""Party, field, hash of the value, source: what makes a fact the same fact."""


# --- from mail ---------------------------------------------------------------------------------------------------


def forget_findings(session: Session, message_ids: Sequence[int]) -> None:
    """Take away what only these mails told, before they are recorded again by better rules."""
    for part in portions(message_ids):
        alone = ContactFactRow.source.in_(_OF_MAIL), ContactFactRow.source_ref.in_(part), ContactFactRow.times == 1
        _take_away(session, session.execute(select(ContactFactRow).where(*alone)).scalars().all())


def forget_rules(session: Session) -> None:
    """All that mail told is to be told anew, whatever rules read it."""
    anew = update(ContactFactRow).where(ContactFactRow.source.in_(_OF_MAIL)).values(rules=0)
    session.execute(anew.execution_options(synchronize_session=False))


def forget_outdated(session: Session, limit: int) -> int:
    """Take away what older rules read in several mails and today's in none of them; at most `limit`, returns how many.

    To be asked when all mail has been read again. What a mail told that cannot be read any more stays.
    """
    query = (
        select(ContactFactRow)
        .join(Message, Message.id == ContactFactRow.source_ref)
        .where(
            ContactFactRow.source.in_(_OF_MAIL),
            ContactFactRow.rules < RULES,
            Message.rules == RULES,
            Message.last_error == "",
        )
        .order_by(ContactFactRow.id)
        .limit(limit)
    )
    rows = session.execute(query).scalars().all()
    _take_away(session, rows)
    return len(rows)


def _take_away(session: Session, rows: Sequence[ContactFactRow]) -> None:
    touched = {(row.party_id, row.field) for row in rows}
    for row in rows:
        session.delete(row)
    session.flush()
    _choose(_rows(session, sorted({party_id for party_id, _ in touched})).values(), touched)
    session.flush()


class _Writer(NamedTuple):
    party_id: int
    at: datetime


def record_findings(session: Session, told: Mapping[int, Sequence[ContactFinding]], *, again: bool = False) -> None:
    """What mails (by message id) tell of who wrote them; `again`: they were recorded before, and are not counted twice.

    Counts only from mail that a person wrote to us from an address of his own: behind a role address or a list stands
    anybody.
    """
    ids = sorted(message_id for message_id, findings in told.items() if findings)
    writers = _writers(session, ids) if ids else {}
    rows = _rows(session, sorted({writer.party_id for writer in writers.values()}))
    touched: set[tuple[int, ContactField]] = set()
    known = len(rows)
    for message_id, writer in writers.items():
        for finding in told[message_id]:
            _observe(session, rows, message_id, writer, finding, counts=not again)
            touched.add((writer.party_id, finding.field))
    if _choose(rows.values(), touched) or len(rows) > known:
        profiles.touch(session, {party_id for party_id, _ in touched})
    session.flush()


def _writers(session: Session, message_ids: Sequence[int]) -> dict[int, _Writer]:
    found: dict[int, _Writer] = {}
    for part in portions(message_ids):
        query = (
            select(Message.id, EmailAddress.match_party_id, Message.sent_at, Message.received_at)
            .join(MessageParticipant, MessageParticipant.message_id == Message.id)
            .join(EmailAddress, EmailAddress.id == MessageParticipant.email_id)
            .where(
                Message.id.in_(part),
                Message.direction == Direction.IN,
                Message.kind == MailKind.PERSON,
                MessageParticipant.role == ParticipantRole.FROM,
                MessageParticipant.position == 0,
                EmailAddress.kind == AddressKind.PERSONAL,
            )
            .order_by(Message.id)
        )
        for message_id, party_id, sent, received in session.execute(query):
            if party_id is not None:
                found[message_id] = _Writer(party_id, written_at(sent, received))
    return found


def _rows(session: Session, party_ids: Sequence[int]) -> dict[Key, ContactFactRow]:
    found: dict[Key, ContactFactRow] = {}
    for part in portions(party_ids):
        query = select(ContactFactRow).where(ContactFactRow.party_id.in_(part)).order_by(ContactFactRow.id)
        for row in session.execute(query.with_for_update()).scalars():
            found[row.party_id, row.field, row.value_hash, row.source] = row
    return found


def _observe(
    session: Session,
    rows: dict[Key, ContactFactRow],
    message_id: int,
    writer: _Writer,
    finding: ContactFinding,
    *,
    counts: bool,
) -> None:
    value = clean_line(finding.shown, LONGEST_VALUE)
    confidence = round(finding.confidence * 100)
    key = writer.party_id, finding.field, value_hash(finding.field, value), finding.source
    row = rows.get(key)
    if row is None:
        row = ContactFactRow(
            party_id=writer.party_id, field=finding.field, value=value, value_hash=key[2], source=finding.source,
            source_ref=message_id, confidence=confidence, observed_at=writer.at, times=1, is_current=False, verified_by="",
            rules=RULES,
        )  # fmt: skip
        session.add(row)
        rows[key] = row
        return
    row.confidence = max(row.confidence, confidence) if row.rules == RULES else confidence
    row.rules = RULES
    if row.source_ref == message_id:
        return
    row.times += counts
    if writer.at >= row.observed_at:
        row.observed_at, row.source_ref = writer.at, message_id


# --- from humans -------------------------------------------------------------------------------------------------


def set_by_hand(session: Session, party_id: int, field: ContactField, text: str, now: datetime) -> None:
    """A human's value: it counts from now on, whatever mail says. An empty one says that there is none."""
    value = clean_line(text, LONGEST_VALUE)
    rows = _rows(session, [party_id])
    key = party_id, field, value_hash(field, value), _USER
    row = rows.get(key)
    if row is None:
        row = ContactFactRow(party_id=party_id, field=field, value_hash=key[2], source=_USER, times=1)
        session.add(row)
        rows[key] = row
    row.value, row.confidence, row.observed_at, row.verified_by = value, 100, now, actor_name(session)
    _choose(rows.values(), {(party_id, field)})
    session.flush()
    profiles.touch(session, [party_id])


def _choose(rows: Iterable[ContactFactRow], touched: set[tuple[int, ContactField]]) -> bool:
    """Mark the value of each of these fields. Returns whether any changed."""
    changed = False
    by_field: dict[tuple[int, ContactField], list[ContactFactRow]] = {each: [] for each in touched}
    for row in rows:
        if (row.party_id, row.field) in by_field:
            by_field[row.party_id, row.field].append(row)
    for claims in by_field.values():
        facts = {_fact(row): row for row in claims}
        chosen = current_fact(facts)
        for fact, row in facts.items():
            changed = changed or row.is_current is not (fact is chosen)
            row.is_current = fact is chosen
    return changed


# --- looking -----------------------------------------------------------------------------------------------------


def facts_of(session: Session, party_id: int, viewer: Viewer) -> list[ContactFact]:
    """All that is claimed of a customer (all members of its cluster) by mail that `viewer` may see, by field.

    Of each field the value comes first; a value of which several sources know is shown once, by the best.
    """
    follows = visible_message(viewer, ContactFactRow.source_ref)  # type: ignore[arg-type]
    query = (
        select(ContactFactRow)
        .join(Party, Party.id == ContactFactRow.party_id)
        .where(Party.root_id == party_id, or_(ContactFactRow.source.not_in(_OF_MAIL), follows))
        .order_by(ContactFactRow.observed_at.desc(), ContactFactRow.id.desc())
    )
    by_field: dict[ContactField, list[ContactFact]] = {}
    for row in session.execute(query).scalars():
        by_field.setdefault(row.field, []).append(_fact(row))
    return [fact for field in sorted(by_field, key=_ORDER.__getitem__) for fact in _ranked(field, by_field[field])]


def _ranked(field: ContactField, facts: list[ContactFact]) -> list[ContactFact]:
    chosen = current_fact(facts)
    first = [replace(chosen, is_current=True)] if chosen else []
    seen = {value_hash(field, fact.value) for fact in first}
    others = []
    for fact in facts:
        digest = value_hash(field, fact.value)
        if digest not in seen:
            seen.add(digest)
            others.append(replace(fact, is_current=False))
    return first + others


def _fact(row: ContactFactRow) -> ContactFact:
    return ContactFact(
        row.field, row.value, row.source, row.confidence / 100, row.observed_at, row.times, row.source_ref,
        row.verified_by,
    )  # fmt: skip
