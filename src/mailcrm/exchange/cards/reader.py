"""A file of vCards becomes customers, one card after the other."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mailcrm.errors import UserError
from mailcrm.exchange.cards.lines import read_cards
from mailcrm.exchange.cards.person import customer_of
from mailcrm.exchange.records import ReadRow
from mailcrm.exchange.rows.orders import note_of
from mailcrm.exchange.tables.encoding import guess_encoding
from mailcrm.exchange.tables.raw import Broken, byte_pieces, text_pieces
from mailcrm.exchange.tables.row import MOST_ROWS


def read_card_file(path: Path, *, region: str, of: str, at: datetime) -> Iterator[ReadRow]:
    """The customers of a file; `number` is the place of the card, from 1. `region` (ISO 3166) is for national
    numbers, `of` names the file for ever, `at` (UTC) is the time of notes. Raises UserError where there is no card in it."""
    encoding = guess_encoding(byte_pieces(path))
    number = 0
    for number, card in enumerate(read_cards(_pieces(path, encoding), _within(encoding)), 1):
        if number > MOST_ROWS:
            raise UserError(f"card {number}: a file may have {MOST_ROWS:,} cards; split it into several")
        record, problems = customer_of(card, region)
        notes = tuple(note_of(prop.text, of=of, at=at) for prop in card.all("NOTE"))
        yield ReadRow(number, replace(record, activities=notes), problems)
    if not number:
        raise UserError(f"{path.name} holds no vCard: there is no BEGIN:VCARD in it")


def _pieces(path: Path, encoding: str) -> Iterator[bytes]:
    """The bytes of the file; of one in UTF-16 or UTF-32 those of its text in UTF-8."""
    if not encoding.startswith(("utf-16", "utf-32")):
        yield from byte_pieces(path)
        return
    try:
        for text in text_pieces(path, encoding):
            yield text.encode("utf-8", "replace")
    except Broken as exc:
        raise UserError(f"{path.name}: {exc}") from exc


def _within(encoding: str) -> str:
    """How text is meant that names no character set."""
    return "utf-8" if encoding.startswith("utf") else encoding
