"""Saving what somebody changed on a customer's page: only the fields named, and never over what another changed meanwhile."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, UserError
from mailcrm.model.archive import EDITABLE_FIELDS, NAME_FIELDS
from mailcrm.model.contact import OWN, ContactField
from mailcrm.model.own_field import OwnFieldSpec, canonical
from mailcrm.model.party import PartyKind
from mailcrm.store import claims, naming, parties
from mailcrm.store.history import changed_since
from mailcrm.store.own_fields import own_fields
from mailcrm.store.rows.party import Party

_ONLY_PEOPLE = (ContactField.SALUTATION, ContactField.GENDER, ContactField.TITLE, ContactField.DEPARTMENT)
_ONLY_ORGANISATIONS = (ContactField.LEGAL_NAME, ContactField.TAX_ID)


def save_patch(session: Session, party_id: int, patch: Mapping[str, str], version: int | None, now: datetime) -> None:
    """A human's values, by field name: `NAME_FIELDS`, contact fields, or the team's own (`x.budget`). Fields that are not named
    are not touched; '' says that there is none.

    `version` is the one that was looked at. Raises UserError for a field that is none or a value that cannot be, Conflict
    if one of these fields was changed since then; in both cases nothing is saved.
    """
    own = own_fields(session, archived=False)
    kind = session.get_one(Party, party_id).kind
    checked = {name: _checked(name, text, kind, own) for name, text in patch.items()}
    if version is not None:
        _require_version(session, party_id, version, checked)
    names = {name: value for name, value in checked.items() if name in NAME_FIELDS}
    if names:
        naming.set_names(session, party_id, names, now)
    values = {name: value for name, value in checked.items() if name not in NAME_FIELDS}
    if values:
        claims.set_by_hand(session, party_id, values, now)


def _require_version(session: Session, party_id: int, version: int, patch: Mapping[str, str]) -> None:
    """Raises Conflict, saying what stands where now, if a field of the patch was changed since a customer (a root) was at
    `version`; changes of other fields do not stand in each other's way. The row is locked."""
    [party] = parties.locked_parties(session, [party_id])
    if party.row_version == version:
        return
    meanwhile = {line.field: line for line in changed_since(session, party_id, version, list(patch))}
    problems = [
        f"{name}: {line.by} changed it to {line.after!r} at {line.at:%Y-%m-%d %H:%M} UTC, you to {patch[name]!r}"
        for name, line in meanwhile.items()
        if line.after != patch[name]
    ]
    if problems:
        raise Conflict("somebody changed this customer meanwhile; look again and repeat your change", problems=problems)


def _checked(name: str, text: str, kind: PartyKind, own: Mapping[str, OwnFieldSpec]) -> str:
    if name in own:
        if own[name].applies_to not in (None, kind):
            raise UserError(f"{name} is for every {own[name].applies_to}, and this is none")
        return canonical(own[name], text)
    if name.startswith(OWN) or name not in EDITABLE_FIELDS:
        raise UserError(f"unknown field {name!r}; there are: {', '.join((*EDITABLE_FIELDS, *own))}")
    if name in (_ONLY_PEOPLE if kind == PartyKind.ORGANISATION else _ONLY_ORGANISATIONS):
        raise UserError(f"{'an' if kind == PartyKind.ORGANISATION else 'a'} {kind} has no {name}")
    return text
