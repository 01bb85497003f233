"""Parties side by side, as a human compares them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailcrm.model.identity import Observed, Side
from mailcrm.store.bulk import portions
from mailcrm.store.identity.profiles import observe
from mailcrm.store.rows.party import Party
from mailcrm.store.rows.sighting import Sighting

_NAMES = 4


def sides(session: Session, party_ids: Sequence[int]) -> dict[int, Side]:
    """What there is to compare of each of these leaf parties. Not what mail says: that follows the rights of the viewer."""
    wanted = sorted(set(party_ids))
    seen, mails = observe(session, wanted), _mails(session, wanted)
    found = {}
    for part in portions(wanted):
        for row in session.execute(select(Party).where(Party.id.in_(part))).scalars():
            known = seen.get(row.id, Observed(row.id))
            count, last = mails.get(row.id, (0, None))
            found[row.id] = Side(
                row.id, row.root_id or row.id, row.customer_no or "", row.own_name, row.kind.value,
                (*known.addresses, *(f"@{domain}" for domain in known.domains)),
                tuple(dict.fromkeys(name for name, _, _ in known.names))[:_NAMES], known.phones, known.companies, count, last,
            )  # fmt: skip
    return found


def _mails(session: Session, party_ids: Sequence[int]) -> dict[int, tuple[int, datetime | None]]:
    found: dict[int, tuple[int, datetime | None]] = {}
    for part in portions(party_ids):
        query = select(Sighting.party_id, func.count(), func.max(Sighting.seen_at)).where(Sighting.party_id.in_(part))
        for party_id, count, last in session.execute(query.group_by(Sighting.party_id)):
            found[party_id] = count, last
    return found
