"""What is said of a file that cannot be read."""

from mailcrm.errors import Unparsable


def refused(kind: str, exc: Exception) -> Unparsable:
    """A file that its library does not take, in one line."""
    said = str(exc).strip().splitlines()
    return Unparsable(f"this is no {kind} that can be read: {said[0][:200] if said else type(exc).__name__}")
