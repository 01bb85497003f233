"""One recipient's mail: the values a template may use, and the composed bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailcrm.campaigns.content.links import list_unsubscribe_headers, unsubscribe_mailto, unsubscribe_url
from mailcrm.campaigns.content.mime import OutgoingMail, compose_email
from mailcrm.campaigns.content.templates import CompiledTemplate, Rendered, render
from mailcrm.model.address import domain_of
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.token import LinkKeys


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
            extra_headers=_bulk_headers(sender, letter) if letter.kind == CampaignKind.MARKETING else {},
        )
    )


def _bulk_headers(sender: Sender, letter: Letter) -> dict[str, str]:
    """What mailbox providers ask of bulk mail: one-click unsubscribe (RFC 8058) and a List-Id (RFC 2919)."""
    token = sender.links.unsubscribe_token(letter.recipient_id)
    headers = list_unsubscribe_headers(sender.base_url, sender.address, token)
    name = "".join(char if char.isascii() and char.isalnum() else "-" for char in letter.purpose or "news")
    return {**headers, "List-Id": f"<{name}.{domain_of(sender.address.lower())}>"}
