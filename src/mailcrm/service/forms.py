"""Public forms from the first byte to the archive: what comes in is judged and kept in one transaction, then filed.

What a human then says of held submissions is here, too: release, trust, drop.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailcrm.log import get_logger
from mailcrm.model.address import OwnAddresses
from mailcrm.model.form import OLDEST, Judged, Language, SubmissionState, canonical
from mailcrm.model.form_answers import Answers
from mailcrm.model.rights import Actor
from mailcrm.model.spam import MOST_AN_HOUR, MOST_OF_ALL, Attempt, Verdict, judge, text_hash
from mailcrm.model.submission import Before, NewSubmission, StoredForm
from mailcrm.model.token import FormToken
from mailcrm.service.app import App
from mailcrm.service.form_filing import file_submission, trust_submission
from mailcrm.store import Session, Store, audit, submissions
from mailcrm.store.engine import database_now

_log = get_logger("mailcrm.forms")
_VISITOR = Actor("public", "form")
_FILER = Actor.system("forms")
_AT_ONCE = 100
KEPT_DROPPED = timedelta(days=30)
"""How long what was dropped can still be released."""


class Received(StrEnum):
    """What the visitor is told. Held, spam and somebody we know get the same thanks as everybody."""

    THANKS = "thanks"
    AGAIN = "again"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class Posted:
    """A POST whose answers are all right. `token` is what the form carried ('' for none), `signed` what it says if it is ours
    and of this form."""

    form: StoredForm
    answers: Answers
    language: Language
    token: str
    signed: FormToken | None
    proof: str
    honeypot: str
    foreign_site: bool
    ip: str
    user_agent: str


def receive(store: Store, posted: Posted) -> tuple[Received, int | None]:
    """Judge and keep a submission. Returns what to say, and the id of what is to be filed now (None: nothing).

    Durable, since its sender is told that it arrived. AGAIN: the page is older than a day, or was sent before with
    other answers; it has to be sent again from a new one. TOO_MANY: nothing was kept.
    """
    if _is_flood(store, posted):
        _log.warning("too many submissions", form=posted.form.spec.key)
        return Received.TOO_MANY, None
    with store.write(_VISITOR, durable=True) as session:
        now = database_now(session)
        if posted.signed is not None and now - posted.signed.given_at > OLDEST:
            return Received.AGAIN, None
        ip_hash = submissions.visitor_hash(session, posted.ip, now)
        key = _source_key(posted, ip_hash)
        sent = submissions.find_sent(session, key)
        if sent is not None:
            same = sent.answers == posted.answers.values and bool(sent.asked) == posted.answers.newsletter
            return (Received.THANKS if same else Received.AGAIN), None
        same_text = text_hash(_texts(posted.answers.values))
        before = submissions.count_before(session, posted.form.id, ip_hash, same_text, now)
        verdict = judge(_attempt(posted, before, now))
        new = _new(posted, verdict, ip_hash, same_text, key, now)
        submission_id = submissions.add_submission(session, new)
    _log.info("form received", form=posted.form.spec.key, submission=submission_id, verdict=verdict.judged.value)
    return Received.THANKS, submission_id if verdict.judged is Judged.OK else None


def _is_flood(store: Store, posted: Posted) -> bool:
    """Looked at before anything is written: a flood must not take the writers' turn from the mail."""
    with store.read() as session:
        now = database_now(session)
        ip_hash = submissions.visitor_hash(session, posted.ip, now)
        before = submissions.count_before(session, posted.form.id, ip_hash, "", now)
    return before.from_there >= MOST_AN_HOUR or before.of_all >= MOST_OF_ALL


def _attempt(posted: Posted, before: Before, now: datetime) -> Attempt:
    return Attempt(
        texts=tuple(posted.answers.values.values()),
        honeypot=posted.honeypot,
        token=posted.token,
        age=now - posted.signed.given_at if posted.signed else None,
        proof=posted.proof or None,
        foreign_site=posted.foreign_site,
        from_there=before.from_there,
        same_text=before.same_text,
    )


def _new(
    posted: Posted, verdict: Verdict, ip_hash: str, same_text: str, source_key: str, now: datetime
) -> NewSubmission:
    spec, answers = posted.form.spec, posted.answers
    return NewSubmission(
        form_id=posted.form.id, at=now, answers=answers.values, language=posted.language,
        asked=spec.newsletter.in_(posted.language) if answers.newsletter else "",
        text_version=spec.text_version if answers.newsletter else "", ip_hash=ip_hash, text_hash=same_text,
        user_agent=posted.user_agent, judged=verdict.judged, reasons=verdict.reasons, source_key=source_key,
    )  # fmt: skip


def _source_key(posted: Posted, ip_hash: str) -> str:
    """One page, one submission; without a page of ours, the same answers of the same visitor on the same day."""
    if posted.signed is not None:
        return f"page:{posted.form.id}:{posted.signed.nonce[:60]}"
    told = canonical([posted.form.id, ip_hash, dict(posted.answers.values), posted.answers.newsletter])
    return f"bare:{hashlib.sha256(told.encode()).hexdigest()}"


_LONG = 20


def _texts(values: Mapping[str, str]) -> list[str]:
    """What makes a text: not the name and the address, which change with each of a robot's tries."""
    return [value for key, value in sorted(values.items()) if key not in ("email", "name") and len(value) >= _LONG]


# --- filing ------------------------------------------------------------------------------------------------------


def file_one(app: App, submission_id: int) -> None:
    """File what was just received, and wake the resolver. Raises StoreBusy; the clock then does it later."""
    with app.store.write(_FILER) as session:
        file_submission(session, app.own, submission_id, database_now(session))
    app.signals.filed.set()


def file_waiting(app: App) -> int:
    """File what was received and not filed, since the process or the database went away in between. Returns how many."""
    with app.store.read() as session:
        ready = submissions.ready_to_file(session, _AT_ONCE)
    for submission_id in ready:
        file_one(app, submission_id)
    return len(ready)


# --- by hand -----------------------------------------------------------------------------------------------------


def release(
    session: Session, own: OwnAddresses, submission_id: int, now: datetime, *, by: str, trust: bool = False
) -> bool:
    """A held or dropped submission is filed after all; with `trust` its values count. Returns whether anything changed.

    Raises NotFound and Conflict.
    """
    waited = submissions.get_submission(session, submission_id).state != SubmissionState.FILED
    file_submission(session, own, submission_id, now, by_hand=True)
    trusted = trust and trust_submission(session, submission_id, by, now)
    if waited or trusted:
        action = "form.trust" if trusted else "form.release"
        audit.append_audit(session, action, f"submission:{submission_id}", now)
    return waited or trusted


def drop(session: Session, submission_id: int, now: datetime) -> bool:
    """It is not wanted; after a month it is deleted. Returns whether it waited until now: what is filed stays.

    Raises NotFound.
    """
    if submissions.get_submission(session, submission_id, lock=True).state != SubmissionState.NEW:
        return False
    submissions.drop(session, submission_id)
    audit.append_audit(session, "form.drop", f"submission:{submission_id}", now)
    return True
