"""Which customers a few typed words mean: by parts of names and addresses, by number, phone number or handle."""

from functools import lru_cache
from unicodedata import normalize

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import aliased

from mailcrm.model.contact import NETWORKS, ContactField, value_hash
from mailcrm.model.number import number_key
from mailcrm.model.text import clean_line
from mailcrm.store.parties import is_somebody
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.party import EmailAddress, NumberAlias, Party, PartyEmail


def is_listed() -> ColumnElement[bool]:
    return and_(Party.id == Party.root_id, is_somebody())


def holds_text(text: str) -> ColumnElement[bool]:
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
        numbered(wanted),
        reached(wanted),
        Party.id.in_(addresses),
        Party.id.in_(merged),
    )


def numbered(text: str) -> ColumnElement[bool]:
    """Customers of whom a member has this number, ours or of another system (`sap:10017`), as people type it."""
    system, colon, number = text.rpartition(":")
    known = and_(NumberAlias.number_key == number_key(number), NumberAlias.number_key != "")
    if colon:
        known = and_(known, NumberAlias.system == system.strip().casefold())
    member = aliased(Party)
    return Party.id.in_(select(member.root_id).join(NumberAlias, NumberAlias.party_id == member.id).where(known))


def reached(typed: str) -> ColumnElement[bool]:
    """Customers of whom a member is reached by this phone number, however it is written, or by this handle."""
    row, member = ContactFactRow, aliased(Party)
    held = and_(row.value_hash.in_(_hashes(typed)), row.field.in_(_REACHES), row.ended_at.is_(None))
    return Party.id.in_(select(member.root_id).join(row, row.party_id == member.id).where(held))


@lru_cache(maxsize=256)
def _hashes(typed: str) -> tuple[str, ...]:
    """A query names a text several times; and of a national number each country's plan is asked."""
    typed = normalize("NFKC", typed)
    plain = typed.removeprefix("@")
    found = {value_hash(field, text) for field in _KINDS for text in (plain, typed)}
    if sum(map(str.isdigit, typed)) >= _DIGITS:
        from mailcrm.model.phone import spellings

        found |= {value_hash(ContactField.PHONE, text) for text in spellings(typed)}
    return tuple(sorted(found))


_REACHES = (ContactField.PHONE, ContactField.MOBILE, ContactField.FAX, *NETWORKS)
_KINDS = (ContactField.PHONE, ContactField.LINKEDIN, ContactField.WECHAT)
"""One of each whose values are compared in a way of their own: numbers, links, words."""

_DIGITS = 7
"""Fewer are no phone number."""
