"""E-mail addresses: every one ever seen is a row of its own, whoever it belongs to."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.model.address import AddressKind, address_key, domain_of, mailbox_key
from mailcrm.model.archive import KnownAddress
from mailcrm.store.bulk import insert_rows, rows_in
from mailcrm.store.context import context_of
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.party import EmailAddress

MAX_LENGTH = 320
"""RFC 5321: 64 + 1 + 255. Longer ones are kept in the raw message only."""


def key_hash(session: Session, key: str) -> str:
    """The keyed hash of a comparison form: recognises an address without holding it."""
    return hmac.new(context_of(session).hmac_key, key.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def find_addresses(session: Session, keys: Iterable[str]) -> dict[str, KnownAddress]:
    """The known ones among `keys`, by key."""
    wanted = sorted({key for key in keys if 0 < len(key) <= MAX_LENGTH})
    return {row[1]: KnownAddress(*row) for row in rows_in(session, _by_key(), wanted)}


@cache
def _by_key() -> Lookup:
    columns = select(
        EmailAddress.id,
        EmailAddress.address_norm,
        EmailAddress.address_display,
        EmailAddress.kind,
        EmailAddress.match_party_id,
    )
    return Lookup(columns, EmailAddress.address_norm)


def ensure_addresses(
    session: Session, wanted: Mapping[str, tuple[str, AddressKind]], now: datetime
) -> dict[str, KnownAddress]:
    """Rows for all `wanted` (key -> display, kind), made where missing; keys too long for a row are left out."""
    found = find_addresses(session, wanted)
    # In order, so that two workers wait for each other instead of blocking each other.
    missing = sorted(key for key in wanted if key not in found and 0 < len(key) <= MAX_LENGTH)
    if not missing:
        return found
    insert_rows(session, EmailAddress, [_row(session, key, *wanted[key], now) for key in missing])
    return found | find_addresses(session, missing)


def _row(session: Session, key: str, display: str, kind: AddressKind, now: datetime) -> dict[str, object]:
    return {
        "address_norm": key,
        "address_display": (display or key)[:MAX_LENGTH],
        "domain": domain_of(key)[:255],
        "key_hash": key_hash(session, key),
        "mailbox_hash": key_hash(session, mailbox_key(key)),
        "kind": kind,
        "created_at": now,
    }


def set_kind(session: Session, address_id: int, kind: AddressKind) -> None:
    """Correct what an address is, e.g. when a List-Id header proves a mailing list."""
    session.execute(update(EmailAddress).where(EmailAddress.id == address_id).values(kind=kind))


def account_address(session: Session, account_id: int) -> str:
    """The comparison form of the address an account sends from."""
    return address_key(session.execute(select(Account.address).where(Account.id == account_id)).scalar_one())
