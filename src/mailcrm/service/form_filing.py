"""What came in by a public form becomes part of the archive: a person by the address, a line that tells of it, and claims.

Anybody can type anybody's address. So what a form says of a customer are suggestions, shown beside what is known, until
somebody stands for them: a human (`mailcrm forms release --trust`), or the owner of the address, by the link of a
confirmation mail. Neither opens an address that is closed, and a ticked newsletter box is an asking, never a consent.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from mailcrm.errors import Conflict, UserError
from mailcrm.identity.normalise import split_name
from mailcrm.model.address import AddressKind, OwnAddresses, address_kind, parse_address
from mailcrm.model.archive import KnownAddress
from mailcrm.model.contact import MANY, OWN, ContactField
from mailcrm.model.form import EMAIL, MESSAGE, FormField, FormSpec, Language, SubmissionState
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.own_field import OwnFieldSpec, canonical
from mailcrm.model.party import PartyKind, PartyState, may_replace
from mailcrm.model.record import Claim, Proof
from mailcrm.model.submission import Submission
from mailcrm.store import Session, addresses, candidates, claims, forms, parties, submissions, timeline
from mailcrm.store.adopt import adopt_mail
from mailcrm.store.consents import get_purpose, suppressed
from mailcrm.store.history import Cause
from mailcrm.store.identity import profiles
from mailcrm.store.own_fields import own_fields
from mailcrm.store.timeline import NewInteraction

SUGGESTED, TRUSTED = 0.4, 0.9
"""Confidence of what a stranger says, below what is believed (`model.contact.BELIEVABLE`), and of what somebody stands for."""

_SOURCE = "form"
_ERASED = "this person asked to be forgotten"
_PEOPLE_KINDS = (AddressKind.PERSONAL, AddressKind.ROLE)
_ONLY_PEOPLE = (
    ContactField.NAME, ContactField.SALUTATION, ContactField.GENDER, ContactField.TITLE, ContactField.DEPARTMENT,
)  # fmt: skip


def file_submission(
    session: Session, own: OwnAddresses, submission_id: int, now: datetime, *, by_hand: bool = False
) -> bool:
    """Put one into the archive, once. Returns whether it is there; False: it is held, since the person was erased.

    `by_hand`: a human decided so. An address of ours, a list or a robot is nobody's: its submission stays by itself.
    Raises NotFound, and Conflict if the customer behind the address was erased.
    """
    found = submissions.get_submission(session, submission_id, lock=True)
    if found.state == SubmissionState.FILED:
        return True
    address = parse_address(found.answers[EMAIL])
    if not by_hand and submissions.was_erased(session, address.key):
        submissions.hold(session, submission_id, _ERASED)
        return False
    wanted = {address.key: (address.display, address_kind(address.key, own))}
    known = addresses.ensure_addresses(session, wanted, now)[address.key]
    party_id = _party(session, known, found, now) if known.kind in _PEOPLE_KINDS and known.key not in own else None
    submissions.mark_filed(session, submission_id, party_id, known.id)
    if party_id is not None:
        spec = forms.get_form(session, found.form).spec
        timeline.append_interactions(session, [_line(session, spec, found, known, party_id)])
        parties.touch_contact(session, {party_id: found.at}, incoming=True)
        _claim(session, spec, found, party_id, SUGGESTED, now)
        profiles.touch(session, [party_id])
    return True


def trust_submission(session: Session, submission_id: int, by: str, now: datetime) -> bool:
    """What a filed submission says counts from now on, by the precedence of its source: a human's values stay.

    This is also where the confirmation mail of a newsletter ends: whoever answers it proves the address, calls this, and
    records the consent with the wording that was asked (`Submission.asked`, `text_version`). Returns whether it was
    no more than suggested until now. Raises NotFound, and Conflict if no customer is behind it.
    """
    found = submissions.get_submission(session, submission_id, lock=True)
    if found.party_id is None:
        raise Conflict(f"submission {submission_id} is with no customer, so there is nothing to trust")
    if found.trusted_at is not None:
        return False
    spec = forms.get_form(session, found.form).spec
    _claim(session, spec, found, found.party_id, TRUSTED, now, by)
    brief = parties.states_of(session, [found.party_id])[found.party_id]
    name = found.answers.get(ContactField.NAME, "")
    if name and brief.kind == PartyKind.PERSON and may_replace(_SOURCE, brief.name_source):
        parties.set_person_names(session, {found.party_id: split_name(name)})
        parties.rename_party(session, found.party_id, name, _SOURCE, now)
    submissions.mark_trusted(session, submission_id, now)
    profiles.touch(session, [found.party_id])
    return True


# --- whose it is -------------------------------------------------------------------------------------------------


def _party(session: Session, address: KnownAddress, found: Submission, now: datetime) -> int:
    """Who is behind the address; somebody new becomes a candidate, as by a mail."""
    if address.party_id is not None:
        state = parties.states_of(session, [address.party_id])[address.party_id].state
        if state == PartyState.ERASED:
            raise Conflict(f"{_ERASED}: `mailcrm people add` makes the customer anew, if they wish to be one again")
        return address.party_id
    is_person = address.kind != AddressKind.ROLE
    name = found.answers.get(ContactField.NAME, "") if is_person else ""
    party_id = candidates.parties_for(session, [(address, name)], _SOURCE, now)[address.key]
    adopt_mail(session, party_id, address.id)
    if is_person and name:
        parties.set_person_names(session, {party_id: split_name(name)})
        parties.rename_parties(session, {party_id: name}, "header", now)  # a stranger's word: any mail may correct it
    return party_id


# --- what it says ------------------------------------------------------------------------------------------------


def _line(session: Session, spec: FormSpec, found: Submission, address: KnownAddress, party_id: int) -> NewInteraction:
    """The message first, then every other answer with its question."""
    language: Language = "zh-CN" if found.language == "zh-CN" else "en"
    asked = [each.key for each in spec.fields]
    keys = [key for key in asked if key in found.answers] + sorted(found.answers.keys() - set(asked))
    rest = [
        f"{_question(spec, key, language)}: {', '.join(found.answers[key].splitlines())}"
        for key in keys
        if key not in (EMAIL, MESSAGE)
    ]
    told = [found.answers.get(MESSAGE, ""), "\n".join(rest)]
    return NewInteraction(
        kind=InteractionKind.FORM, source_key=f"form:{found.id}", at=found.at, title=spec.title.in_(language),
        parties=((party_id, "from"),), direction=Direction.IN, body="\n\n".join(filter(None, told)),
        outcome=_outcome(session, spec, found, address),
    )  # fmt: skip


def _question(spec: FormSpec, key: str, language: Language) -> str:
    """As the form asks it today, else its name."""
    field = spec.field(key)
    return field.label.in_(language) if field else key


def _outcome(session: Session, spec: FormSpec, found: Submission, address: KnownAddress) -> str:
    """What somebody has to know: an asking is no consent, and does not open what was closed."""
    if not found.asked:
        return "inquiry" if found.answers.get(MESSAGE) else ""
    purpose_id = get_purpose(session, spec.purpose) if spec.purpose else None
    if suppressed(session, [address.id], purpose_id):
        return "newsletter asked, but opted out"
    return "newsletter asked, not confirmed"


def _claim(
    session: Session, spec: FormSpec, found: Submission, party_id: int, confidence: float, now: datetime, by: str = ""
) -> None:
    """What the answers say of the customer. `by`: who stands for it."""
    kind = parties.states_of(session, [party_id])[party_id].kind
    proof = Proof(_SOURCE, found.at, confidence, by)
    told = list(_claims(spec, found.answers, kind, own_fields(session, archived=False), proof))
    if told:
        claims.record_claims(session, {party_id: told}, Cause(_SOURCE, now, found.id))


def _claims(
    spec: FormSpec, answers: Mapping[str, str], kind: PartyKind, own: Mapping[str, OwnFieldSpec], proof: Proof
) -> Iterator[Claim]:
    for field in spec.fields:
        value = answers.get(field.key, "")
        if not value or field.key in (EMAIL, MESSAGE):
            continue
        if field.key.startswith(OWN):
            value = _own_value(own.get(field.key), kind, value)
        elif kind == PartyKind.ORGANISATION and field.key in _ONLY_PEOPLE:
            continue
        for each in _values(field, value):
            yield Claim(field.key, each, proof=proof)


def _values(field: FormField, value: str) -> list[str]:
    """One claim for each of several choices, where the field holds several."""
    if field.key.startswith(OWN):
        return [value] if value else []
    lines = value.splitlines()
    return lines if field.key in MANY else [", ".join(lines)]


def _own_value(own: OwnFieldSpec | None, kind: PartyKind, value: str) -> str:
    """As the team's own field is written; '' for a value that it cannot hold, which the line on the timeline still tells."""
    if own is None or own.applies_to not in (None, kind):
        return ""
    try:
        return canonical(own, value)
    except UserError:
        return ""
