"""Customers as people look at them: the list, and one whole archive."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from mailcrm.model.archive import AddressLine, PartyArchive, PartyLine
from mailcrm.model.contact import ContactFact, ContactField, Standing
from mailcrm.model.number import number_key
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import Segment
from mailcrm.model.text import clean_line
from mailcrm.store.affiliations import affiliations_of
from mailcrm.store.bulk import rows_in
from mailcrm.store.consents import consents_of, suppressions_of
from mailcrm.store.facts import facts_of
from mailcrm.store.numbers import numbers_of
from mailcrm.store.own_fields import MASK, sensitive_fields
from mailcrm.store.parties import is_somebody
from mailcrm.store.preference import preference
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.party import EmailAddress, NumberAlias, Party, PartyEmail, Person
from mailcrm.store.segments import segment_condition
from mailcrm.store.tags import tags_of


def list_people(
    session: Session,
    viewer: Viewer,
    now: datetime,
    *,
    segment: Segment | None = None,
    find: str = "",
    with_candidates: bool = False,
    after: tuple[str, int] | None = None,
    limit: int = 50,
) -> list[PartyLine]:
    """Customers by name. `find` looks in names and addresses; `after` is (sort key, id) of the last line seen.

    Every viewer sees the list itself; what mail they see is filtered in the timeline.
    """
    del viewer  # rights per customer come with teams; mail is filtered where it is read
    states = (PartyState.ACTIVE, PartyState.CANDIDATE) if with_candidates else (PartyState.ACTIVE,)
    shown = segment_condition(segment, now) if segment else and_(Party.state.in_(states), _is_listed())
    query = select(Party).where(shown, _found(find), _behind(after)).order_by(Party.sort_key, Party.id).limit(limit)
    return _lines(session, session.execute(query).scalars().all())


def find_people(session: Session, viewer: Viewer, words: Sequence[str], limit: int = 10) -> list[PartyLine]:
    """Customers, then candidates, in whose name, number or addresses all these words stand; the last in touch first."""
    del viewer
    states = Party.state.in_((PartyState.ACTIVE, PartyState.CANDIDATE))
    spoken = _numbered("".join(words))  # C 000 017 Z
    query = select(Party).where(states, _is_listed(), or_(and_(true(), *map(_found, words)), spoken))
    own = func.coalesce(Party.last_in_at, Party.last_out_at, Party.created_at)
    touched = case((Party.cluster_size == 1, own), else_=_newest_contact())
    query = query.order_by(Party.state, touched.desc(), Party.id).limit(limit)  # active comes before candidate
    return _lines(session, session.execute(query).scalars().all())


def _newest_contact() -> ColumnElement[datetime | None]:
    """Of a merged customer: when mail of any member came last, else when it went out, else when the first was made."""
    member = aliased(Party)
    came, went, made = func.max(member.last_in_at), func.max(member.last_out_at), func.min(member.created_at)
    query = select(func.coalesce(came, went, made)).where(member.root_id == Party.id)
    return query.correlate(Party).scalar_subquery()


def _is_listed() -> ColumnElement[bool]:
    return and_(Party.id == Party.root_id, is_somebody())


def _found(text: str) -> ColumnElement[bool]:
    wanted = clean_line(text)
    if not wanted:
        return true()
    addresses = (
        select(PartyEmail.party_id)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .where(EmailAddress.address_norm.contains(wanted.lower(), autoescape=True))
    )
    member = aliased(Party)
    merged = select(member.root_id).where(
        member.cluster_size > 1,
        or_(
            member.sort_key.contains(wanted.casefold(), autoescape=True),
            member.id.in_(addresses),
        ),
    )
    return or_(
        Party.sort_key.contains(wanted.casefold(), autoescape=True),
        _numbered(wanted),
        Party.id.in_(addresses),
        Party.id.in_(merged),
    )


def _numbered(text: str) -> ColumnElement[bool]:
    """Customers of whom a member has this number, ours or of another system (`sap:10017`), as people type it."""
    system, colon, number = text.rpartition(":")
    known = and_(NumberAlias.number_key == number_key(number), NumberAlias.number_key != "")
    if colon:
        known = and_(known, NumberAlias.system == system.strip().casefold())
    member = aliased(Party)
    return Party.id.in_(select(member.root_id).join(NumberAlias, NumberAlias.party_id == member.id).where(known))


def _behind(after: tuple[str, int] | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    key, party_id = after
    return or_(Party.sort_key > key, and_(Party.sort_key == key, Party.id > party_id))


def _lines(session: Session, parties: Sequence[Party]) -> list[PartyLine]:
    ids = [party.id for party in parties]
    emails, tags = _primary_addresses(session, ids), tags_of(session, ids)
    touched = _last_contact(session, [party.id for party in parties if party.cluster_size > 1])
    return [
        PartyLine(
            p.id, p.customer_no or "", p.kind, p.state, p.display_name, emails.get(p.id, ""),
            tuple(tags.get(p.id, ())), *touched.get(p.id, (p.last_in_at, p.last_out_at)),
        )
        for p in parties
    ]  # fmt: skip


def _last_contact(session: Session, roots: Sequence[int]) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When mail of any member of these clusters came last, and went out."""
    if not roots:
        return {}
    query = select(Party.root_id, func.max(Party.last_in_at), func.max(Party.last_out_at))
    rows = session.execute(query.where(Party.root_id.in_(roots)).group_by(Party.root_id))
    return {root: (came, went) for root, came, went in rows if root is not None}


