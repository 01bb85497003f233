"""The ledger of what is claimed of parties: read once, changed, chosen from anew, and written in a few statements.

Every claim goes through it, whether mail, a human, a form or an import makes it, so that one rule says which of them is
the value, what it was before is kept, and lists show what the archive says.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import Update, bindparam, delete, select, update
from sqlalchemy.orm import Session

from mailcrm.model.contact import ContactFact, current_fact, is_believed, value_hash
from mailcrm.store import shown_values
from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.history import Cause, Change, note_changes
from mailcrm.store.identity import profiles
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.fact import ContactFactRow

Key = tuple[int, str, str, str]
"""Party, field, hash of the value, source: what makes a claim the same claim."""

_KEPT = (
    "value", "label", "parts", "source_ref", "confidence", "observed_at", "times", "is_current", "verified_by", "rules",
    "ended_at", "is_preferred", "batch_id",
)  # fmt: skip
_COLUMNS = ("party_id", "field", "value_hash", "source", *_KEPT)


@dataclass(slots=True)
class Entry:
    """A row of `contact_fact` in hand; `id` None until it is written. `confidence` is in percent, times are UTC."""

    party_id: int
    field: str
    value: str
    source: str
    observed_at: datetime
    confidence: int = 100
    value_hash: str = ""
    label: str = ""
    parts: str = ""
    source_ref: int | None = None
    times: int = 1
    is_current: bool = False
    verified_by: str = ""
    rules: int = 0
    ended_at: datetime | None = None
    is_preferred: bool = False
    batch_id: int | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        self.value_hash = self.value_hash or value_hash(self.field, self.value)

    @property
    def key(self) -> Key:
        """What makes it the same claim."""
        return self.party_id, self.field, self.value_hash, self.source

    def fact(self) -> ContactFact:
        """As a value."""
        return ContactFact(
            self.field, self.value, self.source, self.confidence / 100, self.observed_at, self.times, self.source_ref,
            self.verified_by, self.is_current, self.label, parts_of(self.parts), self.ended_at,
            self.is_preferred,
        )  # fmt: skip


def parts_of(text: str) -> dict[str, str]:
    """The parts of a postal address from their canonical text."""
    return json.loads(text) if text else {}


def parts_text(parts: Mapping[str, str]) -> str:
    """The canonical text of the parts of a postal address; '' of none."""
    filled = {name: value for name, value in parts.items() if value}
    return json.dumps(filled, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if filled else ""


@dataclass
class Ledger:
    """What is claimed of some parties. Put and remove claims, then `write`."""

    session: Session
    entries: dict[Key, Entry]
    _by_field: dict[tuple[int, str], list[Entry]] = field(default_factory=dict)
    _before: dict[int, tuple[object, ...]] = field(default_factory=dict)
    _values: dict[tuple[int, str], str] = field(default_factory=dict)
    _touched: dict[tuple[int, str], None] = field(default_factory=dict)
    _gone: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, session: Session, party_ids: Iterable[int]) -> "Ledger":
        """Read, and lock, what is claimed of these."""
        found = cls(session, {})
        wanted = sorted(set(party_ids))
        for row in rows_in(session, _of_parties(), wanted) if wanted else ():
            entry = Entry(**dict(zip((*_COLUMNS, "id"), row, strict=True)))
            found.entries[entry.key] = entry
            found._by_field.setdefault((entry.party_id, entry.field), []).append(entry)
            found._before[row[-1]] = _kept(entry)
            if entry.is_current:
                found._values[entry.party_id, entry.field] = entry.value
        return found

    def find(self, party_id: int, name: str, value: str, source: str) -> Entry | None:
        """The claim of this value from this source."""
        return self.entries.get((party_id, name, value_hash(name, value), source))

    def of(self, party_id: int, name: str) -> Sequence[Entry]:
        """All claims about a field of a party."""
        return self._by_field.get((party_id, name), ())

    def put(self, entry: Entry) -> None:
        """Add a claim, or have a known one that was changed in place looked at."""
        if self.entries.setdefault(entry.key, entry) is not entry:
            raise ValueError(f"this is claimed already: {entry.key}")
        claims = self._by_field.setdefault((entry.party_id, entry.field), [])
        if not any(each is entry for each in claims):
            claims.append(entry)
        self._touched[entry.party_id, entry.field] = None

    def remove(self, entry: Entry) -> None:
        """Take a claim away as if it had never been made."""
        del self.entries[entry.key]
        self._by_field[entry.party_id, entry.field].remove(entry)
        if entry.id is not None:
            self._gone.append(entry.id)
        self._touched[entry.party_id, entry.field] = None

    # --- writing -------------------------------------------------------------------------------------------------

    def write(self, cause: Cause) -> list[Change]:
        """Choose the values of all fields that were touched, and write, once. Returns which fields hold another value now."""
        changes, stirred = self._choose()
        new = [each for each in self.entries.values() if each.id is None]
        moved = [each for each in self.entries.values() if each.id is not None and self._before[each.id] != _kept(each)]
        for part in portions(self._gone):
            these = delete(ContactFactRow).where(ContactFactRow.id.in_(part))
            self.session.execute(these.execution_options(synchronize_session=False))
        insert_rows(self.session, ContactFactRow, [{name: getattr(each, name) for name in _COLUMNS} for each in new])
        update_rows(self.session, _moved(), [{f"its_{n}": getattr(each, n) for n in (*_KEPT, "id")} for each in moved])
        note_changes(self.session, changes, cause)
        shown_values.follow(self.session, changes, self._shown(changes))
        stirred |= {each.party_id for each in new}
        if stirred:
            profiles.touch(self.session, stirred)
        return changes

    def _shown(self, changes: Sequence[Change]) -> dict[int, list[ContactFact]]:
        """All values of the parties of which something changed that lists are filtered by."""
        found: dict[int, list[ContactFact]] = {
            each.party_id: [] for each in changes if shown_values.is_shown(each.field)
        }
        for entry in self.entries.values():
            if entry.is_current and entry.party_id in found and shown_values.is_shown(entry.field):
                found[entry.party_id].append(entry.fact())
        return found

    def _choose(self) -> tuple[list[Change], set[int]]:
        changes, stirred = [], set()
        for party_id, name in self._touched:
            claims = self._by_field.get((party_id, name), [])
            chosen = _best(claims)
            for entry in claims:
                if entry.is_current is not (entry is chosen):
                    entry.is_current = entry is chosen
                    stirred.add(party_id)
            was, now = self._values.get((party_id, name)), chosen.value if chosen else None
            if was != now:
                changes.append(Change(party_id, name, was, now))
        return changes, stirred


def _best(claims: Sequence[Entry]) -> Entry | None:
    """The one that counts."""
    if len(claims) == 1:  # nearly always: then nothing has to be weighed
        return claims[0] if is_believed(claims[0].source, claims[0].confidence / 100, claims[0].ended_at) else None
    facts = {id(fact): (fact, entry) for fact, entry in ((each.fact(), each) for each in claims)}
    chosen = current_fact(fact for fact, _ in facts.values())
    return None if chosen is None else facts[id(chosen)][1]


def _kept(entry: Entry) -> tuple[object, ...]:
    return tuple(getattr(entry, name) for name in _KEPT)


@cache
def _of_parties() -> Lookup:
    columns = [getattr(ContactFactRow, name) for name in (*_COLUMNS, "id")]
    query = select(*columns).order_by(ContactFactRow.id).with_for_update()
    return Lookup(query, ContactFactRow.party_id)


@cache
def _moved() -> Update:
    table = ContactFactRow.__table__
    new = {name: bindparam(f"its_{name}", type_=table.c[name].type) for name in _KEPT}
    return update(ContactFactRow).where(ContactFactRow.id == bindparam("its_id")).values(new)
