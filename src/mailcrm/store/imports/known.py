"""Whom the rows of an import are about, and what is known of them: a few look-ups for many rows."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mailcrm.model.importing import KnownCustomer
from mailcrm.model.party import SOURCES, PartyKind, PartyState
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.importing import ImportRow
from mailcrm.store.rows.party import EmailAddress, NumberAlias, Party, PartyEmail, PartyTag, Person, Tag

Key = tuple[str, str]
"""Kind of key (number, foreign, email, reached, row) and the key itself."""


def find_leaves(session: Session, keys: Iterable[Key]) -> dict[Key, int]:
    """Which party each key names; keys that name nobody are absent. Of several the oldest."""
    by_kind: dict[str, list[str]] = {}
    for kind, key in dict.fromkeys(keys):
        by_kind.setdefault(kind, []).append(key)
    found: dict[Key, int] = {}
    for kind, wanted in by_kind.items():
        found |= {(kind, key): party_id for key, party_id in _FINDERS[kind](session, wanted)}
    return found


def _numbers(session: Session, wanted: Sequence[str]) -> Iterable[tuple[str, int]]:
    """By `system:key`; numbers of other systems only of customers that are there, ours of all that ever were."""
    keys = sorted({key.rpartition(":")[2] for key in wanted})
    for system, key, party_id, state in rows_in(session, _by_number(), keys):
        if not system or state in (PartyState.ACTIVE, PartyState.CANDIDATE):
            yield f"{system}:{key}", party_id


@cache
def _by_number() -> Lookup:
    columns = select(NumberAlias.system, NumberAlias.number_key, NumberAlias.party_id, Party.state)
    return Lookup(columns.join(Party, Party.id == NumberAlias.party_id), NumberAlias.number_key)


@cache
def _by_value() -> Lookup:
    """Claims that hold: (hash, field, party, what the party is called)."""
    row = ContactFactRow
    query = (
        select(row.value_hash, row.field, row.party_id, Party.own_name)
        .join(Party, Party.id == row.party_id)
        .where(row.ended_at.is_(None), or_(Party.state == PartyState.ACTIVE, Party.state == PartyState.CANDIDATE))
    )
    return Lookup(query, row.value_hash)


def _emails(session: Session, wanted: Sequence[str]) -> Iterable[tuple[str, int]]:
    return [(row[0], row[1]) for row in rows_in(session, _by_address(), wanted) if row[1] is not None]


@cache
def _by_address() -> Lookup:
    return Lookup(select(EmailAddress.address_norm, EmailAddress.match_party_id), EmailAddress.address_norm)


def _reached(session: Session, wanted: Sequence[str]) -> Iterable[tuple[str, int]]:
    """By a phone or a handle, and the same name."""
    asked = set(wanted)
    rows = rows_in(session, _by_value(), sorted({key.partition(" ")[0] for key in wanted}))
    named = [(f"{row[0]} {row[3].casefold()}", row[2]) for row in rows]
    return [each for each in sorted(named, key=lambda pair: -pair[1]) if each[0] in asked]


def _same_rows(session: Session, wanted: Sequence[str]) -> Iterable[tuple[str, int]]:
    """By a row of an earlier import that said exactly the same, and was not taken back."""
    return [(row[0], row[1]) for row in rows_in(session, _by_digest(), wanted)]


@cache
def _by_digest() -> Lookup:
    query = select(ImportRow.record_hash, ImportRow.party_id).where(
        ImportRow.undone.is_(False), ImportRow.party_id.is_not(None), ImportRow.record_hash != ""
    )
    return Lookup(query, ImportRow.record_hash)


def _organisations(session: Session, wanted: Sequence[str]) -> Iterable[tuple[str, int]]:
    """By their very names."""
    both = [
        *rows_in(session, _by_name(PartyState.ACTIVE), wanted),
        *rows_in(session, _by_name(PartyState.CANDIDATE), wanted),
    ]
    rows = [row for row in both if row[2] == PartyKind.ORGANISATION]
    return [(row[0], row[1]) for row in sorted(rows, key=lambda row: -row[1])]


@cache
def _by_name(state: PartyState) -> Lookup:
    """One state at a time: that is how the index begins."""
    return Lookup(select(Party.sort_key, Party.id, Party.kind).where(Party.state == state), Party.sort_key)


_FINDERS = {
    "number": _numbers,
    "foreign": _numbers,
    "email": _emails,
    "reached": _reached,
    "row": _same_rows,
    "organisation": _organisations,
}


# --- what is known -----------------------------------------------------------------------------------------------


def load_known(session: Session, party_ids: Iterable[int]) -> dict[int, KnownCustomer]:
    """What is known of these (leaf) parties, with all that their clusters have."""
    wanted = sorted(set(party_ids))
    if not wanted:
        return {}
    rows = {row[0]: row for row in rows_in(session, _parties(), wanted)}
    roots = {row[0]: row[1] or row[0] for row in rows.values()}
    claims, emails, tags = _claims(session, roots), _addresses(session, roots), _tags(session, roots)
    numbers = _known_numbers(session, roots)
    return {
        party_id: KnownCustomer(
            party_id, row[2], row[3], row[4], row[5] or "", row[6] or "", claims.get(roots[party_id], {}),
            frozenset(emails.get(roots[party_id], ())), frozenset(tags.get(roots[party_id], ())),
            frozenset(numbers.get(roots[party_id], ())),
        )
        for party_id, row in rows.items()
    }  # fmt: skip


@cache
def _parties() -> Lookup:
    query = select(
        Party.id, Party.root_id, Party.kind, Party.own_name, Party.name_source, Person.given_name, Person.family_name
    )
    return Lookup(query.outerjoin(Person, Person.party_id == Party.id), Party.id)


def _claims(session: Session, roots: Mapping[int, int]) -> dict[int, dict[tuple[str, str], str]]:
    found: dict[int, dict[tuple[str, str], str]] = {}
    for root, name, digest, source, ended_at in rows_in(session, _claimed(), sorted(set(roots.values()))):
        those = found.setdefault(root, {})
        said = SOURCES[-1] if ended_at is not None else source  # what a human ended does not come back by a file
        before = those.get((name, digest))
        if before is None or _strength(said) > _strength(before):
            those[name, digest] = said
    return found


def _strength(source: str) -> int:
    return SOURCES.index(source) if source in SOURCES else len(SOURCES)


@cache
def _claimed() -> Lookup:
    row = ContactFactRow
    query = select(Party.root_id, row.field, row.value_hash, row.source, row.ended_at)
    return Lookup(query.join(row, row.party_id == Party.id), Party.root_id)


def _addresses(session: Session, roots: Mapping[int, int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for root, key in rows_in(session, _linked(), sorted(set(roots.values()))):
        found.setdefault(root, set()).add(key)
    return found


@cache
def _linked() -> Lookup:
    query = (
        select(Party.root_id, EmailAddress.address_norm)
        .join(PartyEmail, PartyEmail.party_id == Party.id)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
    )
    return Lookup(query, Party.root_id)


def _tags(session: Session, roots: Mapping[int, int]) -> dict[int, set[tuple[str, str]]]:
    found: dict[int, set[tuple[str, str]]] = {}
    for root, category, key in rows_in(session, _tagged(), sorted(set(roots.values()))):
        found.setdefault(root, set()).add((category, key))
    return found


@cache
def _tagged() -> Lookup:
    query = select(Party.root_id, Tag.category, Tag.name_key).join(PartyTag, PartyTag.party_id == Party.id)
    return Lookup(query.join(Tag, Tag.id == PartyTag.tag_id), Party.root_id)


def _known_numbers(session: Session, roots: Mapping[int, int]) -> dict[int, set[tuple[str, str]]]:
    found: dict[int, set[tuple[str, str]]] = {}
    for root, system, key in rows_in(session, _numbered(), sorted(set(roots.values()))):
        found.setdefault(root, set()).add((system, key))
    return found


@cache
def _numbered() -> Lookup:
    query = select(Party.root_id, NumberAlias.system, NumberAlias.number_key)
    return Lookup(query.join(NumberAlias, NumberAlias.party_id == Party.id), Party.root_id)
