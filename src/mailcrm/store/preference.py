"""Which of a customer's addresses to write to: one order for the list, the archive and campaigns."""

from typing import Any

from sqlalchemy import ColumnElement, case

from mailcrm.store.rows.party import Party, PartyEmail


def preference() -> tuple[ColumnElement[Any], ...]:
    """Sort keys of `PartyEmail` joined with its `Party`, the best first: of one party by rank; of several that are merged
    those of the member who wrote last."""
    silent = case((Party.last_in_at.is_(None), 1), else_=0)
    return silent, Party.last_in_at.desc(), Party.id.asc(), PartyEmail.rank.asc()
