"""Who has to do with which organisation: as mail shows, from the first to the last, and as humans and files say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, Update, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import UserError
from mailcrm.model.archive import AffiliationLine
from mailcrm.model.party import AffiliationKind, PartyKind
from mailcrm.model.text import clean_line
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
            new.append({
                "person_id": person, "org_id": org, "kind": AffiliationKind.EMPLOYEE, "valid_from": first,
                "seen_until": last, "source": source,
            })  # fmt: skip
        elif first < row[1] or last > row[2]:
            moved.append({"which": row[0], "first": min(first, row[1]), "last": max(last, row[2])})
    insert_rows(session, Affiliation, new)
    update_rows(session, _moved(), moved)
    return {org for (person, org) in spans if (person, org) not in known}


@cache
def _known() -> Lookup:
    columns = Affiliation.person_id, Affiliation.org_id, Affiliation.id, Affiliation.valid_from, Affiliation.seen_until
    return Lookup(select(*columns).where(Affiliation.kind == AffiliationKind.EMPLOYEE), Affiliation.person_id)


@cache
def _moved() -> Update:
    first, last = bindparam("first", type_=UtcMicros()), bindparam("last", type_=UtcMicros())
    return update(Affiliation).where(Affiliation.id == bindparam("which")).values(valid_from=first, seen_until=last)


@dataclass(frozen=True, slots=True)
class Tie:
    """What a human or a file says of a person and an organisation. Times in UTC; `valid_to` None: it holds."""

    person_id: int
    org_id: int
    kind: AffiliationKind = AffiliationKind.EMPLOYEE
    title: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def tie(session: Session, those: Sequence[Tie], source: str, now: datetime) -> list[int]:
    """Record such ties; one that is known of these two gets what is said of it. Returns the ids of those that are new.

    Raises UserError where the one is no person or the other no organisation.
    """
    kinds = dict(session.execute(
        select(Party.id, Party.kind).where(Party.id.in_({each.person_id for each in those} | {each.org_id for each in those}))
    ).all())  # fmt: skip
    fresh = []
    for each in those:
        if kinds.get(each.person_id) != PartyKind.PERSON or kinds.get(each.org_id) != PartyKind.ORGANISATION:
            raise UserError("a person is tied to an organisation, not the other way round")
        query = select(Affiliation).where(
            Affiliation.person_id == each.person_id, Affiliation.org_id == each.org_id, Affiliation.kind == each.kind
        )
        row = session.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            row = Affiliation(
                person_id=each.person_id, org_id=each.org_id, kind=each.kind, source=source,
                valid_from=each.valid_from or now, seen_until=each.valid_to or now,
            )  # fmt: skip
            session.add(row)
            fresh.append(row)
        row.title = clean_line(each.title, 200) or row.title
        row.valid_from, row.valid_to = each.valid_from or row.valid_from, each.valid_to
    session.flush()
    return [row.id for row in fresh]


def end_tie(session: Session, person_root: int, org_root: int, now: datetime) -> int:
    """From now on these two (roots) have nothing to do with each other any more. Returns how many ties ended."""
    person, org = aliased(Party), aliased(Party)
    query = (
        select(Affiliation)
        .join(person, person.id == Affiliation.person_id)
        .join(org, org.id == Affiliation.org_id)
        .where(person.root_id == person_root, org.root_id == org_root, Affiliation.valid_to.is_(None))
    )
    rows = session.execute(query).scalars().all()
    for row in rows:
        row.valid_to = now
    session.flush()
    return len(rows)


def affiliations_of(session: Session, party_id: int, *, organisation: bool) -> tuple[AffiliationLine, ...]:
    """Where the members of a customer (by root) work, or who works for an organisation: what holds first, then the last seen.

    Of an organisation with more ties than `_SHOWN` those seen last.
    """
    found: dict[tuple[int, AffiliationKind], AffiliationLine] = {}
    for row, root_id, number, name in session.execute(_ties(organisation=organisation), {"root": party_id}):
        line = AffiliationLine(
            root_id, number or "", name, row.valid_from, row.seen_until, row.kind, row.title, row.valid_to, row.source
        )
        before = found.get((root_id, row.kind))
        found[root_id, row.kind] = line if before is None else _together(before, line)
    return tuple(
        sorted(
            found.values(), key=lambda each: (each.valid_to is not None, -each.seen_until.timestamp(), each.party_id)
        )
    )


@cache
def _ties(*, organisation: bool) -> Select[Affiliation, int, str | None, str]:
    """Kept, for it takes longer to put it together than to run it."""
    member, other, root = aliased(Party), aliased(Party), aliased(Party)
    mine, theirs = (
        (Affiliation.org_id, Affiliation.person_id) if organisation else (Affiliation.person_id, Affiliation.org_id)
    )
    return (
        select(Affiliation, root.id, root.customer_no, root.display_name)
        .join(member, member.id == mine)
        .join(other, other.id == theirs)
        .join(root, root.id == other.root_id)
        .where(member.root_id == bindparam("root"))
        .order_by(Affiliation.seen_until.desc(), Affiliation.id)
        .limit(_SHOWN)
    )


_SHOWN = 500


def _together(one: AffiliationLine, other: AffiliationLine) -> AffiliationLine:
    """The same tie of two members of a cluster."""
    over = None if one.valid_to is None or other.valid_to is None else max(one.valid_to, other.valid_to)
    return replace(
        one, valid_from=min(one.valid_from, other.valid_from), seen_until=max(one.seen_until, other.seen_until),
        title=one.title or other.title, valid_to=over,
    )  # fmt: skip
