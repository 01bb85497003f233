"""The addresses of a customer as humans arrange them: which one to write to, what kind it is, and when it ended."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound
from mailcrm.model.address import address_key
from mailcrm.model.text import clean_line
from mailcrm.store.history import Cause, Change, note_changes
from mailcrm.store.rows.party import EmailAddress, Party, PartyEmail

_USER = "user"
_ASIDE = 1_000_000
"""Ranks are unique: while they are given anew, the old ones stand aside."""


def end_address(session: Session, root_id: int, address: str, now: datetime) -> bool:
    """From now on it is not used any more; it is kept, its mail is filed here as before, and it can be restored. Returns
    whether it was in use. Raises NotFound if the customer never had it."""
    return _set_end(session, root_id, address, now, now)


def restore_address(session: Session, root_id: int, address: str, now: datetime) -> bool:
    """It is used again. Returns whether it had been ended. Raises NotFound."""
    return _set_end(session, root_id, address, None, now)


def _set_end(session: Session, root_id: int, address: str, ended: datetime | None, now: datetime) -> bool:
    changed = [row for row in _links(session, root_id, address) if (row.valid_to is None) is not (ended is None)]
    for row in changed:
        row.valid_to = ended
    session.flush()
    before, after = (None, address) if ended is None else (address, None)
    note_changes(session, [Change(row.party_id, "email", before, after) for row in changed], Cause(_USER, now))
    return bool(changed)


def label_address(session: Session, root_id: int, address: str, label: str) -> None:
    """Say what kind of address it is, e.g. "orders". Raises NotFound."""
    for row in _links(session, root_id, address):
        row.label = clean_line(label, 60)
    session.flush()


def prefer_address(session: Session, root_id: int, address: str, now: datetime) -> None:
    """Write to this one first. Of a merged customer: of the member who has it. Raises NotFound."""
    chosen = _links(session, root_id, address)[0]
    query = select(PartyEmail).where(PartyEmail.party_id == chosen.party_id).order_by(PartyEmail.rank)
    rows = list(session.execute(query.with_for_update()).scalars())
    first = rows[0]
    if first is chosen:
        return
    ordered = [chosen, *(row for row in rows if row is not chosen)]
    aside = update(PartyEmail).where(PartyEmail.party_id == chosen.party_id)
    session.execute(aside.values(rank=PartyEmail.rank + _ASIDE).execution_options(synchronize_session=False))
    for rank, row in enumerate(ordered, 1):
        session.execute(update(PartyEmail).where(PartyEmail.id == row.id).values(rank=rank))
    note_changes(session, [Change(chosen.party_id, "first_email", None, address)], Cause(_USER, now))
    session.expire_all()


def _links(session: Session, root_id: int, address: str) -> list[PartyEmail]:
    query = (
        select(PartyEmail)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .join(Party, Party.id == PartyEmail.party_id)
        .where(Party.root_id == root_id, EmailAddress.address_norm == address_key(address))
        .order_by(PartyEmail.id)
        .with_for_update()
    )
    rows = list(session.execute(query).scalars())
    if not rows:
        raise NotFound(f"this customer has no address {address}; `mailcrm people show` lists them")
    return rows
