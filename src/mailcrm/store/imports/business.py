"""What rows of an import tell besides values: dates, orders, activities and ties; and taking those back.

Taken back, an order is archived and an activity is on nobody's timeline any more; both give up the name they are known again
by, so that the same file can bring them once more.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from mailcrm.errors import UserError
from mailcrm.model.activity import Activity
from mailcrm.model.calendar.shown import canonical_text
from mailcrm.model.important_date import ImportantDate
from mailcrm.model.number import number_key
from mailcrm.model.order import Order
from mailcrm.model.party import AffiliationKind, PartyKind, PartyState
from mailcrm.model.record import AffiliationEntry, CustomerRecord
from mailcrm.model.text import clean_line
from mailcrm.store import activities, affiliations, dates, orders, parties
from mailcrm.store.bulk import portions
from mailcrm.store.identity.shown import sort_key
from mailcrm.store.numbers import find_number
from mailcrm.store.rows.business import ActivityParty, PaymentRow, SalesOrder
from mailcrm.store.rows.dates import ImportantDateRow
from mailcrm.store.rows.party import Affiliation, Party
from mailcrm.store.rows.timeline import Interaction, InteractionParty

_SOURCE = "import"


def record_business(
    session: Session, party_id: int, record: CustomerRecord, now: datetime
) -> tuple[dict[str, Any], list[str]]:
    """Keep what a record tells of a party. Returns what is new, for an undo, and what could not be kept, and why."""
    made: dict[str, Any] = {}
    notes: list[str] = []
    tried: list[tuple[str, str, Callable[[], int | None]]] = [
        *(("dates", each.kind, partial(_new_date, session, party_id, each, now)) for each in record.dates),
        *(
            ("orders", f"order {each.order_no}", partial(_new_order, session, party_id, each, now))
            for each in record.orders
        ),
        *(
            ("activities", each.title, partial(_new_activity, session, party_id, each, now))
            for each in record.activities
        ),
    ]
    if record.kind == PartyKind.PERSON:
        ties = record.affiliations
        tried += [("ties", each.organisation, partial(_new_tie, session, party_id, each, now)) for each in ties]
    for kind, what, make in tried:
        try:
            new = make()
        except UserError as exc:
            notes.append(f"{clean_line(what, 60)}: {exc.message}")
            continue
        if new is not None:
            made.setdefault(kind, []).append(new)
    return made, notes


def _new_date(session: Session, party_id: int, date_: ImportantDate, now: datetime) -> int | None:
    members = select(Party.id).where(
        Party.root_id == select(Party.root_id).where(Party.id == party_id).scalar_subquery()
    )
    known = select(ImportantDateRow.id).where(
        ImportantDateRow.party_id.in_(members),
        ImportantDateRow.kind == date_.kind,
        ImportantDateRow.day_key == canonical_text(date_),
        ImportantDateRow.label == date_.label,
    )
    if session.execute(known).first() is not None:  # also one that a human ended: it does not come back by a file
        return None
    return dates.add_date(session, party_id, date_, _SOURCE, now).id


def _new_order(session: Session, party_id: int, order: Order, now: datetime) -> int | None:
    ref = order.source_ref or f"{_SOURCE}:{order.order_no}"
    query = select(SalesOrder.id, Party.root_id).join(Party, Party.id == SalesOrder.party_id)
    known = session.execute(query.where(SalesOrder.source_ref == ref)).first()
    if known is not None and known[1] != _root(session, party_id):  # another shop's order of the same number
        ref = f"{ref}#{party_id}"
        known = session.execute(query.where(SalesOrder.source_ref == ref)).first()
    order_id = orders.record_order(session, party_id, order, ref, now)
    return order_id if known is None else None


def _root(session: Session, party_id: int) -> int:
    return session.execute(select(Party.root_id).where(Party.id == party_id)).scalar_one() or party_id


def _new_activity(session: Session, party_id: int, activity: Activity, now: datetime) -> int | None:
    """What a file names by its words alone is this customer's; what has a name of its own may be of several: a meeting."""
    said = (activity.kind.value, activity.at.isoformat(), activity.title, activity.body)
    ref = activity.source_ref or f"{_SOURCE}#{hashlib.sha256(repr(said).encode('utf-8', 'replace')).hexdigest()[:32]}"
    if ref.startswith(f"{_SOURCE}#"):
        ref = f"{ref}:{party_id}"
    known = select(Interaction.id).where(Interaction.kind == activity.kind, Interaction.source_key == ref)
    line = session.execute(known).scalar_one_or_none()
    if line is not None:
        activities.add_party(session, line, party_id)
        return None
    return activities.log_activity(session, [party_id], replace(activity, source_ref=ref), now)


