"""What the faces may do with campaigns: draft, look, test, start, stop, report. The rules are in `campaigns` and below."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailcrm.campaigns import launch
from mailcrm.campaigns.audience import Audience
from mailcrm.campaigns.content.render import Letter, render_letter
from mailcrm.campaigns.content.templates import Rendered
from mailcrm.campaigns.launch import Readiness
from mailcrm.campaigns.preflight import compiled
from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.address import AddressKind, address_key
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.outbox import CampaignCounts, CampaignRow, RecipientLine, TemplateRow
from mailcrm.model.recipient import RecipientState
from mailcrm.model.rights import Actor
from mailcrm.model.segment import parse_segment
from mailcrm.service.app import App
from mailcrm.service.senders import means_of, sender_of
from mailcrm.store import (
    Session,
    addresses,
    audit,
    campaigns,
    consents,
    parties,
    recipients,
    segments,
    settings,
    sync_state,
)

_MAX_TEMPLATE = 1_000_000


@dataclass(frozen=True)
class Preview:
    """One mail as it would be, what stands in the way of a start, and what should be known before it."""

    to: str
    rendered: Rendered
    problems: list[str]
    warnings: list[str]
    recipients: int


@dataclass(frozen=True)
class CampaignReport:
    """How it went. `lines` is None unless the recipients were asked for."""

    campaign: CampaignRow
    counts: CampaignCounts
    lines: list[RecipientLine] | None


# --- drafts ------------------------------------------------------------------------------------------------------


def create_draft(
    app: App, actor: Actor, name: str, template: Path, segment: str, account: str | None, purpose: str
) -> CampaignRow:
    """A draft of kind marketing. Raises UserError: template, segment, account, taken name."""
    with app.store.write(actor) as session:
        text = _save_text(session, template, app.clock())
        row = campaigns.create_campaign(
            session, name, CampaignKind.MARKETING,
            account_id=sync_state.get_account(session, _account_name(app, account)).id,
            template_version_id=text.id,
            purpose_id=consents.ensure_purpose(session, purpose),
            segment=_expression(session, segment),
            now=app.clock(),
        )  # fmt: skip
        audit.append_audit(session, "campaign.create", f"campaign:{row.id}", app.clock())
    return row


def change_text(app: App, actor: Actor, name: str, template: Path) -> CampaignRow:
    """Another text for a draft. Raises UserError."""
    with app.store.write(actor) as session:
        row = campaigns.get_campaign(session, name)
        campaigns.set_template(session, row, _save_text(session, template, app.clock()).id)
        audit.append_audit(session, "campaign.edit", f"campaign:{row.id}", app.clock())
        return campaigns.get_campaign(session, name)


def _save_text(session: Session, path: Path, now: datetime) -> TemplateRow:
    """The file as a template version; it must compile."""
    try:
        source = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"template {path} cannot be read: {exc}") from exc
    if len(source) > _MAX_TEMPLATE:
        raise UserError(f"template {path} is larger than {_MAX_TEMPLATE:,} characters; pictures belong on a web server")
    row = campaigns.save_template(session, path.stem, path.name, source, now)
    compiled(row)
    return row


def _account_name(app: App, account: str | None) -> str:
    if account is not None:
        return app.account(account).name
    names = [a.name for a in app.config.accounts if a.smtp is not None or a.name in app.transports]
    if len(names) != 1:
        raise UserError(
            f"which account shall it be sent from? --account with one of: {', '.join(names) or 'none can send'}"
        )
    return names[0]


def _expression(session: Session, text: str) -> str:
    """A stored segment's expression, or the expression itself."""
    try:
        return segments.get_segment(session, text).segment.text
    except NotFound:
        return parse_segment(text).text


# --- looking -----------------------------------------------------------------------------------------------------


def look(app: App, name: str) -> Readiness:
    """The audience and all problems as of now. Raises NotFound."""
    with app.store.read() as session:
        account = campaigns.get_campaign(session, name).account
    return launch.prepare(app.store, name, means_of(app, account), app.clock())


