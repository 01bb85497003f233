"""What each account received, day by day: a budget of bytes must outlive a restart."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.model.budget import DayTraffic
from mailcrm.store.rows.account import AccountDay


def add_traffic(session: Session, account_id: int, traffic: DayTraffic) -> None:
    """Add to a day.

    Whoever reads a mailbox holds its lease, so hardly anybody else does this for the same account: only who opens an
    attachment. Of two that begin a day at the same moment one gets WriteCollision.
    """
    mine = AccountDay.account_id == account_id, AccountDay.day == traffic.day.isoformat()
    ms = round(traffic.seconds * 1000)
    added = {
        AccountDay.received: AccountDay.received + traffic.received,
        AccountDay.mails: AccountDay.mails + traffic.mails,
        AccountDay.busy_ms: AccountDay.busy_ms + ms,
    }
    done = session.execute(update(AccountDay).where(*mine).values(added).execution_options(synchronize_session=False))
    if not done.rowcount:  # type: ignore[attr-defined]
        day = traffic.day.isoformat()
        session.add(
            AccountDay(account_id=account_id, day=day, received=traffic.received, mails=traffic.mails, busy_ms=ms)
        )
        session.flush()


def traffic_since(session: Session, account_ids: Iterable[int], day: date) -> dict[int, list[DayTraffic]]:
    """The days from `day` on, by account."""
    query = select(AccountDay).where(AccountDay.account_id.in_(list(account_ids)), AccountDay.day >= day.isoformat())
    found: dict[int, list[DayTraffic]] = {}
    for row in session.execute(query).scalars():
        traffic = DayTraffic(date.fromisoformat(row.day), row.received, row.mails, row.busy_ms / 1000)
        found.setdefault(row.account_id, []).append(traffic)
    return found
