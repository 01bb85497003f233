"""How long to wait before the next try; every wait longer than 30 s is a due time in the store (decisions.md 6)."""

from datetime import timedelta
from random import Random

ACCOUNT_BASE = timedelta(seconds=15)
ACCOUNT_CAP = timedelta(minutes=15)
_JITTER = 0.2
_LONGEST_HINT = timedelta(days=1)
_MOST_DOUBLINGS = 6  # the cap is reached; after days of failures the power would be too large for a float

_SEND_STEPS = (5, 15, 45, 120, 240, 480, 960, 1440)  # minutes; about two days in all, like a mail server's queue
SEND_CAP = timedelta(minutes=_SEND_STEPS[-1])


def account_delay(fail_count: int, chance: Random) -> timedelta:
    """The wait after the n-th failure in a row (n >= 1): doubles from 15 s, plus or minus a fifth; at most 15 min."""
    doublings = min(max(fail_count, 1) - 1, _MOST_DOUBLINGS)
    seconds = min(ACCOUNT_BASE.total_seconds() * 2.0**doublings, ACCOUNT_CAP.total_seconds() / (1 + _JITTER))
    return timedelta(seconds=seconds * chance.uniform(1 - _JITTER, 1 + _JITTER))


def hinted_delay(delay: timedelta, hint: timedelta | None) -> timedelta:
    """The wait where the server asked for one (`hint`), which is never cut short; but nobody sends us away for more than
    a day, the longest time that providers count in."""
    return delay if hint is None else max(delay, min(hint, _LONGEST_HINT))


def send_delay(attempts: int) -> timedelta | None:
    """The wait after the n-th temporary refusal of a recipient (n >= 1); None when it is time to give up."""
    if attempts > len(_SEND_STEPS):
        return None
    return timedelta(minutes=_SEND_STEPS[max(attempts, 1) - 1])


def release_delay(attempts: int, soon: timedelta) -> timedelta | None:
    """The wait after the n-th try (n >= 1) that ended without an answer about the recipient: soon, then as for a refusal."""
    return soon if attempts <= 1 else send_delay(attempts - 1)


def login_delay(fail_count: int) -> timedelta | None:
    """An ambiguous refusal of a login gets three tries over 30 minutes; then None: park the account (ingest.md A7)."""
    waits = (timedelta(minutes=5), timedelta(minutes=25))
    return waits[max(fail_count, 1) - 1] if fail_count <= len(waits) else None
