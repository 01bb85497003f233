"""What customers are called, changed by humans and by files; `parties` has what mail does with names."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from mailcrm.errors import UserError
from mailcrm.model.text import clean_line
from mailcrm.store.history import Cause, Change, note_changes
from mailcrm.store.identity import profiles
from mailcrm.store.identity.shown import show_names
from mailcrm.store.parties import locked_parties
from mailcrm.store.rows.party import Party, Person

_LENGTHS = {"given_name": 120, "family_name": 120}


def set_names(session: Session, party_id: int, values: Mapping[str, str], now: datetime) -> None:
    """A human's words on what somebody is called: only the `NAME_FIELDS` given. Raises UserError for an organisation's given
    name."""
    [party] = locked_parties(session, [party_id])
    person = session.get(Person, party_id)
    only_people = [name for name in values if name != "name"]
    if person is None and only_people:
        raise UserError(f"an organisation has no {only_people[0]}")
    before = {"name": party.display_name} | _names(session.get(Person, party.named_by or party_id))
    if party.named_by is not None and person is not None and only_people:  # what is corrected is what was shown
        party.own_name = party.display_name
        person.given_name, person.family_name = before["given_name"], before["family_name"]
    for name, value in values.items():
        if name == "name":
            party.own_name = clean_line(value, 255)
        else:
            setattr(person, name, clean_line(value, _LENGTHS[name]))
        party.name_source = "user"
    session.flush()
    show_names(session, [party_id])
    profiles.touch(session, [party_id])
    after = {"name": party.own_name} | _names(person)
    changes = [Change(party_id, name, before[name], after[name]) for name in values if before[name] != after[name]]
    note_changes(session, changes, Cause("user", now))


def replace_names(
    session: Session, party_id: int, values: Mapping[str, str], source: str, now: datetime
) -> dict[str, str]:
    """The same by another source than a human, who may. Returns what stood there, and the `source` of it."""
    [party] = locked_parties(session, [party_id])
    person = session.get(Person, party_id)
    before = (
        {"name": party.own_name, "source": party.name_source} | {"given_name": "", "family_name": ""} | _names(person)
    )
    for name, value in values.items():
        if name == "name":
            party.own_name = clean_line(value, 255)
        elif person is not None:
            setattr(person, name, clean_line(value, _LENGTHS[name]))
    party.name_source, party.updated_at = source, now
    show_names(session, [party_id])
    profiles.touch(session, [party_id])
    return before


def own_names(session: Session, party_id: int) -> dict[str, str]:
    """What this very party is called, by field."""
    party = session.get_one(Party, party_id, populate_existing=True)
    return {"name": party.own_name, "given_name": "", "family_name": ""} | _names(session.get(Person, party_id))


def _names(person: Person | None) -> dict[str, str]:
    return {"given_name": person.given_name, "family_name": person.family_name} if person else {}
