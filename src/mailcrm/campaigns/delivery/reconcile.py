"""What the clock does for campaigns, without any sender: dead senders' rows, doubts, starts that are due, ends."""

from dataclasses import dataclass
from datetime import timedelta

from mailcrm.model.campaign import CampaignState
from mailcrm.model.rights import Actor
from mailcrm.store import Store, audit, campaigns, outbox, recipients
from mailcrm.store.engine import database_now

_ACTOR = Actor.system("clock")


@dataclass(frozen=True, slots=True)
class Tended:
    """What changed. `unknown` recipients are listed in their campaign's report and never sent again by themselves."""

    given_back: int = 0
    doubtful: int = 0
    confirmed: int = 0
    unknown: int = 0
    started: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()


def tend_outbox(store: Store, in_doubt_wait: timedelta) -> Tended:
    """One look, safe to repeat. Only expired leases are touched, never the rows of a living sender."""
    with store.write(_ACTOR, durable=True) as session:
        now = database_now(session)
        given_back, doubtful = outbox.recover_expired(session, now)
        confirmed, unknown = recipients.reconcile(session, now, in_doubt_wait)
        started = campaigns.due_campaigns(session, now)
        for name in started:
            row = campaigns.set_state(session, name, CampaignState.RUNNING, now)
            audit.append_audit(session, "campaign.run", f"campaign:{row.id}", now)
        finished = campaigns.finish_campaigns(session, now)
    return Tended(given_back, doubtful, confirmed, unknown, tuple(started), tuple(finished))
