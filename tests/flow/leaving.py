"""What tests of opting out share: two people who were mailed, and what the database says about them afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import select, text

from mailcrm.model.consent import ConsentState
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.rights import Viewer
from mailcrm.store import Store, campaigns, consents, timeline
from mailcrm.store.rows.consent import ConsentEvent, Suppression
from tests.builders import (
    Customer,
    Running,
    a_person,
    a_purpose,
    a_running_campaign,
    a_store,
    a_write,
    an_account,
)

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
THE_BUTTON = ONE_CLICK | {"choice": "purpose"}
THE_OTHER_BUTTON = ONE_CLICK | {"choice": "everything"}


@dataclass(frozen=True)
class Scene:
    """Zhang agreed to two purposes and is a recipient of Spring; so is Li."""

    store: Store
    account_id: int
    zhang: Customer
    li: Customer
    running: Running

    @property
    def recipient(self) -> int:
        return self.running.recipients[0]

    @property
    def path(self) -> str:
        return self.link(self.recipient)

    def link(self, recipient_id: int) -> str:
        return f"/u/{self.store.keys.links.unsubscribe_token(recipient_id)}"

    # --- what the database says ---

    def snapshot(self) -> list[str]:
        """Every row of every table, to see that nothing changed."""
        with self.store.read() as session:
            # The search index cannot be read as a whole; the tables in which it lies can.
            tables = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
            )
            names = session.execute(text(tables)).scalars()
            return [f"{name} {row}" for name in names for row in session.execute(text(f"SELECT * FROM {name}"))]  # noqa: S608

    def closed(self, who: Customer, purpose: str | None) -> bool:
        with self.store.read() as session:
            purpose_id = None if purpose is None else consents.get_purpose(session, purpose)
            return who.address_id in consents.suppressed(session, [who.address_id], purpose_id)

    def consent(self, who: Customer, purpose: str) -> ConsentState:
        with self.store.read() as session:
            states = consents.consent_states(session, [who.address_id], consents.get_purpose(session, purpose))
            return states.get(who.address_id, ConsentState.NONE)

    def withdrawals(self) -> list[tuple[str, str, str, str]]:
        """Actor, source, basis and evidence of each."""
        columns = (ConsentEvent.actor, ConsentEvent.source, ConsentEvent.basis, ConsentEvent.evidence)
        with self.store.read() as session:
            query = select(*columns).where(ConsentEvent.action == ConsentState.WITHDRAWN).order_by(ConsentEvent.id)
            return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]

    def suppressions(self) -> list[tuple[str, str, str]]:
        with self.store.read() as session:
            rows = session.execute(select(Suppression).order_by(Suppression.id)).scalars()
            return [(row.kind, row.scope, row.reason.value) for row in rows]

    def events(self) -> dict[str, int]:
        with self.store.read() as session:
            return campaigns.count_recipients(session, self.running.campaign.id).events

    def event_rows(self) -> int:
        with self.store.read() as session:
            return int(session.execute(text("SELECT count(*) FROM delivery_event")).scalar_one())

    def timeline(self, who: Customer) -> list[tuple[InteractionKind, str, str]]:
        with self.store.read() as session:
            lines = timeline.select_timeline(session, who.party_id or 0, Viewer.system())
        return [(line.kind, line.title, line.outcome) for line in lines]


@contextmanager
def a_scene(folder: Path) -> Iterator[Scene]:
    """A store of its own below `folder`."""
    with a_store(folder) as store:
        with a_write(store) as session:
            account_id = an_account(session)
            a_purpose(session, "newsletter", "Our newsletter")
            a_purpose(session, "events", "Invitations")
            a_purpose(session, "surveys", "Surveys")
            zhang = a_person(session, "zhang@example.com", "Zhang San", consents=("newsletter", "events"))
            li = a_person(session, "li@example.com", "Li Si", consents=("newsletter",))
            running = a_running_campaign(session, account_id, [zhang, li])
        yield Scene(store, account_id, zhang, li, running)


def a_client(base_url: str) -> httpx.Client:
    """Somebody on the other side; no proxy and no certificates, since all is on this machine."""
    return httpx.Client(base_url=base_url, timeout=20, trust_env=False, verify=False)
