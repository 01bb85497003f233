"""What is frozen when a campaign starts."""

from datetime import UTC, datetime

import pytest

from mailcrm.campaigns.content.mime import OutgoingMail, compose_email
from mailcrm.campaigns.launch import new_message_id

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("domain", "wire"),
    [
        ("own.example", "own.example"),
        ("OWN.Example", "own.example"),
        ("公司.cn", "xn--55qx5d.cn"),
        ("xn--55qx5d.cn", "xn--55qx5d.cn"),
        ("müller.example", "xn--mller-kva.example"),
        ("my_host.example", "mailcrm.invalid"),
        ("☃\u200d☃..cn", "mailcrm.invalid"),
        ("a." * 90 + "example", "mailcrm.invalid"),
        ("", "mailcrm.invalid"),
    ],
)
def test_a_message_id_can_be_composed_whatever_the_domain_of_the_account(domain: str, wire: str) -> None:
    """It is frozen with the audience: one that the mail refuses would be refused at each try, for ever."""
    made = new_message_id(domain)
    assert made.partition("@")[2] == wire
    assert len(made) <= 190
    mail = OutgoingMail("a@b.example", "", "c@d.example", "", None, "Hello", "Hello", None, made, NOW)
    assert f"Message-ID: <{made}>".encode() in compose_email(mail)


def test_no_two_message_ids_are_equal() -> None:
    assert new_message_id("own.example") != new_message_id("own.example")
