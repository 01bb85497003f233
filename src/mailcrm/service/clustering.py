"""`mailcrm identity cluster`: a sheet of sightings in, who of them is one person out. No store, no configuration.

Comma-separated files; semicolons and tabs are read, too. In: `record_id`, and any of source, name, email, phone, company,
title, birth_date, customer_no, seen (other columns are left alone). Out: `record_id,cluster_id`, in the order of the sheet; a
cluster is called by its first record. Review: `record_id_a,record_id_b,bits,evidence`, the likeliest pair first.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.identity.cluster import Clusters, cluster
from mailcrm.identity.evidence import Score, weigh
from mailcrm.identity.features import Record
from mailcrm.identity.pairs import Finder, pairs_in_memory
from mailcrm.model.identity import Backend

_COLUMNS = {"id": "record_id"}
_SEPARATORS = (",", ";", "\t")
_ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST_FIELD = 1 << 20


@dataclass(frozen=True)
class ClusterReport:
    """Counts of one run. `capped` keys were shared by too many to compare each with each, the largest first."""

    records: int
    clusters: int
    joined: int
    review: int
    compared: int
    capped: Sequence[tuple[str, int]]


def cluster_file(
    source: Path,
    target: Path,
    review: Path | None,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _of: None,
    backend: Backend = Backend.PYTHON,
) -> ClusterReport:
    """Read `source`, write `target` and `review`. Raises UserError if a file cannot be read, written or understood, or the back
    end is not installed."""
    targets = [each.resolve() for each in (source, target, review) if each is not None]
    if len(set(targets)) < len(targets):
        raise UserError("--in, --out and --review must be different files: the sheet itself is not changed")
    records = read_records(source)
    found = cluster(records, progress, _finder(backend))
    groups = [[record.id, records[at].id] for record, at in zip(records, found.group_of, strict=True)]
    _write(target, ("record_id", "cluster_id"), groups)
    if review is not None:
        _write(review, ("record_id_a", "record_id_b", "bits", "evidence"), _review_rows(records, found))
    clusters = len(set(found.group_of))
    capped = [(" ".join(key), size) for key, size in found.capped]
    return ClusterReport(len(records), clusters, len(records) - clusters, len(found.review), found.compared, capped)


def _finder(backend: Backend) -> Finder:
    if backend is Backend.PYTHON:
        return pairs_in_memory
    from mailcrm.identity.by_splink import pairs_by_splink

    return pairs_by_splink


def read_records(source: Path) -> list[Record]:
    """The sightings of a sheet, in UTF-8 or GB18030. Raises UserError."""
    text = _text(source)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=_separator(text))
    columns = {_COLUMNS.get(each.name, each.name): each.name for each in fields(Record)}
    try:
        if "record_id" not in (rows.fieldnames or ()):
            raise UserError(
                f"{source} has no column record_id; its first line must name the columns: {', '.join(columns)}"
            )
        records = [
            Record(**{ours: (row.get(theirs) or "").strip() for theirs, ours in columns.items()}) for row in rows
        ]
    except csv.Error as exc:
        raise UserError(f"{source}, line {rows.line_num}: {exc}") from exc
    seen: set[str] = set()
    for line, record in enumerate(records, start=2):
        if not record.id or record.id in seen:
            wrong = f"record_id {record.id!r} is there twice" if record.id else "record_id is empty"
            raise UserError(f"{source}, row {line}: {wrong}")
        seen.add(record.id)
    return records


def _separator(text: str) -> str:
    """What stands between the columns: a comma, or what a spreadsheet of another country writes in its place."""
    head = text.partition("\n")[0]
    return next((mark for mark in _SEPARATORS if "record_id" in _cells(head, mark)), ",")


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]


def _text(source: Path) -> str:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        data = source.read_bytes()
    except OSError as exc:
        raise UserError(f"cannot read {source}: {exc.strerror or exc}") from exc
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError(f"{source} is neither UTF-8 nor GB18030; save it as CSV in UTF-8")


def _review_rows(records: Sequence[Record], found: Clusters) -> Iterable[Sequence[str]]:
    for pair in found.review:
        score = weigh(found.features[pair.one], found.features[pair.other], found.world)
        asked = f"; not joined, since together they would have {pair.refused}" if pair.refused else ""
        yield records[pair.one].id, records[pair.other].id, f"{score.bits:.2f}", said(score) + asked


def said(score: Score) -> str:
    """The evidence in one line; the numbers add up to the bits, but for rounding."""
    return "; ".join(f"{line.what} {line.bits:+.2f}" for line in score.lines)


def _write(target: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """All of it or nothing: what was there before stays until all is written."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            sheet = csv.writer(file, lineterminator="\n")
            sheet.writerow(head)
            sheet.writerows(rows)
        draft.replace(target)
    except OSError as exc:
        draft.unlink(missing_ok=True)
        raise UserError(f"cannot write {target}: {exc.strerror or exc}") from exc
