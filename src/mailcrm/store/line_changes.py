"""Who changed what of an order or an activity: what was before and after, by its line on the timeline; and versions that tell
two people apart who change it at once."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict
from mailcrm.model.interaction import ChangeLine
from mailcrm.store.bulk import insert_rows
from mailcrm.store.context import actor_name
from mailcrm.store.rows.business import InteractionChange


def note_line_changes(
    session: Session, interaction_id: int, changed: Mapping[str, tuple[str, str]], version: int, now: datetime
) -> None:
    """Write down what each field held before and holds now. `version` is the row version with it."""
    by = actor_name(session)
    rows = [
        {
            "interaction_id": interaction_id, "field": field, "before": before, "after": after,
            "at": now, "by": by, "version": version,
        }
        for field, (before, after) in changed.items()
    ]  # fmt: skip
    insert_rows(session, InteractionChange, rows)


def line_changes_of(session: Session, interaction_id: int) -> tuple[ChangeLine, ...]:
    """All changes, the newest first."""
    query = select(InteractionChange).where(InteractionChange.interaction_id == interaction_id)
    return tuple(map(_line, session.execute(query.order_by(InteractionChange.id.desc())).scalars()))


def require_line_version(
    session: Session, interaction_id: int, held: int, looked_at: int | None, wanted: Mapping[str, str]
) -> None:
    """Raises Conflict, saying what stands where now, if one of the fields of `wanted` was changed since the version that was
    looked at (None: whatever it is); changes of other fields do not stand in each other's way. `held` is the version now."""
    if looked_at is None or looked_at == held:
        return
    query = select(InteractionChange).where(
        InteractionChange.interaction_id == interaction_id,
        InteractionChange.version > looked_at,
        InteractionChange.field.in_(list(wanted)),
    )
    newest = {row.field: row for row in session.execute(query.order_by(InteractionChange.id)).scalars()}
    problems = [
        f"{name}: {row.by} changed it to {row.after!r} at {row.at:%Y-%m-%d %H:%M} UTC, you to {str(wanted[name])!r}"
        for name, row in newest.items()
        if row.after != wanted[name]
    ]
    if problems:
        raise Conflict("somebody changed this meanwhile; look again and repeat your change", problems=problems)


def _line(row: InteractionChange) -> ChangeLine:
    return ChangeLine(row.field, row.before, row.after, row.at, row.by)
