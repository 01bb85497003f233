"""Short retries, by tenacity: at most three tries within 30 seconds. Every longer wait is a due time in the store."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from mailcrm.errors import StoreBusy

T = TypeVar("T")


def store_retry(work: Callable[[], T]) -> T:
    """Try a transaction again while the database is busy. Raises StoreBusy when it stays so."""
    policy = Retrying(
        retry=retry_if_exception_type(StoreBusy),
        stop=stop_after_attempt(3) | stop_after_delay(30),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    )
    return policy(work)
