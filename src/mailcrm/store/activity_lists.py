"""Activities as people look at them: one with its files and history, the cases that wait, and what stands above a timeline."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import NotFound
from mailcrm.model.activity import OPEN_STATES, Activity, ActivityDetails, ActivityFile, ActivityLine, CaseState
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.rights import Viewer
from mailcrm.store.bulk import rows_in
from mailcrm.store.line_changes import line_changes_of
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.business import ActivityFileRow, ActivityParty, ActivityRow
from mailcrm.store.rows.party import Party
from mailcrm.store.rows.timeline import Interaction
from mailcrm.store.timeline import members_of
from mailcrm.store.visibility import VIEWERS, visible_interaction


def get_activity(session: Session, activity_id: int, viewer: Viewer) -> ActivityDetails:
    """One with its files and what was changed of it. Raises NotFound also where the viewer may not see it."""
    seen = _seen(viewer).where(Interaction.id == activity_id)
    lines = lines_of(session, session.execute(seen).scalars().all())
    if not lines:
        raise NotFound(f"there is no case, note or other activity {activity_id}")
    files = select(ActivityFileRow).where(ActivityFileRow.interaction_id == activity_id).order_by(ActivityFileRow.id)
    return ActivityDetails(
        lines[0],
        tuple(ActivityFile(f.sha256, f.filename, f.media_type, f.size) for f in session.execute(files).scalars()),
        line_changes_of(session, activity_id),
    )


def standing_of(session: Session, party_id: int, viewer: Viewer) -> tuple[list[ActivityLine], list[ActivityLine]]:
    """What stands above the timeline of a customer (all members): what is open, the first due before the others, and what
    is pinned, the newest first."""
    found = rows_in(session, _standing(viewer), members_of(session, party_id))
    lines = lines_of(session, sorted({row[0] for row in found}))
    opened = [each for each in lines if each.activity.state in OPEN_STATES]
    pinned = [each for each in lines if each.activity.pinned]
    return sorted(opened, key=_by_due), sorted(pinned, key=lambda each: (each.activity.at, each.id), reverse=True)


@lru_cache(maxsize=VIEWERS)
def _standing(viewer: Viewer) -> Lookup:
    """Kept, for it takes longer to put it together than to run it."""
    stands = or_(*(ActivityRow.state == state for state in OPEN_STATES), ActivityRow.pinned.is_(True))
    query = _seen(viewer).join(ActivityParty, ActivityParty.interaction_id == ActivityRow.interaction_id)
    return Lookup(query.where(stands), ActivityParty.party_id)


def activities_of(
    session: Session,
    party_id: int,
    viewer: Viewer,
    kinds: Sequence[InteractionKind],
    limit: int = 50,
) -> list[ActivityLine]:
    """The newest activities of these kinds of a customer (all members)."""
    query = _seen(viewer).where(
        Interaction.id.in_(_of(members_of(session, party_id))), Interaction.kind.in_(list(kinds))
    )
    newest = query.order_by(Interaction.occurred_at.desc(), Interaction.id.desc()).limit(limit)
    return lines_of(session, session.execute(newest).scalars().all())


def _seen(viewer: Viewer) -> Select[int]:
    """The ids of the activities that a viewer may see."""
    return (
        select(Interaction.id)
        .join(ActivityRow, ActivityRow.interaction_id == Interaction.id)
        .where(visible_interaction(viewer))
    )


def _of(members: Sequence[int]) -> Select[int]:
    return select(ActivityParty.interaction_id).where(ActivityParty.party_id.in_(members))


# --- cases -------------------------------------------------------------------------------------------------------


def list_cases(
    session: Session,
    viewer: Viewer,
    *,
    states: Sequence[CaseState] = OPEN_STATES,
    owner: str | None = None,
    overdue_at: datetime | None = None,
    kind: InteractionKind | None = None,
    party_id: int | None = None,
    after: tuple[datetime | None, int] | None = None,
    limit: int = 50,
) -> list[ActivityLine]:
    """All that is in these states, the first due before the others, what has no due date last.

    `owner` '' asks for what nobody has taken; `overdue_at` for what was due before that moment (UTC); `party_id` is a
    root. `after` is (due at, id) of the last one seen. For each state one limited range of the index.
    """
    conditions = [
        true() if owner is None else ActivityRow.owner == owner,
        true() if overdue_at is None else ActivityRow.due_at < overdue_at,
        true() if kind is None else Interaction.kind == kind,
        true() if party_id is None else Interaction.id.in_(_of(members_of(session, party_id))),
    ]
    found: list[tuple[datetime, int]] = []
    for state in states:
        query = _dated(viewer, after).where(ActivityRow.state == state, *conditions).limit(limit)
        found += [(due, activity_id) for due, activity_id in session.execute(query) if due is not None]
    ids = [activity_id for _, activity_id in sorted(found)[:limit]]
    if overdue_at is None and len(ids) < limit:
        rest: list[int] = []
        for state in states:
            others = _undated(viewer, after).where(ActivityRow.state == state, *conditions).limit(limit)
            rest += session.execute(others).scalars()
        ids += sorted(rest)[: limit - len(ids)]
    return lines_of(session, ids)


def _dated(viewer: Viewer, after: tuple[datetime | None, int] | None) -> Select[datetime | None, int]:
    behind: ColumnElement[bool] = true()
    if after is not None:
        due, last = after
        same = and_(ActivityRow.due_at == due, ActivityRow.interaction_id > last)
        behind = false() if due is None else or_(ActivityRow.due_at > due, same)
    return (
        select(ActivityRow.due_at, ActivityRow.interaction_id)
        .join(Interaction, Interaction.id == ActivityRow.interaction_id)
        .where(ActivityRow.due_at.is_not(None), behind, visible_interaction(viewer))
        .order_by(ActivityRow.due_at, ActivityRow.interaction_id)
    )


def _undated(viewer: Viewer, after: tuple[datetime | None, int] | None) -> Select[int]:
    behind = ActivityRow.interaction_id > after[1] if after is not None and after[0] is None else true()
    return (
        select(ActivityRow.interaction_id)
        .join(Interaction, Interaction.id == ActivityRow.interaction_id)
        .where(ActivityRow.due_at.is_(None), behind, visible_interaction(viewer))
        .order_by(ActivityRow.interaction_id)
    )


def _by_due(line: ActivityLine) -> tuple[bool, float, int]:
    due = line.activity.due_at
    return due is None, due.timestamp() if due else 0, line.id


# --- rows to values ----------------------------------------------------------------------------------------------


def lines_of(session: Session, ids: Sequence[int]) -> list[ActivityLine]:
    """The activities with these ids, in this order, whoever may see them: who asks has asked that before."""
    found = {row[0]: _Row(*row) for row in rows_in(session, _rows(), ids)}
    whose: dict[int, dict[str, str]] = {}
    for activity_id, root_id, number, name in rows_in(session, _customers(), ids):
        whose.setdefault(activity_id, {})[number or f"#{root_id}"] = name  # merged ones once
    return [_line(found[each], tuple(whose.get(each, {}).items())) for each in ids]


class _Row(NamedTuple):
    id: int
    kind: InteractionKind
    at: datetime
    title: str
    body: str
    direction: Direction | None
    outcome: str
    actor: str
    source_key: str
    state: CaseState | None
    owner: str
    due_at: datetime | None
    closed_at: datetime | None
    pinned: bool
    private_to: str
    channel: str
    rating: int | None
    minutes: int | None
    row_version: int


@cache
def _rows() -> Lookup:
    columns: Select[*tuple[Any, ...]] = select(
        Interaction.id, Interaction.kind, Interaction.occurred_at, Interaction.title, Interaction.body,
        Interaction.direction, Interaction.outcome, Interaction.actor, Interaction.source_key,
        ActivityRow.state, ActivityRow.owner, ActivityRow.due_at, ActivityRow.closed_at, ActivityRow.pinned,
        ActivityRow.private_to, ActivityRow.channel, ActivityRow.rating, ActivityRow.minutes, ActivityRow.row_version,
    )  # fmt: skip
    return Lookup(columns.join(ActivityRow, ActivityRow.interaction_id == Interaction.id), Interaction.id)


def _line(row: _Row, customers: tuple[tuple[str, str], ...]) -> ActivityLine:
    activity = Activity(
        row.kind, row.at, row.title, row.body, row.direction, row.channel, row.outcome, row.actor, row.source_key,
        bool(row.pinned), row.private_to != "", row.rating, row.minutes, row.state, row.owner, row.due_at,
    )  # fmt: skip
    return ActivityLine(row.id, activity, row.row_version, row.closed_at, customers)


@cache
def _customers() -> Lookup:
    """Whose activities they are, by root."""
    root = aliased(Party)
    query = (
        select(ActivityParty.interaction_id, root.id, root.customer_no, root.display_name)
        .join(Party, Party.id == ActivityParty.party_id)
        .join(root, root.id == Party.root_id)
        .order_by(ActivityParty.interaction_id, ActivityParty.party_id)
    )
    return Lookup(query, ActivityParty.interaction_id)
