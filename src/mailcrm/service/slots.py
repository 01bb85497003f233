"""How many connections a host sees from us: a budget that all its mailboxes share, in all workers, through the store.

A place is a lease of kind "connection". Are there more mailboxes than places, then the last place is shared: who finds no
other makes one pass there and leaves, and who has another watches its mailbox all the time.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from mailcrm.config import Account, Config
from mailcrm.errors import StoreBusy
from mailcrm.model.provider import USUAL_CONNECTIONS, provider_for_host
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.retry import store_retry
from mailcrm.store import leases

_ACTOR = Actor.system("connections")
_TURN_SECONDS = 60.0


@dataclass
class Slot:
    """A connection that may be made. In a `shared` one a turn ends after a pass, or at `until` (monotonic)."""

    name: str
    shared: bool
    until: float = math.inf

    def begin(self) -> None:
        """The turn begins, now that we are signed in: a slow login takes nothing of it."""
        self.until = time.monotonic() + _TURN_SECONDS

    def over(self) -> bool:
        """Whether it is somebody else's turn."""
        return self.shared and time.monotonic() > self.until


def places_at(config: Config, host: str) -> int:
    """How many connections to a host there may be at once."""
    provider = provider_for_host(host)
    return config.sync.connections_per_host or (provider.connections if provider else USUAL_CONNECTIONS)


def mailboxes_at(config: Config, host: str) -> int:
    """How many mailboxes lie there."""
    return sum(account.imap.host.lower() == host.lower() for account in config.accounts)


@contextmanager
def connection_slot(app: App, account: Account, worker: str, places: set[str]) -> Iterator[Slot | None]:
    """A place at the account's host for as long as the block lasts; None if all are taken. Raises StoreBusy.

    The worker renews it with all its leases; if it dies, the place is free when its lease has run out. `places` are the
    thread's (`Claim.places`): while a name stands there, the worker does not take it for left over.
    """
    host = account.imap.host.lower()
    names = _names(app.config, host)
    places.update(names)  # before one of them is ours
    try:
        slot = store_retry(lambda: _take(app, host, names, worker))
        places.intersection_update([slot.name] if slot is not None else [])
        try:
            yield slot
        finally:
            if slot is not None:
                with suppress(StoreBusy), app.store.write(_ACTOR) as session:  # then the worker gives it back
                    leases.release_lease(session, slot.name, worker, timedelta(0))
    finally:
        places.clear()


def _names(config: Config, host: str) -> list[str]:
    return [f"{leases.CONNECTION}:{host[:90]}:{number}" for number in range(1, places_at(config, host) + 1)]


def _take(app: App, host: str, names: list[str], worker: str) -> Slot | None:
    crowded = mailboxes_at(app.config, host) > len(names)
    life = timedelta(seconds=app.config.service.lease_seconds)
    with app.store.write(_ACTOR) as session:
        leases.add_leases(session, dict.fromkeys(names, leases.CONNECTION))
        for name in names:
            if leases.take_lease(session, name, worker, life):
                return Slot(name, crowded and name == names[-1])
    return None
