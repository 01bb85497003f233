"""BODYSTRUCTURE (RFC 9051, 7.5.2) as an outline of the message, read as tolerantly as can be.

Servers leave extension data out, put lines where others put NIL, and lie. What is odd gives no outline: such a message
is fetched whole.
"""

from collections.abc import Sequence

from mailcrm.ingest.imap.responses import MOST, number
from mailcrm.ingest.imap.values import Value
from mailcrm.ingest.mail.skeleton import Outline

_DEEPEST = 20
_MOST_PARTS = 80
_DISPOSITIONS = frozenset({"attachment", "inline"})
_NAMES = ("name", "filename")
_PARAMETERS, _ENCODING, _SIZE, _EXTENSION = 2, 5, 6, 7
"""Where they stand in the description of a part without parts."""


class _Odd(Exception):
    """This describes no message."""


def outline(value: Value) -> Outline | None:
    """What a BODYSTRUCTURE says; None where it says too little to fetch a message in parts."""
    try:
        root = _part(value, "", 0)
    except _Odd:
        return None
    return root if sum(1 for _ in root.nodes()) <= _MOST_PARTS else None


def _part(value: Value, section: str, depth: int) -> Outline:
    """Raises _Odd."""
    if not isinstance(value, list) or not value or depth > _DEEPEST:
        raise _Odd
    if isinstance(value[0], list):
        return _multipart(value, section, depth)
    if len(value) <= _SIZE:
        raise _Odd
    size = value[_SIZE]
    count = number(size) if isinstance(size, bytes) else None
    if count is None or count > MOST:
        raise _Odd
    disposition, parameters = _disposition(value[_EXTENSION:])
    return Outline(
        section or "1",
        f"{_word(value[0])}/{_word(value[1])}",
        count,
        _word(value[_ENCODING]) if value[_ENCODING] is not None else "",
        disposition,
        _has_name(parameters) or _has_name(value[_PARAMETERS]),
    )


def _multipart(value: Sequence[Value], section: str, depth: int) -> Outline:
    count = next((index for index, each in enumerate(value) if not isinstance(each, list)), len(value))
    if count == len(value) or count > _MOST_PARTS:
        raise _Odd
    below = f"{section}." if section else ""
    parts = [_part(each, f"{below}{place}", depth + 1) for place, each in enumerate(value[:count], 1)]
    return Outline(section, f"multipart/{_word(value[count])}", children=tuple(parts))


def _word(value: Value) -> str:
    if not isinstance(value, bytes) or not value.strip():
        raise _Odd
    return value.strip().lower().decode("latin-1")


def _disposition(extension: Sequence[Value]) -> tuple[str, Value]:
    """Wherever it stands: what comes before it depends on the type, and some servers count differently."""
    for each in extension:
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], bytes):
            word = each[0].strip().lower().decode("latin-1")
            if word in _DISPOSITIONS and not isinstance(each[1], bytes):
                return word, each[1]
    return "", None


def _has_name(parameters: Value) -> bool:
    """Also one that goes on over several parameters (RFC 2231): what it says, the part itself knows best."""
    keys = parameters[::2] if isinstance(parameters, list) else []
    return any(isinstance(key, bytes) and key.strip().lower().decode("latin-1").startswith(_NAMES) for key in keys)
