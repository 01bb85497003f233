"""What each way to end a conversation means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.outcome import Outcome, outcome
from mailcrm.model.recipient import DeliveryEvent, EventType, RecipientState, Suppress, settlement

EARLY = [Stage.CONNECT, Stage.MAIL, Stage.RCPT, Stage.DATA]
replies = st.builds(
    Attempt.of_reply,
    st.sampled_from(Stage),
    st.integers(0, 999),
    st.one_of(st.text(max_size=60), st.from_regex(r"[245]\.[0-7]\.[0-9]{1,3} [a-z ]{0,40}", fullmatch=True)),
    lost=st.booleans(),
)


def after(stage: Stage, code: int, text: str) -> Outcome:
    return outcome(Attempt.of_reply(stage, code, text))


def flags(found: Outcome) -> set[str]:
    names = ("release", "sender_fault", "slow_down", "hard", "reconnect")
    return {name for name in names if getattr(found, name)}


# --- the frame ---------------------------------------------------------------------------------------------------


def test_accepted_is_sent() -> None:
    assert after(Stage.DONE, 250, "2.0.0 Ok: queued as 4F") == Outcome(
        EventType.SENT, "done: 250 2.0.0 Ok: queued as 4F"
    )


def test_held_is_nothing_at_all() -> None:
    assert outcome(Attempt(Stage.HELD, text="held back")) == Outcome(None, "held: held back")


def test_connection_that_died_after_the_mark_but_before_data_gives_the_recipient_back() -> None:
    found = outcome(Attempt(Stage.HELD, text="connection lost", lost=True))
    assert (found.event, flags(found)) == (None, {"release", "reconnect"})


@pytest.mark.parametrize("stage", EARLY)
@pytest.mark.parametrize(("code", "text"), [(0, "timed out"), (250, "odd"), (354, "odd")])
def test_lost_before_the_dot_gives_the_recipient_back(stage: Stage, code: int, text: str) -> None:
    found = outcome(Attempt(stage, code, "", text, lost=True))
    assert (found.event, flags(found)) == (None, {"release", "reconnect"})


@pytest.mark.parametrize(
    "attempt",
    [
        Attempt(Stage.DOT, text="Connection lost", lost=True),
        Attempt(Stage.DOT, text="Timed out waiting for server response", lost=True),
        Attempt(Stage.DOT, 354, "", "go ahead", lost=True),
        Attempt(Stage.DOT, 0, "", "Malformed SMTP response line", lost=True),
        Attempt(Stage.DOT, 250, "", "not what was asked"),
        Attempt.of_reply(Stage.DOT, 451, "4.4.2 timeout exceeded"),
        Attempt.of_reply(Stage.DOT, 450, "4.4.1 relay did not answer"),
    ],
)
def test_no_clear_answer_after_the_dot_is_in_doubt(attempt: Attempt) -> None:
    found = outcome(attempt)
    assert (found.event, flags(found)) == (EventType.IN_DOUBT, {"reconnect"})


def test_service_closes_is_in_doubt_after_the_dot_and_a_return_before() -> None:
    found = after(Stage.DOT, 421, "4.3.2 shutting down")
    assert (found.event, flags(found)) == (EventType.IN_DOUBT, {"slow_down", "reconnect"})
    for stage in EARLY:
        found = after(stage, 421, "4.7.0 try again later, closing connection")
        assert (found.event, flags(found)) == (None, {"release", "slow_down", "reconnect"})


@given(replies)
def test_every_attempt_has_exactly_one_consequence(attempt: Attempt) -> None:
    found = outcome(attempt)
    assert found.reason.startswith(attempt.stage)
    assert not (found.event and found.release)
    assert found.event or found.release or attempt.stage is Stage.HELD
    if found.hard:
        assert found.event is EventType.FAILED
        assert not found.sender_fault
    if found.event is EventType.SENT:
        assert attempt.stage is Stage.DONE
    if found.event is EventType.IN_DOUBT:
        assert attempt.stage is Stage.DOT
    if attempt.stage is Stage.DOT and found.release:  # only a clear "not taken" is put back without an event
        assert found.sender_fault
        assert 500 <= attempt.code < 600
    if attempt.stage is Stage.DOT and (attempt.lost or attempt.code == 421):
        assert found.event is EventType.IN_DOUBT


@given(replies)
def test_event_fits_the_state_it_meets(attempt: Attempt) -> None:
    found = outcome(attempt)
    if found.event is None:
        return
    marked = attempt.stage in (Stage.DATA, Stage.DOT, Stage.DONE)
    state = RecipientState.SENDING if marked else RecipientState.CLAIMED
    settled = settlement(state, DeliveryEvent(found.event, "key", attempt.code, attempt.enhanced, hard=found.hard))
    assert settled.state is not None
    assert (settled.suppress is Suppress.HARD_BOUNCE) == found.hard


# --- refusals of the recipient -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DOT])
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table"),
        (550, "5.1.1 The email account that you tried to reach does not exist. Please check the address"),
        (550, "5.1.2 Host not found"),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        (550, "5.2.1 The email account that you tried to reach is disabled"),
        (550, "User not found: nobody@163.com"),
        (550, "Mailbox not found. http://service.mail.qq.com/"),
        (550, "Invalid User"),
        (550, "user not exist"),
        (550, "No such user here"),
        (550, "Unrouteable address"),
        (550, "unknown user"),
        (554, "delivery error: this user doesn't have a yahoo.com account"),
        (550, "该用户不存在"),
        (550, "收件人地址不存在"),
    ],
)
def test_dead_address_is_a_hard_failure(stage: Stage, code: int, text: str) -> None:
    found = after(stage, code, text)
    assert (found.event, flags(found)) == (EventType.FAILED, {"hard"})


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.7.1 Message rejected as unwanted"),
        (550, "5.7.1 user unknown"),
        (552, "5.2.2 The email account that you tried to reach is over quota"),
        (552, "5.2.2 mailbox of this user exceeded its daily limit"),
        (550, "Mailbox unavailable or access denied"),
        (550, "5.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery"),
        (501, "5.1.3 Bad recipient address syntax"),
        (550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; sender was not authenticated"),
        (550, "5.7.1 sender rejected by recipient"),
        (550, "5.4.1 Recipient address rejected: Access denied"),
        (552, "5.3.4 Message size exceeds fixed limit"),
        (550, "Requested action not taken"),
        (554, "5.7.1 <x@y.example>: Recipient address rejected: account disabled, contact your provider"),
        (550, "5.7.513 Service unavailable, Client host [192.0.2.1] blocked by recipient domain"),
        (550, "You are on the recipient's blocklist"),
        (550, "5.7.1 <blocklist@y.example>: access denied"),
        (550, ""),
    ],
)
def test_other_refusals_of_a_recipient_never_suppress(code: int, text: str) -> None:
    found = after(Stage.RCPT, code, text)
    assert (found.event, flags(found)) == (EventType.FAILED, set())


# --- later, slower -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DOT])
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (450, "4.2.0 Greylisted, see http://postgrey.example"),
        (451, "4.3.0 Temporary failure"),
        (452, "4.2.2 mailbox full, the daily limit is exceeded"),
        (450, "4.2.1 The user you are trying to contact is receiving mail too quickly"),
        (452, "4.3.1 Insufficient system storage"),
        (450, "mailbox temporarily unavailable"),
        (450, "5.4.4 class and code differ"),
    ],
)
def test_put_off_is_deferred(stage: Stage, code: int, text: str) -> None:
    found = after(stage, code, text)
    assert (found.event, flags(found)) == (EventType.DEFERRED, set())


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DOT])
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (450, "4.7.28 Gmail has detected an unusual rate of mail"),
        (451, "4.7.500 Server busy. Please try again later"),
        (451, "MI:SFQ 163 smtp1"),
        (451, "DT:SPM please try again"),
        (450, "4.2.1 Peak SMTP relay limit exceeded for customer"),
        (450, "4.7.1 too many messages, slow down"),
        (452, "4.5.3 Too many recipients"),
        (450, "Sending rate limit exceeded"),
        (451, "发信频率过快"),
        (450, "超出每日发信量"),
        (450, "throttled"),
    ],
)
def test_too_fast_is_deferred_and_slows_down(stage: Stage, code: int, text: str) -> None:
    found = after(stage, code, text)
    assert (found.event, flags(found)) == (EventType.DEFERRED, {"slow_down"})


@pytest.mark.parametrize(
    "text",
    [
        "5.4.5 Daily user sending limit exceeded",
        "Sender frequency limited",
        "Domain frequency limited. http://service.mail.qq.com",
        "5.7.233 your tenant exceeded its daily limit for sending to external recipients",
        "Daily sending quota exceeded",
        "5.7.1 Daily SMTP relay limit exceeded for user",
    ],
)
def test_used_up_quota_holds_the_campaign_and_spares_the_recipient(text: str) -> None:
    found = after(Stage.RCPT, 550, text)
    assert (found.event, flags(found)) == (None, {"release", "sender_fault", "slow_down"})


def test_share_of_a_connection_is_used_up() -> None:
    for text in ("MI:DMC 163 smtp1", "RP:DRC", "too many messages in this session"):
        found = after(Stage.RCPT, 450, text)
        assert (found.event, flags(found)) == (None, {"release", "reconnect"})
    found = after(Stage.DOT, 451, "MI:DMC")
    assert (found.event, flags(found)) == (EventType.DEFERRED, {"reconnect"})


def test_put_off_at_the_door_is_nobodys_attempt() -> None:
    found = after(Stage.CONNECT, 450, "come back later")
    assert (found.event, flags(found)) == (None, {"release", "slow_down", "reconnect"})
