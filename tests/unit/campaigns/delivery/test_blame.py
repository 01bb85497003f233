"""Who is to blame for a refusal: the recipient, or we."""

import pytest

from mailcrm.campaigns.delivery.attempt import Stage
from mailcrm.model.recipient import EventType
from tests.unit.campaigns.delivery.test_outcome import after, flags


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.7.26 This mail has been blocked because the sender is unauthenticated"),
        (550, "5.7.515 Access denied, sending domain does not meet the required authentication level"),
        (554, "5.7.1 <a@b.example>: Relay access denied"),
        (550, "relaying denied"),
        (530, "5.7.0 Must issue a STARTTLS command first"),
        (530, "Authentication required"),
        (503, "bad sequence of commands"),
        (553, "Mail from must equal authorized user"),
        (553, "5.7.1 <a@b.example>: Sender address rejected: not owned by user c@b.example"),
        (550, "SPF check failed"),
        (550, "发件人与登录用户不一致"),
        (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        (550, "5.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]"),
        (550, "5.7.25 The IP address sending this message does not have a PTR record"),
        (550, "Account disabled. Your account sales@own.example has been disabled for sending"),
        (550, "Mailbox unavailable. Suspected bulk mail; your account is suspended"),
        (550, "5.1.1 Domain of sender address does not exist"),
        (553, "5.1.8 <a@b.example>... Domain of sender address a@b.example does not exist"),
        (550, "5.1.1 your account does not exist"),
        (550, "your domain not found"),
        (550, "5.7.511 Access denied, banned sender"),
        (550, "5.7.708 Access denied, traffic not accepted from this IP"),
        (504, "5.5.2 <own>: Helo command rejected: need fully-qualified hostname"),
        (550, "您的账号已被禁用"),
    ],
)
def test_our_own_fault_holds_the_campaign_and_spares_the_recipient(code: int, text: str) -> None:
    found = after(Stage.RCPT, code, text)
    assert (found.event, flags(found)) == (None, {"release", "sender_fault"})


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.MAIL])
def test_refusal_before_anybody_is_named_is_our_fault(stage: Stage) -> None:
    found = after(stage, 550, "5.1.1 user unknown")
    assert (found.event, flags(found)) == (None, {"release", "sender_fault"})


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (550, "5.7.1 message content rejected", {"sender_fault"}),
        (554, "DT:SPM 163 smtp10", {"sender_fault"}),
        (554, "Reject by content spam", {"sender_fault"}),
        (550, "no such user, or spam", {"sender_fault"}),
        (552, "5.3.4 message too big", set()),
        (554, "Transaction failed", set()),
    ],
)
def test_refusal_of_the_content_fails_this_one_and_hints_at_us(code: int, text: str, expected: set[str]) -> None:
    found = after(Stage.DOT, code, text)
    assert (found.event, flags(found)) == (EventType.FAILED, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.7.26 Unauthenticated email from own.example is not accepted", {"release", "sender_fault"}),
        ("5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", {"release", "sender_fault"}),
        ("5.1.1 your account does not exist", {"release", "sender_fault"}),
        ("5.4.5 Daily user sending limit exceeded", {"release", "sender_fault", "slow_down"}),
    ],
)
def test_our_own_fault_after_the_dot_spares_the_recipient_as_well(text: str, expected: set[str]) -> None:
    """A 5xx is a clear "not taken", so nothing is in doubt."""
    found = after(Stage.DOT, 550, text)
    assert (found.event, flags(found)) == (None, expected)


@pytest.mark.parametrize(
    ("code", "text"),
    [(554, "5.5.1 Error: no valid recipients"), (550, "Administrative prohibition"), (554, "5.7.1 <DATA>: rejected")],
)
def test_refused_data_command_is_our_fault(code: int, text: str) -> None:
    """The recipient was accepted a moment before, and the server has not seen a word of the mail (campaigns.md 2.7)."""
    found = after(Stage.DATA, code, text)
    assert (found.event, flags(found)) == (None, {"release", "sender_fault"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5.1.1 user unknown", {"hard"}), ("5.2.2 mailbox full", set()), ("User not found", {"hard"})],
)
def test_refused_data_command_may_still_speak_of_the_recipient(text: str, expected: set[str]) -> None:
    found = after(Stage.DATA, 550, text)
    assert (found.event, flags(found)) == (EventType.FAILED, expected)


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.DOT])
@pytest.mark.parametrize(
    "text",
    [
        "5.1.1 Domain of sender address does not exist",
        "5.1.1 your account does not exist",
        "5.2.1 Your mailbox sales@own.example is disabled",
        "5.1.1 您的账号已停用",
    ],
)
def test_words_about_us_beat_codes_about_the_recipient(stage: Stage, text: str) -> None:
    """Else a customer would be closed for good because of us."""
    found = after(stage, 550, text)
    assert found.release
    assert not found.hard


@pytest.mark.parametrize("address", ["sender@y.example", "client@x.sender.example", "your.account@y.example"])
def test_the_name_of_an_address_says_nothing(address: str) -> None:
    found = after(Stage.RCPT, 550, f"5.1.1 <{address}>: Recipient address rejected: user unknown at mx.client.example")
    assert found.hard
