"""Leases: who does which piece of standing work until when. Times come from the database, workers' clocks may differ.

`claim` takes what is due and free, `renew` keeps what is ours, `release` gives it back with the time it is due again;
a worker that dies simply stops renewing (cluster.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from mailcrm.model.text import clean_text
from mailcrm.store.engine import database_now
from mailcrm.store.rows.base import from_micros
from mailcrm.store.rows.service import Lease, Worker

_FREE = from_micros(0)


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """One piece of standing work as it stands."""

    name: str
    kind: str
    due: datetime
    owner: str | None
    until: datetime
    fail_count: int
    last_error: str


def sync_leases(session: Session, wanted: Mapping[str, str]) -> None:
    """Make the rows of new work (name -> kind) and drop those of work that no longer exists."""
    known = set(session.execute(select(Lease.name)).scalars())
    now = database_now(session)
    for name, kind in wanted.items():
        if name not in known:
            session.add(Lease(name=name, kind=kind, due=now, owner=None, until=_FREE, fail_count=0, last_error=""))
    session.execute(delete(Lease).where(Lease.name.not_in(list(wanted))))


def beat(session: Session, worker: str, life: timedelta) -> int:
    """This worker lives. Returns how many do."""
    now = database_now(session)
    session.merge(Worker(id=worker, until=now + life))
    session.execute(delete(Worker).where(Worker.until < now))
    session.flush()
    return session.execute(select(func.count()).select_from(Worker)).scalar_one()


def renew_leases(session: Session, worker: str, life: timedelta) -> set[str]:
    """Prolong all that is still ours; returns its names. What is missing was lost: its work must stop."""
    now = database_now(session)
    mine = Lease.owner == worker, Lease.until >= now
    session.execute(update(Lease).where(*mine).values(until=now + life).execution_options(synchronize_session=False))
    return set(session.execute(select(Lease.name).where(*mine)).scalars())


def claim_leases(session: Session, worker: str, kinds: Sequence[str], room: int, life: timedelta) -> list[str]:
    """Take at most `room` pieces of work of these kinds that are due and free; returns their names."""
    if room <= 0:
        return []
    now = database_now(session)
    query = (
        select(Lease.name)
        .where(Lease.kind.in_(kinds), Lease.due <= now, Lease.until < now)
        .order_by(Lease.due, Lease.name)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for name in session.execute(query).scalars().all():
        done = session.execute(
            update(Lease)
            .where(Lease.name == name, Lease.until < now)
            .values(owner=worker, until=now + life)
            .execution_options(synchronize_session=False)
        )
        if done.rowcount == 1:  # type: ignore[attr-defined]
            taken.append(name)
    return taken


def release_lease(
    session: Session, name: str, worker: str, again_in: timedelta, error: str = "", *, failed: bool = False
) -> None:
    """Give work back, due again after `again_in`; a failure is counted and noted, a success clears both."""
    row = session.get(Lease, name, with_for_update=True, populate_existing=True)
    if row is None or row.owner != worker:
        return
    row.owner, row.until = None, _FREE
    row.due = database_now(session) + again_in
    row.fail_count = row.fail_count + 1 if failed else 0
    row.last_error = clean_text(error)[:2000]


def make_due(session: Session, name: str) -> None:
    """Do this work at once instead of when it was due."""
    session.execute(update(Lease).where(Lease.name == name).values(due=database_now(session)))


def forget_worker(session: Session, worker: str) -> None:
    """This worker ends."""
    session.execute(delete(Worker).where(Worker.id == worker))


def list_leases(session: Session) -> list[LeaseRow]:
    """All standing work."""
    return [
        LeaseRow(row.name, row.kind, row.due, row.owner, row.until, row.fail_count, row.last_error)
        for row in session.execute(select(Lease).order_by(Lease.name)).scalars()
    ]
