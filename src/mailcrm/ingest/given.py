"""What the shells of this room are handed from above, and in whose name they write."""

from collections.abc import Callable

from mailcrm.model.message import LargeMessage, ParsedMessage, RawMessage
from mailcrm.model.rights import Actor

ACTOR = Actor.system("ingest")

Parse = Callable[[RawMessage | LargeMessage], ParsedMessage]
"""Understands a message within limits of time and memory. Raises Unparsable where it cannot, and
StoreBusy where this machine cannot now."""

Retry = Callable[[Callable[[], None]], None]
"""Does a transaction again while the database is busy, a few times."""
