"""The archive of one customer as JSON, for whom the page is not enough: all that is on it, untranslated, times in UTC."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from mailcrm.exchange.page.content import ArchiveContent

FORMAT = "mailcrm-archive-1"
"""Stands in every file; another number when its form changes."""


def plain_archive(content: ArchiveContent) -> dict[str, Any]:
    """As `json` can write it: money in minor units, times in ISO 8601 with offset."""
    return {"format": FORMAT, **_plain(content)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value
