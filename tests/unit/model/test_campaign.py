"""Which state of a campaign may follow which."""

import pytest

from mailcrm.errors import Conflict
from mailcrm.model.campaign import CampaignState, may_become, require_transition

DRAFT, SCHEDULED, RUNNING = CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING
PAUSED, HELD = CampaignState.PAUSED, CampaignState.HELD
FINISHED, CANCELLED = CampaignState.FINISHED, CampaignState.CANCELLED

ALLOWED = {
    (DRAFT, SCHEDULED), (DRAFT, RUNNING), (DRAFT, CANCELLED),
    (SCHEDULED, RUNNING), (SCHEDULED, CANCELLED),
    (RUNNING, PAUSED), (RUNNING, HELD), (RUNNING, FINISHED), (RUNNING, CANCELLED),
    (PAUSED, RUNNING), (PAUSED, CANCELLED),
    (HELD, RUNNING), (HELD, CANCELLED),
}  # fmt: skip


@pytest.mark.parametrize("then", CampaignState)
@pytest.mark.parametrize("now", CampaignState)
def test_exactly_these_states_may_follow(now: CampaignState, then: CampaignState) -> None:
    assert may_become(now, then) is ((now, then) in ALLOWED)
    if (now, then) in ALLOWED:
        require_transition("spring", now, then)
    else:
        with pytest.raises(Conflict, match=f"campaign 'spring' is {now}"):
            require_transition("spring", now, then)


def test_refusal_says_what_is_possible_instead() -> None:
    with pytest.raises(Conflict, match=r"is paused; from there it can become: cancelled, running$"):
        require_transition("spring", PAUSED, FINISHED)


def test_what_no_command_can_do_is_not_offered() -> None:
    """The recipients of a scheduled campaign are frozen: there is no way back to the draft."""
    with pytest.raises(Conflict, match=r"is scheduled; from there it can become: cancelled, running$"):
        require_transition("spring", SCHEDULED, PAUSED)


def test_end_state_says_that_it_is_one() -> None:
    with pytest.raises(Conflict, match=r"is cancelled; .* nothing: that is an end state"):
        require_transition("spring", CANCELLED, RUNNING)


def test_every_campaign_that_has_not_ended_can_be_cancelled() -> None:
    assert all(may_become(state, CANCELLED) for state in set(CampaignState) - {FINISHED, CANCELLED})
