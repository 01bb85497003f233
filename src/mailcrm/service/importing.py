"""Import of mail from files into the mailbox of an account, beside a running daemon."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.ingest.files.report import ImportReport
from mailcrm.ingest.files.source_pass import SourcePass
from mailcrm.ingest.files.sources import find_sources
from mailcrm.model.account import Capture
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, sync_job
from mailcrm.service.ahead import Ahead
from mailcrm.service.app import App
from mailcrm.service.consequences import draw_consequences
from mailcrm.service.guard import Guard
from mailcrm.service.holding import held
from mailcrm.service.retry import store_retry
from mailcrm.store import audit


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import: whose mail it is, how much of it is kept, the counts, and how many became customers."""

    account: str
    capture: Capture
    report: ImportReport
    customers: int


def account_to_import_into(app: App, name: str | None) -> str:
    """The account that was named, or the only one. Raises NotFound and UserError."""
    if name is not None:
        return app.account(name).name
    names = [account.name for account in app.config.accounts]
    if not names:
        raise UserError("no accounts are configured; `mailcrm init` adds one: mail must belong to somebody")
    if len(names) > 1:
        raise UserError(f"say whose mail it is with --account NAME; the accounts are: {', '.join(names)}")
    return names[0]


def import_mail(
    app: App, actor: Actor, path: Path, name: str | None, progress: Callable[[ImportReport], None]
) -> ImportResult:
    """File the mail at `path` as mail of an account, and decide who became a customer.

    What an earlier import of the same files did is not done again. Raises UserError where there is no mail or no such
    account, Conflict while another import into the account runs, and StoreBusy; what was filed before stays filed.
    """
    account = app.account(account_to_import_into(app, name))
    row = account_row(app.store, account.name)
    found = find_sources(path, account.leave_out_folders)
    report = ImportReport(folders_left_out=found.left_out, other_files=found.other_files, failures=list(found.failures))
    job = sync_job(app, account, row)
    life = timedelta(seconds=app.config.service.lease_seconds)
    with (
        held(app.store, f"import:{account.name}", "import", life, "mailcrm import"),
        closing(Guard()) as parse,
        closing(Ahead(app.store, parse)) as ahead,
    ):
        one = SourcePass(app.store, job, app.clock, parse, store_retry, progress, report, ahead=ahead)
        for source in found.sources:
            one.run(source)
    customers = draw_consequences(app.store, app.clock)
    if report.read:
        with app.store.write(actor) as session:
            audit.append_audit(
                session, "import.mail", f"account:{row.id}", app.clock(), new=report.new, known=report.known,
                left_out=sum(report.left_out.values()), quarantined=report.quarantined,
            )  # fmt: skip
    return ImportResult(account.name, row.policy.capture, report, customers)
