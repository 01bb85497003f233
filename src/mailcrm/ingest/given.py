"""What the shells of this room are handed from above, and in whose name they write."""

from collections.abc import Callable

from mailcrm.model.message import ParsedMessage, RawMessage
from mailcrm.model.rights import Actor

ACTOR = Actor.system("ingest")

Parse = Callable[[RawMessage], ParsedMessage]
"""`ingest.mail.parse.parse_message`, or the same behind a guard."""

Retry = Callable[[Callable[[], None]], None]
"""Does a transaction again while the database is busy, a few times."""