def _new_tie(session: Session, party_id: int, entry: AffiliationEntry, now: datetime) -> int | None:
    org = _organisation(session, entry, now)
    if org is None:
        return None
    tie = affiliations.Tie(party_id, org, AffiliationKind(entry.kind), entry.title, entry.valid_from, entry.valid_to)
    return next(iter(affiliations.tie(session, [tie], _SOURCE, now)), None)


def tells_more(entry: AffiliationEntry) -> bool:
    """Whether it says more than that somebody works there: that is worth an organisation of its own."""
    return bool(entry.number or entry.valid_from or entry.kind != AffiliationKind.EMPLOYEE)


def organisation_key(name: str) -> str:
    """By what an organisation is found by its very name."""
    return sort_key(clean_line(name, 255))


def _organisation(session: Session, entry: AffiliationEntry, now: datetime) -> int | None:
    """By its number, else by its very name; made only where more is said of it than that somebody works there: a column
    "company" is a claim about the person, and who works where the resolver sees by the domains."""
    found = find_number(session, entry.number) if entry.number else None
    name = clean_line(entry.organisation, 255)
    for state in (PartyState.ACTIVE, PartyState.CANDIDATE) if found is None and name else ():
        named = Party.state == state, Party.sort_key == sort_key(name), Party.kind == PartyKind.ORGANISATION
        found = (
            found or session.execute(select(Party.id).where(*named).order_by(Party.id).limit(1)).scalar_one_or_none()
        )
    if found is None and name and tells_more(entry):
        [found] = parties.create_parties(session, PartyKind.ORGANISATION, [name], _SOURCE, now)
        if entry.number:  # its own row, further down, is about the same
            parties.number_parties(session, {found: PartyKind.ORGANISATION}, now, {found: number_key(entry.number)})
    return found


# --- taking back -------------------------------------------------------------------------------------------------


def lines_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[int]]:
    """The lines of the timelines of these."""
    found: dict[int, list[int]] = {}
    for part in portions(party_ids):
        query = select(InteractionParty.party_id, InteractionParty.interaction_id)
        for party_id, line in session.execute(query.where(InteractionParty.party_id.in_(part))):
            found.setdefault(party_id, []).append(line)
    return found


def take_back(session: Session, changes: dict[str, Any], batch_id: int, now: datetime) -> None:
    """Undo what `record_business` made new."""
    for date_id in changes.get("dates", ()):
        row = session.get(ImportantDateRow, date_id)
        if row is not None and row.ended_at is None:
            dates.end_date(session, date_id, now)
    for order_id in changes.get("orders", ()):
        orders.archive_order(session, order_id, now)
        _rename(session, SalesOrder, SalesOrder.id == order_id, f"undone:{batch_id}:{order_id}")
        payments = session.execute(select(PaymentRow.id).where(PaymentRow.order_id == order_id)).scalars().all()
        for payment_id in payments:
            _rename(session, PaymentRow, PaymentRow.id == payment_id, f"undone:{batch_id}:{order_id}:{payment_id}")
    for line in changes.get("activities", ()):
        gone = InteractionParty.interaction_id == line
        session.execute(delete(InteractionParty).where(gone).execution_options(synchronize_session=False))
        mine = ActivityParty.interaction_id == line
        session.execute(delete(ActivityParty).where(mine).execution_options(synchronize_session=False))
        named = update(Interaction).where(Interaction.id == line).values(source_key=f"undone:{batch_id}:{line}")
        session.execute(named.execution_options(synchronize_session=False))
    for tie_id in changes.get("ties", ()):
        those = Affiliation.id == tie_id, Affiliation.source == _SOURCE
        session.execute(delete(Affiliation).where(*those).execution_options(synchronize_session=False))


def _rename(session: Session, row: Any, which: Any, ref: str) -> None:
    session.execute(update(row).where(which).values(source_ref=ref).execution_options(synchronize_session=False))
