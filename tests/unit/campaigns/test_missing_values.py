"""A value that some customers lack is told before a start, with the customers and what to write."""

from datetime import UTC, datetime

from mailcrm.campaigns.audience import Audience
from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.preflight import Means, check_campaign
from mailcrm.model.account import Capture
from mailcrm.model.address import AddressKind
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import ConsentState, MailFacts
from mailcrm.model.outbox import CampaignRow, Reachable, TemplateRow
from mailcrm.model.party import PartyState
from mailcrm.model.token import LinkKeys

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FACTS = MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL, ConsentState.GIVEN)
SENDER = Sender("team@own.example", "Team", "Own Ltd", LinkKeys((b"k" * 32,)), base_url="https://crm.own.example")
MEANS = Means(SENDER, can_send=True, capture=Capture.ALL, limit=200, switched_on=True)


def problems(body: str, given_names: list[str]) -> list[str]:
    text = TemplateRow(1, "news", 1, "news.txt", f"Subject: Hello\n\n{body}\n{{{{ unsubscribe_url }}}}\n", "0" * 64)
    campaign = CampaignRow(
        1, "News", CampaignKind.MARKETING, CampaignState.DRAFT, "", "newsletter", 1, "team", 1, "all", {}, 1, text, None,
        NOW, None, None,
    )  # fmt: skip
    people = tuple(Reachable(n, f"C{n}", f"Zhang {n}", f"p{n}@x.example", n, FACTS) for n, _ in enumerate(given_names))
    values = {n: {"email": f"p{n}@x.example", "given_name": name} for n, name in enumerate(given_names)}
    return check_campaign(campaign, Audience(people, ()), values, MEANS, NOW)


def test_customers_without_the_value_are_named_with_what_to_write() -> None:
    (problem,) = problems("Dear {{ given_name }},", ["Tom", "", "Ann", " "])
    assert problem == (
        "news.txt line 3: 'given_name' has no value; "
        "write {{ given_name or '...' }} or {% if given_name %}...{% endif %} (for C1 Zhang 1, C3 Zhang 3)"
    )


def test_of_many_customers_some_are_named() -> None:
    (problem,) = problems("Dear {{ given_name }},", [""] * 8)
    assert problem.endswith("(for C0 Zhang 0, C1 Zhang 1, C2 Zhang 2, C3 Zhang 3, C4 Zhang 4 and 3 more)")


def test_a_template_that_asks_for_the_value_is_ready() -> None:
    assert problems("Dear {{ given_name or 'friend' }},", ["Tom", ""]) == []
    assert problems("{% if given_name %}Dear {{ given_name }}{% else %}Hello{% endif %},", ["Tom", ""]) == []
