"""What follows from the facts of a customer: columns that templates read, and the values that lists are filtered by.

A customer shows in a field what is the best of the claims about any of its members. All here can be computed anew at any
time; nothing else is read from it than which customers to list.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from sqlalchemy import Update, bindparam, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from mailcrm.model.contact import OWN, SHOWN, ContactFact, ContactField, current_fact
from mailcrm.model.own_field import OwnFieldSpec, shown_keys
from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.history import Change
from mailcrm.store.own_fields import own_fields
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.fact import ContactFactRow, ShownValue
from mailcrm.store.rows.party import Organisation, Party, Person

_COLUMNS: Mapping[str, tuple[InstrumentedAttribute[str], int]] = {
    ContactField.SALUTATION: (Person.salutation, 60),
    ContactField.LANGUAGE: (Person.language, 20),
    ContactField.LEGAL_NAME: (Organisation.legal_name, 255),
    ContactField.TAX_ID: (Organisation.tax_id, 40),
}
"""Fields that stand on the row of the party, too, and how long they may be there."""


Held = Mapping[int, Sequence[ContactFact]]
"""The values of parties in fields that are shown, where they are in hand."""


def follow(session: Session, changes: Sequence[Change], held: Held) -> None:
    """After the values of these fields changed."""
    for name in _COLUMNS:
        length = _COLUMNS[name][1]
        rows = [{"party": c.party_id, "new": (c.after or "")[:length]} for c in changes if c.field == name]
        update_rows(session, _column(name), rows)
    refresh(session, held, held)


@cache
def _column(name: str) -> Update:
    column = _COLUMNS[name][0]
    key = column.class_.party_id
    return update(column.class_).where(key == bindparam("party")).values({column: bindparam("new")})


def is_shown(name: str) -> bool:
    """Whether lists are filtered by a field."""
    return name in _FILTERED or name.startswith(OWN)


_FILTERED = frozenset(SHOWN)


def refresh(session: Session, party_ids: Iterable[int], held: Held | None = None) -> None:
    """Compute what the customers that these belong to show, and what those members show that are none themselves: nothing."""
    wanted = sorted(set(party_ids))
    if not wanted:
        return
    held = held or {}
    members = {row[0]: row[1] or row[0] for row in rows_in(session, _clusters(), wanted)}
    merged = {root for party_id, root in members.items() if party_id != root}
    alone = [party_id for party_id, root in members.items() if root not in merged and party_id in held]
    facts: dict[tuple[int, str], list[ContactFact]] = {}
    for party_id in alone:
        for fact in held[party_id]:
            facts.setdefault((party_id, fact.field), []).append(fact)
    for root, fact in _read(session, members, sorted(set(members) - set(alone))):
        facts.setdefault((root, fact.field), []).append(fact)
    for part in portions(sorted(members)):
        gone = delete(ShownValue).where(ShownValue.party_id.in_(part))
        session.execute(gone.execution_options(synchronize_session=False))
    specs = own_fields(session)
    rows = [row for (root, name), claims in facts.items() for row in _rows(root, name, claims, specs)]
    insert_rows(session, ShownValue, rows)


def _read(session: Session, members: Mapping[int, int], party_ids: Sequence[int]) -> Iterator[tuple[int, ContactFact]]:
    """The values of these with the customer (root) they belong to."""
    rows = rows_in(session, _claims(), party_ids) if party_ids else ()
    for party_id, name, value, source, percent, at, times, ref, preferred in rows:
        if is_shown(name):
            yield (
                members[party_id],
                ContactFact(name, value, source, percent / 100, at, times, ref, is_preferred=preferred),
            )


def _rows(
    root: int, name: str, claims: Sequence[ContactFact], specs: Mapping[str, OwnFieldSpec]
) -> Iterable[dict[str, object]]:
    chosen = current_fact(claims)
    if chosen is None or not chosen.value:
        return
    for ordinal, key in enumerate(shown_keys(specs.get(name), chosen.value)):
        yield {"party_id": root, "field": name, "ordinal": ordinal, "v_text": key.text, "v_int": key.number}


@cache
def _clusters() -> Lookup:
    """Who belongs to the same customer: (party, root)."""
    one = aliased(Party)
    return Lookup(select(Party.id, Party.root_id).join(one, one.root_id == Party.root_id).distinct(), one.id)


@cache
def _claims() -> Lookup:
    row = ContactFactRow
    columns = (
        row.party_id, row.field, row.value, row.source, row.confidence, row.observed_at, row.times, row.source_ref,
        row.is_preferred,
    )  # fmt: skip
    return Lookup(select(*columns).where(row.is_current.is_(True)), row.party_id)
