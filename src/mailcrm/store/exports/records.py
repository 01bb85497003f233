"""Customers with all that is known of them as values: for exports. A few statements for many customers, in bounded memory.

Mail itself is not in a record; what mail told is, as far as the viewer may see that mail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from mailcrm.model.activity import Activity
from mailcrm.model.archive import ConsentLine
from mailcrm.model.consent import ConsentState
from mailcrm.model.contact import MANY, ContactField, Standing, standings
from mailcrm.model.important_date import ImportantDate
from mailcrm.model.number import NumberKind
from mailcrm.model.order import Order
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.record import AffiliationEntry, Claim, CustomerRecord, EmailEntry, Proof, Said
from mailcrm.model.rights import Viewer
from mailcrm.store import dates, tags
from mailcrm.store.activity_lists import lines_of
from mailcrm.store.bulk import portions, rows_in
from mailcrm.store.consents import closures_of, consents_of
from mailcrm.store.exports.orders import orders_by_party
from mailcrm.store.history import OF_MAIL
from mailcrm.store.ledger import Entry
from mailcrm.store.numbers import numbers_of
from mailcrm.store.own_fields import sensitive_fields
from mailcrm.store.preference import preference
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.business import ActivityParty, ActivityRow
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.party import Affiliation, EmailAddress, Party, PartyEmail, Person
from mailcrm.store.rows.timeline import Interaction
from mailcrm.store.visibility import VIEWERS, visible_interaction, visible_message

_PORTION = 200


class _Root(NamedTuple):
    id: int
    number: str | None
    kind: PartyKind
    state: PartyState
    name: str
    name_source: str
    created_at: Any
    named_by: int | None


@dataclass
class _Gathered:
    """What was read of a portion, by root."""

    members: dict[int, int]
    names: Mapping[int, tuple[str, str]]
    claims: dict[int, list[Claim]] = field(default_factory=dict)
    emails: dict[int, list[EmailEntry]] = field(default_factory=dict)
    ties: dict[int, list[AffiliationEntry]] = field(default_factory=dict)
    dates: dict[int, list[ImportantDate]] = field(default_factory=dict)
    orders: Mapping[int, Sequence[Order]] = field(default_factory=dict)
    activities: dict[int, list[Activity]] = field(default_factory=dict)
    tags: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    numbers: Mapping[int, Sequence[Any]] = field(default_factory=dict)


def select_records(
    session: Session, roots: Sequence[int], viewer: Viewer, *, sensitive: bool = False
) -> Iterator[CustomerRecord]:
    """The customers with these (root) ids, in this order. Fields that the team called sensitive only if they are asked for."""
    hidden = frozenset() if sensitive else sensitive_fields(session)
    for part in portions(roots, _PORTION):
        rows = {row[0]: _Root(*row) for row in rows_in(session, _roots(), part)}
        gathered = _gather(session, list(rows), viewer, hidden)
        for root in part:
            if root in rows:
                yield _record(rows[root], gathered)


@cache
def _roots() -> Lookup:
    columns = (
        Party.id, Party.customer_no, Party.kind, Party.state, Party.display_name, Party.name_source, Party.created_at,
        Party.named_by,
    )  # fmt: skip
    return Lookup(select(*columns), Party.id)


def _record(root: _Root, got: _Gathered) -> CustomerRecord:
    given, family = got.names.get(root.named_by or root.id, ("", ""))
    fields = {"name": root.name, "given_name": given, "family_name": family}
    called = Claim(ContactField.NAME, root.name, proof=Proof(root.name_source))
    own = [
        each for each in got.numbers.get(root.id, ()) if each.kind != NumberKind.FOREIGN and each.number != root.number
    ]
    foreign = [
        f"{each.system}:{each.number}" for each in got.numbers.get(root.id, ()) if each.kind == NumberKind.FOREIGN
    ]
    return CustomerRecord(
        kind=root.kind, number=root.number or "", former_numbers=tuple(each.number for each in own),
        foreign_id=foreign[0] if foreign else "", state=root.state, created_at=root.created_at,
        fields={name: value for name, value in fields.items() if value},
        emails=tuple(got.emails.get(root.id, ())), claims=(called, *got.claims.get(root.id, ())),
        tags=tuple(got.tags.get(root.id, ())), affiliations=tuple(got.ties.get(root.id, ())),
        dates=tuple(got.dates.get(root.id, ())), orders=tuple(got.orders.get(root.id, ())),
        activities=tuple(got.activities.get(root.id, ())),
    )  # fmt: skip


def _gather(session: Session, roots: Sequence[int], viewer: Viewer, hidden: frozenset[str]) -> _Gathered:
    members = {row[0]: row[1] for row in rows_in(session, _members(), roots)}
    names = {row[0]: (row[1], row[2]) for row in rows_in(session, _names(), sorted(members))}
    got = _Gathered(members, names)
    _gather_claims(session, got, viewer, hidden)
    _gather_emails(session, got, roots)
    for person, name, number, kind, title, since, until in rows_in(session, _ties(), sorted(members)):
        entry = AffiliationEntry(name, number or "", kind.value, title, since, until)
        got.ties.setdefault(members[person], []).append(entry)
    got.dates = {root: [kept.date for kept in those] for root, those in dates.dates_of(session, roots).items()}
    got.orders = orders_by_party(session, members)
    _gather_activities(session, got, viewer)
    got.tags = {r: [(t.category, t.name) for t in those] for r, those in tags.tag_pairs_of(session, roots).items()}
    got.numbers = numbers_of(session, roots)
    return got


@cache
def _members() -> Lookup:
    return Lookup(select(Party.id, Party.root_id), Party.root_id)


@cache
def _names() -> Lookup:
    return Lookup(select(Person.party_id, Person.given_name, Person.family_name), Person.party_id)


# --- values ------------------------------------------------------------------------------------------------------


def _gather_claims(session: Session, got: _Gathered, viewer: Viewer, hidden: frozenset[str]) -> None:
    by_field: dict[tuple[int, str], list[Entry]] = {}
    for row in rows_in(session, _facts(viewer), sorted(got.members)):
        entry = Entry(*row)
        if entry.field not in hidden:
            by_field.setdefault((got.members[entry.party_id], entry.field), []).append(entry)
    for (root, name), entries in sorted(by_field.items()):
        placed = standings([each.fact() for each in entries], many=name in MANY)
        got.claims.setdefault(root, []).extend(
            Claim(
                name, fact.value, fact.label, fact.parts, fact.standing is Standing.VALUE, fact.ended_at,
                Proof(fact.source, fact.observed_at, fact.confidence, fact.verified_by),
            )
            for fact in placed
        )  # fmt: skip


@lru_cache(maxsize=VIEWERS)
def _facts(viewer: Viewer) -> Lookup:
    row = ContactFactRow
    columns = (
        row.party_id, row.field, row.value, row.source, row.observed_at, row.confidence, row.value_hash, row.label,
        row.parts, row.source_ref, row.times, row.is_current, row.verified_by, row.rules, row.ended_at,
        row.is_preferred,
    )  # fmt: skip
    follows = visible_message(viewer, row.source_ref)  # type: ignore[arg-type]
    seen = or_(row.source.not_in(OF_MAIL), row.source_ref.is_(None), follows)
    return Lookup(select(*columns).where(seen).order_by(row.id), row.party_id)


# --- addresses ---------------------------------------------------------------------------------------------------


def _gather_emails(session: Session, got: _Gathered, roots: Sequence[int]) -> None:
    rows = list(rows_in(session, _emails(), roots))
    ids = [row[1] for row in rows]
    words, closed = consents_of(session, ids), closures_of(session, ids)
    for root, address_id, shown, label, ended in rows:
        said = tuple(_said(line) for line in words.get(address_id, ()))
        reason, purposes = closed.get(address_id, ("", ()))
        known = {each.purpose for each in said}
        left = tuple(Said(purpose, ConsentState.WITHDRAWN) for purpose in purposes if purpose not in known)
        entry = EmailEntry(shown, label, ended, (*said, *left), reason)
        got.emails.setdefault(root, []).append(entry)


def _said(line: ConsentLine) -> Said:
    return Said(line.purpose, line.state, line.since, source=line.source, evidence=line.evidence)


@cache
def _emails() -> Lookup:
    query = (
        select(
            Party.root_id, EmailAddress.id, EmailAddress.address_display, PartyEmail.label, PartyEmail.valid_to,
        )
        .join(PartyEmail, PartyEmail.party_id == Party.id)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .order_by(*preference())
    )  # fmt: skip
    return Lookup(query, Party.root_id)


# --- ties and activities -----------------------------------------------------------------------------------------


@cache
def _ties() -> Lookup:
    org, root = aliased(Party), aliased(Party)
    query = (
        select(
            Affiliation.person_id, root.display_name, root.customer_no, Affiliation.kind, Affiliation.title,
            Affiliation.valid_from, Affiliation.valid_to,
        )
        .join(org, org.id == Affiliation.org_id)
        .join(root, root.id == org.root_id)
        .order_by(Affiliation.id)
    )  # fmt: skip
    return Lookup(query, Affiliation.person_id)


def _gather_activities(session: Session, got: _Gathered, viewer: Viewer) -> None:
    whose: dict[int, set[int]] = {}
    for party_id, line in rows_in(session, _activities(viewer), sorted(got.members)):
        whose.setdefault(line, set()).add(got.members[party_id])
    for each in lines_of(session, sorted(whose)):
        for root in sorted(whose[each.id]):
            got.activities.setdefault(root, []).append(each.activity)


@lru_cache(maxsize=VIEWERS)
def _activities(viewer: Viewer) -> Lookup:
    query = (
        select(ActivityParty.party_id, ActivityParty.interaction_id)
        .join(Interaction, Interaction.id == ActivityParty.interaction_id)
        .join(ActivityRow, ActivityRow.interaction_id == Interaction.id)
        .where(visible_interaction(viewer))
    )
    return Lookup(query, ActivityParty.party_id)
