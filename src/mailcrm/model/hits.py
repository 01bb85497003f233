"""What a search found, ready to be shown: texts in pieces, some of which are what was looked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from mailcrm.model.interaction import Direction


class Piece(NamedTuple):
    """Part of a text; `hit`: it is what was looked for."""

    text: str
    hit: bool = False


Pieces: TypeAlias = tuple[Piece, ...]
"""A text. Without marks it is all `text`s together."""


@dataclass(frozen=True, slots=True)
class MailHit:
    """A mail that was found. `at` is when it was written (UTC), `who` its sender, `text` the place in its body around the
    first hit, or how it begins; `attachments` are counted."""

    id: int
    at: datetime
    direction: Direction
    who: Pieces
    subject: Pieces
    text: Pieces
    attachments: int = 0


def plain(pieces: Pieces) -> str:
    """The text without marks."""
    return "".join(piece.text for piece in pieces)
