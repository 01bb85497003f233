"""One recipient's mail: its headers, by kind and purpose."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.content.render import Letter, Sender, compose_letter
from mailcrm.campaigns.content.templates import compile_template, parse_template
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.token import LinkKeys

TEMPLATE = compile_template(parse_template("Subject: Hi\n\nNews. {{ unsubscribe_url }}\n", "a.txt"))
SENDER = Sender("team@own.example", "Team", "Own Ltd", LinkKeys((b"k" * 32,)), base_url="https://crm.own.example")
LETTER = Letter(
    7, "tom@buyer.example", "1@own.example", "Spring", CampaignKind.MARKETING, "newsletter", datetime(2026, 1, 5, tzinfo=UTC),
    {"name": "Tom"},
)  # fmt: skip


def mail(sender: Sender = SENDER, **changes: object) -> Message:
    return message_from_bytes(compose_letter(TEMPLATE, sender, replace(LETTER, **changes)))  # type: ignore[arg-type]


def list_id(purpose: str, sender: Sender = SENDER) -> str:
    return str(mail(sender, purpose=purpose)["List-Id"])


def test_a_test_of_a_campaign_has_its_headers() -> None:
    real, test = mail(), mail(kind=CampaignKind.SYSTEM)
    assert test.items() == real.items()
    assert "List-Unsubscribe-Post" in test


def test_other_system_mail_has_no_list_headers() -> None:
    assert not [name for name in mail(kind=CampaignKind.SYSTEM, purpose=None) if name.startswith("List-")]


def test_list_is_named_after_the_purpose() -> None:
    assert list_id("newsletter") == "<newsletter.own.example>"
    assert list_id("spring-news") == "<spring-news.own.example>"


@pytest.mark.parametrize(
    ("one", "other"),
    [("新品通知", "节日问候"), ("product news", "product-news"), ("新品 news", "节日 news"), ("a.b", "a-b")],
)
def test_two_purposes_are_two_lists(one: str, other: str) -> None:
    assert list_id(one) != list_id(other)
    assert list_id(one) == list_id(one)


@given(st.text(min_size=1, max_size=60))
def test_every_purpose_gives_a_list_id_of_the_rfc(purpose: str) -> None:
    """RFC 2919: dot-atoms, ASCII, at most 255 characters."""
    label = list_id(purpose).removesuffix(".own.example>").removeprefix("<")
    assert label.isascii()
    assert label.replace("-", "").isalnum()
    assert len(label) <= 63
    assert not label.startswith("-")


def test_a_domain_in_another_script_is_written_for_the_wire() -> None:
    assert list_id("newsletter", replace(SENDER, address="team@灯笼.example")) == "<newsletter.xn--znx83u.example>"
