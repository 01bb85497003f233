"""Customers made by hand, from the command line and later from a form: one way for all faces."""

from datetime import datetime

from mailcrm.errors import UserError
from mailcrm.identity.normalise import split_name
from mailcrm.model.address import AddressKind, OwnAddresses, address_kind, parse_address
from mailcrm.model.archive import KnownAddress
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.store import Session, addresses, audit, edits, parties
from mailcrm.store.adopt import adopt_mail
from mailcrm.store.identity import clusters, profiles


def known_address(session: Session, text: str, own: OwnAddresses, now: datetime) -> KnownAddress:
    """The row of an address somebody typed. Raises UserError if it is none, or our own."""
    parsed = parse_address(text)
    kind = address_kind(parsed.key, own)
    if kind == AddressKind.OWN:
        raise UserError(f"{text} is one of our own addresses; colleagues are not customers")
    return addresses.ensure_addresses(session, {parsed.key: (parsed.display, kind)}, now)[parsed.key]


def change_customer(
    session: Session, party_id: int, values: dict[str, str], now: datetime, version: int | None = None
) -> None:
    """A human's words on a customer, by field; no mail overwrites them. Raises UserError for a field that is none, Conflict
    if one was changed since the customer was at `version`."""
    edits.save_patch(session, party_id, values, version, now)
    audit.append_audit(session, "party.edit", f"party:{party_id}", now, fields=",".join(sorted(values)))


def add_customer(
    session: Session, text: str, name: str, own: OwnAddresses, now: datetime, *, organisation: bool = False
) -> CustomerNumber:
    """The customer behind an address: made, or a candidate made a customer. A name given by hand stays."""
    address = known_address(session, text, own, now)
    party_id = address.party_id
    if party_id is None:
        kind = PartyKind.ORGANISATION if organisation or address.kind == AddressKind.ROLE else PartyKind.PERSON
        party_id = parties.create_party(
            session, kind, name or address.key, "user" if name else "header", now, PartyState.ACTIVE
        )
        parties.attach_address(session, party_id, address.id, "user", now)
        adopt_mail(session, party_id, address.id)
    profiles.touch(session, [party_id])
    party_id = clusters.roots_of(session, [party_id])[party_id]  # merged: the customer has its number
    if name:
        parties.rename_party(session, party_id, name, "user", now)
        given, family = split_name(name)
        parties.set_person_names(session, {party_id: (given, family)})
    number = parties.activate_party(session, party_id, now)
    audit.append_audit(session, "party.add", f"party:{party_id}", now)
    return number
