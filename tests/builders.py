"""Builds what tests need in a real store: a database, customers with consent, a campaign that is ready to be sent.

Everything was built at `NOW`, which lies in the past of every real clock. Functions take the session of a write:

    with a_store(tmp_path) as store, a_write(store) as session:
        account_id = an_account(session)
        zhang = a_person(session, "zhang@example.com", consents=("newsletter",))
        campaign = a_running_campaign(session, account_id, [zhang])
"""

import sqlite3
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from mailcrm.config import Config, parse_config
from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.address import AddressKind, address_key
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.outbox import CampaignRow, Claimed, Mark
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.daemon import PublicServer, free_port
from mailcrm.store import (
    Session,
    Store,
    addresses,
    campaigns,
    consents,
    migrate,
    open_store,
    outbox,
    parties,
    recipients,
    settings,
    sync_state,
)
from mailcrm.store.secrets import Keys, create_keys, load_keys
from mailcrm.web.app import build_asgi

NOW = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
"""When everything was built: a Monday morning."""

LEASE = timedelta(seconds=60)
TEMPLATE = "Subject: Hello {{ name }}\n\nOur news.\n\nNo more of this: {{ unsubscribe_url }}\n"


# --- the store ---------------------------------------------------------------------------------------------------


def some_keys(folder: Path) -> Keys:
    """The keys of an installation, made when they are first asked for."""
    create_keys(folder)
    return load_keys(folder, {})


@contextmanager
def a_store(folder: Path) -> Iterator[Store]:
    """An empty SQLite store at the newest schema."""
    a_database(folder)
    store = open_store(f"sqlite:///{folder / 'mailcrm.db'}", some_keys(folder), folder)
    try:
        yield store
    finally:
        store.close()


def a_database(state_dir: Path) -> None:
    """mailcrm.db without a customer, at the newest schema: a copy of one that was migrated once."""
    path = state_dir / "mailcrm.db"
    path.touch(0o600)
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """The file of a new database. Migrating takes half a second, copying nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder / 'new.db'}", some_keys(folder), folder)
        try:
            migrate.upgrade(store, NOW)
        finally:
            store.close()
        connection = sqlite3.connect(folder / "new.db")
        try:
            return connection.serialize()
        finally:
            connection.close()


def a_write(store: Store) -> AbstractContextManager[Session]:
    """A transaction of a test."""
    return store.write(Actor.cli("test"))


def a_config(folder: Path, **tables: Any) -> Config:
    """A configuration by its tables, e.g. `a_config(tmp_path, company={"name": "Own Ltd"})`."""
    return parse_config({"state": str(folder), "company": {"name": "Own Ltd"}} | tables, "test")


def an_app(store: Store, config: Config, now: datetime | None = None) -> App:
    """The application on this store; its clock stands still at `now`, else at `NOW`."""
    return App(config, store, lambda: now or NOW, config.own_addresses(), {})


# --- people ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Customer:
    """Where to find somebody who was built. `party_id` None is an address that is nobody's customer."""

    party_id: int | None
    address_id: int
    address: str


def an_account(session: Session, name: str = "shop", address: str = "hello@own.example") -> int:
    """A mailbox of ours; all is captured and the team sees it. Returns its id."""
    policy = AccountPolicy(Capture.ALL, Visibility.TEAM, CustomerWhen.REPLIED)
    return sync_state.upsert_account(session, name, address, policy, NOW)


def an_address(session: Session, address: str, kind: AddressKind = AddressKind.PERSONAL) -> int:
    """An address that nobody has yet. Returns its id."""
    key = address_key(address)
    return addresses.ensure_addresses(session, {key: (address, kind)}, NOW)[key].id


def a_person(
    session: Session,
    address: str = "zhang@example.com",
    name: str = "Zhang San",
    *,
    state: PartyState = PartyState.ACTIVE,
    consents: Sequence[str] = (),
) -> Customer:
    """A customer with one address, who has agreed to these purposes."""
    party_id = parties.create_party(session, PartyKind.PERSON, name, "user", NOW, state)
    address_id = an_address(session, address)
    parties.attach_address(session, party_id, address_id, "user", NOW)
    for purpose in consents:
        a_consent(session, address_id, purpose)
    return Customer(party_id, address_id, address)


