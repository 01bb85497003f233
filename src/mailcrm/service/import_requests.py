"""Imports of customers as somebody asks for them: done at once, or kept with their file until a second person has approved."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailcrm.errors import Conflict, UserError
from mailcrm.model.approval import Carried, FourEyes
from mailcrm.model.party import PartyState
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.approvals import Outcome, ask_or_do
from mailcrm.service.people_files import How, open_people
from mailcrm.service.people_import import Progress, import_people, undo_import
from mailcrm.store import own_fields
from mailcrm.store.imports import batches


def ask_import(
    app: App, actor: Actor, path: Path, how: How, state: PartyState, rows: int, progress: Progress
) -> Outcome:
    """Import a file of so many rows, or keep it until somebody else has approved: then a copy is imported, whatever becomes
    of the file. Raises UserError."""
    file = _open(app, path, how)
    kept = path.absolute()
    if FourEyes.IMPORT in app.config.team.four_eyes:
        kept = _keep(app, path, file.named.sha256)
    payload = {
        "do": "import", "file": str(kept), "name": path.name, "sha256": file.named.sha256, "state": state.value,
        "mapping": file.named.mapping, "sheet": how.sheet, "encoding": how.encoding, "delimiter": how.delimiter,
        "region": how.region,
    }  # fmt: skip
    return _ask_or_do(app, actor, f"import {rows} rows", payload, progress)


def ask_undo(app: App, actor: Actor, batch_id: int, progress: Progress) -> Outcome:
    """Take an import back, or ask for it. Raises NotFound."""
    with app.store.read() as session:
        batches.get_batch(session, batch_id)
    return _ask_or_do(app, actor, f"undo import {batch_id}", {"do": "undo", "import": batch_id}, progress)


def _ask_or_do(app: App, actor: Actor, summary: str, payload: Mapping[str, Any], progress: Progress) -> Outcome:
    if FourEyes.IMPORT in app.config.team.four_eyes:
        return ask_or_do(app, actor, FourEyes.IMPORT, summary, payload)
    return Outcome(carried=carry_out(app, payload, actor, progress))  # whoever waits here sees how far it is


def carry_out(app: App, payload: Mapping[str, Any], actor: Actor, progress: Progress = lambda _: None) -> Carried:
    """Do what was asked for. Raises Conflict where the file is not the one that was looked at."""
    if payload["do"] == "undo":
        batch, conflicts = undo_import(app, actor, payload["import"], progress)
        shown = [{"row": row, "note": note} for row, note in conflicts]
        text = f"import {batch.id} is taken back; {len(conflicts)} rows could not be restored whole"
        return Carried(text, {"import": batch.id, "conflicts": shown})
    how = How(payload["mapping"], (), payload["sheet"], payload["encoding"], payload["delimiter"], payload["region"])
    file = _open(app, Path(payload["file"]), how)
    if file.named.sha256 != payload["sha256"]:
        raise Conflict(f"{payload['name']} was changed since it was looked at; look at it again")
    batch = import_people(app, actor, file.named, file.rows(), progress, state=PartyState(payload["state"]))
    text = (
        f"import {batch.id}: {batch.new} new, {batch.changed} changed, {batch.same} as before, {batch.errors} errors; "
        f"`mailcrm import undo {batch.id}` takes it back"
    )
    return Carried(text, {"import": batch.id, "new": batch.new, "changed": batch.changed, "same": batch.same,
                          "errors": batch.errors})  # fmt: skip


def _open(app: App, path: Path, how: How) -> Any:
    with app.store.read() as session:
        own = own_fields.own_fields(session, archived=False)
    return open_people(path, how, own, app.clock())


def _keep(app: App, path: Path, sha256: str) -> Path:
    folder = app.config.state_dir / "imports"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{sha256}{path.suffix.lower()}"
        shutil.copyfile(path, target)
    except OSError as exc:
        raise UserError(f"{path} cannot be kept until it is approved: {exc.strerror}") from exc
    return target
