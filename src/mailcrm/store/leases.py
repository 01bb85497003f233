"""Leases: who does which piece of standing work until when. Times come from the database, workers' clocks may differ.

`claim` takes what is due and free, `renew` keeps what is ours, `release` gives it back with the time it is due again;
a worker that dies simply stops renewing (cluster.md).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from mailcrm.model.account import AccountState
from mailcrm.model.text import clean_text
from mailcrm.store.engine import database_now
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.base import from_micros
from mailcrm.store.rows.service import Lease, Worker

_FREE = from_micros(0)
_OF_ACCOUNTS = ("mailbox", "sender")
CONNECTION = "connection"
"""The kind of a lease on a place at a host, and how its name begins: a thread has it beside its work."""
TOKEN = "token"
"""The kind of a lease that nobody works on: who holds it may renew an account's tokens."""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """One piece of standing work as it stands. `refusals` of a sender's login without a proof that it is wrong, in a row."""

    name: str
    kind: str
    due: datetime
    owner: str | None
    until: datetime
    fail_count: int
    last_error: str
    refusals: int


def add_leases(session: Session, wanted: Mapping[str, str]) -> None:
    """Make the rows of work (name -> kind) that has none yet; it is due at once."""
    known = set(session.execute(select(Lease.name)).scalars())
    now = database_now(session)
    for name, kind in wanted.items():
        if name not in known:
            session.add(
                Lease(name=name, kind=kind, due=now, owner=None, until=_FREE, fail_count=0, last_error="", refusals=0)
            )
    session.flush()


def sync_leases(session: Session, wanted: Mapping[str, str], worker: str = "") -> None:
    """Make the rows of new work (name -> kind) and drop those of work that no longer exists.

    Whether it exists is not for one worker to say while others live, who may be newer and know more: then only what
    belonged to an account that is disconnected goes. What somebody holds stays, e.g. a running import.
    """
    add_leases(session, wanted)
    unknown = select(Lease.name).where(Lease.name.not_in(list(wanted)), Lease.kind != TOKEN)
    names = session.execute(unknown).scalars().all()
    if _has_company(session, worker):
        left = session.execute(select(Account.name).where(Account.state == AccountState.DISCONNECTED)).scalars()
        disconnected = {f"{kind}:{name}" for name in left for kind in _OF_ACCOUNTS}
        names = [name for name in names if name in disconnected]
    session.execute(delete(Lease).where(Lease.name.in_(names), Lease.until < database_now(session)))


def _has_company(session: Session, worker: str) -> bool:
    others = select(func.count()).where(Worker.id != worker, Worker.until >= database_now(session))
    return bool(session.execute(others).scalar_one())


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


def claim_leases(
    session: Session,
    worker: str,
    kinds: Sequence[str],
    room: int,
    life: timedelta,
    names: Collection[str] | None = None,
) -> list[str]:
    """Take at most `room` pieces of work of these kinds that are due and free; returns their names.

    `names` is the work that this worker can do, None for all: another version's may stand in the same table.
    """
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
    if names is not None:
        query = query.where(Lease.name.in_(list(names)))
    found = session.execute(query).scalars().all()
    return [name for name in found if take_lease(session, name, worker, life)]


def take_lease(session: Session, name: str, worker: str, life: timedelta, instead_of: str | None = None) -> bool:
    """Take one piece of work if it is free, due or not; also from the owner `instead_of`, whom the caller knows dead."""
    now = database_now(session)
    free = Lease.until < now
    done = session.execute(
        update(Lease)
        .where(Lease.name == name, free if instead_of is None else or_(free, Lease.owner == instead_of))
        .values(owner=worker, until=now + life)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def lease_owner(session: Session, name: str) -> str | None:
    """Who holds a piece of work now; None if nobody does."""
    query = select(Lease.owner).where(Lease.name == name, Lease.until >= database_now(session))
    return session.execute(query).scalar_one_or_none()


def release_lease(
    session: Session,
    name: str,
    worker: str,
    again_in: timedelta,
    error: str = "",
    *,
    failed: bool = False,
    refusals: int | None = None,
) -> None:
    """Give work back, due again after `again_in`; a failure is counted and noted, a success clears both.

    `refusals` is their new number, None leaves it.
    """
    row = session.get(Lease, name, with_for_update=True, populate_existing=True)
    if row is None or row.owner != worker:
        return
    row.owner, row.until = None, _FREE
    row.due = database_now(session) + again_in
    row.fail_count = row.fail_count + 1 if failed else 0
    row.last_error = clean_text(error)[:2000]
    if refusals is not None:
        row.refusals = refusals


def make_due(session: Session, name: str) -> None:
    """Do this work at once instead of when it was due."""
    session.execute(update(Lease).where(Lease.name == name).values(due=database_now(session)))


def forget_worker(session: Session, worker: str) -> None:
    """This worker ends."""
    session.execute(delete(Worker).where(Worker.id == worker))


def list_leases(session: Session) -> list[LeaseRow]:
    """All standing work."""
    return [
        LeaseRow(row.name, row.kind, row.due, row.owner, row.until, row.fail_count, row.last_error, row.refusals)
        for row in session.execute(select(Lease).order_by(Lease.name)).scalars()
    ]
