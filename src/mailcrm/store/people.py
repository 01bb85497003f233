"""Customers as people look at them: the list, and one whole archive."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from mailcrm.model.archive import AddressLine, PartyArchive, PartyLine
from mailcrm.model.contact import ContactFact, ContactField, Standing
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import Segment
from mailcrm.store.affiliations import affiliations_of
from mailcrm.store.bulk import rows_in
from mailcrm.store.consents import consents_of, suppressions_of
from mailcrm.store.facts import facts_of
from mailcrm.store.numbers import numbers_of
from mailcrm.store.own_fields import MASK, sensitive_fields
from mailcrm.store.people_found import holds_text, is_listed, numbered, reached
from mailcrm.store.people_lines import lines_of
from mailcrm.store.people_list import Wanted, list_page
from mailcrm.store.preference import preference
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.party import EmailAddress, Party, PartyEmail, Person


def list_people(
    session: Session,
    viewer: Viewer,
    now: datetime,
    *,
    segment: Segment | None = None,
    find: str = "",
    with_candidates: bool = False,
    limit: int = 50,
) -> list[PartyLine]:
    """The first customers by name, as of `now`; `people_list.list_page` sorts otherwise and goes on."""
    wanted = Wanted(segment, find, with_candidates=with_candidates)
    return [each.line for each in list_page(session, viewer, now, wanted, limit=limit)]


def find_people(session: Session, viewer: Viewer, words: Sequence[str], limit: int = 10) -> list[PartyLine]:
    """Customers, then candidates, in whose name, number or addresses all these words stand; the last in touch first."""
    del viewer
    states = Party.state.in_((PartyState.ACTIVE, PartyState.CANDIDATE))
    spoken = or_(numbered("".join(words)), reached(" ".join(words)))  # C 000 017 Z, 0171 836 4729
    query = select(Party).where(states, is_listed(), or_(and_(true(), *map(holds_text, words)), spoken))
    own = func.coalesce(Party.last_in_at, Party.last_out_at, Party.created_at)
    touched = case((Party.cluster_size == 1, own), else_=_newest_contact())
    query = query.order_by(Party.state, touched.desc(), Party.id).limit(limit)  # active comes before candidate
    return lines_of(session, session.execute(query).scalars().all())


def _newest_contact() -> ColumnElement[datetime | None]:
    """Of a merged customer: when mail of any member came last, else when it went out, else when the first was made."""
    member = aliased(Party)
    came, went, made = func.max(member.last_in_at), func.max(member.last_out_at), func.min(member.created_at)
    query = select(func.coalesce(came, went, made)).where(member.root_id == Party.id)
    return query.correlate(Party).scalar_subquery()


def get_line(session: Session, party_id: int, viewer: Viewer) -> PartyLine:
    """One customer as lists show it."""
    del viewer
    return lines_of(session, [session.get_one(Party, party_id)])[0]


def get_archive(session: Session, party_id: int, viewer: Viewer, *, sensitive: bool = False) -> PartyArchive:
    """One customer with all addresses, consents and fields; the timeline is `timeline.select_timeline`. Fields that the team
    called sensitive are masked unless they are asked for."""
    party = session.get_one(Party, party_id)
    masked = frozenset() if sensitive else sensitive_fields(session)
    return PartyArchive(
        line=lines_of(session, [party])[0],
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
