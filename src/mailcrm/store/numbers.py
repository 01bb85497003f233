"""Numbers of customers: given by the pattern in force, learnt from other systems, and found as somebody types them, for ever.

Every number stands in `number_alias` by its key, and no row ever leaves that table: numbers of merged, archived and erased
customers, and of patterns long gone, are neither given again nor forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, UserError
from mailcrm.model.number import (
    LONGEST_FOREIGN,
    STANDARD,
    KnownNumber,
    NumberKind,
    number_key,
)
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.slips import Slip, slips
from mailcrm.model.text import clean_line
from mailcrm.store import audit
from mailcrm.store.bulk import insert_rows, portions, rows_in
from mailcrm.store.context import context_of
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.party import NumberAlias, NumberSequence, Party

_LOCK = "customer"
"""The row of `number_sequence` that all who give or learn numbers hold; also the serials of a pattern that never restarts."""

_SHOWN = 60
_MOST_SLIPS = 3


# --- giving ------------------------------------------------------------------------------------------------------


def next_numbers(session: Session, kinds: Sequence[PartyKind], now: datetime) -> list[CustomerNumber]:
    """The next numbers, one for each of these; in no other transaction before this one ends.

    The row lock makes two writers wait for each other, so none is given twice. A serial whose number is known already (of an
    older pattern, or of another system) is passed over. Raises UserError if the pattern has no room left.
    """
    pattern = context_of(session).numbers
    lock = _sequence(session, _LOCK)
    scope = pattern.scope(now)
    row = lock if scope == _LOCK else _sequence(session, scope)
    found: list[CustomerNumber] = []
    while len(found) < len(kinds):
        wanted = kinds[len(found) :]
        made = [pattern.number(row.next_value + at, kind, now) for at, kind in enumerate(wanted)]
        known = _known(session, [number_key(number.text) for number in made])
        free = next((at for at, number in enumerate(made) if number_key(number.text) in known), len(made))
        found += made[:free]
        row.next_value += free + (free < len(made))
    session.flush()
    return found


def _sequence(session: Session, name: str) -> NumberSequence:
    query = select(NumberSequence).where(NumberSequence.name == name).with_for_update()
    row = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        row = NumberSequence(name=name, next_value=1)
        session.add(row)
        session.flush()  # now, not later: who comes second must wait here
    return row


def _known(session: Session, keys: Sequence[str]) -> set[str]:
    return {row[0] for row in rows_in(session, _keys(), keys)}


@cache
def _keys() -> Lookup:
    return Lookup(select(NumberAlias.number_key), NumberAlias.number_key)


def keep_numbers(session: Session, given: Mapping[int, CustomerNumber], now: datetime) -> None:
    """What parties (by id) were given finds them from now on."""
    rows = [
        {
            "number_key": number_key(number.text), "system": "", "number": number.text, "kind": NumberKind.OWN,
            "party_id": party_id, "since": now,
        }
        for party_id, number in given.items()
    ]  # fmt: skip
    insert_rows(session, NumberAlias, rows)


# --- learning ----------------------------------------------------------------------------------------------------


def learn_number(
    session: Session, party_id: int, number: str, now: datetime, *, system: str = "", kind: NumberKind | None = None
) -> bool:
    """A number that another system (`system`, e.g. "sap") or an earlier archive of ours gave to a party: it finds the party
    from now on. Returns whether it was new.

    `kind` is FOREIGN for a system, else FORMER. Raises UserError if it is no number, Conflict if it is another customer's.
    """
    shown, of, key = clean_line(number, LONGEST_FOREIGN), system_key(system), number_key(number)
    if not key or len(key) > LONGEST_FOREIGN or "@" in key or key[:1] == "#" or ":" in key:
        raise UserError(
            f"{number[:_SHOWN]!r} cannot be a customer's number: at most {LONGEST_FOREIGN} characters, none of them @ # :"
        )
    _sequence(session, _LOCK)
    query = select(NumberAlias.party_id, NumberAlias.system).where(NumberAlias.number_key == key)
    owners = {row.system: row.party_id for row in session.execute(query)}
    if of not in owners and (of or not owners):
        chosen = kind or (NumberKind.FOREIGN if of else NumberKind.FORMER)
        row = NumberAlias(number_key=key, system=of, number=shown, kind=chosen, party_id=party_id, since=now)
        session.add(row)
        session.flush()
        audit.append_audit(session, "number.learn", f"party:{party_id}", now, kind=chosen.value, system=of)
        return True
    owner = owners.get(of, next(iter(owners.values())))
    if _root(session, owner) != _root(session, party_id):
        raise Conflict(f"{shown!r} is the number of another customer, #{owner}; merge the two if they are one")
    return False


def system_key(name: str) -> str:
    """The form in which names of systems are compared. Raises UserError for one with a colon: that stands before the number."""
    key = clean_line(name, LONGEST_FOREIGN).casefold()[:LONGEST_FOREIGN]
    if ":" in key or "@" in key or "#" in key:
        raise UserError(f"{name!r}: the name of a system has no colon, @ or #")
    return key


def _root(session: Session, party_id: int) -> int | None:
    return session.execute(select(Party.root_id).where(Party.id == party_id)).scalar_one()


# --- finding -----------------------------------------------------------------------------------------------------


def find_number(session: Session, text: str) -> int | None:
    """The very party that a number names, ours or of another system (`sap:10017` where several gave it); None if nobody has it.

    Raises UserError where it is the number of several customers.
    """
    system, colon, number = text.rpartition(":")
    query = select(NumberAlias.party_id, NumberAlias.system, Party.root_id)
    query = query.join(Party, Party.id == NumberAlias.party_id).where(NumberAlias.number_key == number_key(number))
    if colon:
        query = query.where(NumberAlias.system == system_key(system))
    rows = session.execute(query.order_by(NumberAlias.system, NumberAlias.party_id)).all()
    if len({row.root_id for row in rows}) > 1:
        ways = ", ".join(f"{row.system}:{number.strip()}" if row.system else f"#{row.party_id}" for row in rows)
        raise UserError(f"{text!r} is the number of several customers; say which: {ways}")
    return rows[0].party_id if rows else None


def require_number(session: Session, text: str) -> int | None:
    """The same. Raises UserError where nobody has it and it is mistyped, or no number at all, saying what was meant."""
    found = find_number(session, text)
    if found is not None or ":" in text:
        return found
    patterns = list(dict.fromkeys([context_of(session).numbers, STANDARD]))
    key, shown = number_key(text), text[:_SHOWN]
    if any(pattern.is_right(key) for pattern in patterns):
        return None
    meant = _meant(session, [slip for pattern in patterns for slip in slips(text, pattern)])
    if any(pattern.has_form(key) for pattern in patterns):
        hint = meant or "one of its characters was mistyped, or two were swapped"
        raise UserError(f"{shown!r} has a wrong check character: {hint}")
    hint = f"; {meant}" if meant else ""
    raise UserError(f"{shown!r} is not a customer number; they look like {patterns[0].example}{hint}")


def _meant(session: Session, found: Sequence[Slip]) -> str:
    """What may have been meant: those that somebody has. A guess is only shown, never taken."""
    first: dict[str, Slip] = {}
    for slip in found:
        first.setdefault(slip.key, slip)
    held: dict[str, str] = {}
    for part in portions(list(first)):
        query = select(NumberAlias.number_key, NumberAlias.number).where(NumberAlias.number_key.in_(part))
        ours = query.where(NumberAlias.kind == NumberKind.OWN)
        held |= {row.number_key: row.number for row in session.execute(ours)}
    chosen = [slip for key, slip in first.items() if key in held][:_MOST_SLIPS]
    return " or ".join(f"{held[slip.key]} may be meant ({slip.kind.value})" for slip in chosen)


def numbers_taken(session: Session, keys: Iterable[str]) -> dict[tuple[str, str], bool]:
    """Which of these are somebody's, by (system, comparison form): whether a customer has it, or one whose import was taken
    back and who is archived (False)."""
    wanted = sorted(set(keys))
    rows = rows_in(session, _owners(), wanted) if wanted else ()
    return {(row[0], row[1]): not row[0] or row[2] in (PartyState.ACTIVE, PartyState.CANDIDATE) for row in rows}


@cache
def _owners() -> Lookup:
    query = select(NumberAlias.system, NumberAlias.number_key, Party.state)
    return Lookup(query.join(Party, Party.id == NumberAlias.party_id), NumberAlias.number_key)


def numbers_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[KnownNumber]]:
    """All numbers of customers by their (root) party id, those of all members: ours first, the oldest before the newer."""
    found: dict[int, list[KnownNumber]] = {}
    query = (
        select(Party.root_id, NumberAlias)
        .join(NumberAlias, NumberAlias.party_id == Party.id)
        .where(Party.root_id.in_(party_ids))
        .order_by(NumberAlias.system, NumberAlias.since, NumberAlias.id)
    )
    for root, row in session.execute(query):
        found.setdefault(root or 0, []).append(KnownNumber(row.number, row.kind, row.system, row.since))
    return found
