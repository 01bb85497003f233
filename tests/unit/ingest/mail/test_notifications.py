"""Notifications of sending services as JSON in a mail."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.notifications import read_notification
from mailcrm.model.message import MailKind
from tests.unit.ingest.mail.samples import parsed

_MAIL = {"messageId": "0100-ses", "commonHeaders": {"messageId": "<campaign-1.7@example.com>", "subject": "x"}}
_FOOTER = "\n\n--\nIf you wish to stop receiving notifications from this topic, click {here}.\n"


def bounce(*recipients: dict[str, str]) -> dict[str, Any]:
    return {"notificationType": "Bounce", "bounce": {"bouncedRecipients": list(recipients)}, "mail": _MAIL}


def test_bounce_names_each_recipient_with_its_own_reason() -> None:
    gone = {"emailAddress": "Gone@Example.org", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    full = {"emailAddress": "full@example.org", "diagnosticCode": "smtp; 552 5.2.2 mailbox full"}
    found = read_notification(json.dumps(bounce(gone, full)) + _FOOTER)
    assert [(r.kind, r.recipient, r.reason, r.hard, r.status) for r in found] == [
        ("bounced", "gone@example.org", "invalid", True, "5.1.1"),
        ("bounced", "full@example.org", "full", False, "5.2.2"),
    ]
    assert {r.original_message_id for r in found} == {"campaign-1.7@example.com"}


def test_envelope_of_sns_is_opened() -> None:
    inner = {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "a@example.org"}]}}
    (report,) = read_notification(json.dumps({"Type": "Notification", "Message": json.dumps(inner)}))
    assert (report.kind, report.recipient, report.hard) == ("complained", "a@example.org", False)


def test_delivery_is_reported() -> None:
    found = {"notificationType": "Delivery", "delivery": {"recipients": ["a@example.org", "b@example.org"]}}
    assert [(r.kind, r.recipient) for r in read_notification(json.dumps(found))] == [
        ("delivered", "a@example.org"),
        ("delivered", "b@example.org"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"name": "an ordinary object"}',
        '{"notificationType": "Bounce"',
        '{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [1, null, "x"]}}',
        '{"notificationType": "Delivery", "delivery": {"recipients": "all"}}',
        '{"notificationType": "Received"}',
        '{"notificationType": ' + "[" * 100_000,
        'Look: {"notificationType": "Bounce"}',
    ],
)
def test_what_is_no_notification_reports_nothing(text: str) -> None:
    assert read_notification(text) == ()


def test_mail_with_a_notification_is_a_bounce() -> None:
    text = json.dumps(bounce({"emailAddress": "gone@example.org", "diagnosticCode": "550 user unknown"}))
    message = parsed(b"From: AWS <no-reply@sns.example>\nSubject: AWS Notification\n\n" + text.encode() + b"\n")
    assert [report.recipient for report in message.reports] == ["gone@example.org"]
    assert message.headers.kind == MailKind.BOUNCE


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["notificationType", "bounce", "mail", "commonHeaders", "bouncedRecipients", "Message", "x"]
                ),
                inner,
            )
        ),
    )
)
def test_any_object_is_read(found: object) -> None:
    read_notification(json.dumps({"notificationType": "Bounce", "bounce": found, "mail": found, "Message": found}))
