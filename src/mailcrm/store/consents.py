"""Consent and suppression: what an address said to which purpose, with proof, and which addresses are closed.

Consent belongs to an address and a purpose, so merging customers cannot change it. Events are only ever appended;
`consent_state` is their newest word.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound, UserError
from mailcrm.model.address import mailbox_key
from mailcrm.model.archive import ConsentLine
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.model.text import clean_line, clean_text
from mailcrm.store.addresses import key_hash
from mailcrm.store.bulk import portions, rows_in
from mailcrm.store.context import actor_name
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.consent import ConsentEvent, ConsentNow, Purpose, Suppression
from mailcrm.store.rows.party import EmailAddress


def ensure_purpose(session: Session, key: str, label: str = "") -> int:
    """The purpose of that key, made if it is new. Returns its id."""
    key = key.strip().lower()
    if not key or len(key) > 60:
        raise UserError("a purpose needs a short name, e.g. newsletter")
    row = session.execute(select(Purpose).where(Purpose.key == key)).scalar_one_or_none()
    if row is None:
        row = Purpose(key=key, label=clean_line(label, 120) or key, needs_consent=True)
        session.add(row)
        session.flush()
    return row.id


def get_purpose(session: Session, key: str) -> int:
    """The id of a purpose; raises NotFound."""
    found = session.execute(select(Purpose.id).where(Purpose.key == key.strip().lower())).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no purpose {key!r}: nobody consented to it yet; `mailcrm people consent add` records consent")
    return found


def record_consent(
    session: Session,
    address_id: int,
    purpose_id: int,
    action: ConsentState,
    *,
    basis: str,
    at: datetime,
    source: str,
    evidence: str,
    now: datetime,
) -> bool:
    """Append what somebody said, and move the state if it is their newest word. Returns whether the state changed."""
    party_id = session.execute(select(EmailAddress.match_party_id).where(EmailAddress.id == address_id)).scalar_one()
    event = ConsentEvent(
        email_id=address_id, party_id=party_id, purpose_id=purpose_id, action=action, basis=basis, at=at,
        recorded_at=now, source=clean_line(source, 190), evidence=clean_text(evidence), actor=actor_name(session),
    )  # fmt: skip
    session.add(event)
    session.flush()
    state = session.get(ConsentNow, (address_id, purpose_id), with_for_update=True, populate_existing=True)
    if state is None:
        session.add(ConsentNow(email_id=address_id, purpose_id=purpose_id, state=action, since=at, event_id=event.id))
        session.flush()
        return True
    if at < state.since or (at == state.since and action == ConsentState.GIVEN):
        return False  # an older word, or a yes as old as a no: the stricter stands
    changed = state.state != action
    state.state, state.since, state.event_id = action, at, event.id
    session.flush()
    return changed


def consent_states(session: Session, address_ids: Sequence[int], purpose_id: int) -> dict[int, ConsentState]:
    """The newest word of each address on a purpose; addresses that never said anything are absent."""
    found: dict[int, ConsentState] = {}
    for part in portions(address_ids):
        query = select(ConsentNow.email_id, ConsentNow.state).where(
            ConsentNow.purpose_id == purpose_id, ConsentNow.email_id.in_(part)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def consents_of(session: Session, address_ids: Sequence[int]) -> dict[int, list[ConsentLine]]:
    """The newest word on every purpose, by address, with its evidence."""
    found: dict[int, list[ConsentLine]] = {}
    for row in rows_in(session, _newest_words(), address_ids):
        found.setdefault(row[0], []).append(ConsentLine(row[1], row[2], row[3], row[4], row[5]))
    return found


@cache
def _newest_words() -> Lookup:
    query = (
        select(
            ConsentNow.email_id,
            Purpose.key,
            ConsentNow.state,
            ConsentNow.since,
            ConsentEvent.source,
            ConsentEvent.evidence,
        )
        .join(Purpose, Purpose.id == ConsentNow.purpose_id)
        .join(ConsentEvent, ConsentEvent.id == ConsentNow.event_id)
        .order_by(Purpose.key)
    )
    return Lookup(query, ConsentNow.email_id)


# --- suppression -------------------------------------------------------------------------------------------------


def suppress(
    session: Session, key: str, reason: Suppress, now: datetime, *, purpose_id: int | None, source: str
) -> bool:
    """Close an address for one purpose, or with `purpose_id` None for everything. Returns whether it was open.

    Two hashes are kept, of the address and of its mailbox, so that a plus tag or a Gmail dot opens no way around it.
    """
    scope, scope_id = ("all", 0) if purpose_id is None else ("purpose", purpose_id)
    added = False
    for kind, value in (("address", key), ("mailbox", mailbox_key(key))):
        digest = key_hash(session, value)
        query = select(Suppression.id).where(
            Suppression.kind == kind,
            Suppression.key_hash == digest,
            Suppression.scope == scope,
            Suppression.scope_id == scope_id,
        )
        if session.execute(query).first() is None:
            session.add(
                Suppression(
                    kind=kind,
                    key_hash=digest,
                    scope=scope,
                    scope_id=scope_id,
                    reason=reason,
                    at=now,
                    source=clean_line(source, 190),
                )
            )
            added = True
    session.flush()
    return added


def suppressed(
    session: Session, address_ids: Iterable[int], purpose_id: int | None, *, but: Sequence[Suppress] = ()
) -> dict[int, Suppress]:
    """The closed ones among these addresses, for a purpose (or for mail without one), with the first reason, apart from those
    in `but`."""
    wanted = sorted(set(address_ids))
    found: dict[int, Suppress] = {}
    for part in portions(wanted):
        query = (
            select(EmailAddress.id, Suppression.reason)
            .join(
                Suppression,
                or_(
                    (Suppression.kind == "address") & (Suppression.key_hash == EmailAddress.key_hash),
                    (Suppression.kind == "mailbox") & (Suppression.key_hash == EmailAddress.mailbox_hash),
                ),
            )
            .where(
                EmailAddress.id.in_(part),
                Suppression.reason.not_in(but),
                or_(
                    Suppression.scope == "all",
                    (Suppression.scope == "purpose") & (Suppression.scope_id == (purpose_id or 0)),
                ),
            )
            .order_by(Suppression.id.desc())  # the first reason comes last and stays
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def suppressions_of(session: Session, address_ids: Sequence[int]) -> dict[int, list[str]]:
    """For showing: by address, in words, what closes it."""
    found: dict[int, list[str]] = {}
    for address_id, reason, scope, purpose in rows_in(session, _closed(), address_ids):
        text = f"{reason.value} ({'everything' if scope == 'all' else purpose})"
        if text not in found.setdefault(address_id, []):
            found[address_id].append(text)
    return found


def closures_of(session: Session, address_ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    """For exports: why an address is closed for everything ('' if it is not), and the purposes it is closed for."""
    found: dict[int, tuple[str, tuple[str, ...]]] = {}
    for address_id, reason, scope, purpose in rows_in(session, _closed(), address_ids) if address_ids else ():
        whole, purposes = found.get(address_id, ("", ()))
        if scope == "all":
            found[address_id] = whole or reason.value, purposes
        else:
            found[address_id] = whole, tuple(dict.fromkeys((*purposes, purpose)))
    return found


@cache
def _closed() -> Lookup:
    query = (
        select(EmailAddress.id, Suppression.reason, Suppression.scope, Purpose.key)
        .join(
            Suppression,
            or_(Suppression.key_hash == EmailAddress.key_hash, Suppression.key_hash == EmailAddress.mailbox_hash),
        )
        .outerjoin(Purpose, (Purpose.id == Suppression.scope_id) & (Suppression.scope == "purpose"))
        .order_by(Suppression.id)
    )
    return Lookup(query, EmailAddress.id)


def lift_suppression(session: Session, key: str) -> int:
    """Open an address again, for everything; the caller logs who did it and why. Returns how many closures ended."""
    digests = [key_hash(session, key), key_hash(session, mailbox_key(key))]
    done = session.execute(delete(Suppression).where(Suppression.key_hash.in_(digests)))
    return int(done.rowcount)  # type: ignore[attr-defined]
