"""Parties: made as candidates from mail or by a human, numbered when they become customers, found by any name they have."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Update, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import NotFound, UserError
from mailcrm.model.address import address_key
from mailcrm.model.party import CustomerNumber, PartyBrief, PartyKind, PartyState
from mailcrm.model.text import clean_line
from mailcrm.store.bulk import insert_numbered, insert_rows, portions, rows_in, update_rows
from mailcrm.store.identity.shown import show_names, sort_key
from mailcrm.store.numbers import find_number, keep_numbers, next_numbers, require_number
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.base import UtcMicros
from mailcrm.store.rows.party import (
    EmailAddress,
    Organisation,
    Party,
    PartyEmail,
    Person,
)

_LARGEST_ID = 2**63 - 1


# --- making ------------------------------------------------------------------------------------------------------


def create_party(
    session: Session, kind: PartyKind, name: str, source: str, now: datetime, state: PartyState = PartyState.CANDIDATE
) -> int:
    """A new party; an active one gets its customer number at once. Returns its id."""
    [party_id] = create_parties(session, kind, [name], source, now)
    if state == PartyState.ACTIVE:
        activate_parties(session, [party_id], now)
    return party_id


def create_parties(session: Session, kind: PartyKind, names: Sequence[str], source: str, now: datetime) -> list[int]:
    """New candidates with these display names. Returns their ids, in order."""
    shown = [clean_line(name, 255) for name in names]
    rows = [
        {
            "kind": kind, "state": PartyState.CANDIDATE, "own_name": name, "display_name": name, "sort_key": sort_key(name),
            "source": source, "name_source": source, "created_at": now, "updated_at": now,
        }
        for name in shown
    ]  # fmt: skip
    ids = insert_numbered(session, Party, rows)
    for part in portions(ids):
        own_root = update(Party).where(Party.id.in_(part)).values(root_id=Party.id)
        session.execute(own_root.execution_options(synchronize_session=False))
    insert_rows(session, Person if kind == PartyKind.PERSON else Organisation, [{"party_id": new} for new in ids])
    return ids


def attach_address(session: Session, party_id: int, address_id: int, source: str, now: datetime) -> None:
    """The address becomes the party's; mail to and from it is filed there from now on, old mail by `adopt.adopt_mail`."""
    attach_addresses(session, {address_id: party_id}, source, now)


def attach_addresses(session: Session, owners: Mapping[int, int], source: str, now: datetime) -> None:
    """Addresses (id -> party id) become those of parties, behind the ones these have already.

    An address that belongs to another party is shared; its mail goes on to the first.
    """
    link_addresses(session, [(party_id, address_id) for address_id, party_id in owners.items()], source, now)


def link_addresses(session: Session, links: Sequence[tuple[int, int]], source: str, now: datetime) -> None:
    """The same for (party id, address id) pairs, where one address may come to belong to several."""
    ranks, linked = _links(session, sorted({party_id for party_id, _ in links}))
    rows = []
    for party_id, address_id in links:
        if (party_id, address_id) not in linked:
            linked.add((party_id, address_id))
            ranks[party_id] = ranks.get(party_id, 0) + 1
            rows.append({
                "party_id": party_id, "email_id": address_id, "rank": ranks[party_id], "source": source,
                "valid_from": now,
            })  # fmt: skip
    insert_rows(session, PartyEmail, rows)
    update_rows(session, _owned(), [{"address": address, "owner": party} for party, address in links])


@cache
def _owned() -> Update:
    return (
        update(EmailAddress)
        .where(EmailAddress.id == bindparam("address"), EmailAddress.match_party_id.is_(None))
        .values(match_party_id=bindparam("owner"))
    )


def _links(session: Session, party_ids: Sequence[int]) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """The highest rank of each party, and which addresses are linked to it."""
    ranks: dict[int, int] = {}
    linked: set[tuple[int, int]] = set()
    for part in portions(party_ids):
        query = select(PartyEmail.party_id, PartyEmail.email_id, PartyEmail.rank).where(PartyEmail.party_id.in_(part))
        for party_id, address_id, rank in session.execute(query):
            ranks[party_id] = max(ranks.get(party_id, 0), rank)
            linked.add((party_id, address_id))
    return ranks, linked


