"""What each event does to a recipient, in every state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.recipient import (
    ACCEPTANCE_EVIDENCE,
    OPEN_STATES,
    TERMINAL_STATES,
    DeliveryEvent,
    EventType,
    RecipientState,
    Suppress,
    opt_out,
    settlement,
)

READY, CLAIMED, SENDING = RecipientState.READY, RecipientState.CLAIMED, RecipientState.SENDING
DEFERRED, IN_DOUBT = RecipientState.DEFERRED, RecipientState.IN_DOUBT
SENT, FAILED = RecipientState.SENT, RecipientState.FAILED
SKIPPED, UNKNOWN = RecipientState.SKIPPED, RecipientState.UNKNOWN

LATE_EVENTS = (
    EventType.DELIVERED,
    EventType.BOUNCED,
    EventType.COMPLAINED,
    EventType.OPENED,
    EventType.CLICKED,
    EventType.REPLIED,
    EventType.UNSUBSCRIBED,
)

MOVES: dict[EventType, dict[RecipientState, RecipientState]] = {
    EventType.SENT: {SENDING: SENT, IN_DOUBT: SENT, UNKNOWN: SENT},
    EventType.DEFERRED: {CLAIMED: DEFERRED, SENDING: DEFERRED},
    EventType.FAILED: {CLAIMED: FAILED, SENDING: FAILED},
    EventType.IN_DOUBT: {SENDING: IN_DOUBT},
    **{event: {DEFERRED: SENT, IN_DOUBT: SENT, UNKNOWN: SENT} for event in LATE_EVENTS},
}
"""All that moves anybody; every other pair leaves the state as it is."""

states = st.sampled_from(RecipientState)
events = st.builds(
    DeliveryEvent, st.sampled_from(EventType), st.just("key"), hard=st.booleans(), is_machine=st.booleans()
)


def an_event(type_: EventType, *, hard: bool = False) -> DeliveryEvent:
    return DeliveryEvent(type_, "key", hard=hard)


@pytest.mark.parametrize("state", RecipientState)
@pytest.mark.parametrize("event", EventType)
def test_event_moves_exactly_the_states_of_the_table(event: EventType, state: RecipientState) -> None:
    assert settlement(state, an_event(event)).state == MOVES[event].get(state)


@pytest.mark.parametrize("state", RecipientState)
@pytest.mark.parametrize(
    ("event", "suppress"),
    [
        pytest.param(opt_out(7, "link"), Suppress.UNSUBSCRIBE, id="opt-out"),
        pytest.param(an_event(EventType.COMPLAINED), Suppress.COMPLAINT, id="complaint"),
        pytest.param(an_event(EventType.BOUNCED, hard=True), Suppress.HARD_BOUNCE, id="hard bounce"),
        pytest.param(an_event(EventType.FAILED, hard=True), Suppress.HARD_BOUNCE, id="hard refusal"),
        pytest.param(an_event(EventType.BOUNCED), None, id="soft bounce"),
        pytest.param(an_event(EventType.FAILED), None, id="refusal that says nothing of the address"),
        pytest.param(an_event(EventType.DEFERRED, hard=True), None, id="deferral"),
        pytest.param(an_event(EventType.SENT, hard=True), None, id="acceptance"),
        pytest.param(an_event(EventType.REPLIED, hard=True), None, id="reply"),
    ],
)
def test_address_is_closed_whatever_the_state(
    event: DeliveryEvent, suppress: Suppress | None, state: RecipientState
) -> None:
    assert settlement(state, event).suppress is suppress


@given(states, events)
def test_nobody_leaves_an_end_for_an_open_state(state: RecipientState, event: DeliveryEvent) -> None:
    if state in TERMINAL_STATES:
        assert settlement(state, event).state not in OPEN_STATES


@given(states, events)
def test_nobody_is_sent_who_was_never_handed_to_a_server(state: RecipientState, event: DeliveryEvent) -> None:
    if state in (READY, CLAIMED, SKIPPED):
        assert settlement(state, event).state is not SENT


@given(events)
def test_what_was_sent_or_failed_or_skipped_stays_so(event: DeliveryEvent) -> None:
    for state in (SENT, FAILED, SKIPPED):
        assert settlement(state, event).state is None


@given(states, events)
def test_event_that_comes_twice_changes_nothing_more(state: RecipientState, event: DeliveryEvent) -> None:
    first = settlement(state, event)
    again = settlement(first.state or state, event)
    assert again.state is None
    assert again.suppress == first.suppress


@given(st.sampled_from([DEFERRED, IN_DOUBT, UNKNOWN]), st.sampled_from(LATE_EVENTS), st.lists(events, max_size=8))
def test_answered_mail_counts_as_sent_whatever_comes_after(
    state: RecipientState, evidence: EventType, more: list[DeliveryEvent]
) -> None:
    for event in [an_event(evidence), *more]:
        state = settlement(state, event).state or state
    assert state is SENT


@pytest.mark.parametrize("event", sorted(ACCEPTANCE_EVIDENCE))
def test_evidence_ends_the_doubt(event: EventType) -> None:
    assert settlement(IN_DOUBT, an_event(event)).state is SENT


def test_every_late_event_is_evidence() -> None:
    assert frozenset({*LATE_EVENTS, EventType.SENT}) == ACCEPTANCE_EVIDENCE


def test_deferred_mail_that_was_answered_does_not_go_out_again() -> None:
    assert settlement(DEFERRED, an_event(EventType.REPLIED)).state is SENT


def test_states_are_open_or_ends() -> None:
    assert set(RecipientState) == OPEN_STATES | TERMINAL_STATES
    assert not OPEN_STATES & TERMINAL_STATES
    assert {SENT, FAILED, SKIPPED, UNKNOWN} == TERMINAL_STATES


def test_opting_out_twice_is_one_event() -> None:
    assert opt_out(7, "link").dedupe_key == opt_out(7, "asked by mail").dedupe_key
    assert opt_out(7, "link").dedupe_key != opt_out(8, "link").dedupe_key
