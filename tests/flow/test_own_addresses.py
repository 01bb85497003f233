"""An account that is added later: who wrote from its address before is a colleague from the next start on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from mailcrm.model.party import PartyState
from mailcrm.model.rights import Viewer
from mailcrm.service.accounts import sync_accounts
from mailcrm.store import Store, people
from mailcrm.store.rows.audit import AuditEntry
from tests.builders import Customer, a_config, a_person, a_store, a_write, an_app


def start(store: Store, *accounts: str, **tables: Any) -> None:
    """A start of mailcrm with these accounts."""
    sections = [
        {
            "name": f"a{n}",
            "address": address,
            "secret": {"env": "SECRET"},
            "imap": {"host": "imap.example", "port": 993},
        }
        for n, address in enumerate(accounts)
    ]
    sync_accounts(an_app(store, a_config(store.state_dir, accounts=sections, **tables)))


def state(store: Store, who: Customer) -> PartyState:
    assert who.party_id is not None
    with store.read() as session:
        return people.get_archive(session, who.party_id, Viewer.system()).line.state


def test_a_correspondent_becomes_a_colleague_and_back(tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        with a_write(store) as session:
            wang = a_person(session, "wang@new.example")
        start(store, "team@own.example")
        assert state(store, wang) == PartyState.ACTIVE
        start(store, "team@own.example", "wang@new.example")
        assert state(store, wang) == PartyState.ARCHIVED
        start(store, "team@own.example", company={"name": "Own Ltd", "domains": ["new.example"]})
        assert state(store, wang) == PartyState.ARCHIVED
        start(store, "team@own.example")
        assert state(store, wang) == PartyState.ACTIVE
        with store.read() as session:
            entries = session.execute(select(AuditEntry.payload).where(AuditEntry.action == "addresses.own")).scalars()
            assert len(entries.all()) == 2