# --- numbering ---------------------------------------------------------------------------------------------------


def activate_parties(session: Session, party_ids: Sequence[int], now: datetime) -> None:
    """Candidates become customers and get their numbers, in this order; an active party keeps the one it has."""
    rows = {party.id: party for party in locked_parties(session, sorted(party_ids))}
    parties = [rows[party_id] for party_id in party_ids]
    unnumbered = [party for party in parties if party.customer_no is None]
    given = next_numbers(session, [party.kind for party in unnumbered], now) if unnumbered else []
    for party, number in zip(unnumbered, given, strict=True):
        party.customer_no = number.text
    keep_numbers(session, {party.id: number for party, number in zip(unnumbered, given, strict=True)}, now)
    for party in parties:
        party.state, party.updated_at = PartyState.ACTIVE, now
    session.flush()


def number_parties(
    session: Session, new: Mapping[int, PartyKind], now: datetime, given: Mapping[int, str] | None = None
) -> None:
    """Candidates (by id) that nobody else knows of yet become customers and get their numbers, in this order; some have one
    that they were `given` before, in an archive of ours."""
    given = given or {}
    without = [party_id for party_id in new if party_id not in given]
    numbers = {party_id: CustomerNumber(text) for party_id, text in given.items()}
    if without:
        minted = next_numbers(session, [new[party_id] for party_id in without], now)
        numbers |= dict(zip(without, minted, strict=True))
    rows = [{"party": party_id, "number": number.text, "at": now} for party_id, number in numbers.items()]
    update_rows(session, _numbered(), rows)
    keep_numbers(session, numbers, now)


@cache
def _numbered() -> Update:
    these = update(Party).where(Party.id == bindparam("party"))
    active = {"state": PartyState.ACTIVE, "updated_at": bindparam("at", type_=UtcMicros())}
    return these.values(customer_no=bindparam("number"), **active)


def activate_party(session: Session, party_id: int, now: datetime) -> CustomerNumber:
    """One of them. Returns its number."""
    activate_parties(session, [party_id], now)
    number = session.get_one(Party, party_id).customer_no
    assert number is not None
    return CustomerNumber(number)


def locked_parties(session: Session, party_ids: Sequence[int]) -> Iterator[Party]:
    """The rows as they are now, nobody else's until this transaction ends."""
    for part in portions(party_ids):
        query = select(Party).where(Party.id.in_(part)).order_by(Party.id).with_for_update()
        yield from session.execute(query.execution_options(populate_existing=True)).scalars().all()


# --- changing ----------------------------------------------------------------------------------------------------


def rename_party(session: Session, party_id: int, name: str, source: str, now: datetime) -> None:
    """Set what a party is called and note where it came from; a cluster may go on to show another member's name."""
    rename_parties(session, {party_id: name}, source, now)
    show_names(session, [party_id])


def rename_parties(session: Session, names: Mapping[int, str], source: str, now: datetime) -> None:
    """The same for parties that are one with nobody, by id."""
    own = {party_id: clean_line(name, 255) for party_id, name in names.items()}
    rows = [
        {"party": party_id, "name": name, "shown": name, "key": sort_key(name), "by": source, "at": now}
        for party_id, name in own.items()
    ]
    update_rows(session, _named(), rows)


@cache
def _named() -> Update:
    these = update(Party).where(Party.id == bindparam("party"))
    return these.values(
        own_name=bindparam("name"), display_name=bindparam("shown"), sort_key=bindparam("key"),
        name_source=bindparam("by"), updated_at=bindparam("at", type_=UtcMicros()),
    )  # fmt: skip


def set_person_names(session: Session, names: Mapping[int, tuple[str, str]]) -> None:
    """Given and family names of people, by party id; nothing happens for an organisation."""
    rows = [
        {"party": party_id, "given": clean_line(given, 120), "family": clean_line(family, 120)}
        for party_id, (given, family) in names.items()
    ]
    update_rows(session, _person_named(), rows)


