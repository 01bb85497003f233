"""All tables at once, for what is about the whole schema, with what they are told only where they are made."""

from mailcrm.store.rows import (
    account,
    audit,
    business,
    campaign,
    consent,
    conversation,
    dates,
    exporting,
    fact,
    form,
    identity,
    importing,
    mail,
    meeting,
    party,
    search,
    service,
    sighting,
    timeline,
    users,
)
from mailcrm.store.rows.base import Base

__all__ = [
    "Base",
    "account",
    "audit",
    "business",
    "campaign",
    "consent",
    "conversation",
    "dates",
    "exporting",
    "fact",
    "form",
    "identity",
    "importing",
    "mail",
    "meeting",
    "party",
    "search",
    "service",
    "sighting",
    "timeline",
    "users",
]

# Set by us and never left to the server: with MariaDB's defaults 张三 is an error and bob@ equals BOB@. Not in each row's
# own module: SQLAlchemy loads the whole dialect of MariaDB to look whether it knows these options.
_MARIADB = {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}

for each in Base.metadata.tables.values():
    each.dialect_kwargs.update(
        {f"{name}_{key}": value for name in ("mysql", "mariadb") for key, value in _MARIADB.items()}
    )
