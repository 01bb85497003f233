"""The one place that reads the wall clock; everybody else is handed a `Clock` or a `now`."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, aware, in UTC."""


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)
