"""One recipient's mail: the values a template may use, and the composed bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from mailcrm.campaigns.content.links import list_unsubscribe_headers, unsubscribe_mailto, unsubscribe_url
from mailcrm.campaigns.content.mime import OutgoingMail, ascii_address, compose_email
from mailcrm.campaigns.content.templates import CompiledTemplate, Rendered, render
from mailcrm.model.address import domain_of
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.token import LinkKeys

_WORD = re.compile(r"[a-z0-9]+")
_LONGEST_LABEL = 50


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an account sends as. Without a `base_url` people unsubscribe by mail to `address`."""

    address: str
    name: str
    company: str
    links: LinkKeys
    reply_to: str | None = None
    base_url: str | None = None
    postal_address: str = ""

    def unsubscribe_link(self, token: str) -> str:
        """The link for the body of a mail."""
        return unsubscribe_url(self.base_url, token) if self.base_url else unsubscribe_mailto(self.address, token)

    def common_values(self, campaign: str, token: str, composed_at: datetime) -> dict[str, str]:
        """What a template may say besides the customer's own values."""
        return {
            "company": self.company,
            "postal_address": self.postal_address,
            "from_name": self.name,
            "campaign": campaign,
            "unsubscribe_url": self.unsubscribe_link(token),
            "today": f"{composed_at:%Y-%m-%d}",
        }


@dataclass(frozen=True, slots=True)
class Letter:
    """What is particular to one recipient. `values` are the customer's own merge values."""

    recipient_id: int
    address: str
    message_id: str
    campaign: str
    kind: CampaignKind
    purpose: str | None
    composed_at: datetime
    values: Mapping[str, str]


def render_letter(template: CompiledTemplate, sender: Sender, letter: Letter) -> Rendered:
    """Subject, text and HTML for one recipient. Raises TemplateError."""
    token = sender.links.unsubscribe_token(letter.recipient_id)
    return render(template, {**letter.values, **sender.common_values(letter.campaign, token, letter.composed_at)})


def compose_letter(template: CompiledTemplate, sender: Sender, letter: Letter) -> bytes:
    """The mail as it goes over the wire: the same bytes for the same letter. Raises TemplateError and UserError."""
    rendered = render_letter(template, sender, letter)
    return compose_email(
        OutgoingMail(
            from_address=sender.address,
            from_name=sender.name,
            to_address=letter.address,
            to_name=letter.values.get("name", ""),
            reply_to=sender.reply_to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            message_id=letter.message_id,
            composed_at=letter.composed_at,
            extra_headers=_bulk_headers(sender, letter) if _is_bulk(letter) else {},
        )
    )


def _is_bulk(letter: Letter) -> bool:
    """Marketing, and the test of a marketing campaign, which is to look like what it tests."""
    return letter.kind == CampaignKind.MARKETING or (letter.kind == CampaignKind.SYSTEM and letter.purpose is not None)


def _bulk_headers(sender: Sender, letter: Letter) -> dict[str, str]:
    """What mailbox providers ask of bulk mail: one-click unsubscribe (RFC 8058) and a List-Id (RFC 2919)."""
    token = sender.links.unsubscribe_token(letter.recipient_id)
    headers = list_unsubscribe_headers(sender.base_url, sender.address, token)
    domain = domain_of(ascii_address(sender.address).lower())
    return {**headers, "List-Id": f"<{_list_label(letter.purpose or 'news')}.{domain}>"}


def _list_label(purpose: str) -> str:
    """The purpose as the name of a list; where letters had to go, a digest tells two purposes apart."""
    words = "-".join(_WORD.findall(purpose.lower()))[:_LONGEST_LABEL]
    if words == purpose:
        return words
    return f"{words or 'list'}-{blake2b(purpose.encode(), digest_size=4).hexdigest()}"
