"""How far the reading of a mailbox is, in words."""

from mailcrm.cli.context import human_size
from mailcrm.service.progress import Reading

_STEPS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def reading_text(reading: Reading) -> str:
    """E.g. "61,204 of 180,000 mails; at the present rate done in about 3 days, limited by the daily budget of 2 GB"."""
    parts = [f"{reading.done:,} of {reading.total:,} mails"]
    if reading.an_hour is not None:
        parts.append(f"{reading.an_hour:,} an hour")
    if reading.seconds_left is not None:
        parts.append(f"at the present rate done in about {span(reading.seconds_left)}{_limited(reading)}")
    if reading.waits_until is not None:
        parts.append(
            f"{human_size(reading.received_today)} came today, old mail goes on at {reading.waits_until:%H:%M} UTC"
        )
    return "; ".join(parts)


def _limited(reading: Reading) -> str:
    return (
        f", limited by the daily budget of {human_size(reading.budget)}" if reading.by_budget and reading.budget else ""
    )


def span(seconds: float) -> str:
    """About how long, in one unit."""
    for length, unit in _STEPS:
        if seconds >= 1.5 * length or unit == "minute":
            count = max(1, round(seconds / length))
            return f"{count} {unit}{'s' if count != 1 else ''}"
    raise AssertionError("minutes take what is left")
