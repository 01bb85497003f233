"""Days and times as they are typed at the command line."""

from datetime import UTC, datetime, time

from mailcrm.errors import UserError


def typed_moment(text: str | None, otherwise: datetime, *, day_ends: bool = False) -> datetime:
    """What was typed, in UTC; `otherwise` if nothing was. Without an offset it is the time of this machine.

    A day alone begins at midnight; with `day_ends` its last second is meant: what is due on a day is not late before the day
    is over. Raises UserError.
    """
    if text is None:
        return otherwise
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise UserError(f"{text!r} is no time; write 2026-12-01, or '2026-12-01 15:30'") from exc
    if day_ends and len(text.strip()) <= len("2026-12-01"):
        found = datetime.combine(found, time(23, 59, 59))
    return found.astimezone(UTC)
