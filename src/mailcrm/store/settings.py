"""Switches that a running daemon must obey at once; the sending switch is the first."""

from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.store.bulk import rows_in
from mailcrm.store.context import actor_name
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.service import Setting

_SENDING = "sending.enabled"


def get_setting(session: Session, key: str) -> str | None:
    """The value of a switch, None if it was never set."""
    return get_settings(session, key).get(key)


def get_settings(session: Session, *keys: str) -> dict[str, str]:
    """The values of several at once, without those that were never set."""
    return {row[0]: row[1] for row in rows_in(session, _value(), keys)}


@cache
def _value() -> Lookup:
    return Lookup(select(Setting.key, Setting.value), Setting.key)


def put_setting(session: Session, key: str, value: str, now: datetime) -> None:
    """Set a switch."""
    session.merge(Setting(key=key, value=value, at=now, actor=actor_name(session)))


def sending_enabled(session: Session) -> bool:
    """Whether anything may be sent at all; off until somebody says `mailcrm send on`."""
    return get_setting(session, _SENDING) == "on"


def switch_sending(session: Session, on: bool, now: datetime) -> None:
    """Turn all sending on or off; off takes effect before the next final dot."""
    put_setting(session, _SENDING, "on" if on else "off", now)
