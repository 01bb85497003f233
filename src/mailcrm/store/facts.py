"""Contact facts: what mail tells of its sender, each value once, and what is claimed of a customer in all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, or_, select, update
from sqlalchemy.orm import Session

from mailcrm.model.address import AddressKind
from mailcrm.model.contact import (
    LONGEST_VALUE,
    MANY,
    ContactFact,
    ContactField,
    ContactFinding,
    standings,
    value_hash,
)
from mailcrm.model.interaction import Direction
from mailcrm.model.message import RULES, MailKind, ParticipantRole, written_at
from mailcrm.model.rights import Viewer
from mailcrm.model.text import clean_line
from mailcrm.store.bulk import portions
from mailcrm.store.history import OF_MAIL, Cause
from mailcrm.store.ledger import Entry, Ledger, parts_of
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.mail import Message, MessageParticipant
from mailcrm.store.rows.party import EmailAddress, Party
from mailcrm.store.visibility import VIEWERS, visible_message

_ORDER: dict[str, int] = {field: number for number, field in enumerate(ContactField)}
_WHICH = ContactFactRow.party_id, ContactFactRow.field, ContactFactRow.value_hash, ContactFactRow.source


# --- from mail ---------------------------------------------------------------------------------------------------


def forget_findings(session: Session, message_ids: Sequence[int], now: datetime) -> None:
    """Take away what only these mails told, before they are recorded again by better rules."""
    for part in portions(message_ids):
        alone = ContactFactRow.source.in_(OF_MAIL), ContactFactRow.source_ref.in_(part), ContactFactRow.times == 1
        _take_away(session, select(*_WHICH).where(*alone), now)


def forget_rules(session: Session) -> None:
    """All that mail told is to be told anew, whatever rules read it."""
    anew = update(ContactFactRow).where(ContactFactRow.source.in_(OF_MAIL)).values(rules=0)
    session.execute(anew.execution_options(synchronize_session=False))


def forget_outdated(session: Session, limit: int, now: datetime) -> int:
    """Take away what older rules read in several mails and today's in none of them; at most `limit`, returns how many.

    To be asked when all mail has been read again. What a mail told that cannot be read any more stays.
    """
    query = (
        select(*_WHICH)
        .join(Message, Message.id == ContactFactRow.source_ref)
        .where(
            ContactFactRow.source.in_(OF_MAIL),
            ContactFactRow.rules < RULES,
            Message.rules == RULES,
            Message.last_error == "",
        )
        .order_by(ContactFactRow.id)
        .limit(limit)
    )
    return _take_away(session, query, now)


def _take_away(session: Session, query: Select[*tuple[Any, ...]], now: datetime) -> int:
    keys = [row[:4] for row in session.execute(query)]
    ledger = Ledger.open(session, {key[0] for key in keys})
    for key in keys:
        ledger.remove(ledger.entries[key])
    ledger.write(Cause("signature", now))
    return len(keys)


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
    if not writers:
        return
    ledger = Ledger.open(session, {writer.party_id for writer in writers.values()})
    for message_id, writer in writers.items():
        for finding in told[message_id]:
            ledger.put(_observed(ledger, message_id, writer, finding, counts=not again))
    last = max(writers, key=lambda each: writers[each].at)
    ledger.write(Cause("signature", writers[last].at, last))


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


def _observed(ledger: Ledger, message_id: int, writer: _Writer, finding: ContactFinding, *, counts: bool) -> Entry:
    value = clean_line(finding.shown, LONGEST_VALUE)
    confidence = round(finding.confidence * 100)
    entry = ledger.find(writer.party_id, finding.field, value, finding.source)
    if entry is None:
        return Entry(
            writer.party_id, finding.field, value, finding.source, writer.at, confidence, source_ref=message_id,
            rules=RULES,
        )  # fmt: skip
    entry.confidence = max(entry.confidence, confidence) if entry.rules == RULES else confidence
    entry.rules = RULES
    if entry.source_ref == message_id:
        return entry
    entry.times += counts
    if writer.at >= entry.observed_at:
        entry.observed_at, entry.source_ref = writer.at, message_id
    return entry


# --- looking -----------------------------------------------------------------------------------------------------


def facts_of(session: Session, party_id: int, viewer: Viewer) -> list[ContactFact]:
    """All that is claimed of a customer (all members of its cluster) by mail that `viewer` may see, by field.

    Of each field the value comes first; a value of which several sources know is shown once, by the best.
    """
    by_field: dict[str, list[ContactFact]] = {}
    for row in session.execute(_claimed(viewer), {"root": party_id}).scalars():
        by_field.setdefault(row.field, []).append(fact_of(row))
    return [fact for name in sorted(by_field, key=_place) for fact in _once(name, by_field[name])]


@lru_cache(maxsize=VIEWERS)
def _claimed(viewer: Viewer) -> Select[ContactFactRow]:
    """Kept, for it takes longer to put it together than to run it."""
    follows = visible_message(viewer, ContactFactRow.source_ref)  # type: ignore[arg-type]
    return (
        select(ContactFactRow)
        .join(Party, Party.id == ContactFactRow.party_id)
        .where(
            Party.root_id == bindparam("root"),
            or_(ContactFactRow.source.not_in(OF_MAIL), ContactFactRow.source_ref.is_(None), follows),
        )
        .order_by(ContactFactRow.observed_at.desc(), ContactFactRow.id.desc())
    )


def _place(name: str) -> tuple[int, str]:
    return _ORDER.get(name, len(_ORDER)), name


def _once(name: str, facts: Sequence[ContactFact]) -> list[ContactFact]:
    """What each claim is to its field; a value of which several sources know stands there once, for the best of them."""
    seen: set[str] = set()
    found = []
    for fact in standings(facts, many=name in MANY):
        digest = value_hash(name, fact.value)
        if digest not in seen:
            seen.add(digest)
            found.append(fact)
    return found


def fact_of(row: ContactFactRow) -> ContactFact:
    """A row as a value."""
    return ContactFact(
        row.field, row.value, row.source, row.confidence / 100, row.observed_at, row.times, row.source_ref,
        row.verified_by, row.is_current, row.label, parts_of(row.parts), row.ended_at,
        row.is_preferred,
    )  # fmt: skip
