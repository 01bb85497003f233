"""Changes that two people must want: what was asked for, and who may say yes to it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mailcrm.errors import UserError
from mailcrm.model.rights import Actor

SHORTEST = 8
"""Hexadecimal digits of a digest that must be given to approve."""


class FourEyes(StrEnum):
    """What a team can want two people for."""

    IMPORT = "import"
    MERGE = "merge"
    MASS_EDIT = "mass_edit"


class RequestState(StrEnum):
    """Open until it is decided; approved while it is carried out; then done, or failed with the reason."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """A change that waits, or what became of it. Times UTC; `payload` is canonical JSON, `sha256` its digest when it was asked
    for; `asked_login` and `decided_login` are the operating-system users who typed."""

    id: int
    kind: FourEyes
    summary: str
    payload: str
    sha256: str
    state: RequestState
    asked_by: str
    asked_login: str
    asked_at: datetime
    expires_at: datetime | None
    decided_by: str
    decided_login: str
    decided_at: datetime | None
    reason: str
    result: str

    def has_expired(self, now: datetime) -> bool:
        """Whether it waited for too long to be decided."""
        return self.state == RequestState.OPEN and self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class Carried:
    """What came of a change: a line for people, and a value for programs."""

    text: str
    value: Any = None


def canonical(payload: Mapping[str, Any]) -> str:
    """The one text for a payload. Raises TypeError or ValueError for what JSON cannot hold."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(payload: str) -> str:
    """SHA-256 of a payload's text, in hexadecimal digits."""
    return hashlib.sha256(payload.encode()).hexdigest()


def require_content(asked: ChangeAsked, seen: str) -> None:
    """Raises UserError unless `seen` (the first digits of the digest that was shown) is of this content, and the content still
    that which was asked for."""
    if digest(asked.payload) != asked.sha256:
        raise UserError(
            f"request {asked.id} is not what was asked for: its content was changed since. Reject it and ask again"
        )
    wanted = seen.strip().lower()
    if len(wanted) < SHORTEST or not asked.sha256.startswith(wanted):
        raise UserError(
            f"approve what you saw: `mailcrm approvals show {asked.id}` has its digest; give {SHORTEST} digits of it or more"
        )


def require_undecided(asked: ChangeAsked) -> None:
    """Raises UserError if a request is decided already."""
    if asked.state != RequestState.OPEN:
        by = f" by {asked.decided_by}" if asked.decided_by else ""
        raise UserError(f"request {asked.id} is not open: {asked.state.value}{by}")


def require_open(asked: ChangeAsked, now: datetime) -> None:
    """Raises UserError if a request is decided already, or waited for too long (`now` aware)."""
    require_undecided(asked)
    if asked.has_expired(now):
        raise UserError(f"request {asked.id} has expired; who still wants it asks again")


def require_second(asked_by: str, asked_login: str, deciding: Actor, *, separate_logins: bool) -> None:
    """Raises UserError unless `deciding` is a user, and as far as can be told another person than who asked.

    Nobody proves on a command line who they are. What can be seen: the same name, with --as or as the operating-system user;
    the same login where the asker gave no name; and with `separate_logins` the same login whatever names were given.
    """
    if deciding.kind != "user":
        raise UserError("only a user of the team decides: say who you are with `mailcrm --as NAME ...`")
    asker = asked_by.partition(":")[2]
    if asker.casefold() == deciding.name.casefold():
        raise UserError(f"{deciding.name} asked for this; somebody else must look at it")
    nameless = not asked_by.startswith("user:")
    same_login = bool(deciding.login) and asked_login == deciding.login
    if nameless and (asked_login.casefold() == deciding.name.casefold() or same_login):
        raise UserError(
            f"this was asked for by the login {asked_login!r} without --as, so it may have been you; "
            "ask for it with --as, and let somebody else look at it"
        )
    if separate_logins and same_login:
        raise UserError(f"both came from the login {asked_login!r}; team.separate_logins wants two")
