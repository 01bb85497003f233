"""The standing work of a process: one watch per mailbox, one sender per account, and the jobs of the clock."""

import asyncio
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from random import Random

from mailcrm.campaigns.delivery.send import send_due
from mailcrm.campaigns.delivery.transport import SmtpTransport, Transport
from mailcrm.config import Account
from mailcrm.errors import ConfigError, MailcrmError, PermanentError
from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import FreshTokenRefused, Suspended, TokenExpired, open_mailbox
from mailcrm.ingest.imap.watch import watch_account
from mailcrm.log import get_logger
from mailcrm.model.account import AccountState
from mailcrm.model.backoff import account_delay, login_delay
from mailcrm.model.provider import provider_for_host
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, mailbox_login, sync_job, token_source
from mailcrm.service.app import App
from mailcrm.service.guard import Guard
from mailcrm.service.jobs import clock_works
from mailcrm.service.leases import Claim, Work
from mailcrm.service.retry import store_retry
from mailcrm.service.senders import sender_job, smtp_login
from mailcrm.store import leases, sync_state
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("watch")
_PARKED_LOOK = timedelta(minutes=1)
_EXPIRY_SECONDS = 60.0
"""Tokens do not live shorter: a server that ends sessions faster means something else."""

_log = get_logger("mailcrm.service")


def all_works(app: App, worker: str, chance: Random) -> dict[str, Work]:
    """Everything this configuration asks for, by name."""
    works = clock_works(app)
    for account in app.config.accounts:
        works.append(_watch(app, account, chance))
        if account.smtp is not None or account.name in app.transports:
            works.append(_sender(app, account, worker))
    return {work.name: work for work in works}


# --- mailboxes ---------------------------------------------------------------------------------------------------


def _watch(app: App, account: Account, chance: Random) -> Work:
    last_expiry = -math.inf

    def run(claim: Claim) -> timedelta:
        nonlocal last_expiry
        row = account_row(app.store, account.name)
        if row.state != AccountState.ACTIVE:
            return _PARKED_LOOK
        try:
            _watch_once(app, account, row, claim)
        except MailcrmError as exc:
            before, last_expiry = last_expiry, time.monotonic() if isinstance(exc, TokenExpired) else last_expiry
            if last_expiry - before > _EXPIRY_SECONDS:  # as it does each hour: not a failure
                return timedelta(0)
            return _note_failure(app, account, row, exc, chance)
        return timedelta(0)

    return Work(f"mailbox:{account.name}", "mailbox", run)


def _watch_once(app: App, account: Account, row: AccountRow, claim: Claim) -> None:
    def progress(_report: PassReport) -> None:
        app.signals.filed.set()

    def passed(report: PassReport) -> None:
        with app.store.write(_ACTOR) as session:
            if not report.failures:
                sync_state.note_success(session, row.id, app.clock())
        if report.headers or report.bodies:
            _log.info(
                "mailbox read", account=account.name, mails=report.headers, bodies=report.bodies, skipped=report.skipped
            )

    login = mailbox_login(app, account)
    with open_mailbox(login, wake=claim.wake) as mailbox, closing(Guard()) as parse:
        watch_account(
            mailbox,
            app.store,
            lambda: sync_job(app, account, account_row(app.store, account.name)),
            app.clock,
            parse=parse,
            retry=store_retry,
            poll_seconds=app.config.sync.poll_seconds,
            stopped=lambda: not claim.ok(),
            progress=progress,
            passed=passed,
        )


def _note_failure(app: App, account: Account, row: AccountRow, exc: MailcrmError, chance: Random) -> timedelta:
    """When to try again: at once after this machine slept, else doubling, or for a refused login never, until a human
    says `accounts resume`."""
    if isinstance(exc, Suspended):  # nobody's fault, and mail may have waited for hours
        return timedelta(0)
    fails = account_row(app.store, account.name).fail_count + 1
    wait = _refusal_wait(account.imap.host, fails, exc) if _is_final(exc) else account_delay(fails, chance)
    due = None if wait is None else app.clock() + wait
    with app.store.write(_ACTOR) as session:
        sync_state.note_failure(session, row.id, str(exc), due, parked=wait is None)
    if wait is None:
        _log.error(
            "mailbox parked", account=account.name, reason=str(exc), next=f"mailcrm accounts resume {account.name}"
        )
        return _PARKED_LOOK
    _log.warning("mailbox not read", account=account.name, reason=str(exc), again_in=round(wait.total_seconds()))
    return wait


def _is_final(exc: MailcrmError) -> bool:
    return isinstance(exc, PermanentError | ConfigError)


def _refusal_wait(host: str, fails: int, exc: MailcrmError) -> timedelta | None:
    """Some providers give one error for wrong password, rate limit and busy: those get three tries (ingest.md A7).

    So does a token that was just made: the authorization server has said that the sign-in is right.
    """
    provider = provider_for_host(host)
    ambiguous = provider is not None and provider.ambiguous_login
    return login_delay(fails) if ambiguous or isinstance(exc, FreshTokenRefused) else None


# --- senders -----------------------------------------------------------------------------------------------------


def _sender(app: App, account: Account, worker: str) -> Work:
    def run(claim: Claim) -> timedelta:
        row = account_row(app.store, account.name)
        if row.state != AccountState.ACTIVE:
            return _PARKED_LOOK
        try:
            _send_until_stopped(app, account, row, f"{worker}/{account.name}", claim)
        except (PermanentError, ConfigError) as exc:
            return _note_refusal(app, account, row, exc, claim)
        return timedelta(0)

    return Work(f"sender:{account.name}", "sender", run)


def _send_until_stopped(app: App, account: Account, row: AccountRow, owner: str, claim: Claim) -> None:
    with ThreadPoolExecutor(1, thread_name_prefix=f"commit-{account.name}") as executor:
        asyncio.run(
            send_due(
                app.store,
                sender_job(app, account, row, owner),
                transport_of(app, account),
                app.clock,
                executor,
                stopped=lambda: not claim.ok(),
                retry=store_retry,
            )
        )


def _note_refusal(app: App, account: Account, row: AccountRow, exc: MailcrmError, claim: Claim) -> timedelta:
    """When to sign in again, like a mailbox: by itself only where the refusal is ambiguous; too many close an account.

    Tries are counted on the lease: those of the account's row are the mailbox's, and each of its passes ends them.
    """
    with app.store.read() as session:
        fails = next(lease.fail_count for lease in leases.list_leases(session) if lease.name == claim.name) + 1
    wait = _refusal_wait(account.smtp.host, fails, exc) if account.smtp else None
    if wait is not None:
        claim.failed, claim.error = True, str(exc)
        _log.warning("cannot send", account=account.name, reason=str(exc), again_in=round(wait.total_seconds()))
        return wait
    with app.store.write(_ACTOR) as session:
        sync_state.note_failure(session, row.id, str(exc), None, parked=True)
    _log.error("sender parked", account=account.name, reason=str(exc), next=f"mailcrm accounts resume {account.name}")
    return _PARKED_LOOK


def transport_of(app: App, account: Account) -> Transport:
    """The account's way out. Raises ConfigError."""
    token = token_source(app.config, account, app.store, app.clock)
    return app.transports.get(account.name) or SmtpTransport(smtp_login(app.config, account, token))
