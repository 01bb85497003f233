"""One piece of standing work held by hand for a while, so that the daemon does not do it at the same time."""

import os
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from mailcrm.errors import Conflict, StoreBusy
from mailcrm.model.rights import Actor
from mailcrm.store import Store, leases
from mailcrm.store.leases import LeaseRow

_ACTOR = Actor.system("leases")
_BY_HAND = "by-hand:"


def worker_name() -> str:
    """A name for this process, which says where it runs."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(3)}"


def daemons(rows: Iterable[LeaseRow], now: datetime) -> list[str]:
    """The daemons that live: who holds a lease `now` and is no command."""
    return sorted({row.owner for row in rows if row.owner and row.until >= now and not is_by_hand(row.owner)})


def is_by_hand(owner: str) -> bool:
    """Whether a lease is held by a command and not by a daemon."""
    return owner.startswith(_BY_HAND)


@contextmanager
def held(store: Store, name: str, kind: str, life: timedelta, command: str = "mailcrm sync") -> Iterator[None]:
    """Hold this piece of work while the block runs; `command` is what else may hold it.

    Raises Conflict if somebody else does, and StoreBusy.
    """
    worker = f"{_BY_HAND}{worker_name()}"
    _take(store, name, kind, worker, life, command)
    ended = threading.Event()
    keeper = threading.Thread(target=_renew, args=(store, worker, life, ended), name=f"hold-{name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        _give_back(store, name, worker)


def _take(store: Store, name: str, kind: str, worker: str, life: timedelta, command: str) -> None:
    with store.write(_ACTOR) as session:
        leases.add_leases(session, {name: kind})
        owner = leases.lease_owner(session, name)
        dead = owner if owner is not None and _is_dead(owner) else None
        if not leases.take_lease(session, name, worker, life, instead_of=dead):
            by_hand = owner is not None and is_by_hand(owner)
            who = f"another `{command}` is at it right now" if by_hand else "the daemon reads it"
            raise Conflict(f"{who}, and two at once would be in each other's way (held by {owner})")


def _is_dead(owner: str) -> bool:
    """Whether the owner was a process of this machine that is gone: its lease would run out in a while by itself."""
    host, _, rest = owner.removeprefix(_BY_HAND).partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname()[:40] or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except OSError as exc:  # a process of somebody else's lives
        return isinstance(exc, ProcessLookupError)
    return False


def _renew(store: Store, worker: str, life: timedelta, ended: threading.Event) -> None:
    while not ended.wait(life.total_seconds() / 3):
        with suppress(StoreBusy), store.write(_ACTOR) as session:  # there are two more tries before it runs out
            leases.renew_leases(session, worker, life)


def _give_back(store: Store, name: str, worker: str) -> None:
    with suppress(StoreBusy), store.write(_ACTOR) as session:  # it runs out by itself
        leases.release_lease(session, name, worker, timedelta(0))
