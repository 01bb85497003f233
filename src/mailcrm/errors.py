"""What can go wrong, sorted by who must act.

A `UserError` is for the person at the keyboard (no traceback, exit code 2), a `TransientError` goes away by
waiting, a `PermanentError` never does and must be told to somebody. Anything else is a bug and crashes its task.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePath
from traceback import extract_tb
from types import TracebackType


class MailcrmError(Exception):
    """mailcrm could not go on."""

    def __init__(self, message: str | None = None, *, problems: Sequence[str] = ()) -> None:
        said = (type(self).__doc__ or "").strip() or type(self).__name__  # python -OO keeps no docstrings
        self.message = message or said.splitlines()[0]
        self.problems = tuple(problems)
        super().__init__(self.message)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  - {problem}" for problem in self.problems)])


# --- the user must act -------------------------------------------------------------------------------------------


class UserError(MailcrmError):
    """The request cannot be carried out as it was given."""


class ConfigError(UserError):
    """The configuration is not usable."""


class NotFound(UserError):
    """There is no such thing."""


class Conflict(UserError):
    """The current state does not allow this."""


class SegmentError(UserError):
    """The segment expression cannot be understood."""


class SearchError(UserError):
    """The search cannot be understood."""


class TemplateError(UserError):
    """The template cannot be rendered."""


class ConsentError(UserError):
    """There is no recorded consent for this."""


# --- time must pass ----------------------------------------------------------------------------------------------


class TransientError(MailcrmError):
    """Not possible right now; it will be tried again."""


class ConnectionLost(TransientError):
    """The connection was lost or could not be made."""


class Throttled(TransientError):
    """The server asked us to slow down."""

    def __init__(
        self, message: str | None = None, *, problems: Sequence[str] = (), wait: timedelta | None = None
    ) -> None:
        super().__init__(message, problems=problems)
        self.wait = wait  # how long, if it said so


class StoreBusy(TransientError):
    """The database is locked, full or away."""


class WriteCollision(StoreBusy):
    """Another worker wrote the same at the same time."""


# --- somebody must be told ---------------------------------------------------------------------------------------


class PermanentError(MailcrmError):
    """Trying again will not help."""


class LoginRefused(PermanentError):
    """The server refused the login."""


class LoginUnclear(LoginRefused):
    """The server refused the login, and does not say why: it may take it in half an hour."""


class Unparsable(PermanentError):
    """The message cannot be parsed."""


class RecipientRefused(PermanentError):
    """The server refused this recipient."""


class SenderRefused(PermanentError):
    """The server refused us as the sender."""


# --- bugs --------------------------------------------------------------------------------------------------------


def described(exc: BaseException) -> str:
    """A bug by its type and place. What it says may be somebody's words or address, so it is left out."""
    places = frames(exc.__traceback__)
    return f"{type(exc).__name__} at {places[-1]}" if places else type(exc).__name__


def frames(traceback: TracebackType | None) -> list[str]:
    """The places an exception came through, the innermost last."""
    return [f"{'/'.join(PurePath(f.filename).parts[-2:])}:{f.lineno} {f.name}" for f in extract_tb(traceback)]
