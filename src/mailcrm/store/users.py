"""Users: the colleagues who work with the archive. They are deactivated, never removed."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.address import parse_address
from mailcrm.model.text import clean_line
from mailcrm.store import audit
from mailcrm.store.rows.users import AppUser

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}", re.ASCII)


@dataclass(frozen=True, slots=True)
class User:
    """A colleague; `name` is what `--as` takes, `created_at` UTC."""

    name: str
    display_name: str
    email: str
    role: str
    active: bool
    created_at: datetime


def user_key(name: str) -> str:
    """The comparison form of a user's name. Raises UserError if it cannot be one."""
    key = name.strip().lower()
    if not _NAME.fullmatch(key):
        raise UserError(f"{name[:60]!r} is no name of a user: letters a-z, digits, '.', '_' and '-', at most 60")
    return key


def add_user(
    session: Session, name: str, now: datetime, *, display_name: str = "", email: str = "", role: str = ""
) -> User:
    """A new colleague, or one who was deactivated and comes back with what is given now. Raises UserError and Conflict."""
    key = user_key(name)
    row = session.execute(select(AppUser).where(AppUser.name == key).with_for_update()).scalar_one_or_none()
    if row is not None and row.active:
        raise Conflict(f"there is a user {key!r} already")
    address = parse_address(email).display if email else ""
    if row is None:
        row = AppUser(name=key, created_at=now, display_name="", email="", role="")
        session.add(row)
    row.active = True
    row.display_name = clean_line(display_name, 120) or row.display_name
    row.email, row.role = address or row.email, clean_line(role, 40) or row.role
    session.flush()
    audit.append_audit(session, "user.add", f"user:{row.id}", now, name=key)
    return _user(row)


def deactivate_user(session: Session, name: str, now: datetime) -> bool:
    """Nobody acts as this user any more. Returns whether anything changed; raises NotFound."""
    row = session.execute(select(AppUser).where(AppUser.name == user_key(name)).with_for_update()).scalar_one_or_none()
    if row is None:
        raise _nobody(name)
    if not row.active:
        return False
    row.active = False
    session.flush()
    audit.append_audit(session, "user.deactivate", f"user:{row.id}", now, name=row.name)
    return True


def require_active(session: Session, name: str) -> User:
    """The user. Raises NotFound, and UserError for one who was deactivated."""
    row = session.execute(select(AppUser).where(AppUser.name == user_key(name))).scalar_one_or_none()
    if row is None:
        raise _nobody(name)
    if not row.active:
        raise UserError(f"the user {row.name!r} was deactivated; `mailcrm users add {row.name}` lets them come back")
    return _user(row)


def list_users(session: Session) -> list[User]:
    """All users by name, those who were deactivated, too."""
    return [_user(row) for row in session.execute(select(AppUser).order_by(AppUser.name)).scalars()]


def _nobody(name: str) -> NotFound:
    return NotFound(f"no user {name!r}; `mailcrm users list` shows them")


def _user(row: AppUser) -> User:
    return User(row.name, row.display_name, row.email, row.role, row.active, row.created_at)
