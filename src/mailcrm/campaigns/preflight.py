"""Everything that must be right before a campaign starts, checked on every recipient, not on a sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.campaigns.audience import Audience
from mailcrm.campaigns.content.render import Letter, Sender, compose_letter
from mailcrm.campaigns.content.templates import CompiledTemplate, compile_template, parse_template
from mailcrm.errors import UserError
from mailcrm.model.account import Capture
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.outbox import CampaignRow, TemplateRow

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to send with. `limit` is the largest campaign without a public base URL (decisions.md 32)."""

    sender: Sender
    can_send: bool
    capture: Capture
    limit: int
    switched_on: bool


def compiled(template: TemplateRow) -> CompiledTemplate:
    """The compiled text of a template version. Raises TemplateError."""
    return compile_template(parse_template(template.source, template.filename))


def check_campaign(
    campaign: CampaignRow, audience: Audience, values: Mapping[int, Mapping[str, str]], means: Means, now: datetime
) -> list[str]:
    """All problems in words, empty if it may start. `values` are merge values by address id."""
    problems = [*_means_problems(campaign, audience, means), *_opt_out_problems(campaign, audience, means)]
    try:
        template = compiled(campaign.template)
    except UserError as exc:
        return [*problems, str(exc)]
    if campaign.kind == CampaignKind.MARKETING and "unsubscribe_url" not in template.variables:
        problems.append(
            f"{campaign.template.filename}: marketing mail needs a visible {{{{ unsubscribe_url }}}} in its text"
        )
    return problems + _letter_problems(campaign, template, audience, values, means.sender, now)


def _means_problems(campaign: CampaignRow, audience: Audience, means: Means) -> list[str]:
    problems = []
    if not means.switched_on:
        problems.append("sending is off; switch it on with: mailcrm send on")
    if not means.can_send:
        problems.append(f"account {campaign.account!r} has no smtp section in the configuration")
    if not audience.chosen:
        problems.append("nobody would get this mail; see: mailcrm campaigns audience")
    return problems


def warn_campaign(campaign: CampaignRow, means: Means) -> list[str]:
    """What does not keep a campaign from starting but should be known before."""
    if means.capture == Capture.ALL:
        return []
    return [
        f"bounces cannot be read, since this account keeps only {means.capture}; "
        f"run: mailcrm accounts set {campaign.account} --capture all"
    ]


def _opt_out_problems(campaign: CampaignRow, audience: Audience, means: Means) -> list[str]:
    """Marketing mail offers a mailto beside the link, too, and who uses it must be heard."""
    if campaign.kind != CampaignKind.MARKETING:
        return []
    problems = []
    if means.sender.base_url is None and len(audience.chosen) > means.limit:
        problems.append(
            f"{len(audience.chosen)} recipients, but without public.base_url at most {means.limit}: "
            "mailbox providers demand a one-click unsubscribe link for bulk mail"
        )
    if means.capture == Capture.METADATA:
        problems.append(
            "people may unsubscribe by mail, but this account does not read subjects; "
            f"run: mailcrm accounts set {campaign.account} --capture subject"
        )
    return problems


def _letter_problems(
    campaign: CampaignRow,
    template: CompiledTemplate,
    audience: Audience,
    values: Mapping[int, Mapping[str, str]],
    sender: Sender,
    now: datetime,
) -> list[str]:
    """Compose every mail once: a campaign that would fail for one recipient does not start."""
    failed: dict[str, list[str]] = {}
    for who in audience.chosen:
        assert who.address_id is not None
        own = values[who.address_id]
        letter = Letter(
            0, own.get("email", who.address), "preflight@mailcrm.invalid", campaign.name, campaign.kind, campaign.purpose,
            now, own,
        )  # fmt: skip
        try:
            compose_letter(template, sender, letter)
        except UserError as exc:
            failed.setdefault(str(exc), []).append(f"{who.number} {who.name or who.address}".strip())
    return [_failure(text, who) for text, who in failed.items()]


def _failure(text: str, who: Sequence[str]) -> str:
    more = f" and {len(who) - _SHOWN} more" if len(who) > _SHOWN else ""
    return f"{text} (for {', '.join(who[:_SHOWN])}{more})"