@cache
def _person_named() -> Update:
    return (
        update(Person)
        .where(Person.party_id == bindparam("party"))
        .values(given_name=bindparam("given"), family_name=bindparam("family"))
    )


def touch_contact(session: Session, times: Mapping[int, datetime], *, incoming: bool) -> None:
    """Move `last_in_at` or `last_out_at` of parties forward to these times, never back."""
    update_rows(
        session, _touched(incoming=incoming), [{"party": party, "at": at} for party, at in sorted(times.items())]
    )


@cache
def _touched(*, incoming: bool) -> Update:
    column, at = Party.last_in_at if incoming else Party.last_out_at, bindparam("at", type_=UtcMicros())
    return update(Party).where(Party.id == bindparam("party"), column.is_(None) | (column < at)).values({column: at})


# --- finding -----------------------------------------------------------------------------------------------------


def find_leaf(session: Session, text: str) -> int | None:
    """The id of the very party that a number (ours or of another system, old or new), an e-mail address or an id (`#46` or
    `46`) names, whatever it was merged with. Raises UserError for what is none of them, and where it names several."""
    text = text.strip()
    if "@" in text:
        query = select(EmailAddress.match_party_id).where(EmailAddress.address_norm == address_key(text))
        return session.execute(query).scalar_one_or_none()
    number = text.removeprefix("#")  # unquoted, # begins a comment in a shell
    if not (number.isascii() and number.isdigit()):
        return require_number(session, text)
    by_id = session.execute(select(Party.id).where(Party.id == min(int(number), _LARGEST_ID))).scalar_one_or_none()
    by_number = None if text.startswith("#") else find_number(session, text)
    if None not in (by_id, by_number) and by_id != by_number:
        raise UserError(f"{text} is the id of one customer and the number of another: say #{by_id} or #{by_number}")
    return by_id or by_number


def find_party(session: Session, text: str) -> int | None:
    """The id of the customer (the root of the cluster) that a number, old or new, an address or `#id` names."""
    leaf = find_leaf(session, text)
    return None if leaf is None else session.execute(select(Party.root_id).where(Party.id == leaf)).scalar_one()


def get_party(session: Session, text: str) -> int:
    """Like `find_party`; raises NotFound."""
    return _found(find_party(session, text), text)


def get_leaf(session: Session, text: str) -> int:
    """Like `find_leaf`; raises NotFound."""
    return _found(find_leaf(session, text), text)


def _found(party_id: int | None, text: str) -> int:
    if party_id is None:
        raise NotFound(f"no customer {text!r}; `mailcrm people list` shows them, with --all also candidates")
    return party_id


def states_of(session: Session, party_ids: Sequence[int]) -> dict[int, PartyBrief]:
    """Kind, state, name and where the name came from, by party id; locked, for what is decided from them must hold."""
    rows = rows_in(session, _states(), party_ids) if party_ids else ()
    return {row[0]: PartyBrief(row[1], row[2], row[3], row[4], row[5] or row[0], row[6]) for row in rows}


@cache
def _states() -> Lookup:
    columns = Party.id, Party.kind, Party.state, Party.own_name, Party.name_source, Party.root_id, Party.cluster_size
    return Lookup(select(*columns).order_by(Party.id).with_for_update(), Party.id)


def is_somebody() -> ColumnElement[bool]:
    """Of a root: it is a person, a customer, or a member has an address; an organisation that only employs others is not
    listed."""
    member = aliased(Party)
    addresses = select(PartyEmail.id).join(member, member.id == PartyEmail.party_id)
    addressed = exists(addresses.where(member.root_id == Party.id).correlate(Party))
    return or_(Party.kind == PartyKind.PERSON, Party.state != PartyState.CANDIDATE, addressed)


def count_parties(session: Session) -> dict[PartyState, int]:
    """How many customers are in each state; merged ones count once, organisations nobody has written for not at all."""
    query = select(Party.state, func.count()).where(Party.id == Party.root_id, is_somebody()).group_by(Party.state)
    return {row[0]: row[1] for row in session.execute(query)}
