"""Server UIDs that we know: each stands in a location, a skip or the quarantine (decisions.md 20)."""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlalchemy.orm import Session

from mailcrm.model.folder import FolderRef
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import MessageLocation, MessageSkip, SyncQuarantine

Kept: TypeAlias = type[MessageLocation] | type[MessageSkip] | type[SyncQuarantine]

KEPT: tuple[Kept, ...] = (MessageLocation, MessageSkip, SyncQuarantine)
"""The three tables."""


def here(kept: Kept, folder: FolderRef, generation: int) -> ColumnElement[bool]:
    """The rows of a folder, of one generation of its UIDs."""
    return and_(kept.folder_id == folder.id, kept.generation == generation)


def known_uids(session: Session, kept: Kept, folder: FolderRef, generation: int, uids: Sequence[int]) -> set[int]:
    """Those of `uids` that are in this table already."""
    return {row[0] for row in rows_in(session, _known(kept), uids, at=folder.id, numbered=generation)}


@cache
def _known(kept: Kept) -> Lookup:
    at = and_(kept.folder_id == bindparam("at"), kept.generation == bindparam("numbered"))
    return Lookup(select(kept.uid).where(at), kept.uid)


def unknown_uids(session: Session, folder: FolderRef, generation: int, uids: Sequence[int]) -> list[int]:
    """Those of `uids` that are in none of the three tables."""
    missing = set(uids)
    for kept in KEPT:
        missing -= known_uids(session, kept, folder, generation, uids)
    return sorted(missing)
