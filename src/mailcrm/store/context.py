"""What every session carries besides its connection: who reads or acts, the HMAC key, where blobs live, how numbers look."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from mailcrm.model.number import STANDARD, NumberPattern
from mailcrm.model.rights import Actor, Viewer
from mailcrm.model.text import clean_line

_KEY = "mailcrm.context"


@dataclass(frozen=True, slots=True)
class SessionContext:
    """Set once when `Store.read` or `Store.write` opens a session."""

    viewer: Viewer
    actor: Actor | None
    hmac_key: bytes = field(repr=False)
    blob_dir: Path
    numbers: NumberPattern = STANDARD


def bind(session: Session, context: SessionContext) -> None:
    """Attach the context to a new session."""
    session.info[_KEY] = context


def context_of(session: Session) -> SessionContext:
    """The context of a session that `Store` opened."""
    context = session.info[_KEY]
    assert isinstance(context, SessionContext)
    return context


def actor_of(session: Session) -> Actor:
    """Who acts in this write session."""
    actor = context_of(session).actor
    if actor is None:
        raise RuntimeError("this session was opened for reading")
    return actor


def actor_name(session: Session) -> str:
    """Who acts, as it stands in a column of 120 characters."""
    return clean_line(str(actor_of(session)), 120)
