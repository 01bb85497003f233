"""One new mail in a large archive: how long until it is known who wrote it, through SQLite, all look-ups and guards included.

python -m bench.identity_live [contacts] [mails] [seed]

An archive of so many made-up contacts is built, with their sightings, facts and keys; then mails come one by one, of known
and of new people, and each is resolved in transactions of its own, as the daemon does. Beside it the judgement of everybody
anew (`identity rebuild`), with its memory. The last line is JSON.
"""

import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.contacts import sightings as made_up
from mailcrm.identity.resolve import resolve_sightings
from mailcrm.identity.unite import refresh, unite_all
from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.address import AddressKind, OwnAddresses, address_key, address_kind
from mailcrm.model.contact import ContactField, ContactFinding
from mailcrm.model.filing import NewSighting
from mailcrm.model.identity import Record
from mailcrm.model.interaction import Direction
from mailcrm.model.rights import Actor
from mailcrm.service import rejudging
from mailcrm.store import Session, Store, addresses, candidates, migrate, open_store, sightings, sync_state
from mailcrm.store.bulk import insert_rows
from mailcrm.store.facts import value_hash
from mailcrm.store.identity import profiles
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.secrets import create_keys, load_keys

_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_ACTOR = Actor.system("bench")
_OWN = OwnAddresses()
_BATCH = 500


def main(contacts: int, mails: int, seed: int) -> None:
    """A table for people; the last line is JSON."""
    people, late = _people(contacts, mails, seed)
    with tempfile.TemporaryDirectory() as folder:
        create_keys(Path(folder))
        store = open_store(f"sqlite:///{folder}/bench.db", load_keys(Path(folder), {}), Path(folder))
        migrate.upgrade(store, _NOW)
        account = _account(store)
        began = time.process_time()
        _fill(store, account, people)
        filled = time.process_time() - began
        times = sorted(_times(store, account, late))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.process_time()
        found, _ = rejudging.rebuild(store, lambda: _NOW, lambda *_: None)
        rebuilt = time.process_time() - began
        figures = {
            "contacts": len(people), "mails": len(times), "p50_ms": _ms(times, 0.5), "p90_ms": _ms(times, 0.9),
            "p99_ms": _ms(times, 0.99), "most_ms": _ms(times, 1), "fill_s_cpu": round(filled, 1),
            "rebuild_s_cpu": round(rebuilt, 1), "compared": found.compared, "joins": len(found.joins), "asked": found.asked,
            "memory_before_mib": round(before),
            "memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "database_mib": round(Path(folder, "bench.db").stat().st_size / 2**20),
        }  # fmt: skip
        store.close()
    for name, value in figures.items():
        print(f"  {name:20} {value}")
    print(json.dumps({"bench": "identity_live", **figures}))


def _ms(times: Sequence[float], share: float) -> float:
    return round(times[min(int(share * len(times)), len(times) - 1)] * 1000, 2)


def _people(contacts: int, mails: int, seed: int) -> tuple[dict[str, list[Record]], list[Record]]:
    """The sightings of so many mailboxes, and others that come later: half of mailboxes that nobody knows."""
    records, _ = made_up(contacts * 5 // 2 + mails * 4, seed)
    found: dict[str, list[Record]] = defaultdict(list)
    late: list[Record] = []
    for record in records:
        key = address_key(record.email) if record.email else ""
        if not key or address_kind(key, _OWN) is not AddressKind.PERSONAL:
            continue
        if key in found or len(found) < contacts:
            found[key].append(record)
            if len(late) < mails // 2 and len(found) >= contacts:
                late.append(record)
        elif len(late) < mails:
            late.append(record)
    return found, late


def _account(store: Store) -> int:
    policy = AccountPolicy(Capture.ALL, Visibility.TEAM, CustomerWhen.REPLIED)
    with store.write(_ACTOR) as session:
        return sync_state.upsert_account(session, "bench", "bench@own.example", policy, _NOW)


def _fill(store: Store, account: int, people: dict[str, list[Record]]) -> None:
    everybody = list(people.items())
    for at in range(0, len(everybody), _BATCH):
        with store.write(_ACTOR) as session:
            ids = [party for key, seen in everybody[at : at + _BATCH] for party in [_file(session, account, key, seen)]]
            sightings.mark_resolved(session, sightings.unresolved_of(session, ids), _NOW)
            profiles.touch(session, ids)
            refresh(session, ids, _NOW)


_numbers = iter(range(1, 10**9))


def _file(session: Session, account: int, key: str, seen: Sequence[Record]) -> int:
    """As a mail is filed: address, candidate, sightings; and what signatures tell."""
    known = addresses.ensure_addresses(session, {key: (key, AddressKind.PERSONAL)}, _NOW)[key]
    party = candidates.parties_for(session, [(known, seen[0].name)], "header", _NOW)[key]
    sightings.add_sightings(
        session,
        [
            NewSighting(next(_numbers), 0, account, known.id, party, each.name, "from", Direction.IN, True, _NOW)
            for each in seen
        ],
    )
    facts = {
        (field, value)
        for each in seen
        for field, value in ((ContactField.PHONE, each.phone), (ContactField.COMPANY, each.company))
        if value
    }
    insert_rows(
        session, ContactFactRow, [_fact(party, ContactFinding(field, value, 0.9)) for field, value in sorted(facts)]
    )
    return party


def _fact(party: int, finding: ContactFinding) -> dict[str, object]:
    return {
        "party_id": party, "field": finding.field, "value": finding.value, "source": "signature", "source_ref": None,
        "value_hash": value_hash(finding.field, finding.value), "confidence": 90, "observed_at": _NOW, "is_current": True,
    }  # fmt: skip


def _times(store: Store, account: int, late: Sequence[Record]) -> Iterator[float]:
    for record in late:
        key = address_key(record.email)
        with store.write(_ACTOR) as session:
            party = (
                _file(session, account, key, [record])
                if not _is_known(session, key)
                else _again(session, account, record)
            )
        began = time.perf_counter()
        if resolve_sightings(store, lambda: _NOW).waiting:
            unite_all(store, lambda: _NOW)
        yield time.perf_counter() - began
        assert party


def _is_known(session: Session, key: str) -> bool:
    known = addresses.find_addresses(session, [key])
    return key in known and known[key].party_id is not None


def _again(session: Session, account: int, record: Record) -> int:
    known = addresses.find_addresses(session, [address_key(record.email)])[address_key(record.email)]
    assert known.party_id is not None
    sightings.add_sightings(
        session,
        [
            NewSighting(
                next(_numbers), 0, account, known.id, known.party_id, record.name, "from", Direction.IN, True, _NOW
            )
        ],
    )
    return known.party_id


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], *("100000", "1000", "3")[len(sys.argv) - 1 :])))
