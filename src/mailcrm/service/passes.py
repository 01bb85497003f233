"""One pass over one mailbox, by hand: what the daemon does all the time, with progress and a result."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

from mailcrm.config import Account
from mailcrm.errors import LoginRefused, LoginUnclear, MailcrmError
from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import TokenExpired, open_mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, day_budget, mailbox_login, sync_job
from mailcrm.service.ahead import Ahead
from mailcrm.service.app import App
from mailcrm.service.consequences import draw_consequences
from mailcrm.service.guard import Guard
from mailcrm.service.holding import held
from mailcrm.service.meter import Meter
from mailcrm.store import sync_state
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("sync")


def sync_once(app: App, name: str, progress: Callable[[PassReport], None]) -> tuple[PassReport, int]:
    """Read everything that is new, and decide who became a customer. Returns both results.

    Raises NotFound, Conflict while the daemon reads the mailbox, and what `sync_account` raises; the account's row notes
    the last, too.
    """
    account, row = app.account(name), account_row(app.store, name)
    life = timedelta(seconds=app.config.service.lease_seconds)
    with held(app.store, f"mailbox:{name}", "mailbox", life):
        report = _read(app, account, row, progress)
    if report.headers:
        from mailcrm.service.reindex import index_waiting  # only now: most passes find nothing new

        index_waiting(app.store)
    return report, draw_consequences(app.store, app.clock)


def _read(app: App, account: Account, row: AccountRow, progress: Callable[[PassReport], None]) -> PassReport:
    try:
        return _pass(app, account, row, progress)
    except MailcrmError as exc:
        _note_failure(app, account, row, exc)
        raise


def _pass(app: App, account: Account, row: AccountRow, progress: Callable[[PassReport], None]) -> PassReport:
    """Over again from where it stood, as often as an OAuth token runs out on the way; what was filed stays filed."""
    read = threading.Event()

    def moved(report: PassReport) -> None:
        read.set()
        progress(report)

    while True:
        read.clear()
        try:
            return _on_one_connection(app, account, row, moved)
        except TokenExpired:
            if not read.is_set():  # it would end at once again
                raise


def _on_one_connection(
    app: App, account: Account, row: AccountRow, progress: Callable[[PassReport], None]
) -> PassReport:
    def moved(report: PassReport) -> None:
        meter.note(report)
        progress(report)

    with (
        open_mailbox(mailbox_login(app, account)) as mailbox,
        Meter(app.store, row, day_budget(account), app.clock, lambda: mailbox.received) as meter,
        closing(Guard()) as parse,
        closing(Ahead(app.store, parse)) as ahead,
    ):
        job = sync_job(app, account, row)
        report = sync_account(
            mailbox, app.store, job, app.clock, parse=parse, ahead=ahead, progress=moved, enough=meter.enough
        )
        _note_end(app, row, report, meter)
        return report


def _note_end(app: App, row: AccountRow, report: PassReport, meter: Meter) -> None:
    if report.complete or report.paused:
        with app.store.write(_ACTOR) as session:
            meter.save(session)
            sync_state.resume_account(session, row.id)  # somebody asked for this pass, and the login works
            sync_state.note_success(session, row.id, app.clock())


def _note_failure(app: App, account: Account, row: AccountRow, exc: MailcrmError) -> None:
    """By hand one may try as often as one likes: an unclear refusal is none of the three tries of the daemon."""
    if isinstance(exc, LoginRefused) and not isinstance(exc, LoginUnclear):
        from mailcrm.service.patience import login_digest  # only now: most passes work

        with app.store.write(_ACTOR) as session:
            sync_state.park_account(session, row.id, str(exc), login_digest(app, account))
        return
    with app.store.write(_ACTOR) as session:
        sync_state.note_failure(session, row.id, str(exc), None)
