"""Recipients that were refused for what turned out to be our own fault get their try back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.recipient import RecipientState
from mailcrm.store.rows.campaign import Recipient
from mailcrm.store.settle import put_back


def reprieve(session: Session, recipient_ids: Sequence[int], now: datetime) -> int:
    """Failed ones among these are due again; a mail that was composed before is composed as it was. Returns how many.

    Only for refusals that clearly said "not taken", and only while their campaign is not at its end: nothing else leads
    out of a terminal state. That they were refused stays in their events.
    """
    query = select(Recipient).where(Recipient.id.in_(recipient_ids), Recipient.state == RecipientState.FAILED)
    query = query.order_by(Recipient.id).with_for_update().execution_options(populate_existing=True)
    rows = session.execute(query).scalars().all()
    for row in rows:
        put_back(row)
        row.due_at = now
    session.flush()
    return len(rows)
