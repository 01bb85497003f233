"""What humans log and decide: activities with their files, cases and notes; one way for all faces."""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailcrm.errors import NotFound, UserError
from mailcrm.model.activity import Activity, CaseState
from mailcrm.model.filename import free_name
from mailcrm.model.filing import StagedBlob
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, activities, activity_lists, audit, blobs
from mailcrm.store.packing import stage

_LARGEST = 50_000_000
"""Bytes of a file that is attached by hand."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file that is ready to be attached."""

    blob: StagedBlob
    name: str
    media_type: str


def stage_files(store: Store, paths: Sequence[Path]) -> list[StagedFile]:
    """Read files from disk, before the transaction that attaches them. Raises UserError for what cannot be read or is too
    large."""
    return [_staged(store, path) for path in paths]


def _staged(store: Store, path: Path) -> StagedFile:
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{path} has more than {_LARGEST // 1_000_000} MB; attach what matters of it")
        data = path.read_bytes()
    except OSError as exc:
        raise UserError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StagedFile(stage(store.blob_dir, data), path.name, media_type)


def log(
    session: Session,
    party_ids: Sequence[int],
    activity: Activity,
    files: Sequence[StagedFile],
    viewer: Viewer,
    now: datetime,
) -> int:
    """Keep an activity with its files; returns its id. Raises UserError for what cannot be."""
    done = activities.log_activity(session, party_ids, activity, now)
    for file in files:
        activities.attach_file(session, done, file.blob, file.name, file.media_type, now, viewer)
    audit.append_audit(session, "activity.log", f"interaction:{done}", now, kind=activity.kind.value)
    return done


def attach(session: Session, activity_id: int, files: Sequence[StagedFile], viewer: Viewer, now: datetime) -> int:
    """Attach files; returns how many were not attached before."""
    fresh = sum(
        activities.attach_file(session, activity_id, file.blob, file.name, file.media_type, now, viewer)
        for file in files
    )
    audit.append_audit(session, "activity.attach", f"interaction:{activity_id}", now, files=fresh)
    return fresh


def change(
    session: Session,
    activity_id: int,
    patch: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
    version: int | None = None,
) -> int:
    """Set some fields; returns the row version. Raises Conflict if somebody changed one of them since `version`."""
    changed = activities.change_activity(session, activity_id, patch, now, viewer, version)
    fields = ",".join(sorted(patch))
    audit.append_audit(session, "activity.edit", f"interaction:{activity_id}", now, fields=fields)
    return changed


def decide(
    session: Session,
    activity_id: int,
    state: CaseState,
    viewer: Viewer,
    now: datetime,
    *,
    owner: str | None = None,
    outcome: str | None = None,
    due_at: datetime | None = None,
) -> int:
    """Bring a case into another state, with what came of it and until when it waits. Returns the row version. Raises Conflict
    if it cannot come into that state."""
    told = (("state", state), ("owner", owner), ("outcome", outcome), ("due_at", due_at))
    patch = {name: value for name, value in told if value is not None}
    changed = activities.change_activity(session, activity_id, patch, now, viewer)
    audit.append_audit(session, "case.state", f"interaction:{activity_id}", now, state=state.value)
    return changed


def save_files(session: Session, activity_id: int, folder: Path, viewer: Viewer) -> list[Path]:
    """Write the files of an activity into a folder, none over another; returns where they are. Raises NotFound if it has
    none, UserError if the folder cannot be written."""
    files = activity_lists.get_activity(session, activity_id, viewer).files
    if not files:
        raise NotFound(f"nothing is attached to {activity_id}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = [each.name for each in folder.iterdir()]
        saved = []
        for file in files:
            target = folder / free_name(file.filename, taken)
            with target.open("xb") as out:
                for piece in blobs.pieces(session, file.sha256) or ():
                    out.write(piece)
            taken.append(target.name)
            saved.append(target)
    except OSError as exc:
        raise UserError(f"{folder} cannot be written: {exc.strerror or exc}") from exc
    return saved
