"""Folders that got another name: their rows follow by the id that a server gives a folder for ever (RFC 8474)."""

from collections import Counter
from collections.abc import Sequence, Set

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.store.rows.account import Folder
from mailcrm.store.sync_state import folder_name, marked_name


def follow_renames(session: Session, account_id: int, listed: Sequence[tuple[FolderInfo, str]]) -> int:
    """Rows take the names of `listed` (folder, MAILBOXID), cursor and all; returns how many got another one.

    A row of a folder that is no more gives up its name with a mark. Ids that are not one of a kind mean nothing.
    """
    rows = list(session.execute(select(Folder).where(Folder.account_id == account_id)).scalars())
    listings, owners = Counter(mailboxid for _, mailboxid in listed), Counter(row.mailboxid for row in rows)
    imported = {row.name for row in rows if row.role == FolderRole.IMPORT}
    names = {
        mailboxid: _free_name(info, imported)
        for info, mailboxid in listed
        if mailboxid and listings[mailboxid] == owners[mailboxid] == 1
    }
    moves = {row: names[row.mailboxid] for row in rows if row.mailboxid in names}
    moves = {row: name for row, name in moves.items() if row.name != name}
    if not moves:
        return 0
    for row in moves:
        row.name = f"#{row.id}"  # names are unique, and folders may have swapped theirs
    session.flush()
    taken = {row.name: row for row in rows if row not in moves}
    for row, name in moves.items():
        other = taken.get(name)
        if other is not None:
            other.name = marked_name(name, f"{other.mailboxid} {other.id}")
            session.flush()
        row.name = name
    session.flush()
    return len(moves)


def _free_name(info: FolderInfo, imported: Set[str]) -> str:
    """The name of a folder, with a mark where an imported one is called so: that keeps its name."""
    name = folder_name(info)
    return marked_name(name, info.name_raw) if name in imported else name