def preview_as(app: App, name: str, who: str | None) -> Preview:
    """The mail as one customer would get it. Raises NotFound and TemplateError."""
    ready = look(app, name)
    with app.store.read() as session:
        address, values = _sample(session, ready, who)
    now = app.clock()
    letter = Letter(
        0, address, "preview@mailcrm.invalid", name, ready.campaign.kind, ready.campaign.purpose, now, values
    )
    sender = sender_of(app, app.account(ready.campaign.account))
    rendered = render_letter(compiled(ready.campaign.template), sender, letter)
    return Preview(address, rendered, ready.problems, ready.warnings, len(ready.audience.chosen))


def _sample(session: Session, ready: Readiness, who: str | None) -> tuple[str, dict[str, str]]:
    """Address as the sender will use it and merge values of a customer, by default the first of the audience."""
    if who is not None:
        party_id = parties.get_party(session, who)
        found = recipients.reachable(session, [party_id], None)
        one = next((item for item in found if item.address_id is not None), None)
    else:
        one = next(iter(ready.audience.chosen), None)
    if one is None or one.address_id is None:
        raise UserError("nobody would get this mail; choose a customer with an address: --as C000017Z")
    values = recipients.merge_values(session, [(one.party_id, one.address_id)])[one.address_id]
    return values["email"], values


# --- acting ------------------------------------------------------------------------------------------------------


def send_test(app: App, actor: Actor, name: str, to: str, who: str | None) -> CampaignRow:
    """One mail to one of our own addresses. Raises UserError."""
    if address_key(to) not in app.own:
        raise UserError(
            f"{to} is not one of your own addresses; tests go to accounts, aliases and company.domains only"
        )
    ready = look(app, name)
    with app.store.write(actor) as session:
        if not settings.sending_enabled(session):
            raise Conflict("sending is off; switch it on with: mailcrm send on")
        address, values = _sample(session, ready, who)
        known = addresses.ensure_addresses(session, {address_key(to): (to, AddressKind.OWN)}, app.clock())[
            address_key(to)
        ]
        row = launch.enqueue_test(session, ready.campaign, known.id, {**values, "email": address}, app.clock())
        audit.append_audit(session, "campaign.test", f"campaign:{ready.campaign.id}", app.clock())
    return row


def require_future(app: App, start_at: datetime | None) -> None:
    """Raises UserError if a start is meant for a time that is over; for asking before anybody types a number."""
    launch.require_future(start_at, app.clock())


def start_campaign(
    app: App, actor: Actor, name: str, expected: int, start_at: datetime | None, shown: Audience | None = None
) -> CampaignRow:
    """Freeze and run, or schedule; `shown` is the audience whose number was typed back. Raises Conflict."""
    ready = look(app, name)
    with app.store.write(actor) as session:
        return launch.start(session, ready, expected, app.clock(), start_at, shown=shown)


def move(app: App, actor: Actor, name: str, state: CampaignState) -> CampaignRow:
    """Pause, resume or cancel. Raises Conflict."""
    with app.store.write(actor) as session:
        before = campaigns.get_campaign(session, name)
        if before.state == CampaignState.DRAFT and state == CampaignState.RUNNING:
            raise Conflict(f"campaign {name!r} was never started; use: mailcrm campaigns start '{name}'")
        row = campaigns.set_state(session, name, state, app.clock())
        audit.append_audit(session, f"campaign.{state.value}", f"campaign:{row.id}", app.clock())
    return row


def read_report(app: App, name: str, states: tuple[RecipientState, ...] = (), *, lines: bool = False) -> CampaignReport:
    """Counts, and with `lines` the recipients (in `states`, if any are given)."""
    with app.store.read() as session:
        row = campaigns.get_campaign(session, name)
        counts = campaigns.count_recipients(session, row.id)
        found = (
            [line for _, line in campaigns.list_recipients(session, row.id, states, limit=100_000)] if lines else None
        )
    return CampaignReport(row, counts, found)
