"""Who works for which organisation, and from when to when mail says so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, Update, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.model.archive import AffiliationLine
from mailcrm.store.bulk import insert_rows, rows_in, update_rows
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.base import UtcMicros
from mailcrm.store.rows.party import Affiliation, EmailAddress, Party
from mailcrm.store.rows.sighting import Sighting


class Span(NamedTuple):
    """From the first mail at a domain to the last. Times in UTC."""

    domain: str
    first: datetime
    last: datetime


def spans_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[Span]]:
    """At which domains people were seen, by party id."""
    found: dict[int, list[Span]] = {}
    for party_id, domain, first, last in rows_in(session, _spans(), party_ids) if party_ids else ():
        found.setdefault(party_id, []).append(Span(domain, first, last))
    return found


@cache
def _spans() -> Lookup:
    seen = (
        select(
            Sighting.party_id, EmailAddress.domain, func.min(Sighting.seen_at, type_=UtcMicros()),
            func.max(Sighting.seen_at, type_=UtcMicros()),
        )
        .join(EmailAddress, EmailAddress.id == Sighting.email_id)
        .group_by(Sighting.party_id, EmailAddress.domain)
        .order_by(EmailAddress.domain)
    )  # fmt: skip
    return Lookup(seen, Sighting.party_id)


def affiliate(session: Session, spans: Mapping[tuple[int, int], tuple[datetime, datetime]], source: str) -> set[int]:
    """Note from when to when people (person id, organisation id) were seen to work there. Returns the organisations for
    which somebody is new."""
    people = sorted({person for person, _ in spans})
    known = {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows_in(session, _known(), people)} if people else {}
    new, moved = [], []
    for (person, org), (first, last) in sorted(spans.items()):
        row = known.get((person, org))
        if row is None:
            new.append({"person_id": person, "org_id": org, "valid_from": first, "seen_until": last, "source": source})
        elif first < row[1] or last > row[2]:
            moved.append({"which": row[0], "first": min(first, row[1]), "last": max(last, row[2])})
    insert_rows(session, Affiliation, new)
    update_rows(session, _moved(), moved)
    return {org for (person, org) in spans if (person, org) not in known}


@cache
def _known() -> Lookup:
    columns = Affiliation.person_id, Affiliation.org_id, Affiliation.id, Affiliation.valid_from, Affiliation.seen_until
    return Lookup(select(*columns), Affiliation.person_id)


@cache
def _moved() -> Update:
    first, last = bindparam("first", type_=UtcMicros()), bindparam("last", type_=UtcMicros())
    return update(Affiliation).where(Affiliation.id == bindparam("which")).values(valid_from=first, seen_until=last)


def affiliations_of(session: Session, party_id: int, *, organisation: bool) -> tuple[AffiliationLine, ...]:
    """Where the members of a customer (by root) work, or who works for an organisation; the last seen first."""
    member, other, root = aliased(Party), aliased(Party), aliased(Party)
    mine, theirs = (
        (Affiliation.org_id, Affiliation.person_id) if organisation else (Affiliation.person_id, Affiliation.org_id)
    )
    query: Select[int, str | None, str, datetime, datetime] = (
        select(
            root.id, root.customer_no, root.display_name, func.min(Affiliation.valid_from, type_=UtcMicros()),
            func.max(Affiliation.seen_until, type_=UtcMicros()).label("until"),
        )
        .join(member, member.id == mine)
        .join(other, other.id == theirs)
        .join(root, root.id == other.root_id)
        .where(member.root_id == party_id)
        .group_by(root.id, root.customer_no, root.display_name)
        .order_by(func.max(Affiliation.seen_until).desc(), root.id)
    )  # fmt: skip
    return tuple(AffiliationLine(row[0], row[1] or "", row[2], row[3], row[4]) for row in session.execute(query))
