"""What is being asked for in a folder, noted before: who dies over a message leaves a trace of which ones it may be."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderRef, Tried
from mailcrm.store.rows.account import Folder


def note_try(session: Session, folder: FolderRef, first: int, last: int) -> Tried:
    """The UIDs first..last are asked for now; the same ones once more is one try more. Returns what is noted."""
    row = session.get_one(Folder, folder.id)
    again = (row.tried_first, row.tried_last) == (first, last)
    row.tried_first, row.tried_last, row.tries = first, last, row.tries + 1 if again else 1
    session.flush()
    return Tried(first, last, row.tries)


def note_asked(session: Session, folder: FolderRef, first: int, last: int) -> None:
    """The UIDs first..last are being asked for, for the first time."""
    values = {"tried_first": first, "tried_last": last, "tries": 1}
    session.execute(update(Folder).where(Folder.id == folder.id).values(values))


def last_try(session: Session, folder: FolderRef) -> Tried | None:
    """What was asked for and did not come to its end; None if all did."""
    row = session.get_one(Folder, folder.id)
    return Tried(row.tried_first, row.tried_last, row.tries) if row.tries else None


def forget_try(session: Session, folder: FolderRef) -> None:
    """What was asked for is filed, in this transaction."""
    session.execute(
        update(Folder).where(Folder.id == folder.id, Folder.tries > 0).values(tried_first=0, tried_last=0, tries=0)
    )
