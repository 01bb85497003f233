"""A campaign under way and a sender that works on it by hand: what the tests of the outbox share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.outbox import Claimed, Result
from mailcrm.model.recipient import DeliveryEvent, EventType, RecipientState
from mailcrm.store import Session, Store, campaigns, outbox, recipients, settings
from mailcrm.store.rows.campaign import Recipient
from tests.builders import LEASE, NOW, Customer, a_campaign, a_mark, a_running_campaign, an_account, some_people
from tests.store.builders import some_addresses
from tests.store.crowd import written

LATER = NOW + timedelta(minutes=5)
PAST_LEASE = LATER + LEASE + timedelta(seconds=1)


@dataclass(frozen=True)
class Campaigning:
    """A store with a running campaign."""

    store: Store
    account_id: int
    name: str
    campaign_id: int
    step_id: int
    ids: list[int]
    people: list[Customer] = field(default_factory=list)

    def claim(self, owner: str = "one", limit: int = 100, now: datetime = LATER) -> list[Claimed]:
        return written(self.store, lambda s: outbox.claim(s, self.account_id, owner, limit, now, LEASE))

    def mark(self, claimed: Iterable[Claimed], owner: str = "one", now: datetime = LATER) -> list[bool]:
        marks = [replace(a_mark(item, now), merge_values='{"name": "张三"}') for item in claimed]
        verdicts = written(self.store, lambda s: outbox.mark(s, marks, owner, now, LEASE))
        return [verdicts[mark.recipient_id] for mark in marks]

    def settle(self, results: Sequence[Result], owner: str = "one", now: datetime = LATER) -> None:
        written(self.store, lambda s: outbox.settle_results(s, results, owner, now))

    def late(self, recipient_id: int, event: DeliveryEvent, now: datetime = LATER) -> bool:
        return written(self.store, lambda s: outbox.settle(s, recipient_id, event, now))

    def recover(self, now: datetime = PAST_LEASE) -> tuple[int, int]:
        return written(self.store, lambda s: outbox.recover_expired(s, now))

    def move(self, state: CampaignState) -> None:
        written(self.store, lambda s: campaigns.set_state(s, self.name, state, LATER))

    def switch(self, on: bool) -> None:
        written(self.store, lambda s: settings.switch_sending(s, on, LATER))

    def rows(self) -> list[Recipient]:
        with self.store.read() as session:
            found = session.execute(select(Recipient).where(Recipient.id.in_(self.ids)).order_by(Recipient.id))
            rows = list(found.scalars())
            session.expunge_all()
            return rows

    def states(self) -> list[RecipientState]:
        return [row.state for row in self.rows()]

    def sent(self, count: int = 1) -> list[Claimed]:
        """So many mails that the server took."""
        claimed = self.claim(limit=count)
        assert all(self.mark(claimed))
        self.settle([result(item, EventType.SENT) for item in claimed])
        return claimed


def result(item: Claimed, kind: EventType | None, *, code: int = 250, hard: bool = False, **more: object) -> Result:
    """What a sender reports of one mail."""
    event = (
        None if kind is None else an_event(item.id, kind, f"{kind.value}:{item.id}:{item.fence}", code=code, hard=hard)
    )
    return Result(item.id, item.fence, event, **more)


def an_event(recipient_id: int, kind: EventType, key: str = "", **more: object) -> DeliveryEvent:
    """Something that happened to a recipient."""
    return DeliveryEvent(kind, key or f"{kind.value}:{recipient_id}", **more)


def a_campaigning(store: Store, count: int = 5, **draft: object) -> Campaigning:
    """A running campaign to so many customers who agreed."""

    def build(session: Session) -> Campaigning:
        account_id = an_account(session)
        people = some_people(session, count)
        found = a_running_campaign(session, account_id, people, **draft)
        campaign = found.campaign
        return Campaigning(store, account_id, campaign.name, campaign.id, campaign.step_id, found.recipients, people)

    return written(store, build)


def a_crowd(store: Store, count: int) -> Campaigning:
    """A running campaign to so many addresses without customers: quick to build."""

    def build(session: Session) -> Campaigning:
        account_id = an_account(session)
        settings.switch_sending(session, True, NOW)
        campaign = a_campaign(session, account_id, kind=CampaignKind.SYSTEM, purpose=None)
        rows = [(None, address, f"{address}@own.example") for address in some_addresses(session, count)]
        recipients.freeze(session, campaign.step_id, rows, NOW)
        campaigns.set_state(session, campaign.name, CampaignState.RUNNING, NOW)
        ids = [row_id for row_id, _ in campaigns.list_recipients(session, campaign.id, limit=count)]
        return Campaigning(store, account_id, campaign.name, campaign.id, campaign.step_id, ids)

    return written(store, build)