def _primary_addresses(session: Session, roots: Sequence[int]) -> dict[int, str]:
    """Where to write to each customer (by root): of several members the one who wrote last."""
    found: dict[int, str] = {}
    for root, address in rows_in(session, _where_to_write(), roots):
        found.setdefault(root or 0, address)
    return found


@cache
def _where_to_write() -> Lookup:
    query = (
        select(Party.root_id, EmailAddress.address_display)
        .join(PartyEmail, PartyEmail.party_id == Party.id)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .where(PartyEmail.valid_to.is_(None))
        .order_by(*preference())
    )
    return Lookup(query, Party.root_id)


def get_line(session: Session, party_id: int, viewer: Viewer) -> PartyLine:
    """One customer as lists show it."""
    del viewer
    return _lines(session, [session.get_one(Party, party_id)])[0]


def get_archive(session: Session, party_id: int, viewer: Viewer, *, sensitive: bool = False) -> PartyArchive:
    """One customer with all addresses, consents and fields; the timeline is `timeline.select_timeline`. Fields that the team
    called sensitive are masked unless they are asked for."""
    party = session.get_one(Party, party_id)
    masked = frozenset() if sensitive else sensitive_fields(session)
    return PartyArchive(
        line=_lines(session, [party])[0],
        source=party.source,
        created_at=party.created_at,
        row_version=party.row_version,
        fields=_fields(session, party),
        addresses=_addresses(session, party),
        facts=tuple(_named(fact, party.display_name, masked) for fact in facts_of(session, party_id, viewer)),
        affiliations=affiliations_of(session, party_id, organisation=party.kind == PartyKind.ORGANISATION),
        members=_members(session, party),
        numbers=tuple(numbers_of(session, [party_id]).get(party_id, ())),
    )


def _named(fact: ContactFact, name: str, masked: Collection[str]) -> ContactFact:
    """What else somebody is called is a suggestion, however sure: the name itself is chosen with its parts."""
    if fact.field in masked:
        return replace(fact, value=MASK if fact.value else "")
    if fact.field != ContactField.NAME or fact.value == name or fact.standing is Standing.FORMER:
        return fact
    return replace(fact, standing=Standing.SUGGESTION, is_current=False)


def _members(session: Session, party: Party) -> tuple[tuple[str, str], ...]:
    if party.cluster_size == 1:
        return ()
    rows = session.execute(select(Party).where(Party.root_id == party.id).order_by(Party.id)).scalars()
    return tuple((row.customer_no or f"#{row.id}", row.own_name) for row in rows)


def _fields(session: Session, party: Party) -> dict[str, str]:
    if party.kind == PartyKind.ORGANISATION:
        return {}
    person = session.get_one(Person, party.named_by or party.id)
    values = {"given_name": person.given_name, "family_name": person.family_name}
    return {name: value for name, value in values.items() if value}


@cache
def _all_addresses() -> Lookup:
    query = (
        select(
            EmailAddress.id,
            EmailAddress.address_display,
            EmailAddress.kind,
            PartyEmail.rank,
            PartyEmail.valid_to,
            PartyEmail.label,
        )
        .join(PartyEmail, PartyEmail.email_id == EmailAddress.id)
        .join(Party, Party.id == PartyEmail.party_id)
        .order_by(*preference())
    )
    return Lookup(query, Party.root_id)


def _addresses(session: Session, party: Party) -> tuple[AddressLine, ...]:
    rows = list(rows_in(session, _all_addresses(), [party.id]))
    ids = [row[0] for row in rows]
    consents, closed = consents_of(session, ids), suppressions_of(session, ids)
    return tuple(
        AddressLine(
            address_id, shown, kind, rank, ended,
            consents=tuple(consents.get(address_id, ())), suppressions=tuple(closed.get(address_id, ())), label=label,
        )
        for address_id, shown, kind, rank, ended, label in rows
    )  # fmt: skip
