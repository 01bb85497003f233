"""How everything stands, derived from facts in the store and never from a stored flag."""

from dataclasses import dataclass
from datetime import datetime

from mailcrm.model.account import AccountState
from mailcrm.model.budget import LOOK_BACK, day_of
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.folder import FolderRole
from mailcrm.service.accounts import day_budget
from mailcrm.service.app import App
from mailcrm.service.health import FolderHealth, judge
from mailcrm.service.holding import daemons
from mailcrm.service.progress import Reading, read_progress
from mailcrm.store import Session, campaigns, coverage, leases, parties, settings, sync_state, threads, traffic
from mailcrm.store.engine import database_now
from mailcrm.store.identity import matches
from mailcrm.store.leases import LeaseRow
from mailcrm.store.sync_state import AccountRow

_UNDER_WAY = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.HELD)


@dataclass(frozen=True)
class AccountStatus:
    """One mailbox: counts over all its folders, and each of them. `stored` is of those on the server, `imported` came from
    files.

    `next_try_at` is set after a failure; `reading` while some of its mail is still to come.
    `healthy` if the account is active, nothing is wrong with it and every folder is; None once it is disconnected.
    """

    name: str
    state: str
    server: int
    stored: int
    imported: int
    skipped: int
    quarantined: int
    pending: int
    last_ok_at: datetime | None
    problem: str
    healthy: bool | None
    folders: list[FolderHealth]
    next_try_at: datetime | None
    reading: Reading | None


@dataclass(frozen=True)
class CampaignStatus:
    """One campaign that is not at its end; only states with recipients are named."""

    name: str
    state: str
    reason: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Status:
    """Everything at once. `workers` are living processes that hold work; `pairs` may be one customer and wait for a human;
    `troubled` is work that failed last time."""

    sending: bool
    workers: list[str]
    archive: dict[str, int]
    pairs: int
    accounts: list[AccountStatus]
    campaigns: list[CampaignStatus]
    troubled: list[LeaseRow]


def read_status(app: App) -> Status:
    """The state of affairs now."""
    with app.store.read() as session:
        now = database_now(session)
        work = leases.list_leases(session)
        return Status(
            sending=settings.sending_enabled(session),
            workers=daemons(work, now),
            archive=_archive(session),
            pairs=matches.count_open(session, app.clock()),
            accounts=_accounts(session, app),
            campaigns=_campaigns(session),
            troubled=[row for row in work if row.last_error],
        )


def _archive(session: Session) -> dict[str, int]:
    people = {state.value: count for state, count in parties.count_parties(session).items()}
    mails = coverage.count_messages(session)
    return {
        "customers": people.get("active", 0),
        "candidates": people.get("candidate", 0),
        "mails": sum(mails.values()),
        "conversations": threads.count_threads(session),
    }


def _accounts(session: Session, app: App) -> list[AccountStatus]:
    counts, now = coverage.count_folders(session), app.clock()
    rows = sync_state.list_accounts(session)
    days = traffic.traffic_since(session, [row.id for row in rows], day_of(now - LOOK_BACK))
    found = []
    for row in rows:
        account = app.config.account(row.name)
        all_counts = [count for count in counts if count.account == row.name]
        imported = sum(count.stored for count in all_counts if count.role == FolderRole.IMPORT)
        mine = [judge(count, account, now) for count in all_counts if count.role != FolderRole.IMPORT]
        broken = next((f"{count.folder}: {count.last_error}" for count in all_counts if count.last_error), "")
        found.append(
            AccountStatus(
                row.name, row.state.value, sum(f.server for f in mine), sum(f.stored for f in mine), imported,
                sum(f.skipped for f in all_counts), sum(f.quarantined for f in all_counts), sum(f.pending for f in mine),
                row.last_ok_at, row.last_error or broken, _healthy(row, mine), mine, row.next_try_at,
                read_progress(mine, days.get(row.id, ()), day_budget(account) if account else None, now),
            )
        )  # fmt: skip
    return found


def _healthy(row: AccountRow, folders: list[FolderHealth]) -> bool | None:
    if row.state is AccountState.DISCONNECTED:
        return None
    sound = row.state is AccountState.ACTIVE and row.last_ok_at is not None and not row.last_error
    return sound and all(folder.healthy is not False for folder in folders)


def _campaigns(session: Session) -> list[CampaignStatus]:
    return [
        CampaignStatus(
            row.name, row.state.value, row.state_reason,
            {state.value: n for state, n in campaigns.count_recipients(session, row.id).states.items() if n},
        )
        for row in campaigns.list_campaigns(session, _UNDER_WAY)
        if row.kind != CampaignKind.SYSTEM
    ]  # fmt: skip
