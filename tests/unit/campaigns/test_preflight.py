"""What keeps a campaign from starting, and what is only told."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailcrm.campaigns.audience import Audience
from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.preflight import Means, check_campaign, warn_campaign
from mailcrm.model.account import Capture
from mailcrm.model.address import AddressKind
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import ConsentState, MailFacts
from mailcrm.model.outbox import CampaignRow, Reachable, TemplateRow
from mailcrm.model.party import PartyState
from mailcrm.model.token import LinkKeys

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
URL = "https://crm.own.example"
TEMPLATE = TemplateRow(1, "news", 1, "news.txt", "Subject: Hello\n\nNews. {{ unsubscribe_url }}\n", "0" * 64)
CAMPAIGN = CampaignRow(
    1, "News", CampaignKind.MARKETING, CampaignState.DRAFT, "", "newsletter", 1, "team", 1, "all", {}, 1, TEMPLATE, None,
    NOW, None, None,
)  # fmt: skip
FACTS = MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL, ConsentState.GIVEN)


def means(capture: Capture = Capture.ALL, base_url: str | None = URL, limit: int = 200) -> Means:
    sender = Sender("team@own.example", "Team", "Own Ltd", LinkKeys((b"k" * 32,)), base_url=base_url)
    return Means(sender, can_send=True, capture=capture, limit=limit, switched_on=True)


def problems(ready: Means, campaign: CampaignRow = CAMPAIGN, count: int = 1) -> list[str]:
    people = tuple(Reachable(n, f"C{n}", "Zhang", f"p{n}@x.example", n, FACTS) for n in range(count))
    return check_campaign(campaign, Audience(people, ()), {n: {} for n in range(count)}, ready, NOW)


@pytest.mark.parametrize("base_url", [URL, None])
@pytest.mark.parametrize("capture", [Capture.SUBJECT, Capture.ALL])
def test_a_mailbox_whose_subjects_are_read_may_send(capture: Capture, base_url: str | None) -> None:
    assert problems(means(capture, base_url)) == []


@pytest.mark.parametrize("base_url", [URL, None])
def test_marketing_needs_a_mailbox_in_which_opt_outs_are_read(base_url: str | None) -> None:
    [problem] = problems(means(Capture.METADATA, base_url))
    assert "mailcrm accounts set team --capture subject" in problem


def test_other_mail_carries_no_opt_out_by_mail() -> None:
    assert problems(means(Capture.METADATA), replace(CAMPAIGN, kind=CampaignKind.ONE_TO_ONE)) == []


@pytest.mark.parametrize(("base_url", "count"), [(URL, 0), (None, 1)])
def test_large_campaigns_need_a_link(base_url: str | None, count: int) -> None:
    assert len(problems(means(base_url=base_url, limit=2), count=3)) == count


@pytest.mark.parametrize(("capture", "count"), [(Capture.METADATA, 1), (Capture.SUBJECT, 1), (Capture.ALL, 0)])
def test_bounces_that_nobody_reads_are_warned_of(capture: Capture, count: int) -> None:
    warnings = warn_campaign(CAMPAIGN, means(capture))
    assert len(warnings) == count
    assert all("mailcrm accounts set team --capture all" in warning for warning in warnings)
