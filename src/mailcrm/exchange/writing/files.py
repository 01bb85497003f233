"""Exports as files that are whole or not there: the shell of `exchange.writing`."""

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, TextIO

from mailcrm.errors import UserError
from mailcrm.exchange.writing.card import CardVersion, write_cards
from mailcrm.exchange.writing.delimited import write_csv
from mailcrm.exchange.writing.json_lines import write_json_lines
from mailcrm.exchange.writing.parquet import arrow_tables, write_parquet
from mailcrm.exchange.writing.sheets import SheetName, all_sheets
from mailcrm.model.record import CustomerRecord

_BLOCK = 1024 * 1024


class ExportFormat(StrEnum):
    """What `--format` takes."""

    CSV = "csv"
    XLSX = "xlsx"
    VCARD = "vcard"
    JSON = "json"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Written:
    """What the log of exports keeps of a file: its rows (customers in JSON and vCard) and the SHA-256 of its bytes."""

    rows: int
    sha256: str


def write_file(
    path: Path,
    wanted: ExportFormat,
    records: Iterable[CustomerRecord],
    *,
    sheet: SheetName = SheetName.CUSTOMERS,
    own: Sequence[str] = (),
    bom: bool = False,
    card: CardVersion = CardVersion.V4,
) -> Written:
    """`records` as a file at `path`, which is only replaced when all of it is on the disk. `sheet` is the table that CSV and
    Parquet hold, `own` the team's own fields that get columns. Raises UserError where the file cannot be written."""
    with open_whole(path) as file:
        if wanted is ExportFormat.CSV:
            table = next(each for each in all_sheets(own) if each.name is sheet)
            rows = _as_text(file, lambda text: write_csv(text, table, records, bom=bom))
        elif wanted is ExportFormat.JSON:
            rows = _as_text(file, lambda text: write_json_lines(text, records))
        elif wanted is ExportFormat.VCARD:
            rows = write_cards(file, records, card)
        elif wanted is ExportFormat.PARQUET:
            rows = write_parquet(file, next(each for each in arrow_tables(own) if each.name is sheet), records)
        else:
            from mailcrm.exchange.writing.workbook import write_workbook  # a tenth of a second that the others save

            rows = write_workbook(file, all_sheets(own), records)[SheetName.CUSTOMERS]
        file.flush()
        file.seek(0)
        digest = _digest(file)
    return Written(rows, digest)


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when the block ends well; otherwise nothing is left behind, and what was there stays.

    It can be read by its owner only, for it holds customers. Raises UserError for a full disk or a folder that cannot be
    written to.
    """
    try:
        with NamedTemporaryFile("w+b", dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                yield file  # type: ignore[misc]
                file.flush()
                os.fsync(file.fileno())
                part.replace(path)
            except BaseException:
                with suppress(FileNotFoundError):
                    part.unlink()
                raise
    except OSError as exc:
        raise UserError(
            f"{path} cannot be written: {exc.strerror or exc}; nothing was left behind. Free some space or name another place"
        ) from exc


def _as_text(file: BinaryIO, write: Callable[[TextIO], int]) -> int:
    """What `write` writes as UTF-8. The file stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        return write(text)
    finally:
        text.detach()


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
