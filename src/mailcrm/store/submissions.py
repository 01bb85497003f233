"""What came in by public forms: kept first, whatever is thought of it, then filed, held for a human, or dropped."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound
from mailcrm.model.address import mailbox_key
from mailcrm.model.form import Judged, SubmissionState, canonical
from mailcrm.model.recipient import Suppress
from mailcrm.model.submission import Before, NewSubmission, Submission
from mailcrm.store.addresses import key_hash
from mailcrm.store.bulk import insert_numbered
from mailcrm.store.rows.consent import Suppression
from mailcrm.store.rows.form import FormRow, FormSubmission

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def visitor_hash(session: Session, ip: str, now: datetime) -> str:
    """A visitor for today: keyed, so that it cannot be guessed, and another one tomorrow, so that nobody is followed.

    Of IPv6 the network of 64 bits counts: a house has all addresses in it (RFC 6177).
    """
    try:
        address = ip_address(ip)
        if isinstance(address, IPv6Address):
            ip = str(ip_network((address, 64), strict=False))
    except ValueError:
        ip = ip[:100]
    return key_hash(session, f"form visitor {now:%Y-%m-%d} {ip}")


def count_before(session: Session, form_id: int, ip_hash: str, text_hash: str, now: datetime) -> Before:
    """What the guard compares a submission with."""
    recent = select(func.count()).where(FormSubmission.form_id == form_id, FormSubmission.at > now - _HOUR)
    there = session.execute(recent.where(FormSubmission.ip_hash == ip_hash)).scalar_one()
    same = select(func.count()).where(
        FormSubmission.form_id == form_id, FormSubmission.text_hash == text_hash, FormSubmission.at > now - _DAY
    )
    repeated = session.execute(same).scalar_one() if text_hash else 0
    return Before(there, session.execute(recent).scalar_one(), repeated)


def was_erased(session: Session, key: str) -> bool:
    """Whether somebody with this address (by its comparison form) wanted to be forgotten."""
    digests = [key_hash(session, key), key_hash(session, mailbox_key(key))]
    erased = select(Suppression.id).where(Suppression.key_hash.in_(digests), Suppression.reason == Suppress.ERASED)
    return session.execute(erased.limit(1)).first() is not None


def add_submission(session: Session, new: NewSubmission) -> int:
    """Keep it; spam is dropped at once, and can still be released. Returns its id."""
    state = SubmissionState.DROPPED if new.judged is Judged.SPAM else SubmissionState.NEW
    row = {
        "form_id": new.form_id, "at": new.at, "answers": canonical(dict(new.answers)), "language": new.language,
        "asked": new.asked, "text_version": new.text_version, "ip_hash": new.ip_hash, "text_hash": new.text_hash,
        "user_agent": new.user_agent, "verdict": new.judged, "reasons": new.reasons[:400], "state": state,
        "source_key": new.source_key,
    }  # fmt: skip
    return insert_numbered(session, FormSubmission, [row])[0]


def find_sent(session: Session, source_key: str) -> Submission | None:
    """What was kept of a page that was sent before."""
    found = session.execute(_query().where(FormSubmission.source_key == source_key)).one_or_none()
    return None if found is None else _submission(*found)


def get_submission(session: Session, submission_id: int, *, lock: bool = False) -> Submission:
    """One of them, by its id; `lock`ed, nobody else can file it meanwhile. Raises NotFound."""
    query = _query().where(FormSubmission.id == submission_id)
    found = session.execute(query.with_for_update(of=FormSubmission) if lock else query).one_or_none()
    if found is None:
        raise NotFound(f"no submission {submission_id}; `mailcrm forms submissions` shows them")
    return _submission(*found)


def list_submissions(
    session: Session,
    *,
    form: str | None = None,
    state: SubmissionState | None = None,
    judged: Judged | None = None,
    asked: bool = False,
    limit: int = 50,
) -> list[Submission]:
    """The newest first. `asked`: only those that asked for a newsletter, whether or not they confirmed it since."""
    query = _query().order_by(FormSubmission.id.desc()).limit(limit)
    if form is not None:
        query = query.where(FormRow.key == form)
    if state is not None:
        query = query.where(FormSubmission.state == state)
    if judged is not None:
        query = query.where(FormSubmission.verdict == judged)
    if asked:
        query = query.where(FormSubmission.asked != "")
    return [_submission(*row) for row in session.execute(query)]


def ready_to_file(session: Session, limit: int) -> Sequence[int]:
    """Those that nothing speaks against and that are not in the archive yet, the oldest first."""
    ready = (FormSubmission.state == SubmissionState.NEW) & (FormSubmission.verdict == Judged.OK)
    return (
        session.execute(select(FormSubmission.id).where(ready).order_by(FormSubmission.id).limit(limit)).scalars().all()
    )


def mark_filed(session: Session, submission_id: int, party_id: int | None, email_id: int) -> None:
    """It is in the archive, with this customer (None: nobody is behind its address)."""
    _set(session, submission_id, state=SubmissionState.FILED, party_id=party_id, email_id=email_id)


def mark_trusted(session: Session, submission_id: int, now: datetime) -> None:
    """Somebody stands for what it says."""
    _set(session, submission_id, trusted_at=now)


def hold(session: Session, submission_id: int, reason: str) -> None:
    """A human has to look, for this reason."""
    _set(session, submission_id, verdict=Judged.HELD, reasons=reason[:400])


def drop(session: Session, submission_id: int) -> None:
    """It is not wanted."""
    _set(session, submission_id, state=SubmissionState.DROPPED)


def _set(session: Session, submission_id: int, **values: object) -> None:
    session.execute(update(FormSubmission).where(FormSubmission.id == submission_id).values(**values))


def forget_dropped(session: Session, before: datetime) -> int:
    """Delete what was dropped and came before then. Returns how many."""
    old = FormSubmission.at < before, FormSubmission.state == SubmissionState.DROPPED
    done = session.execute(delete(FormSubmission).where(*old).execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


# --- reading -----------------------------------------------------------------------------------------------------


def _query() -> Select[FormSubmission, str]:
    return select(FormSubmission, FormRow.key).join(FormRow, FormRow.id == FormSubmission.form_id)


def _submission(row: FormSubmission, form: str) -> Submission:
    return Submission(
        row.id, form, row.at, json.loads(row.answers), row.language, row.asked, row.text_version, row.verdict,
        row.reasons, row.state, row.user_agent, row.party_id, row.email_id, row.trusted_at,
    )  # fmt: skip
