"""Four eyes: a change is carried out at once, or kept until a second person has approved exactly this change.

Whoever has such a change gives it a kind and a payload that says all it would do, and calls `ask_or_do`; `WORKS` says which
function carries out a kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from json import loads
from typing import Any

from mailcrm.errors import MailcrmError, TransientError, UserError
from mailcrm.model.approval import (
    Carried,
    ChangeAsked,
    FourEyes,
    RequestState,
    require_content,
    require_open,
    require_second,
    require_undecided,
)
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.store import change_requests, users


@dataclass(frozen=True)
class Outcome:
    """Either it was done (`carried`), or it waits (`asked`)."""

    asked: ChangeAsked | None = None
    carried: Carried | None = None


Work = Callable[[App, Mapping[str, Any], Actor], Carried]
"""Carries out a payload as the actor who asked for it, in transactions of its own. Raises a MailcrmError where what it would
change is not any more as the payload says."""

WORKS: Mapping[FourEyes, tuple[str, str]] = {
    FourEyes.IMPORT: ("mailcrm.service.import_requests", "carry_out"),
    FourEyes.MERGE: ("mailcrm.service.merge_requests", "carry_out"),
}
"""Module and function by kind: loaded when a change is carried out, so that none of them is needed to ask."""


def ask_or_do(app: App, actor: Actor, kind: FourEyes, summary: str, payload: Mapping[str, Any]) -> Outcome:
    """Carry out a change, or keep it as a request where the team wants four eyes on its kind (`team.four_eyes`).

    `summary` is one line for whoever decides; neither it nor the payload holds names or addresses of people. Raises what the
    work raises.
    """
    if kind not in app.config.team.four_eyes:
        return Outcome(carried=_work(kind)(app, payload, actor))
    now = app.clock()
    days = app.config.team.expire_days
    expires_at = now + timedelta(days=days) if days is not None else None
    with app.store.write(actor) as session:
        return Outcome(asked=change_requests.add_request(session, kind, summary, payload, now, expires_at))


def approve(app: App, actor: Actor, request_id: int, seen: str) -> Carried:
    """A second person says yes to what they saw (`seen`: first digits of its digest), and it is carried out.

    Raises UserError if they may not, or it is not that content, or not open; and what the work raises, which is kept as the
    result. After a TransientError it stays approved: `resume` tries again.
    """
    with app.store.write(actor) as session:
        now = app.clock()
        asked = change_requests.hold_request(session, request_id)
        require_open(asked, now)
        _require_may(app, session, asked, actor)
        require_content(asked, seen)
        change_requests.decide_request(session, request_id, RequestState.APPROVED, now)
    return _carry_out(app, actor, asked)


def resume(app: App, actor: Actor, request_id: int) -> Carried:
    """Carry out what was approved and then interrupted (by a crash, a kill). Raises UserError if it was not approved."""
    with app.store.write(actor) as session:
        asked = change_requests.hold_request(session, request_id)
        if asked.state != RequestState.APPROVED:
            raise UserError(f"request {request_id} was not interrupted: {asked.state.value}")
        require_content(asked, asked.sha256)
    return _carry_out(app, actor, asked)


def reject(app: App, actor: Actor, request_id: int, reason: str) -> ChangeAsked:
    """A second person says no. Raises UserError if they may not, or it is decided."""
    with app.store.write(actor) as session:
        asked = change_requests.hold_request(session, request_id)
        require_undecided(asked)
        _require_may(app, session, asked, actor)
        return change_requests.decide_request(session, request_id, RequestState.REJECTED, app.clock(), reason)


def withdraw(app: App, actor: Actor, request_id: int, reason: str = "") -> ChangeAsked:
    """Who asked does not want it any more. Raises UserError for anybody else, and if it is decided."""
    with app.store.write(actor) as session:
        asked = change_requests.hold_request(session, request_id)
        require_undecided(asked)
        if asked.asked_by != str(actor):
            raise UserError(
                f"{asked.asked_by} asked for this; only they withdraw it. `mailcrm approvals reject` says no"
            )
        return change_requests.decide_request(session, request_id, RequestState.WITHDRAWN, app.clock(), reason)


def _require_may(app: App, session: Any, asked: ChangeAsked, actor: Actor) -> None:
    separate = app.config.team.separate_logins
    require_second(asked.asked_by, asked.asked_login, actor, separate_logins=separate)
    users.require_active(session, actor.name)


def _carry_out(app: App, actor: Actor, asked: ChangeAsked) -> Carried:
    kind, _, name = asked.asked_by.partition(":")
    try:
        carried = _work(asked.kind)(app, loads(asked.payload), Actor(kind, name, asked.asked_login))
    except TransientError:
        raise
    except MailcrmError as exc:
        with app.store.write(actor) as session:
            change_requests.close_request(session, asked.id, RequestState.FAILED, exc.message, app.clock())
        raise
    with app.store.write(actor) as session:
        change_requests.close_request(session, asked.id, RequestState.DONE, carried.text, app.clock())
    return carried


def _work(kind: FourEyes) -> Work:
    if kind not in WORKS:
        raise UserError(f"nothing here carries out {kind.value!r}: a newer version may have asked for it")
    module, name = WORKS[kind]
    found: Work = getattr(import_module(module), name)
    return found
