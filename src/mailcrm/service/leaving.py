"""Leaving: everything in files that other programs read, at any time and without asking anybody.

folder/ customers.json  customers.csv  customers.vcf  orders.csv  order lines.csv  payments.csv  timeline.csv
        mail/2026/2026-03-05 000123.eml  README.txt
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.exchange.writing.files import ExportFormat, open_whole
from mailcrm.exchange.writing.sheets import SheetName
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.app import App
from mailcrm.service.exporting import EVERYBODY, Wanted, export_people
from mailcrm.store.exports import log
from mailcrm.store.exports.mails import raw_pieces, select_mails

_MAILS = 200

Report = Callable[[str, int, int], None]
"""What is written, how much of it, and of how much (0: not known)."""

_README = """All that mailcrm knew, on {day}, in files that other programs read.

customers.json   every customer, candidate and archived one with all that is known of them, one JSON object a line.
                 `mailcrm import people customers.json` brings them into another archive of mailcrm.
customers.csv    the same as a table, for spreadsheets; customers.vcf as cards (vCard 4.0) for address books
addresses.csv, orders.csv, order lines.csv, payments.csv, timeline.csv   the other tables
mail/            {mails} mails as they came (.eml, RFC 5322), by year; every mail program opens them

{customers} customers. Mails of which only people and dates were kept have no file. Keys and passwords are in no file.
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What was written."""

    customers: int
    mails: int


def export_all(app: App, actor: Actor, viewer: Viewer, folder: Path, report: Report) -> Left:
    """Write everything that `viewer` may see into a new folder. Raises UserError where it is there already, or cannot be
    written; what was written until then stays, without the README."""
    try:
        folder.mkdir(mode=0o700)
    except OSError as exc:
        raise UserError(f"{folder} cannot be made: {exc.strerror}; name a folder that is not there yet") from exc
    customers = _files(app, actor, viewer, folder, report)
    mails = _mails(app, viewer, folder / "mail", report)
    text = _README.format(day=f"{app.clock():%Y-%m-%d %H:%M} UTC", mails=mails, customers=customers)
    with open_whole(folder / "README.txt") as file:
        file.write(text.encode())
    with app.store.write(actor) as session:
        log.note_export(session, "all", "files", "", customers + mails, "", app.clock())
    return Left(customers, mails)


def _files(app: App, actor: Actor, viewer: Viewer, folder: Path, report: Report) -> int:
    wanted = [
        ("customers.json", Wanted(ExportFormat.JSON, EVERYBODY, sensitive=True)),
        ("customers.vcf", Wanted(ExportFormat.VCARD, EVERYBODY)),
        *((f"{sheet.value}.csv", Wanted(ExportFormat.CSV, EVERYBODY, sheet, bom=True)) for sheet in SheetName),
    ]
    count = 0
    for name, each in wanted:
        line = export_people(
            app, actor, viewer, folder / name, each, lambda done, total, name=name: report(name, done, total)  # type: ignore[misc]
        )  # fmt: skip
        count = line.rows if name == "customers.json" else count
    return count


def _mails(app: App, viewer: Viewer, folder: Path, report: Report) -> int:
    """One file each, named by its day and number."""
    done, last = 0, 0
    while True:
        with app.store.read() as session:
            mails = select_mails(session, viewer, last, _MAILS)
            for mail in mails:
                year = folder / f"{mail.at:%Y}"
                year.mkdir(mode=0o700, parents=True, exist_ok=True)
                with open_whole(year / f"{mail.at:%Y-%m-%d} {mail.id:06}.eml") as file:
                    for piece in raw_pieces(session, mail):
                        file.write(piece)
        if not mails:
            return done
        done, last = done + len(mails), mails[-1].id
        report("mails", done, 0)
