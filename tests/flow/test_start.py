"""Starting a campaign: only for the people who were shown, only in the future, and as the preview showed it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.campaigns import launch
from mailcrm.campaigns.audience import resolve_audience
from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.launch import Readiness
from mailcrm.campaigns.preflight import Means
from mailcrm.errors import Conflict, UserError
from mailcrm.model.account import Capture
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.outbox import CampaignRow
from mailcrm.model.recipient import RecipientState
from mailcrm.service.campaigns import preview_as
from mailcrm.store import Store, campaigns, consents, settings
from mailcrm.store.optouts import close_everything, close_purpose
from tests.builders import (
    NOW,
    Customer,
    a_campaign,
    a_config,
    a_consent,
    a_person,
    a_running_campaign,
    a_store,
    a_write,
    an_account,
    an_address,
    an_app,
    claim_all,
)
from tests.store.sending import Campaigning
from tests.unit.campaigns.delivery.stage import FakeTransport, send, takes

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


def _two_people(store: Store) -> tuple[Customer, Customer]:
    """Customers who agreed, and a draft for all."""
    with a_write(store) as session:
        a_campaign(session, an_account(session))
        settings.switch_sending(session, True, NOW)
        zhang = a_person(session, "zhang@example.com", "Zhang San", consents=("newsletter",))
        return zhang, a_person(session, "li@example.com", "Li Si", consents=("newsletter",))


def _look(store: Store) -> Readiness:
    sender = Sender("hello@own.example", "Own", "Own Ltd", store.keys.links, base_url="https://crm.own.example")
    return launch.prepare(store, "Spring", Means(sender, True, Capture.ALL, 200, True), LATER)


def _start(store: Store, ready: Readiness, expected: int, **more: object) -> CampaignRow:
    with a_write(store) as session:
        return launch.start(session, ready, expected, LATER, **more)  # type: ignore[arg-type]


def _state(store: Store) -> CampaignState:
    with store.read() as session:
        return campaigns.get_campaign(session, "Spring").state


def test_the_people_who_were_shown_get_it(store: Store) -> None:
    _two_people(store)
    ready = _look(store)
    assert ready.problems == []
    assert _start(store, ready, 2).state == CampaignState.RUNNING


def test_one_who_left_and_another_who_came_are_not_the_same_number_of_people(store: Store) -> None:
    zhang, _ = _two_people(store)
    shown = _look(store)
    with a_write(store) as session:
        a_consent(session, zhang.address_id, action=ConsentState.WITHDRAWN, at=LATER)
        a_person(session, "wang@example.com", "Wang Wu", consents=("newsletter",))
    with pytest.raises(Conflict, match="Look at it again") as caught:
        _start(store, shown, 2)
    left, came = caught.value.problems
    assert "left: " in left
    assert "Zhang San (zhang@example.com)" in left
    assert "came: " in came
    assert "Wang Wu (wang@example.com)" in came
    assert _state(store) == CampaignState.DRAFT
    fresh = _look(store)
    with pytest.raises(Conflict, match="nothing was sent"):
        _start(store, fresh, 2, shown=shown.audience)  # a fresh look of the program is not what the user saw
    assert _start(store, fresh, 2, shown=fresh.audience).state == CampaignState.RUNNING


def test_a_number_that_was_not_shown_starts_nothing(store: Store) -> None:
    _two_people(store)
    with pytest.raises(Conflict, match="is 2 now, not the 3"):
        _start(store, _look(store), 3)
    assert _state(store) == CampaignState.DRAFT


@pytest.mark.parametrize("start_at", [LATER, LATER - timedelta(minutes=1)])
def test_a_start_in_the_past_is_refused(store: Store, start_at: object) -> None:
    _two_people(store)
    with pytest.raises(UserError, match=r"is over: it is 2025-01-06 10:00 UTC\. Give a later time"):
        _start(store, _look(store), 2, start_at=start_at)
    assert _state(store) == CampaignState.DRAFT


def test_a_start_in_the_future_waits(store: Store) -> None:
    _two_people(store)
    assert _start(store, _look(store), 2, start_at=LATER + timedelta(minutes=1)).state == CampaignState.SCHEDULED


def test_a_test_mail_has_the_purpose_of_its_campaign_and_its_link_closes_nothing(store: Store) -> None:
    _two_people(store)
    with a_write(store) as session:
        own = an_address(session, "me@own.example")
        draft = campaigns.get_campaign(session, "Spring")
        launch.enqueue_test(session, draft, own, {"name": "Zhang", "email": "zhang@example.com"}, LATER)
        (claimed,) = claim_all(session, draft.account_id, LATER)
    assert (claimed.kind, claimed.purpose, claimed.party_id) == (CampaignKind.SYSTEM, "newsletter", None)
    with a_write(store) as session:
        close_purpose(session, claimed.id, "click", LATER)
        close_everything(session, claimed.id, "click", LATER)
    with a_write(store) as session:
        purpose_id = consents.get_purpose(session, "newsletter")
        assert consents.suppressed(session, [own], purpose_id) == {}
        assert consents.consent_states(session, [own], purpose_id) == {}


def test_a_customer_whose_value_went_missing_is_skipped_with_the_reason(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        text = "Subject: Hi\n\nDear {{ name }},\n{{ unsubscribe_url }}\n"
        people = [
            a_person(session, "zhang@example.com", "Zhang San"),
            a_person(session, "li@example.com", "li@example.com"),
        ]
        running = a_running_campaign(session, account_id, people, kind=CampaignKind.SYSTEM, purpose=None, template=text)
    server = FakeTransport(takes)
    stage = Campaigning(
        store, account_id, "Spring", running.campaign.id, running.campaign.step_id, running.recipients, people
    )
    send(stage, server)
    assert server.taken == ["zhang@example.com"]
    with store.read() as session:
        lines = [line for _, line in campaigns.list_recipients(session, running.campaign.id)]
    assert [line.state for line in lines] == [RecipientState.SENT, RecipientState.SKIPPED]
    assert lines[1].reason.startswith("cannot be composed: Spring.txt line 3: 'name' has no value")


def test_the_preview_shows_the_address_that_is_sent_to(store: Store) -> None:
    with a_write(store) as session:
        an_account(session, "shop")
        a_campaign(session, an_account(session, "shop"))
        a_person(session, "Zhang.San@Example.COM", "Zhang San", consents=("newsletter",))
    account = {
        "name": "shop", "address": "hello@own.example", "secret": {"env": "X"}, "imap": {"host": "127.0.0.1", "port": 993}
    }  # fmt: skip
    app = an_app(store, a_config(store.state_dir, accounts=[account]), LATER)
    shown = preview_as(app, "Spring", None)
    with a_write(store) as session:
        settings.switch_sending(session, True, NOW)
        draft = campaigns.get_campaign(session, "Spring")
        launch.freeze_recipients(session, draft, resolve_audience(session, draft, LATER), NOW)
        campaigns.set_state(session, "Spring", CampaignState.RUNNING, NOW)
        (claimed,) = claim_all(session, draft.account_id, LATER)
    assert shown.to == claimed.address


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "two\nlines"])
def test_a_name_is_one_short_line(store: Store, name: str) -> None:
    with pytest.raises(UserError, match="one line of 1 to 120 characters"), a_write(store) as session:
        a_campaign(session, an_account(session), name=name)


def test_a_long_name_is_kept_whole(store: Store) -> None:
    with a_write(store) as session:
        assert a_campaign(session, an_account(session), name="灯" * 120).name == "灯" * 120
