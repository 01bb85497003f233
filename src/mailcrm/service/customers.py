"""Customers made and changed by hand, from the command line and later from a page: one way for all faces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.identity import verdicts
from mailcrm.identity.normalise import split_name
from mailcrm.identity.similar import similar
from mailcrm.identity.unite import begin, unite
from mailcrm.model.address import AddressKind, OwnAddresses, address_kind, domain_of, parse_address
from mailcrm.model.archive import KnownAddress, PartyLine
from mailcrm.model.contact import MANY, ContactField, value_hash
from mailcrm.model.identity import Observed
from mailcrm.model.party import AffiliationKind, CustomerNumber, PartyKind, PartyState
from mailcrm.model.phone import e164
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, addresses, affiliations, audit, claims, contact_points, edits, facts, parties, people
from mailcrm.store.adopt import adopt_mail
from mailcrm.store.identity import clusters, profiles

ADDRESS_PARTS = ("country", "region", "city", "district", "street", "postcode")
"""What a postal address is made of."""


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A customer who may be the same: how many bits speak for it, whether the resolver would join them by itself, and why."""

    line: PartyLine
    bits: float
    sure: bool
    why: str


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


# --- several values, and what else is claimed --------------------------------------------------------------------


def add_value(
    session: Session, party_id: int, field: str, text: str, now: datetime, *, label: str = "", parts: Mapping[str, str]
) -> None:
    """One more phone, handle, address of a customer; the first stays the one to use. Raises UserError for a field that holds
    one value only."""
    if field not in MANY:
        raise UserError(f"{field} holds one value; `mailcrm people set` changes it. Several: {', '.join(sorted(MANY))}")
    if parts and field != ContactField.ADDRESS:
        raise UserError("only a postal address has parts")
    value = text or ", ".join(parts[name] for name in ADDRESS_PARTS if parts.get(name))
    if not value:
        raise UserError("write the value")
    claims.add_by_hand(session, party_id, field, value, now, label=label, parts=parts)
    _audited(session, "party.value.add", party_id, now, field)


def end_value(session: Session, party_id: int, field: str, value: str, now: datetime) -> None:
    """It holds no more, or was a wrong suggestion; it is kept, and can be entered again. Raises NotFound."""
    if not claims.end_by_hand(session, party_id, field, value, now):
        raise NotFound(f"nobody claims that {field} is {value!r}; `mailcrm people show` lists what is claimed")
    _audited(session, "party.value.end", party_id, now, field)


def accept_value(session: Session, party_id: int, field: str, value: str, viewer: Viewer, now: datetime) -> None:
    """A suggestion becomes the value, as if a human had entered it. Raises NotFound."""
    known = [f for f in facts.facts_of(session, party_id, viewer) if f.field == field]
    wanted = value_hash(field, value)
    fact = next((each for each in known if value_hash(field, each.value) == wanted), None)
    if fact is None:
        raise NotFound(f"nobody suggests that {field} is {value!r}; `mailcrm people suggestions` lists them")
    if field in MANY:
        claims.add_by_hand(session, party_id, field, fact.value, now, label=fact.label, parts=fact.parts)
    else:
        edits.save_patch(session, party_id, {field: fact.value}, None, now)
    _audited(session, "party.value.accept", party_id, now, field)


def _audited(session: Session, action: str, party_id: int, now: datetime, field: str) -> None:
    audit.append_audit(session, action, f"party:{party_id}", now, field=field)


# --- e-mail addresses --------------------------------------------------------------------------------------------


def add_address(session: Session, party_id: int, text: str, own: OwnAddresses, now: datetime) -> int:
    """One more address of a customer. Returns how many mails of it were in the archive and are theirs now.

    Raises UserError for what is no address, or one of our own; Conflict if it is somebody else's.
    """
    address = known_address(session, text, own, now)
    if address.party_id is not None:
        owner = clusters.roots_of(session, [address.party_id])[address.party_id]
        if owner != party_id:
            line = people.get_line(session, owner, Viewer.system())
            who = line.number or f"#{line.id}"
            raise Conflict(
                f"{text} is an address of {line.name} ({who}); if the two are one: mailcrm identity merge {who} #{party_id}"
            )
    parties.attach_address(session, party_id, address.id, "user", now)
    mails = adopt_mail(session, party_id, address.id) if address.party_id is None else 0
    profiles.touch(session, [party_id])
    _audited(session, "party.email.add", party_id, now, "email")
    return mails


def arrange_address(session: Session, party_id: int, address: str, what: str, now: datetime, label: str = "") -> None:
    """`what` is end, restore, first or label. Raises NotFound for an address that the customer never had."""
    if what == "end":
        contact_points.end_address(session, party_id, address, now)
    elif what == "restore":
        contact_points.restore_address(session, party_id, address, now)
    elif what == "first":
        contact_points.prefer_address(session, party_id, address, now)
    else:
        contact_points.label_address(session, party_id, address, label)
    _audited(session, f"party.email.{what}", party_id, now, "email")


# --- ties --------------------------------------------------------------------------------------------------------


def tie_to(
    session: Session,
    person_id: int,
    org_id: int,
    kind: AffiliationKind,
    now: datetime,
    *,
    title: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """A person works for an organisation, is its agent, or its end customer. Times in UTC. Raises UserError."""
    if since and until and until < since:
        raise UserError("it cannot be over before it began")
    affiliations.tie(session, [affiliations.Tie(person_id, org_id, kind, title, since, until)], "user", now)
    audit.append_audit(session, "party.tie", f"party:{person_id}", now, to=org_id, kind=kind.value)


def untie(session: Session, person_id: int, org_id: int, now: datetime) -> None:
    """It is over since now; what was stays known. Raises NotFound."""
    if not affiliations.end_tie(session, person_id, org_id, now):
        raise NotFound("these two have nothing to do with each other, as far as is known")
    audit.append_audit(session, "party.untie", f"party:{person_id}", now, to=org_id)


# --- making ------------------------------------------------------------------------------------------------------


def typed(name: str, address: str, phone: str, company: str, *, organisation: bool = False) -> Observed:
    """What a human typed so far, to be compared. Raises UserError for an address that is none."""
    key = parse_address(address).key if address else ""
    number = (e164(phone, "") or phone) if phone else ""
    return Observed(
        0, organisation, name, addresses=(key,) if key else (), phones=(number,) if number else (),
        companies=((company or name,) if organisation else (company,)) if company or organisation else (),
        domains=(domain_of(key),) if organisation and key else (),
    )  # fmt: skip


def look_alikes(session: Session, typed: Observed, viewer: Viewer) -> list[LookAlike]:
    """Customers who may be the one that somebody is about to make, the likeliest first."""
    found = similar(session, typed)
    roots = clusters.roots_of(session, [each.party_id for each in found])
    lines = {}
    for each in found:
        root = roots[each.party_id]
        if root not in lines:
            why = ", ".join(item.what for item in each.judgement.lines if item.bits > 0)
            lines[root] = LookAlike(people.get_line(session, root, viewer), each.judgement.bits, each.sure, why)
    return list(lines.values())


def known_apart(session: Session, party_id: int, others: Sequence[LookAlike], now: datetime) -> None:
    """Compare a customer just made with all others, so that the next who types finds them; and remember for ever that a human
    told them apart from those who only look alike."""
    for each in others:
        verdicts.reject(session, party_id, each.line.id, now)
    unite(session, [party_id], now, begin(session, now))


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
