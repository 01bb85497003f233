"""What follows from filed mail: who became a customer, who is the same as another, and how each conversation stands. Each
step may run twice."""

from mailcrm.clock import Clock
from mailcrm.model.rights import Actor
from mailcrm.store import Store, waiting

_ACTOR = Actor.system("conversations")
_THREADS = 200
"""Threads in a transaction."""


def draw_consequences(store: Store, clock: Clock) -> int:
    """Do all that waits, in short transactions. Returns how many parties became customers."""
    with store.read() as session:
        unresolved, stale = waiting.anything_unresolved(session), waiting.anything_stale(session)
        new = not unresolved and waiting.anyone_new(session)
    customers = 0
    if unresolved:
        from mailcrm.identity.resolve import (
            resolve_sightings,  # only where there is something to do: a pass ends sooner
        )

        done = resolve_sightings(store, clock)
        customers, new = done.activated, done.waiting
    if new:
        from mailcrm.identity.unite import unite_all

        customers += unite_all(store, clock).activated
    if stale:
        read_conversations(store)
    return customers


def read_conversations(store: Store) -> None:
    """Read the conversations anew in which mail came or changed."""
    from mailcrm.store import conversations

    while True:
        with store.read() as session:
            threads = conversations.stale_threads(session, _THREADS)
        if not threads:
            return
        with store.write(_ACTOR) as session:
            conversations.refresh(session, threads)
