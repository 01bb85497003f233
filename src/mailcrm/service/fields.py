"""The fields of a team's own, and presets of them, for all faces."""

from dataclasses import dataclass

from mailcrm.model.own_field import OwnFieldSpec
from mailcrm.model.presets import load_preset
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.store import audit, own_fields, tags


@dataclass(frozen=True, slots=True)
class Applied:
    """What a preset brought: fields and tags that were not there before, and how many were."""

    fields: int
    tags: int
    known: int


def define_field(app: App, actor: Actor, spec: OwnFieldSpec) -> bool:
    """Returns whether it is new. Raises UserError, Conflict."""
    with app.store.write(actor) as session:
        new = own_fields.add_own_field(session, spec, app.clock())
        audit.append_audit(session, "field.add", f"field:{spec.key}", app.clock())
    return new


def archive_field(app: App, actor: Actor, name: str) -> None:
    """It is offered no more; its values stay. Raises NotFound."""
    with app.store.write(actor) as session:
        own_fields.archive_own_field(session, name, app.clock())
        audit.append_audit(session, "field.archive", f"field:{name}", app.clock())


def apply_preset(app: App, actor: Actor, name: str) -> Applied:
    """Make what is missing of it; what is there stays as it is, so that it can be applied again, and beside others. Raises
    NotFound, and Conflict where a field of that key holds something else: then nothing is made."""
    preset = load_preset(name)
    with app.store.write(actor) as session:
        new_fields = sum(own_fields.add_own_field(session, spec, app.clock()) for spec in preset.fields)
        wanted = [(category, tag) for category, names in preset.tags.items() for tag in names]
        new_tags = tags.ensure_tags(session, wanted)
        audit.append_audit(session, "preset.apply", f"preset:{name}", app.clock(), fields=new_fields, tags=new_tags)
    return Applied(new_fields, new_tags, len(preset.fields) + len(wanted) - new_fields - new_tags)
