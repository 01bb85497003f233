"""The standing work of a process: one watch per mailbox, one sender per account, and the jobs of the clock."""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from mailcrm.campaigns.delivery.send import send_due
from mailcrm.campaigns.delivery.transport import Connection, SmtpTransport, Transport
from mailcrm.config import Account
from mailcrm.errors import LoginRefused, LoginUnclear, MailcrmError
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.mailbox import TokenExpired, open_mailbox
from mailcrm.ingest.imap.watch import watch_account
from mailcrm.log import get_logger
from mailcrm.model.backoff import login_delay
from mailcrm.model.provider import provider_for_host
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, day_budget, mailbox_login, sync_job, token_source
from mailcrm.service.ahead import Ahead
from mailcrm.service.app import App
from mailcrm.service.guard import Guard
from mailcrm.service.jobs import clock_works
from mailcrm.service.leases import Claim, Work
from mailcrm.service.meter import Meter
from mailcrm.service.patience import after_failure, park, parked
from mailcrm.service.retry import store_retry
from mailcrm.service.senders import sender_job, smtp_login
from mailcrm.service.slots import Slot, connection_slot
from mailcrm.store import leases, sync_state
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("watch")
_NEXT_TURN = 5.0  # seconds until a mailbox looks again for a free connection
_EXPIRY_SECONDS = 60.0
"""Tokens do not live shorter: a server that ends sessions faster means something else."""

_log = get_logger("mailcrm.service")


def all_works(app: App, worker: str, chance: Random) -> dict[str, Work]:
    """Everything this configuration asks for, by name."""
    works = clock_works(app)
    for account in app.config.accounts:
        works.append(_watch(app, account, worker, chance))
        if account.smtp is not None or account.name in app.transports:
            works.append(_sender(app, account, worker))
    return {work.name: work for work in works}


# --- mailboxes ---------------------------------------------------------------------------------------------------


def _watch(app: App, account: Account, worker: str, chance: Random) -> Work:
    last_expiry = -math.inf

    def run(claim: Claim) -> timedelta:
        nonlocal last_expiry
        row = account_row(app.store, account.name)
        if (look := parked(app, account, row)) is not None:
            return look
        with connection_slot(app, account, worker, claim.places) as slot:
            if slot is None:
                return timedelta(seconds=_NEXT_TURN * chance.uniform(0.8, 1.2))
            try:
                again = _watch_once(app, account, row, claim, slot)
            except MailcrmError as exc:
                before, last_expiry = last_expiry, time.monotonic() if isinstance(exc, TokenExpired) else last_expiry
                usual = last_expiry - before > _EXPIRY_SECONDS  # as it does each hour: not a failure
                again = timedelta(0) if usual else after_failure(app, account, exc, chance)
            return max(again, timedelta(seconds=_NEXT_TURN)) if slot.shared else again

    return Work(f"mailbox:{account.name}", "mailbox", run)


def _watch_once(app: App, account: Account, row: AccountRow, claim: Claim, slot: Slot) -> timedelta:
    """Read the mailbox until the claim ends, or our turn in a shared connection. Returns when it is due again."""
    again = timedelta(0)

    def job() -> SyncJob:
        meter.begin()
        return sync_job(app, account, account_row(app.store, account.name))

    def progress(report: PassReport) -> None:
        meter.note(report)
        app.signals.filed.set()

    def stopped() -> bool:
        return not claim.ok() or bool(again) or slot.over()

    def passed(report: PassReport) -> None:
        nonlocal again
        if slot.shared:
            again = timedelta(seconds=app.config.sync.poll_seconds if report.ended else _NEXT_TURN)
        with app.store.write(_ACTOR) as session:
            meter.save(session)
            if report.ended and not report.failures:  # a pass that was cut short proves nothing: the back-off stays
                sync_state.note_success(session, row.id, app.clock())
        if report.headers or report.bodies:
            _log.info(
                "mailbox read", account=account.name, mails=report.headers, bodies=report.bodies, skipped=report.skipped
            )

    with (
        open_mailbox(mailbox_login(app, account), wake=claim.wake) as mailbox,
        Meter(app.store, row, day_budget(account), app.clock, lambda: mailbox.received) as meter,
        closing(Guard()) as parse,
        closing(Ahead(app.store, parse)) as ahead,
    ):
        slot.begin()
        watch_account(
            mailbox,
            app.store,
            job,
            app.clock,
            parse=parse,
            ahead=ahead,
            retry=store_retry,
            poll_seconds=app.config.sync.poll_seconds,
            stopped=stopped,
            progress=progress,
            passed=passed,
            enough=meter.enough,
        )
    return again


# --- senders -----------------------------------------------------------------------------------------------------


def _sender(app: App, account: Account, worker: str) -> Work:
    def run(claim: Claim) -> timedelta:
        row = account_row(app.store, account.name)
        if (look := parked(app, account, row)) is not None:
            return look
        try:
            _send_until_stopped(app, account, row, f"{worker}/{account.name}", claim)
        except LoginRefused as exc:  # what else goes wrong (certificate, secret) is tried again for ever, like any work
            return _note_refusal(app, account, row, exc, claim)
        return timedelta(0)

    return Work(f"sender:{account.name}", "sender", run)


def _send_until_stopped(app: App, account: Account, row: AccountRow, owner: str, claim: Claim) -> None:
    with ThreadPoolExecutor(1, thread_name_prefix=f"commit-{account.name}") as executor:
        asyncio.run(
            send_due(
                app.store,
                sender_job(app, account, row, owner),
                _Door(transport_of(app, account), claim),
                app.clock,
                executor,
                stopped=lambda: not claim.ok(),
                retry=store_retry,
            )
        )


@dataclass(frozen=True)
class _Door:
    """A transport by which a login that is taken ends the count of those that were refused."""

    transport: Transport
    claim: Claim

    async def connect(self) -> Connection:
        connection = await self.transport.connect()
        self.claim.refusals = 0
        return connection


def _note_refusal(app: App, account: Account, row: AccountRow, exc: LoginRefused, claim: Claim) -> timedelta:
    """When to sign in again, like a mailbox: by itself only where the refusal is ambiguous; too many close an account.

    Tries are counted on the lease: those of the account's row are the mailbox's, and each of its passes ends them.
    """
    tries = 1 + (_refusals(app, claim.name) if claim.refusals is None else claim.refusals)
    provider = provider_for_host(account.smtp.host) if account.smtp else None
    unclear = isinstance(exc, LoginUnclear) or (provider is not None and provider.ambiguous_login)
    wait = login_delay(tries) if unclear else None
    if wait is not None:
        claim.failed, claim.error, claim.refusals = True, str(exc), tries
        _log.warning("cannot send", account=account.name, reason=str(exc), again_in=round(wait.total_seconds()))
        return wait
    claim.refusals = 0
    return park(app, account, row, exc, "sender parked")


def _refusals(app: App, name: str) -> int:
    with app.store.read() as session:
        return next(lease.refusals for lease in leases.list_leases(session) if lease.name == name)


def transport_of(app: App, account: Account) -> Transport:
    """The account's way out. Raises ConfigError."""
    token = token_source(app.config, account, app.store, app.clock)
    return app.transports.get(account.name) or SmtpTransport(smtp_login(app.config, account, token))