def some_people(session: Session, count: int, *, consents: Sequence[str] = ("newsletter",)) -> list[Customer]:
    """So many customers, person0@example.com and so on."""
    return [
        a_person(session, f"person{number}@example.com", f"Person {number}", consents=consents)
        for number in range(count)
    ]


def a_purpose(session: Session, key: str = "newsletter", label: str = "") -> int:
    """A purpose; its label is what people read. Returns its id."""
    return consents.ensure_purpose(session, key, label)


def a_consent(
    session: Session,
    address_id: int,
    purpose: str = "newsletter",
    action: ConsentState = ConsentState.GIVEN,
    at: datetime = NOW,
) -> None:
    """What an address said, at `at`, with evidence."""
    consents.record_consent(
        session, address_id, a_purpose(session, purpose), action, basis="consent", at=at, source="test",
        evidence="form of 2025-01-06", now=at,
    )  # fmt: skip


# --- campaigns ---------------------------------------------------------------------------------------------------


def a_campaign(
    session: Session,
    account_id: int,
    *,
    name: str = "Spring",
    kind: CampaignKind = CampaignKind.MARKETING,
    purpose: str | None = "newsletter",
    template: str = TEMPLATE,
    segment: str = "all",
) -> CampaignRow:
    """A draft."""
    text = campaigns.save_template(session, name, f"{name}.txt", template, NOW)
    return campaigns.create_campaign(
        session, name, kind, account_id=account_id, template_version_id=text.id,
        purpose_id=a_purpose(session, purpose) if purpose else None, segment=segment, now=NOW,
    )  # fmt: skip


def freeze(session: Session, campaign: CampaignRow, people: Iterable[Customer]) -> list[int]:
    """These people as the recipients of a campaign, due since `NOW`. Returns the ids of their rows."""
    rows = [(who.party_id, who.address_id, f"{uuid.uuid4().hex}@own.example") for who in people]
    recipients.freeze(session, campaign.step_id, rows, NOW)
    return [row_id for row_id, _ in campaigns.list_recipients(session, campaign.id, limit=len(rows))]


@dataclass(frozen=True)
class Running:
    """A campaign under way, with the ids of its recipients in the order of its people."""

    campaign: CampaignRow
    recipients: list[int]


def a_running_campaign(session: Session, account_id: int, people: Sequence[Customer], **draft: Any) -> Running:
    """A campaign that was frozen and started, with sending switched on; `draft` goes to `a_campaign`."""
    settings.switch_sending(session, True, NOW)
    campaign = a_campaign(session, account_id, **draft)
    rows = freeze(session, campaign, people)
    return Running(campaigns.set_state(session, campaign.name, CampaignState.RUNNING, NOW), rows)


def claim_all(session: Session, account_id: int, now: datetime, owner: str = "test-sender") -> list[Claimed]:
    """Everything that is due, claimed as a sender does."""
    return outbox.claim(session, account_id, owner, 1000, now, LEASE)


def a_mark(claimed: Claimed, now: datetime) -> Mark:
    """The note that a sender writes before the final dot of this mail."""
    return Mark(claimed.id, claimed.fence, now, "{}", claimed.template_version_id, "0" * 64)


# --- the public endpoint -----------------------------------------------------------------------------------------


@contextmanager
def a_web_server(store: Store, **tables: Any) -> Iterator[str]:
    """The public endpoint on a free port of this machine, as the daemon runs it. Gives its base URL."""
    public = {"port": free_port("127.0.0.1")} | tables.pop("public", {})
    app = an_app(store, a_config(store.state_dir, public=public, **tables))
    web = PublicServer(app, build_asgi(app))  # it listens from here on, so nobody has to wait for it
    web.start()
    try:
        yield web.address
    finally:
        web.stop()
