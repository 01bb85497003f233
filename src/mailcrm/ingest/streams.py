"""Streams that may break off: what came until then is filed first; and while one portion is filed, the next is read."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Arriving(Generic[T]):
    """What comes until one of `errors` ends it, which is then in `ended_by` instead of being raised at once."""

    def __init__(self, values: Iterable[T], *errors: type[Exception]) -> None:
        self._values = values
        self._errors = errors
        self.ended_by: Exception | None = None

    def __iter__(self) -> Iterator[T]:
        try:
            yield from self._values
        except self._errors as exc:
            self.ended_by = exc


def one_behind(
    values: Iterable[T], begin: Callable[[T], U], stopped: Callable[[], bool] = lambda: False
) -> Iterator[U]:
    """What was begun with each value, handed out when the next is begun too. Once `stopped`, no more are begun."""
    before: list[U] = []
    for value in values:
        before.append(begin(value))
        if len(before) > 1:
            yield before.pop(0)
        if stopped():
            break
    yield from before
