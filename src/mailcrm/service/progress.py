"""How far the reading of a mailbox is, how fast it goes, and when it will be done: from facts, never from a guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.model.budget import DayTraffic, day_of, mails_an_hour, next_day, outlook, received_on
from mailcrm.service.health import FolderHealth


@dataclass(frozen=True)
class Reading:
    """A mailbox of which some mail is still to come. Bytes are those on the wire, today (UTC); `budget` None: no limit.

    `an_hour` and `seconds_left` are None where too little is known; `by_budget`: the budget sets the pace.
    `waits_until`: today's budget is spent, old mail goes on then.
    """

    done: int
    total: int
    received_today: int
    budget: int | None
    waits_until: datetime | None
    an_hour: int | None
    seconds_left: int | None
    by_budget: bool


def read_progress(
    folders: Sequence[FolderHealth], days: Sequence[DayTraffic], budget: int | None, now: datetime
) -> Reading | None:
    """None where nothing is to come."""
    read = [folder for folder in folders if folder.healthy is not None]
    total = sum(folder.server for folder in read)
    done = sum(min(folder.server, max(0, _done(folder))) for folder in read)
    if done >= total:
        return None
    received = received_on(day_of(now), days)
    spent = budget is not None and received >= budget
    pace, found = mails_an_hour(days), outlook(total - done, days, budget, now)
    return Reading(
        done, total, received, budget, next_day(now) if spent else None, None if pace is None else round(pace),
        None if found is None else round(found.left.total_seconds()), found is not None and found.by_budget,
    )  # fmt: skip


def _done(folder: FolderHealth) -> int:
    return folder.stored - folder.pending + folder.skipped + folder.quarantined
