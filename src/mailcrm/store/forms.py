"""Public forms: what they ask, under which key, and whether they are open."""

from datetime import datetime
from typing import cast

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, NotFound
from mailcrm.model.contact import OWN
from mailcrm.model.form import (
    FormSpec,
    FormState,
    Judged,
    Language,
    SubmissionState,
    fields_text,
    read_fields,
    read_texts,
    texts_text,
)
from mailcrm.model.submission import FormLine, StoredForm
from mailcrm.store.consents import ensure_purpose
from mailcrm.store.own_fields import get_own_field
from mailcrm.store.rows.consent import Purpose
from mailcrm.store.rows.form import FormRow, FormSubmission


def save_form(session: Session, spec: FormSpec, now: datetime, *, replace: bool = False) -> bool:
    """Keep a form, open from now on. Returns whether it is new; with `replace` one of that key is changed, and stays as open
    as it was.

    Raises Conflict where there is one already, NotFound for a field of the team's own that is none.
    """
    for field in spec.fields:
        if field.key.startswith(OWN):
            get_own_field(session, field.key)
    row = session.execute(select(FormRow).where(FormRow.key == spec.key)).scalar_one_or_none()
    is_new = row is None
    if row is None:
        row = FormRow(key=spec.key, state=FormState.OPEN, created_at=now)
        session.add(row)
    elif not replace:
        raise Conflict(f"there is a form {spec.key} already; add it with --replace to change it")
    else:
        row.row_version += 1
    row.language, row.fields, row.texts = spec.language, fields_text(spec), texts_text(spec)
    row.purpose_id = ensure_purpose(session, spec.purpose) if spec.purpose else None
    row.text_version, row.region = spec.text_version[:40], spec.region
    row.privacy_url, row.redirect_url, row.origins = spec.privacy_url, spec.redirect_url, "\n".join(spec.origins)
    session.flush()
    return is_new


def find_form(session: Session, key: str) -> StoredForm | None:
    """The form of that key."""
    query = select(FormRow, Purpose.key).outerjoin(Purpose, Purpose.id == FormRow.purpose_id).where(FormRow.key == key)
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, purpose = found
    return StoredForm(row.id, _spec(row, purpose or ""), row.state, row.created_at, row.row_version)


def _spec(row: FormRow, purpose: str) -> FormSpec:
    texts = read_texts(row.texts)
    return FormSpec(
        key=row.key, title=texts.pop("title"), fields=read_fields(row.fields),
        language=cast("Language", row.language), privacy_url=row.privacy_url, purpose=purpose,
        text_version=row.text_version, redirect_url=row.redirect_url, origins=tuple(row.origins.splitlines()),
        region=row.region, **texts,
    )  # fmt: skip


def get_form(session: Session, key: str) -> StoredForm:
    """Like `find_form`; raises NotFound."""
    found = find_form(session, key)
    if found is None:
        raise NotFound(f"no form {key!r}; `mailcrm forms list` shows them, `mailcrm forms add FILE.toml` makes one")
    return found


def list_forms(session: Session) -> list[FormLine]:
    """All forms by their keys."""
    filed = func.sum(case((FormSubmission.state == SubmissionState.FILED, 1), else_=0))
    waits = (FormSubmission.state == SubmissionState.NEW) & (FormSubmission.verdict == Judged.HELD)
    counts = select(FormSubmission.form_id, filed, func.sum(case((waits, 1), else_=0)))
    by_form = {row[0]: (int(row[1]), int(row[2])) for row in session.execute(counts.group_by(FormSubmission.form_id))}
    return [
        FormLine(
            row.key, read_texts(row.texts)["title"].in_("en"), row.state, *by_form.get(row.id, (0, 0)), row.created_at
        )
        for row in session.execute(select(FormRow).order_by(FormRow.key)).scalars()
    ]


def switch_form(session: Session, key: str, state: FormState) -> bool:
    """Open or close a form. Returns whether it was otherwise before. Raises NotFound."""
    row = session.execute(select(FormRow).where(FormRow.key == get_form(session, key).spec.key)).scalar_one()
    changed = row.state != state
    row.state = state
    session.flush()
    return changed
