"""What is compared of each leaf party: gathered from its mail, facts and dates, kept as text, marked where something is new."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Boolean, Integer, Select, Update, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from mailcrm.model.contact import BELIEVABLE, ContactField
from mailcrm.model.identity import Observed
from mailcrm.model.important_date import Calendar, DateKind
from mailcrm.model.party import SOURCES, PartyBrief, PartyKind, PartyState
from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.prepared import Lookup, selection
from mailcrm.store.rows.dates import ImportantDateRow
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.identity import IdentityProfile
from mailcrm.store.rows.party import Affiliation, EmailAddress, Organisation, OrgDomain, Party, PartyEmail
from mailcrm.store.sightings import names_of

_PHONES = (ContactField.MOBILE, ContactField.PHONE)
_FACTS = (*_PHONES, ContactField.COMPANY, ContactField.NAME)
_GIVEN = ("import", "api", "form", "user")
"""Where names come from that were not read in mail."""

_COMPARED = (PartyState.CANDIDATE, PartyState.ACTIVE)

# --- what waits --------------------------------------------------------------------------------------------------


def touch(session: Session, party_ids: Iterable[int]) -> None:
    """Something of these is new: the resolver looks at them."""
    wanted = sorted(set(party_ids))
    known = {row[0] for row in rows_in(session, _known(), wanted)} if wanted else set()
    update_rows(session, _stale(), [{"party": each} for each in sorted(known)])
    insert_rows(session, IdentityProfile, [{"party_id": each} for each in wanted if each not in known])


@cache
def _known() -> Lookup:
    return Lookup(select(IdentityProfile.party_id), IdentityProfile.party_id)


@cache
def _stale() -> Update:
    return update(IdentityProfile).where(IdentityProfile.party_id == bindparam("party")).values(stale=True)


def touch_missing(session: Session) -> int:
    """Whoever was never looked at waits, too. Returns how many wait now."""
    known = select(IdentityProfile.party_id)
    missing = select(Party.id).where(Party.id.not_in(known), or_(*(Party.state == state for state in _COMPARED)))
    insert_rows(session, IdentityProfile, [{"party_id": each} for each in session.execute(missing).scalars().all()])
    return count_stale(session)


def forget(session: Session) -> None:
    """Nothing is known of anybody; everybody waits."""
    session.execute(
        update(IdentityProfile)
        .values(content="", stale=True, compared=False)
        .execution_options(synchronize_session=False)
    )


def select_stale(session: Session, limit: int) -> list[int]:
    """Parties that wait for the resolver."""
    connection = session.connection()
    session.flush()
    return [row[0] for row in selection(connection.dialect, _waiting()).find(connection, {"most": limit})]


@cache
def _waiting() -> Select[int]:
    query = select(IdentityProfile.party_id).where(IdentityProfile.stale.is_(True))
    return query.order_by(IdentityProfile.party_id).limit(bindparam("most", type_=Integer))


def count_stale(session: Session) -> int:
    """How many wait."""
    query = select(func.count()).select_from(IdentityProfile).where(IdentityProfile.stale.is_(True))
    return session.execute(query).scalar_one()


# --- what is kept ------------------------------------------------------------------------------------------------


def hold(session: Session, party_ids: Collection[int]) -> None:
    """What somebody learns of these meanwhile is marked when this transaction is over: it would be taken for known."""
    if party_ids and session.get_bind().dialect.name != "sqlite":  # which has one writer
        list(rows_in(session, _held(), party_ids))


@cache
def _held() -> Lookup:
    query = select(IdentityProfile.party_id).order_by(IdentityProfile.party_id).with_for_update()
    return Lookup(query, IdentityProfile.party_id)


def contents(session: Session, party_ids: Collection[int]) -> dict[int, str]:
    """The kept text by party; '' for one that nobody has looked at yet."""
    return {row[0]: row[1] for row in rows_in(session, _contents(), party_ids)} if party_ids else {}


@cache
def _contents() -> Lookup:
    return Lookup(select(IdentityProfile.party_id, IdentityProfile.content), IdentityProfile.party_id)


def all_contents(session: Session) -> dict[int, str]:
    """All that is compared."""
    query = select(IdentityProfile.party_id, IdentityProfile.content).where(IdentityProfile.content != "")
    return {row[0]: row[1] for row in session.execute(query.order_by(IdentityProfile.party_id))}


def keep(session: Session, texts: Mapping[int, str], rules: int, known: Mapping[int, str]) -> None:
    """Keep what is compared of these now; they wait no more, but for the night. `known` is what was kept before."""
    rows = [
        {"party": each, "text": text, "by": rules, "same": known[each] == text}
        for each, text in texts.items()
        if each in known
    ]
    update_rows(session, _kept(), rows)
    new = [
        {"party_id": each, "content": text, "rules": rules, "stale": False, "compared": False}
        for each, text in texts.items()
        if each not in known
    ]
    insert_rows(session, IdentityProfile, new)


@cache
def _kept() -> Update:
    these = update(IdentityProfile).where(IdentityProfile.party_id == bindparam("party"))
    compared = and_(IdentityProfile.compared, bindparam("same", type_=Boolean))
    return these.values(content=bindparam("text"), rules=bindparam("by"), stale=False, compared=compared)


# --- what the night compares -------------------------------------------------------------------------------------


def select_uncompared(session: Session, limit: int) -> list[int]:
    """Parties that are new, or of which something is, since the last night."""
    query = select(IdentityProfile.party_id).where(
        IdentityProfile.compared.is_(False), IdentityProfile.stale.is_(False)
    )
    return list(session.execute(query.order_by(IdentityProfile.party_id).limit(limit)).scalars())


def uncompared_of(session: Session, party_ids: Collection[int]) -> set[int]:
    """Those of them that wait for the night."""
    return {row[0] for row in rows_in(session, _uncompared(), party_ids)} if party_ids else set()


@cache
def _uncompared() -> Lookup:
    return Lookup(select(IdentityProfile.party_id).where(IdentityProfile.compared.is_(False)), IdentityProfile.party_id)


def mark_compared(session: Session, party_ids: Collection[int]) -> None:
    """These were compared with all that may be the same."""
    update_rows(session, _compared(), [{"party": each} for each in sorted(party_ids)])


@cache
def _compared() -> Update:
    return update(IdentityProfile).where(IdentityProfile.party_id == bindparam("party")).values(compared=True)


# --- what was seen -----------------------------------------------------------------------------------------------


_Names = Mapping[int, Sequence[tuple[str, str, int]]]


def observe(
    session: Session,
    party_ids: Sequence[int],
    names: _Names | None = None,
    states: Mapping[int, PartyBrief] | None = None,
) -> dict[int, Observed]:
    """What is known of these parties now. Who is archived or erased is left out: there is nothing to compare. `names` are
    those they were seen under, and `states` what they are, if they were read already."""
    found: dict[int, Observed] = {}
    for part in portions(party_ids):
        rows = _compared_ones(session, part) if states is None else [_row(each, states[each]) for each in part]
        rows = [row for row in rows if row[4] in _COMPARED]
        people = [row[0] for row in rows if row[1] == PartyKind.PERSON]
        others = [row[0] for row in rows if row[1] == PartyKind.ORGANISATION]
        by_hand = {row[0]: row[2] for row in rows if row[3] in _GIVEN}
        found |= _people(session, people, by_hand, names) | _organisations(session, others, by_hand)
    return found


_Row = tuple[int, PartyKind, str, str, PartyState]


def _row(party_id: int, brief: PartyBrief) -> _Row:
    return party_id, brief.kind, brief.name, brief.name_source, brief.state


def _compared_ones(session: Session, party_ids: Sequence[int]) -> list[_Row]:
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows_in(session, _parties(), party_ids)]


@cache
def _parties() -> Lookup:
    return Lookup(select(Party.id, Party.kind, Party.own_name, Party.name_source, Party.state), Party.id)


def _people(
    session: Session, party_ids: Sequence[int], by_hand: Mapping[int, str], names: _Names | None
) -> dict[int, Observed]:
    if not party_ids:
        return {}
    names = names_of(session, party_ids) if names is None else names
    addresses, facts, born = _addresses(session, party_ids), _facts(session, party_ids), _born(session, party_ids)
    found = {}
    for each in party_ids:
        told = facts.get(each, {})
        found[each] = Observed(
            each,
            name=by_hand.get(each, ""),
            names=(*names.get(each, ()), *((name, "", 1) for name in told.get(ContactField.NAME, ()))),
            addresses=tuple(addresses.get(each, ())),
            phones=tuple(dict.fromkeys(phone for field in _PHONES for phone in told.get(field, ()))),
            companies=tuple(told.get(ContactField.COMPANY, ())),
            birth_date=born.get(each, ""),
        )
    return found


def _born(session: Session, party_ids: Sequence[int]) -> dict[int, str]:
    """The birth date of each, where day and year are known: of several that of the best source, the newest of it."""
    best: dict[int, tuple[int, datetime, str]] = {}
    for party_id, source, at, day_key in rows_in(session, _birthdays(), party_ids):
        told = SOURCES.index(source) if source in SOURCES else -1, at, day_key
        best[party_id] = max(told, best.get(party_id, told))
    return {party_id: told[2] for party_id, told in best.items()}


@cache
def _birthdays() -> Lookup:
    row = ImportantDateRow
    query = select(row.party_id, row.source, row.observed_at, row.day_key).where(
        row.kind == DateKind.BIRTHDAY,
        row.calendar == Calendar.SOLAR,
        row.year.is_not(None),
        row.ended_at.is_(None),
    )
    return Lookup(query, row.party_id)


def _organisations(session: Session, party_ids: Sequence[int], by_hand: Mapping[int, str]) -> dict[int, Observed]:
    """By its domains, its number, and what those who write from there say that their company is called."""
    if not party_ids:
        return {}
    addresses, domains, names = (
        _addresses(session, party_ids),
        _domains(session, party_ids),
        _employers(session, party_ids),
    )
    numbers = select(Organisation.party_id, Organisation.tax_id).where(Organisation.party_id.in_(party_ids))
    tax_ids = {row[0]: row[1] for row in session.execute(numbers)}
    return {
        each: Observed(
            each, organisation=True, name=by_hand.get(each, ""), addresses=tuple(addresses.get(each, ())),
            companies=tuple(names.get(each, ())), domains=tuple(domains.get(each, ())), tax_id=tax_ids.get(each, ""),
        )
        for each in party_ids
    }  # fmt: skip


def _employers(session: Session, party_ids: Sequence[int]) -> dict[int, list[str]]:
    """What people say that these organisations are called, what most say first."""
    query = (
        select(Affiliation.org_id, ContactFactRow.value, func.count())
        .join(ContactFactRow, ContactFactRow.party_id == Affiliation.person_id)
        .where(
            Affiliation.org_id.in_(party_ids),
            ContactFactRow.field == ContactField.COMPANY,
            ContactFactRow.is_current.is_(True),
        )
        .group_by(Affiliation.org_id, ContactFactRow.value)
        .order_by(func.count().desc(), ContactFactRow.value)
    )
    found: dict[int, list[str]] = {}
    for org_id, name, _ in session.execute(query):
        found.setdefault(org_id, []).append(name)
    return found


def _addresses(session: Session, party_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for party_id, address in rows_in(session, _address(), party_ids):
        found.setdefault(party_id, []).append(address)
    return found


@cache
def _address() -> Lookup:
    query = (
        select(PartyEmail.party_id, EmailAddress.address_norm)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .where(PartyEmail.valid_to.is_(None))
        .order_by(PartyEmail.rank)
    )
    return Lookup(query, PartyEmail.party_id)


def _facts(session: Session, party_ids: Sequence[int]) -> dict[int, dict[ContactField, list[str]]]:
    """The believable values of each field: the current one first, then the newest."""
    found: dict[int, dict[ContactField, list[str]]] = {}
    for party_id, field, value in rows_in(session, _fact(), party_ids):
        values = found.setdefault(party_id, {}).setdefault(field, [])
        if value not in values:
            values.append(value)
    return found


@cache
def _fact() -> Lookup:
    query = (
        select(ContactFactRow.party_id, ContactFactRow.field, ContactFactRow.value)
        .where(
            or_(*(ContactFactRow.field == field for field in _FACTS)),
            ContactFactRow.confidence >= BELIEVABLE * 100,
            ContactFactRow.value != "",
        )
        .order_by(ContactFactRow.is_current.desc(), ContactFactRow.observed_at.desc(), ContactFactRow.id.desc())
    )
    return Lookup(query, ContactFactRow.party_id)


def _domains(session: Session, party_ids: Sequence[int]) -> dict[int, list[str]]:
    query = select(OrgDomain.party_id, OrgDomain.domain).where(OrgDomain.party_id.in_(party_ids))
    found: dict[int, list[str]] = {}
    for party_id, domain in session.execute(query.order_by(OrgDomain.domain)):
        found.setdefault(party_id, []).append(domain)
    return found
