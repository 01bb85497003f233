"""Watches one mailbox: a pass, then waiting for new mail, then a pass again, on one connection.

IDLE on INBOX where the server offers it, woken each minute for the other folders, and at once where it offers NOTIFY;
else a poll each minute.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailcrm.clock import Clock
from mailcrm.ingest.given import Parse, Retry
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.labels import folders_to_read
from mailcrm.ingest.imap.mailbox import Change, CommandRefused, Mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.store import Store, sync_state

if TYPE_CHECKING:
    from mailcrm.ingest.filing import Ahead


def watch_account(
    mailbox: Mailbox,
    store: Store,
    job: Callable[[], SyncJob],
    clock: Clock,
    *,
    parse: Parse,
    ahead: "Ahead | None" = None,
    retry: Retry,
    poll_seconds: float,
    stopped: Callable[[], bool],
    progress: Callable[[PassReport], None],
    passed: Callable[[PassReport], None],
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Until `stopped`; `passed` is called after each pass, `job` before each: a human may have changed the rules. While
    `enough`, only new mail is read.

    Raises what `sync_account` raises.
    """
    inbox, notified = _where_mail_comes(mailbox, job())
    again = False
    while not stopped():
        rules = job()
        report = sync_account(
            mailbox, store, rules, clock, parse=parse, ahead=ahead, retry=retry, stopped=stopped, progress=progress,
            enough=enough,
        )  # fmt: skip
        passed(report)
        if stopped():
            return
        more = inbox is not None and _has_more(mailbox, store, rules, inbox)
        # Of a folder that was open we may not have been notified: one more look, a round trip, at all of them. One with
        # old mail that waits for tomorrow is opened each time, so there only if something came.
        looked_into = report.unchanged < report.folders and (report.headers > 0 or not report.paused)
        more = more or (notified and looked_into)
        # Once and no more: a folder that fails, or whose numbers never agree, must not keep us running in circles.
        again = more and not report.failures and (not again or report.headers > 0)
        if not again and mailbox.wait_for_change(poll_seconds) is Change.WOKEN:
            return


def _where_mail_comes(mailbox: Mailbox, job: SyncJob) -> tuple[FolderInfo | None, bool]:
    """The folder to wait in: INBOX, or the one that is read in its place (Gmail's "All Mail"); and whether the server
    tells of the others that are read."""
    listed = mailbox.list_folders()
    read = folders_to_read(listed, job.leave_out, labels=mailbox.labels)
    notified = mailbox.notify({info.name_raw for info in listed if info not in read})
    role = FolderRole.ALL if mailbox.labels and read and read[0].role is FolderRole.ALL else FolderRole.INBOX
    return next((info for info in listed if info.role == role), None), notified


def _has_more(mailbox: Mailbox, store: Store, job: SyncJob, inbox: FolderInfo) -> bool:
    """Opens the folder to wait there. Whether mail came since the pass: the server would not announce it again."""
    try:
        status = mailbox.examine(inbox)
    except CommandRefused:  # the pass has noted it, and read the other folders; they are read again in a minute
        return False
    with store.read() as session:
        folder = sync_state.find_folder(session, job.account_id, inbox.name)
        state = folder and sync_state.load_state(session, folder)
    return bool(state and status.uidnext is not None and status.uidnext > state.uid_high + 1)
