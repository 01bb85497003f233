"""What came in by a public form, as the store keeps it and people look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailcrm.model.form import FormSpec, FormState, Judged, SubmissionState


@dataclass(frozen=True, slots=True)
class StoredForm:
    """A form in use. `created_at` is UTC; `row_version` counts its changes."""

    id: int
    spec: FormSpec
    state: FormState
    created_at: datetime
    row_version: int


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form in a list, with how many of its submissions are in the archive, and how many wait for a human."""

    key: str
    title: str
    state: FormState
    filed: int
    held: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Before:
    """What came in by a form before: from one visitor and from all in the last hour, of one text in the last day."""

    from_there: int
    of_all: int
    same_text: int


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """What is to be kept of one POST. `asked` is the wording of the newsletter box if it was ticked; `source_key` is the same
    for the same page sent twice."""

    form_id: int
    at: datetime
    answers: Mapping[str, str]
    language: str
    asked: str
    text_version: str
    ip_hash: str
    text_hash: str
    user_agent: str
    judged: Judged
    reasons: str
    source_key: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission with what became of it. `trusted_at` (UTC): since then its values count and are no mere suggestions."""

    id: int
    form: str
    at: datetime
    answers: Mapping[str, str]
    language: str
    asked: str
    text_version: str
    judged: Judged
    reasons: str
    state: SubmissionState
    user_agent: str
    party_id: int | None
    email_id: int | None
    trusted_at: datetime | None
