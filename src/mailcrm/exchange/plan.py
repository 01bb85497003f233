"""Decides what an import does with a row: whom it is about, what of it is new, and what is only a suggestion.

Absent is not empty: what a row does not speak of stays. A row adds, and replaces what weaker sources said; it never takes
away what a human entered, and never turns a no into a yes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from mailcrm.exchange.canonical import to_json
from mailcrm.model.address import address_key
from mailcrm.model.archive import NAME_FIELDS
from mailcrm.model.contact import ContactField, value_hash
from mailcrm.model.importing import InputRow, KnownCustomer, RowOutcome, RowPlan
from mailcrm.model.number import number_key
from mailcrm.model.party import PartyKind, may_replace
from mailcrm.model.record import Claim, CustomerRecord
from mailcrm.model.tag import TagName
from mailcrm.model.text import clean_line

_IMPORT = "import"
_FILE = "file"
"""The system of numbers of which a file does not say whose they are."""

_REACHED_BY = (ContactField.MOBILE, ContactField.PHONE, ContactField.WECHAT, ContactField.QQ, ContactField.WHATSAPP)


def record_hash(record: CustomerRecord) -> str:
    """What makes a row the same row in another file: SHA-256 of all that it says."""
    return hashlib.sha256(json.dumps(to_json(record), sort_keys=True).encode()).hexdigest()


def match_keys(row: InputRow) -> list[tuple[str, str]]:
    """By what somebody is known again, the surest first: (kind of key, key). A person's name alone is none: namesakes are
    proposed to humans by the identity resolver, after the import. Without any other key the same row again is about the
    same customer."""
    record = row.record
    keys = [("number" if not system else "foreign", f"{system}:{number_key(n)}") for system, n in numbers_of(record)]
    keys += [("email", address_key(entry.address)) for entry in record.emails]
    name = clean_line(display_name(record)).casefold()
    if name:
        keys += [
            ("reached", f"{value_hash(claim.field, claim.value)} {name}")
            for claim in record.claims
            if claim.field in _REACHED_BY
        ]
    if not keys and name and record.kind == PartyKind.ORGANISATION:
        keys.append(("organisation", name))
    if not keys and row.digest:
        keys.append(("row", row.digest))
    return keys


def display_name(record: CustomerRecord) -> str:
    """What a customer is called who has only what this record says: by name, else by company, address or number."""
    fields = record.fields
    spelt = f"{fields.get('given_name', '')} {fields.get('family_name', '')}".strip()
    company = next((claim.value for claim in record.claims if claim.field == ContactField.COMPANY), "")
    named = (company, spelt) if record.kind == PartyKind.ORGANISATION else (spelt, company)
    address = record.emails[0].address if record.emails else ""
    reached = next((claim.value for claim in record.claims if claim.field in _REACHED_BY), "")
    return next((each for each in (fields.get("name", ""), *named, address, reached) if each), "")


def plan_row(row: InputRow, known: KnownCustomer | None) -> RowPlan:
    """What is to be done. `known` is whom the row is about, if it is about somebody known."""
    record = row.record
    name = display_name(record)
    if not name and known is None:
        said = "; ".join(row.problems)
        return RowPlan(
            row, RowOutcome.ERROR, error=said or "no name, address, phone or number: nobody can be made of it"
        )
    if known is None:
        return RowPlan(
            row, RowOutcome.NEW, None, name, record.fields.get("given_name", ""),
            record.fields.get("family_name", ""), claims_of(record), record.emails, record.tags,
            numbers_of(record), name_source(record),
        )  # fmt: skip
    names = _names(record, known)
    fresh = _new_claims(record, known, renamed="name" in names)
    emails = tuple(entry for entry in record.emails if address_key(entry.address) not in known.emails)
    tags = tuple(tag for tag in record.tags if TagName(*tag).key not in known.tags)
    keys = {key for _, key in known.numbers}
    numbers = tuple(
        (system, number)
        for system, number in numbers_of(record)
        # An id of nobody knows which system may be our own number: cards have it as their UID.
        if (system, number_key(number)) not in known.numbers and (system != _FILE or number_key(number) not in keys)
    )
    changed = bool(names or fresh or emails or tags or numbers)  # of dates, orders and consent only writing can tell
    return RowPlan(
        row, RowOutcome.CHANGED if changed else RowOutcome.SAME, known.party_id, names.get("name"),
        names.get("given_name"), names.get("family_name"), fresh, emails, tags,
        numbers, name_source(record),
    )  # fmt: skip


def claims_of(record: CustomerRecord) -> tuple[Claim, ...]:
    """All that a record claims: values, and fields that hold one."""
    single = [Claim(name, value) for name, value in record.fields.items() if name not in NAME_FIELDS and value]
    name = record.fields.get("name", "")
    return (*(each for each in record.claims if each.field != ContactField.NAME or each.value != name), *single)


def name_source(record: CustomerRecord) -> str:
    """Who calls the customer so: what another archive of ours knew of it, else the file."""
    name = record.fields.get("name", "")
    said = (each.proof.source for each in record.claims if each.field == ContactField.NAME and each.value == name)
    return next(said, _IMPORT)


def numbers_of(record: CustomerRecord) -> tuple[tuple[str, str], ...]:
    """All numbers of a record with their system: '' is us, `hubspot:77` is 77 at HubSpot, what names no system is of a file."""
    own = [("", number) for number in (record.number, *record.former_numbers) if number]
    system, _, number = record.foreign_id.rpartition(":")
    foreign = [(clean_line(system, 60).casefold() or _FILE, number)] if number.strip() else []
    return (*own, *foreign)


def _names(record: CustomerRecord, known: KnownCustomer) -> Mapping[str, str]:
    """Names that take the place of those known."""
    if not may_replace(name_source(record), known.name_source):
        return {}
    now = {"name": known.name, "given_name": known.given_name, "family_name": known.family_name}
    told = {name: clean_line(record.fields[name]) for name in NAME_FIELDS if record.fields.get(name)}
    return {name: value for name, value in told.items() if value != now[name]}


def _new_claims(record: CustomerRecord, known: KnownCustomer, *, renamed: bool) -> tuple[Claim, ...]:
    those: Sequence[Claim] = claims_of(record)
    name = clean_line(record.fields.get("name", ""))
    if name and name != known.name and not renamed:  # a human called them otherwise: kept as a suggestion
        those = (*those, Claim(ContactField.NAME, name))
    return tuple(claim for claim in those if _is_new(claim, known))


def _is_new(claim: Claim, known: KnownCustomer) -> bool:
    """Not claimed yet, or only by a weaker source."""
    present = known.claims.get((claim.field, value_hash(claim.field, claim.value)))
    return present is None or (present != claim.proof.source and may_replace(claim.proof.source, present))
