"""Campaigns: their kinds, their states, and which state may follow which (decisions.md 5, 18a)."""

from enum import StrEnum

from mailcrm.errors import Conflict


class CampaignKind(StrEnum):
    """Why a mail is sent. Only `marketing` needs consent; everything else answers or serves."""

    MARKETING = "marketing"
    SEQUENCE = "sequence"
    ONE_TO_ONE = "one_to_one"
    SYSTEM = "system"


class CampaignState(StrEnum):
    """`held` was stopped by mailcrm itself (e.g. the server refused us), `paused` by a human."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    HELD = "held"
    FINISHED = "finished"
    CANCELLED = "cancelled"


_NEXT: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.SCHEDULED: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.RUNNING: frozenset(
        {CampaignState.PAUSED, CampaignState.HELD, CampaignState.FINISHED, CampaignState.CANCELLED}
    ),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.HELD: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.FINISHED: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}


def may_become(now: CampaignState, then: CampaignState) -> bool:
    """Whether `then` may follow `now`."""
    return then in _NEXT[now]


def require_transition(name: str, now: CampaignState, then: CampaignState) -> None:
    """Raises Conflict, saying what is possible instead, if `then` may not follow `now`."""
    if may_become(now, then):
        return
    choices = ", ".join(sorted(state.value for state in _NEXT[now])) or "nothing: that is an end state"
    raise Conflict(f"campaign {name!r} is {now.value}; from there it can become: {choices}")
