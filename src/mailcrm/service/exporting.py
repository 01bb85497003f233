"""Exporting customers: chosen by a segment, read in portions, written to a file that is whole or not there, and logged."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcrm.exchange.writing.files import ExportFormat, write_file
from mailcrm.exchange.writing.sheets import SheetName
from mailcrm.model.record import CustomerRecord
from mailcrm.model.rights import Actor, Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.service.app import App
from mailcrm.store import own_fields, segments
from mailcrm.store.exports import log
from mailcrm.store.exports.records import select_records

Progress = Callable[[int, int], None]
"""Told how many customers are written, and of how many."""

EVERYBODY = "state in (active, candidate, archived)"
"""Also who is no customer yet, and who is no more: to leave with."""

_PORTION = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export. `segment` is an expression ('' = all customers), `sheet` the table of a CSV or Parquet file. `receiver`
    and `reason` go into the log."""

    form: ExportFormat
    segment: str = ""
    sheet: SheetName = SheetName.CUSTOMERS
    sensitive: bool = False
    bom: bool = False
    receiver: str = ""
    reason: str = ""


def export_people(
    app: App, actor: Actor, viewer: Viewer, path: Path, wanted: Wanted, progress: Progress
) -> log.ExportLine:
    """Write the file, and note it in the log. Raises SegmentError, and UserError where it cannot be written."""
    segment = parse_segment(wanted.segment or "all")
    with app.store.read() as session:
        roots = segments.select_parties(session, segment, app.clock())
        hidden = frozenset() if wanted.sensitive else own_fields.sensitive_fields(session)
        own = [name for name in own_fields.own_fields(session, archived=False) if name not in hidden]
    records = _records(app, viewer, roots, progress, sensitive=wanted.sensitive)
    done = write_file(path, wanted.form, records, sheet=wanted.sheet, own=own, bom=wanted.bom)
    with app.store.write(actor) as session:
        what = "people" if wanted.sheet is SheetName.CUSTOMERS else wanted.sheet.value
        log.note_export(
            session, what, wanted.form.value, wanted.segment, done.rows, done.sha256, app.clock(),
            receiver=wanted.receiver, reason=wanted.reason,
        )  # fmt: skip
        [line] = log.list_exports(session, 1)
    return line


def _records(
    app: App, viewer: Viewer, roots: Sequence[int], progress: Progress, *, sensitive: bool
) -> Iterator[CustomerRecord]:
    """Each portion is read for itself, so that a long export holds no long transaction."""
    for start in range(0, len(roots), _PORTION):
        with app.store.read() as session:
            part = list(select_records(session, roots[start : start + _PORTION], viewer, sensitive=sensitive))
        yield from part
        progress(min(start + _PORTION, len(roots)), len(roots))
