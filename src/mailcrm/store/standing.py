"""How the folders of an account stand: read all at once, for most passes find nothing new in a hundred of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole, SyncState
from mailcrm.model.text import clean_text
from mailcrm.store.bulk import portions
from mailcrm.store.rows.account import Folder
from mailcrm.store.sync_state import folder_name, marked_name, new_folder, state_of


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last pass left: the cursor (None before the first), how many mails the server held and how many of them
    we know of, by which rules they were judged, but for those below `judged_down_to`, and when flags and deletions were
    last looked at."""

    ref: FolderRef
    state: SyncState | None
    server_count: int
    counted: int
    judged_by: int
    judged_down_to: int
    settled_at: datetime | None


def ensure_folders(
    session: Session, account_id: int, listed: Sequence[FolderInfo], there: Sequence[FolderInfo] | None = None
) -> tuple[list[Standing], list[tuple[FolderRef, int]]]:
    """The rows of folders on the server, in their order, made where one is seen for the first time.

    And, each with its generation, the folders that are not among those `there` (all that the server has; None where it does
    not say that for sure), and of which that is not noted yet.
    """
    known = {row.name: row for row in session.execute(select(Folder).where(Folder.account_id == account_id)).scalars()}
    rows = []
    for info in listed:
        name = folder_name(info)
        if name in known and known[name].role == FolderRole.IMPORT:
            name = marked_name(name, info.name_raw)
        if name not in known:
            known[name] = new_folder(account_id, name)
            session.add(known[name])
        known[name].name_raw, known[name].role = clean_text(info.name_raw), info.role
        if known[name].gone_at is not None:
            known[name].gone_at = known[name].settled_at = None  # whatever its numbers say, it is looked into
        rows.append(known[name])
    session.flush()
    standings = [
        Standing(
            ref=FolderRef(row.id, account_id, row.name), state=state_of(row), server_count=row.server_count,
            counted=row.counted, judged_by=row.judged_by, judged_down_to=row.judged_down_to,
            settled_at=row.settled_at,
        )
        for row in rows
    ]  # fmt: skip
    return standings, [] if there is None else _missed(account_id, known.values(), there)


def _missed(account_id: int, rows: Iterable[Folder], there: Sequence[FolderInfo]) -> list[tuple[FolderRef, int]]:
    names = {folder_name(info) for info in there}
    names |= {marked_name(folder_name(info), info.name_raw) for info in there}  # beside an imported one
    return [
        (FolderRef(row.id, account_id, row.name), row.generation)
        for row in rows
        if row.role != FolderRole.IMPORT and row.gone_at is None and row.name not in names
    ]


def left_to_judge(session: Session, folder: FolderRef) -> int:
    """Mail with a UID below this one is still to be looked at again by the rules that hold; 0 if none is."""
    return session.get_one(Folder, folder.id).judged_down_to


def note_gone(session: Session, folder: FolderRef, now: datetime) -> None:
    """The server has no such folder any more, and its copies are marked so."""
    row = session.get_one(Folder, folder.id)
    row.gone_at, row.server_count, row.counted, row.tries, row.last_error = now, 0, 0, 0, ""


def note_unchanged(session: Session, folders: Sequence[FolderRef], now: datetime) -> None:
    """A pass found these as the last complete one left them."""
    for some in portions([folder.id for folder in folders]):
        mine = update(Folder).where(Folder.id.in_(some))
        session.execute(mine.values(last_error="", last_ok_at=now).execution_options(synchronize_session=False))
