"""Whether anything waits to be done: what a pass that finds no news asks before it ends.

The tables of mail are known here by their names alone: to load what maps their rows takes longer than such a pass.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Select, and_, column, or_, select, table
from sqlalchemy.orm import Session

from mailcrm.model.message import BodyState
from mailcrm.store.prepared import selection
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.base import EnumText, UtcMicros

WAITS = {1: timedelta(minutes=15), 2: timedelta(hours=1)}
"""After so many tries of what is in quarantine, how long until the next; who failed more often waits for a human."""

_LOCATION = table(
    "message_location", column("folder_id"), column("generation"), column("body_state", EnumText(BodyState))
)
_QUARANTINE = table(
    "sync_quarantine", column("folder_id"), column("generation"), column("attempts"), column("at", UtcMicros)
)
_SIGHTING = table("sighting", column("resolved_at"))
_PROFILE = table("identity_profile", column("stale", Boolean))
_THREAD = table("thread", column("stale", Boolean))


def folders_with_pending(session: Session, account_id: int) -> set[int]:
    """Ids of the account's folders in which bodies are still to be fetched."""
    here, its = _LOCATION.c, Folder.__table__.c
    query = (
        select(its.id)
        .join(_LOCATION, and_(here.folder_id == its.id, here.generation == its.generation))
        .where(its.account_id == account_id, here.body_state == BodyState.PENDING)
        .distinct()
    )
    return set(session.execute(query).scalars())


def folders_to_read(session: Session, account_id: int) -> set[int]:
    """Ids of the account's folders whose first reading has not come to its end."""
    its = Folder.__table__.c
    return set(session.execute(select(its.id).where(its.account_id == account_id, its.uid_floor > 0)).scalars())


def folders_with_retries(session: Session, account_id: int, now: datetime) -> set[int]:
    """Ids of the account's folders in which a try is due."""
    here, its = _QUARANTINE.c, Folder.__table__.c
    due = or_(*(and_(here.attempts == n, here.at <= now - wait) for n, wait in WAITS.items()))
    query = (
        select(its.id)
        .join(_QUARANTINE, and_(here.folder_id == its.id, here.generation == its.generation))
        .where(its.account_id == account_id, due)
        .distinct()
    )
    return set(session.execute(query).scalars())


def anything_unresolved(session: Session) -> bool:
    """Whether observations wait for the resolver."""
    return _is_any(session, _UNRESOLVED)


def anyone_new(session: Session) -> bool:
    """Whether parties wait to be compared with others."""
    return _is_any(session, _NEW)


def anything_stale(session: Session) -> bool:
    """Whether conversations have to be read anew."""
    return _is_any(session, _STALE)


def _is_any(session: Session, query: Select[Any]) -> bool:
    connection = session.connection()
    return bool(selection(connection.dialect, query).find(connection, {}))


_UNRESOLVED = select(_SIGHTING.c.resolved_at).where(_SIGHTING.c.resolved_at.is_(None)).limit(1)
_NEW = select(_PROFILE.c.stale).where(_PROFILE.c.stale.is_(True)).limit(1)
_STALE = select(_THREAD.c.stale).where(_THREAD.c.stale.is_(True)).limit(1)
