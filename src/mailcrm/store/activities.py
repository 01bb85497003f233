"""Logging what happened outside of mail, and changing it: calls, visits, notes, and cases that somebody must deal with.

Who may not see a note may not change it: for them it is not there.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound, UserError
from mailcrm.model.activity import ACTIVITIES, OPEN_STATES, Activity, CaseState, first_state, require_transition
from mailcrm.model.filename import safe_file_name
from mailcrm.model.filing import StagedBlob
from mailcrm.model.rights import Viewer
from mailcrm.model.text import clean_line, clean_text
from mailcrm.store import activity_words, blobs
from mailcrm.store.bulk import insert_rows
from mailcrm.store.context import actor_name, actor_of
from mailcrm.store.line_changes import note_line_changes, require_line_version
from mailcrm.store.payments import short_ref
from mailcrm.store.rows.business import ActivityFileRow, ActivityParty, ActivityRow
from mailcrm.store.rows.timeline import Interaction, InteractionParty
from mailcrm.store.timeline import NewInteraction, append_interactions, find_line, update_line
from mailcrm.store.visibility import visible_interaction

_LONGEST_BODY = 60_000
"""Bytes: MariaDB keeps 64 kB in such a column."""

_OF_LINE = ("at", "title", "body", "outcome", "direction")
_OF_ROW = ("state", "owner", "due_at", "pinned", "private", "channel", "rating", "minutes")
CHANGEABLE = (*_OF_LINE, *_OF_ROW)
"""What of an activity can be changed; a state also by `set_state`."""


def log_activity(session: Session, party_ids: Sequence[int], activity: Activity, now: datetime) -> int:
    """Keep one, with whom it was (several people in one meeting: one line on the timelines of all); returns the id.

    By its `source_ref`, else by all that is said at the same `now`, it is known again: then nothing is changed. Cases, and
    what has a due date, are open if nothing else is said. Raises UserError for a kind that humans do not log, for no
    title, and for values that cannot be.
    """
    checked = _checked(activity)
    if not party_ids:
        raise UserError("say with whom it was: a customer number or an e-mail address")
    key = short_ref(activity.source_ref) or _made(session, party_ids, checked, now)
    parties = tuple((party_id, "with") for party_id in dict.fromkeys(party_ids))
    line = NewInteraction(
        activity.kind, key, activity.at, checked.title, parties, activity.direction, checked.body, checked.outcome
    )
    ids = append_interactions(session, [line])
    if not ids:
        return find_line(session, activity.kind, key)
    [interaction_id] = ids
    if activity.by:
        session.get_one(Interaction, interaction_id).actor = clean_line(activity.by, 120)
    session.add(_row(session, interaction_id, checked, now))
    session.flush()
    insert_rows(session, ActivityParty, [{"party_id": p, "interaction_id": interaction_id} for p, _ in parties])
    activity_words.write_words(session, interaction_id, checked.title, checked.body)
    return interaction_id


def add_party(session: Session, activity_id: int, party_id: int) -> bool:
    """One more who took part: it stands on their timeline, too. Returns whether they are new to it."""
    known = select(InteractionParty.party_id).where(InteractionParty.interaction_id == activity_id)
    if party_id in session.execute(known).scalars().all():
        return False
    at = session.execute(select(Interaction.occurred_at).where(Interaction.id == activity_id)).scalar_one()
    link = {"party_id": party_id, "occurred_at": at, "interaction_id": activity_id, "role": "with"}
    insert_rows(session, InteractionParty, [link])
    insert_rows(session, ActivityParty, [{"party_id": party_id, "interaction_id": activity_id}])
    return True


def _checked(activity: Activity) -> Activity:
    if activity.kind not in ACTIVITIES:
        raise UserError(f"{activity.kind} is nothing that is logged by hand; there are: {', '.join(ACTIVITIES)}")
    values = {name: _clean(name, getattr(activity, name)) for name in CHANGEABLE}
    return Activity(activity.kind, by=activity.by, source_ref=activity.source_ref, **values)


def _clean(name: str, value: Any) -> Any:
    """A value as it is kept. Raises UserError if it cannot be."""
    if name == "title":
        if not (title := clean_line(value)):
            raise UserError("say what it was about in a few words")
        return title
    if name == "body":
        return _clean_body(value)
    if name in ("outcome", "channel", "owner"):
        return clean_line(value, 120 if name == "owner" else 40)
    if name == "rating" and value is not None and not 1 <= value <= 5:
        raise UserError(f"{value} is no rating; it is from 1 (bad) to 5 (good)")
    if name == "minutes" and value is not None and not 0 <= value <= 100_000:
        raise UserError(f"{value} minutes cannot be")
    return value


def _clean_body(text: str) -> str:
    body = clean_text(text)
    if len(body.encode()) > _LONGEST_BODY:
        raise UserError(f"this text has more than {_LONGEST_BODY} bytes; attach it as a file")
    return body


def _made(session: Session, party_ids: Sequence[int], activity: Activity, now: datetime) -> str:
    """The name of what is made here: whoever sends the same form twice at one moment means it once."""
    said = (actor_name(session), sorted(party_ids), repr(activity), now.astimezone(UTC).isoformat())
    return f"log:{hashlib.sha256(repr(said).encode('utf-8', 'replace')).hexdigest()}"


def _row(session: Session, interaction_id: int, activity: Activity, now: datetime) -> ActivityRow:
    state = first_state(activity)
    return ActivityRow(
        interaction_id=interaction_id, state=state, owner=activity.owner, due_at=activity.due_at,
        closed_at=now if state is not None and state not in OPEN_STATES else None, pinned=activity.pinned,
        private_to=(activity.by.rpartition(":")[2] or _me(session)) if activity.private else "",
        channel=activity.channel, rating=activity.rating, minutes=activity.minutes, updated_at=now, row_version=1,
    )  # fmt: skip


def _me(session: Session) -> str:
    return clean_line(actor_of(session).name, 120)


# --- changing ----------------------------------------------------------------------------------------------------


def change_activity(
    session: Session,
    activity_id: int,
    patch: Mapping[str, Any],
    now: datetime,
    viewer: Viewer,
    version: int | None = None,
) -> int:
    """Set the fields of `CHANGEABLE` that are named; what they held before is kept. Returns the new row version.

    `version` is the one that was looked at. Raises NotFound if the viewer sees no such activity, UserError for a field that
    is none or a value that cannot be, Conflict if one of these fields was changed since, or the state does not allow it.
    """
    line, row = _locked(session, activity_id, viewer)
    if unknown := [name for name in patch if name not in CHANGEABLE]:
        raise UserError(f"unknown field {unknown[0]!r}; there are: {', '.join(CHANGEABLE)}")
    wanted = {name: _clean(name, value) for name, value in patch.items()}
    texts = {name: _text(value) for name, value in wanted.items()}
    require_line_version(session, line.id, row.row_version, version, texts)
    before = {name: _held(line, row, name) for name in wanted}
    changed = {name: (_text(before[name]), texts[name]) for name in wanted if before[name] != wanted[name]}
    if not changed:
        return row.row_version
    _set_row(session, row, {name: wanted[name] for name in changed if name in _OF_ROW}, now)
    _set_line(session, line, {name: wanted[name] for name in changed if name in _OF_LINE})
    row.row_version, row.updated_at = row.row_version + 1, now
    session.flush()
    note_line_changes(session, line.id, changed, row.row_version, now)
    return row.row_version


def set_state(
    session: Session,
    activity_id: int,
    state: CaseState,
    now: datetime,
    viewer: Viewer,
    version: int | None = None,
    *,
    owner: str | None = None,
) -> int:
    """Bring a case into another state, and under `owner` if one is named. Returns the new row version.

    Raises Conflict if the case cannot come into that state from the one it is in, else like `change_activity`.
    """
    patch: dict[str, Any] = {"state": state}
    if owner is not None:
        patch["owner"] = owner
    return change_activity(session, activity_id, patch, now, viewer, version)


def pin(session: Session, activity_id: int, now: datetime, viewer: Viewer, *, pinned: bool = True) -> int:
    """Show it above the timeline of its customers, or no longer. Returns the new row version. Raises NotFound."""
    return change_activity(session, activity_id, {"pinned": pinned}, now, viewer)


def attach_file(
    session: Session,
    activity_id: int,
    staged: StagedBlob,
    filename: str,
    media_type: str,
    now: datetime,
    viewer: Viewer,
) -> bool:
    """Attach bytes that were staged (`store.packing.stage`); False if the same were attached before. Raises NotFound."""
    line, row = _locked(session, activity_id, viewer)
    blobs.put(session, [staged])
    same = select(ActivityFileRow.id).where(
        ActivityFileRow.interaction_id == line.id, ActivityFileRow.sha256 == staged.sha256
    )
    if session.execute(same).scalar_one_or_none() is not None:
        return False
    name = safe_file_name(filename, "file")
    file = ActivityFileRow(
        interaction_id=line.id, sha256=staged.sha256, filename=name, media_type=clean_line(media_type, 127),
        size=staged.size, added_at=now,
    )  # fmt: skip
    session.add(file)
    row.row_version, row.updated_at = row.row_version + 1, now
    session.flush()
    note_line_changes(session, line.id, {"file": ("", name)}, row.row_version, now)
    return True


def _locked(session: Session, activity_id: int, viewer: Viewer) -> tuple[Interaction, ActivityRow]:
    seen = select(Interaction.id).where(Interaction.id == activity_id, visible_interaction(viewer))
    row = None
    if session.execute(seen).scalar_one_or_none() is not None:
        row = session.get(ActivityRow, activity_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no case, note or other activity {activity_id}")
    return session.get_one(Interaction, activity_id), row


def _held(line: Interaction, row: ActivityRow, name: str) -> Any:
    if name == "at":
        return line.occurred_at
    if name == "private":
        return row.private_to != ""
    return getattr(line if name in _OF_LINE else row, name)


def _set_row(session: Session, row: ActivityRow, values: Mapping[str, Any], now: datetime) -> None:
    for name, value in values.items():
        if name == "state":
            require_transition(row.state, value)
            row.closed_at = None if value in OPEN_STATES else row.closed_at or now
        if name == "private":
            row.private_to = _me(session) if value else ""
        else:
            setattr(row, name, value)
    if row.state is None and row.due_at is not None:  # now somebody has to do something
        row.state = CaseState.OPEN


def _set_line(session: Session, line: Interaction, values: Mapping[str, Any]) -> None:
    if not values:
        return
    line.direction = values.get("direction", line.direction)
    update_line(
        session, line.id, at=values.get("at", line.occurred_at), title=values.get("title", line.title),
        body=values.get("body"), outcome=values.get("outcome"),
    )  # fmt: skip
    activity_words.write_words(session, line.id, line.title, line.body)


def _text(value: Any) -> str:
    """A value in the history."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)
