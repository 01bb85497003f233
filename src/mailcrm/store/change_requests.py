"""Changes that wait until a second person has looked: kept as they were asked for, and moved from state to state.

Each step is an entry of the audit log, with the digest of the content.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound
from mailcrm.model.approval import ChangeAsked, FourEyes, RequestState, canonical, digest
from mailcrm.model.text import clean_line, clean_text
from mailcrm.store import audit
from mailcrm.store.context import actor_name, actor_of
from mailcrm.store.rows.users import ChangeRequest

_LONGEST = 500


def add_request(
    session: Session,
    kind: FourEyes,
    summary: str,
    payload: Mapping[str, Any],
    now: datetime,
    expires_at: datetime | None,
) -> ChangeAsked:
    """Keep a change as the actor of this session asks for it; times aware."""
    text = canonical(payload)
    row = ChangeRequest(
        kind=kind, summary=clean_line(summary, _LONGEST), payload=text, sha256=digest(text), state=RequestState.OPEN,
        asked_by=actor_name(session), asked_login=clean_line(actor_of(session).login, 120), asked_at=now,
        expires_at=expires_at, decided_by="", decided_login="", reason="", result="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "approval.ask", row, now)
    return _asked(row)


def hold_request(session: Session, request_id: int) -> ChangeAsked:
    """A request as it is now, nobody else's until this transaction ends. Raises NotFound."""
    return _asked(_locked(session, request_id))


def get_request(session: Session, request_id: int) -> ChangeAsked:
    """A request. Raises NotFound."""
    row = session.get(ChangeRequest, request_id)
    if row is None:
        raise _missing(request_id)
    return _asked(row)


def list_requests(session: Session, states: Collection[RequestState] = (), limit: int = 100) -> list[ChangeAsked]:
    """The newest requests first: those in these states, or all."""
    query = select(ChangeRequest).order_by(ChangeRequest.id.desc()).limit(limit)
    if states:
        query = query.where(ChangeRequest.state.in_(states))
    return [_asked(row) for row in session.execute(query).scalars()]


def decide_request(
    session: Session, request_id: int, state: RequestState, now: datetime, reason: str = ""
) -> ChangeAsked:
    """The actor of this session approves, rejects or withdraws."""
    row = _locked(session, request_id)
    row.state, row.reason = state, clean_line(reason, _LONGEST)
    row.decided_by, row.decided_login = actor_name(session), clean_line(actor_of(session).login, 120)
    row.decided_at = now
    session.flush()
    _note(session, _STEPS[state], row, now)
    return _asked(row)


def close_request(session: Session, request_id: int, state: RequestState, result: str, now: datetime) -> ChangeAsked:
    """What came of carrying it out: DONE or FAILED, with a text that says more."""
    row = _locked(session, request_id)
    row.state, row.result = state, clean_text(result)[:10_000]
    session.flush()
    _note(session, _STEPS[state], row, now)
    return _asked(row)


_STEPS = {
    RequestState.APPROVED: "approval.approve",
    RequestState.REJECTED: "approval.reject",
    RequestState.WITHDRAWN: "approval.withdraw",
    RequestState.DONE: "approval.done",
    RequestState.FAILED: "approval.failed",
}


def _note(session: Session, action: str, row: ChangeRequest, now: datetime) -> None:
    login = actor_of(session).login
    audit.append_audit(session, action, f"request:{row.id}", now, kind=row.kind.value, sha256=row.sha256, login=login)


def _locked(session: Session, request_id: int) -> ChangeRequest:
    row = session.get(ChangeRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _missing(request_id)
    return row


def _missing(request_id: int) -> NotFound:
    return NotFound(f"no request {request_id}; `mailcrm approvals list --all` shows them")


def _asked(row: ChangeRequest) -> ChangeAsked:
    return ChangeAsked(
        row.id, row.kind, row.summary, row.payload, row.sha256, row.state, row.asked_by, row.asked_login, row.asked_at,
        row.expires_at, row.decided_by, row.decided_login, row.decided_at, row.reason, row.result,
    )  # fmt: skip
