"""Opting out by a signed link: what its page must know, and closing one purpose or an address altogether.

Who may ask is proved by the link; that it is obeyed before the next mail goes out is `outbox.mark`'s part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.address import domain_of
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import ConsentState
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.recipient import Suppress, opt_out
from mailcrm.store.consents import consent_states, record_consent, suppress, suppressed
from mailcrm.store.identity.leaves import leaves_of
from mailcrm.store.outbox import settle
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.base import to_micros
from mailcrm.store.rows.campaign import Campaign, CampaignStep, Recipient
from mailcrm.store.rows.consent import Purpose
from mailcrm.store.rows.party import EmailAddress
from mailcrm.store.timeline import NewInteraction, append_interactions


class Closed(StrEnum):
    """How far an address is closed, seen from one mail."""

    NOTHING = "nothing"
    PURPOSE = "purpose"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class OptOut:
    """What the page behind a link may show. The address is masked here, so that the whole one never leaves the store.

    `purpose` is its label, '' for a mail without one. In a test mail the link closes nothing.
    """

    address: str
    purpose: str
    sender_domain: str
    closed: Closed
    is_test: bool


@dataclass(frozen=True, slots=True)
class _Mail:
    """The mail that a link came in."""

    recipient: Recipient
    campaign: Campaign
    address: EmailAddress
    purpose: str
    sender: str

    @property
    def is_test(self) -> bool:
        """A system mail to nobody's customer: somebody of ours tries a campaign on himself."""
        return self.campaign.kind == CampaignKind.SYSTEM and self.recipient.party_id is None


def find_opt_out(session: Session, recipient_id: int) -> OptOut | None:
    """What can be opted out of by the link of this recipient, and what is closed already; None if it is unknown."""
    mail = _find_mail(session, recipient_id)
    if mail is None:
        return None
    return OptOut(
        address=masked(mail.address.address_display),
        purpose=mail.purpose,
        sender_domain=domain_of(mail.sender),
        closed=_closed(session, mail),
        is_test=mail.is_test,
    )


def masked(address: str) -> str:
    """Enough of an address for its owner to know it again: z***@example.com."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if at else "***"


def close_purpose(session: Session, recipient_id: int, detail: str, now: datetime) -> bool:
    """No more mail for the purpose of this one; a mail without a purpose closes everything.

    `detail` says how it was asked, for the proof. Returns whether anything changed; False for an unknown recipient.
    """
    mail = _find_mail(session, recipient_id)
    if mail is None:
        return False
    if mail.campaign.purpose_id is None and not mail.is_test:
        return close_everything(session, recipient_id, detail, now)
    if _settle(session, mail, detail, now):
        return True
    if mail.is_test or _closed(session, mail) != Closed.NOTHING:
        return False
    return _settle_again(session, mail, detail, now)


def close_everything(session: Session, recipient_id: int, detail: str, now: datetime) -> bool:
    """No more mail to this address at all: suppressed for everything, consent withdrawn for every purpose.

    A refusal of marketing is absolute (GDPR 21(3), PIPL 44). Returns whether anything changed.
    """
    mail = _find_mail(session, recipient_id)
    if mail is None:
        return False
    was_new = _settle(session, mail, detail, now)  # first, since it locks the row: two clicks wait for each other
    if mail.is_test:
        return was_new
    source, key = f"campaign {mail.campaign.name}", mail.address.address_norm
    was_open = suppress(session, key, Suppress.UNSUBSCRIBE, now, purpose_id=None, source=source)
    withdrawn = _withdraw(session, mail.address.id, source, detail, now)
    if was_open or withdrawn:
        _note(session, mail, "no more marketing mail", detail, now)
    return was_new or was_open or bool(withdrawn)


# --- reading -----------------------------------------------------------------------------------------------------


def _find_mail(session: Session, recipient_id: int) -> _Mail | None:
    found = session.execute(
        select(Recipient, Campaign, EmailAddress, Purpose.label, Account.address)
        .join(CampaignStep, CampaignStep.id == Recipient.step_id)
        .join(Campaign, Campaign.id == CampaignStep.campaign_id)
        .join(EmailAddress, EmailAddress.id == Recipient.email_id)
        .join(Account, Account.id == Campaign.account_id)
        .outerjoin(Purpose, Purpose.id == Campaign.purpose_id)
        .where(Recipient.id == recipient_id)
    ).one_or_none()
    return None if found is None else _Mail(found[0], found[1], found[2], found[3] or "", found[4])


def _closed(session: Session, mail: _Mail) -> Closed:
    address_id, purpose_id = mail.address.id, mail.campaign.purpose_id
    if suppressed(session, [address_id], None):
        return Closed.EVERYTHING
    if purpose_id is not None and suppressed(session, [address_id], purpose_id):
        return Closed.PURPOSE
    return Closed.NOTHING


# --- closing -----------------------------------------------------------------------------------------------------


def _settle(session: Session, mail: _Mail, detail: str, now: datetime) -> bool:
    return settle(session, mail.recipient.id, opt_out(mail.recipient.id, detail), now)


def _settle_again(session: Session, mail: _Mail, detail: str, now: datetime) -> bool:
    """Who left, came back and leaves again by the same old mail: links never expire, so the second no counts as well."""
    event = opt_out(mail.recipient.id, detail)
    again = replace(event, dedupe_key=f"{event.dedupe_key}:{to_micros(now)}")
    _note(session, mail, mail.campaign.name, detail, now)  # the line of the first time stands already
    return settle(session, mail.recipient.id, again, now)


def _withdraw(session: Session, address_id: int, source: str, evidence: str, now: datetime) -> Sequence[int]:
    """Every purpose that had not been refused yet, also those never asked for: a no is a no. Returns their ids."""
    purposes = session.execute(select(Purpose.id).order_by(Purpose.id)).scalars().all()
    refused = [
        purpose_id
        for purpose_id in purposes
        if consent_states(session, [address_id], purpose_id).get(address_id) != ConsentState.WITHDRAWN
    ]
    for purpose_id in refused:
        record_consent(
            session, address_id, purpose_id, ConsentState.WITHDRAWN, basis="withdrawal", at=now, source=source,
            evidence=evidence, now=now,
        )  # fmt: skip
    return refused


def _note(session: Session, mail: _Mail, title: str, detail: str, now: datetime) -> None:
    """A line of its own on the timeline, beside that of the mail."""
    party_id = mail.recipient.party_id
    if party_id is None:
        return
    pair = party_id, mail.recipient.email_id
    party_id = leaves_of(session, [pair]).get(pair, party_id)
    line = NewInteraction(
        kind=InteractionKind.CONSENT, source_key=f"optout:{mail.recipient.id}:{to_micros(now)}", at=now, title=title,
        parties=((party_id, "to"),), direction=Direction.IN, body=detail[:500], outcome="unsubscribed",
    )  # fmt: skip
    append_interactions(session, [line])
