"""The daemon's work on mailboxes at scripted servers, turn by turn, with a clock that stands until it is moved."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from mailcrm.model.account import AccountState
from mailcrm.service.accounts import account_row, sync_accounts
from mailcrm.service.app import App
from mailcrm.service.leases import Claim
from mailcrm.service.works import all_works
from mailcrm.store import Store
from mailcrm.store.sync_state import AccountRow
from tests.builders import NOW, a_config
from tests.providers.server import ScriptedImap

LIFE = timedelta(minutes=1)


def account_at(server: ScriptedImap, folder: Path, name: str = "main", **imap: Any) -> dict[str, Any]:
    """An account at a scripted server that keeps everything; its secret is in `folder`."""
    (folder / "secret").write_text(server.secret)
    return {
        "name": name,
        "address": server.user,
        "secret": {"file": str(folder / "secret")},
        "imap": {"host": server.host, "port": server.port, "security": "none", **imap},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "all known"},
    }


class Daemon:
    """A worker without its supervisor: `now` is its clock."""

    def __init__(self, store: Store, accounts: list[dict[str, Any]], **tables: Any) -> None:
        self.now = NOW
        config = a_config(store.state_dir, accounts=accounts, **tables)
        self.app = App(config, store, lambda: self.now, config.own_addresses(), {})
        sync_accounts(self.app, always=True)
        self.works = all_works(self.app, "worker", Random(1))

    def turn(self, name: str = "main", until: Callable[[], Any] | None = None) -> timedelta:
        """One turn of the work on a mailbox; it is stopped as soon as `until` is true (a turn that goes well goes on for
        ever). Returns when it is due again."""
        claim = Claim(self.works[f"mailbox:{name}"], 0, LIFE, Random(1))
        claim.start()
        while claim.is_alive() and not (until is not None and until()):
            time.sleep(0.01)
        claim.cancel()
        claim.join(20)
        assert not claim.is_alive()
        assert not claim.failed, claim.error
        claim.close()
        return claim.again

    def row(self, name: str = "main") -> AccountRow:
        """The account as it stands in the store."""
        return account_row(self.app.store, name)

    def read(self, name: str = "main") -> None:
        """A turn until a pass was complete."""
        before = self.row(name).last_ok_at
        self.now += timedelta(seconds=1)
        self.turn(name, lambda: self.row(name).last_ok_at != before)

    def is_parked(self, name: str = "main") -> bool:
        """Whether it waits for a human."""
        return self.row(name).state == AccountState.PARKED
