"""Bytes kept by their SHA-256: compressed in a row up to 100 kB, in a file beyond that (decisions.md 10).

A file is complete on disk before the transaction that names it begins to commit; what a crash leaves unnamed is
swept by a daily job.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from stat import S_ISREG

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from mailcrm.model.filing import StagedBlob
from mailcrm.model.message import BodyState
from mailcrm.store.bulk import insert_rows, portions, rows_in
from mailcrm.store.context import context_of
from mailcrm.store.packing import file_pieces, read_file, unpack
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.business import ActivityFileRow
from mailcrm.store.rows.mail import Attachment, Blob, BlobData, Message, MessageLocation, SyncQuarantine

_MOST = 10_000
"""Rows dropped by one sweep: it is one transaction, and others want to write, too."""

_NAME = re.compile(r"[0-9a-f]{64}(?=$|\.)")  # drafts go on with a dot


def put(session: Session, staged: Sequence[StagedBlob]) -> None:
    """Keep staged bytes, each once however often they come."""
    wanted = {blob.sha256: blob for blob in staged}
    # Locked, so that a sweep elsewhere cannot take what is about to be named.
    known = {row[0] for row in rows_in(session, _locked(), sorted(wanted))}
    new = [wanted[digest] for digest in sorted(wanted.keys() - known)]
    rows = [{"sha256": b.sha256, "size": b.size, "place": "file" if b.packed is None else "db"} for b in new]
    insert_rows(session, Blob, rows)
    insert_rows(session, BlobData, [{"sha256": b.sha256, "data": b.packed} for b in new if b.packed is not None])


@cache
def _locked() -> Lookup:
    return Lookup(select(Blob.sha256).order_by(Blob.sha256).with_for_update(read=True, key_share=True), Blob.sha256)


def get(session: Session, digest: str) -> bytes | None:
    """The bytes behind a SHA-256, None if they are not kept."""
    blob = session.get(Blob, digest) if _NAME.fullmatch(digest) else None
    if blob is None:
        return None
    if blob.place == "db":
        packed = session.execute(select(BlobData.data).where(BlobData.sha256 == digest)).scalar_one()
    else:
        packed = read_file(context_of(session).blob_dir, digest)
    return unpack(packed, blob.size)


def pieces(session: Session, digest: str) -> Iterator[bytes] | None:
    """The same in pieces, none of which is large; None if they are not kept. They may be read after the session."""
    blob = session.get(Blob, digest) if _NAME.fullmatch(digest) else None
    if blob is not None and blob.place != "db":
        return file_pieces(context_of(session).blob_dir, digest)
    data = get(session, digest)
    return None if data is None else iter([data])


def _used(digest: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    opened = exists().where(  # of a whole mail they are inside its bytes
        Attachment.sha256 == digest, Message.id == Attachment.message_id, Message.body_state == BodyState.PARTIAL
    )
    whole = exists().where(MessageLocation.raw_sha256 == digest)
    by_hand = exists().where(ActivityFileRow.sha256 == digest)
    return whole | exists().where(SyncQuarantine.raw_sha256 == digest) | opened | by_hand


def sweep(session: Session, root: Path, older_than: float) -> tuple[int, int]:
    """Drop blobs that nothing names and files that no row names and whose mtime is before `older_than` (Unix seconds).

    Files that are not ours are left alone. Returns (rows dropped, files dropped).
    """
    unused = select(Blob.sha256).where(~_used(Blob.sha256)).limit(_MOST)
    orphans = list(session.execute(unused.with_for_update(skip_locked=True)).scalars())
    for part in portions(orphans):
        session.execute(delete(BlobData).where(BlobData.sha256.in_(part)))
        session.execute(delete(Blob).where(Blob.sha256.in_(part)))
    return len(orphans), _sweep_files(session, root, older_than)


def _sweep_files(session: Session, root: Path, older_than: float) -> int:
    old = [path for path in sorted(root.glob("??/*")) if _NAME.match(path.name) and _is_old(path, older_than)]
    dropped = 0
    for part in portions(old):
        query = select(Blob.sha256).where(Blob.sha256.in_([path.name for path in part]))
        named = set(session.execute(query).scalars())
        for path in part:
            if path.name not in named and _is_old(path, older_than):  # looked at again: `stage` may want it now
                path.unlink(missing_ok=True)
                dropped += 1
    return dropped


def _is_old(path: Path, older_than: float) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:  # a draft that just became a file
        return False
    return S_ISREG(found.st_mode) and found.st_mtime < older_than
