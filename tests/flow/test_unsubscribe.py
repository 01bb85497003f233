"""Leaving by the link in a mail: over real HTTP, into a real database, before the next mail goes out."""

import concurrent.futures
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import ConsentState
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.outbox import Claimed
from mailcrm.model.recipient import RecipientState
from mailcrm.store import Store, campaigns, consents, outbox
from mailcrm.store.engine import database_now
from mailcrm.store.optouts import close_everything, close_purpose, find_opt_out
from tests.builders import (
    LEASE,
    NOW,
    Customer,
    a_campaign,
    a_consent,
    a_mark,
    a_running_campaign,
    a_web_server,
    a_write,
    an_address,
    claim_all,
    freeze,
)
from tests.flow.leaving import ONE_CLICK, THE_BUTTON, THE_OTHER_BUTTON, Scene, a_client, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path) as found:
        yield found


@pytest.fixture
def http(scene: Scene) -> Iterator[httpx.Client]:
    with a_web_server(scene.store) as base_url, a_client(base_url) as client:
        yield client


def test_a_no_survives_a_power_cut(scene: Scene, http: httpx.Client) -> None:
    """What the page has confirmed nobody asks for again, so its commit goes to the disk."""
    durable: list[str] = []
    event.listen(scene.store.durable, "commit", lambda _connection: durable.append("commit"))
    http.get(scene.path)
    assert durable == []
    http.post(scene.path, data=ONE_CLICK)
    assert durable == ["commit"]
    assert scene.closed(scene.zhang, "newsletter")


# --- looking -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_the_link_changes_nothing(scene: Scene, http: httpx.Client, method: str) -> None:
    before = scene.snapshot()
    for _ in range(3):
        answer = http.request(method, scene.path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    assert scene.snapshot() == before


def test_the_page_names_company_purpose_and_masked_address(scene: Scene, http: httpx.Client) -> None:
    page = http.get(scene.path).text
    for text_ in ("Own Ltd", "Our newsletter", "z***@example.com"):
        assert text_ in page
    assert "zhang" not in page.lower()


def test_the_page_speaks_the_language_of_the_browser(scene: Scene, http: httpx.Client) -> None:
    assert '<html lang="en">' in http.get(scene.path).text
    chinese = http.get(scene.path, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert '<html lang="zh-CN">' in chinese.text
    assert "退订" in chinese.text


def test_the_configured_language_is_for_browsers_that_do_not_say(scene: Scene) -> None:
    with a_web_server(scene.store, language="zh-CN") as base_url, a_client(base_url) as http:
        assert '<html lang="zh-CN">' in http.get(scene.path).text


# --- leaving -----------------------------------------------------------------------------------------------------


def test_one_click_of_a_mail_program_unsubscribes_at_once(scene: Scene, http: httpx.Client) -> None:
    answer = http.post(scene.path, data=ONE_CLICK)
    assert answer.status_code == 200
    assert not answer.history
    assert scene.closed(scene.zhang, "newsletter")
    assert scene.consent(scene.zhang, "newsletter") == ConsentState.WITHDRAWN
    assert scene.events() == {"unsubscribed": 1}
    assert scene.timeline(scene.zhang) == [(InteractionKind.CAMPAIGN, "Spring", "unsubscribed")]
    proof = ("public:link", "campaign Spring", "withdrawal", "one-click link in the mail program")
    assert scene.withdrawals() == [proof]


def test_leaving_one_purpose_leaves_the_others_and_everybody_else_alone(scene: Scene, http: httpx.Client) -> None:
    http.post(scene.path, data=ONE_CLICK)
    assert not scene.closed(scene.zhang, "events")
    assert scene.consent(scene.zhang, "events") == ConsentState.GIVEN
    assert not scene.closed(scene.li, "newsletter")
    assert scene.consent(scene.li, "newsletter") == ConsentState.GIVEN


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"List-Unsubscribe=One-Click", "headers": {"Content-Type": "text/plain"}},
        {"content": b"List-Unsubscribe=One-Click", "headers": {"Cookie": "a=b", "Origin": "https://evil.example"}},
    ],
    ids=["multipart", "empty", "text", "other-site"],
)
def test_every_way_in_which_mail_programs_post_counts(
    scene: Scene, http: httpx.Client, request_: dict[str, object]
) -> None:
    assert http.post(scene.path, **request_).status_code == 200  # type: ignore[arg-type]
    assert scene.closed(scene.zhang, "newsletter")
    assert not scene.closed(scene.zhang, None)


def test_the_button_of_the_page_does_the_same_and_says_so(scene: Scene, http: httpx.Client) -> None:
    page = http.post(scene.path, data=THE_BUTTON)
    assert "You are unsubscribed" in page.text
    assert scene.closed(scene.zhang, "newsletter")
    assert not scene.closed(scene.zhang, "events")
    assert scene.withdrawals()[0][3] == "button on the unsubscribe page"


def test_who_comes_back_sees_that_he_is_unsubscribed(scene: Scene, http: httpx.Client) -> None:
    http.post(scene.path, data=THE_BUTTON)
    page = http.get(scene.path).text
    assert "You are unsubscribed" in page
    assert 'value="purpose"' not in page
    assert 'value="everything"' in page


@pytest.mark.parametrize("body", [ONE_CLICK, THE_BUTTON, THE_OTHER_BUTTON])
def test_asking_again_changes_nothing_more(scene: Scene, http: httpx.Client, body: dict[str, str]) -> None:
    first = http.post(scene.path, data=body)
    after_one = scene.snapshot()
    again = [http.post(scene.path, data=body) for _ in range(3)]
    assert scene.snapshot() == after_one
    assert {answer.text for answer in again} == {first.text}


def test_the_other_button_closes_the_address_for_everything(scene: Scene, http: httpx.Client) -> None:
    page = http.post(scene.path, data=THE_OTHER_BUTTON)
    assert "No more marketing mail" in page.text
    assert "<button" not in page.text
    assert scene.closed(scene.zhang, None)
    for purpose in ("newsletter", "events", "surveys"):
        assert scene.closed(scene.zhang, purpose)
        assert scene.consent(scene.zhang, purpose) == ConsentState.WITHDRAWN
    assert scene.events() == {"unsubscribed": 1}
    assert ("address", "all", "unsubscribe") in scene.suppressions()
    assert ("mailbox", "all", "unsubscribe") in scene.suppressions()
    assert scene.timeline(scene.zhang) == [
        (InteractionKind.CONSENT, "no more marketing mail", "unsubscribed"),
        (InteractionKind.CAMPAIGN, "Spring", "unsubscribed"),
    ]
    assert not scene.closed(scene.li, "newsletter")


def test_the_other_button_works_after_the_first(scene: Scene, http: httpx.Client) -> None:
    http.post(scene.path, data=ONE_CLICK)
    http.post(scene.path, data=THE_OTHER_BUTTON)
    assert scene.closed(scene.zhang, None)
    assert scene.consent(scene.zhang, "events") == ConsentState.WITHDRAWN
    assert scene.event_rows() == 1
    assert len(scene.withdrawals()) == 3


def test_a_mail_without_a_purpose_can_only_close_everything(scene: Scene, http: httpx.Client) -> None:
    with a_write(scene.store) as session:
        draft = a_campaign(session, scene.account_id, name="Reply", kind=CampaignKind.ONE_TO_ONE, purpose=None)
        [recipient] = freeze(session, draft, [scene.zhang])
    page = http.get(scene.link(recipient)).text
    assert 'value="purpose"' not in page
    http.post(scene.link(recipient), data=ONE_CLICK)
    assert scene.closed(scene.zhang, None)
    assert scene.consent(scene.zhang, "events") == ConsentState.WITHDRAWN


def test_who_came_back_can_leave_again_by_the_same_old_link(scene: Scene, http: httpx.Client) -> None:
    http.post(scene.path, data=ONE_CLICK)
    with a_write(scene.store) as session:
        consents.lift_suppression(session, "zhang@example.com")
        a_consent(session, scene.zhang.address_id, "newsletter", at=database_now(session) + timedelta(microseconds=1))
    assert not scene.closed(scene.zhang, "newsletter")
    assert "You are unsubscribed" in http.post(scene.path, data=ONE_CLICK).text
    assert scene.closed(scene.zhang, "newsletter")
    assert scene.consent(scene.zhang, "newsletter") == ConsentState.WITHDRAWN
    assert len(scene.timeline(scene.zhang)) == 2
    assert scene.events() == {"unsubscribed": 1}


@pytest.mark.parametrize("body", [ONE_CLICK, THE_BUTTON, THE_OTHER_BUTTON])
def test_the_link_in_a_test_mail_closes_nothing(scene: Scene, http: httpx.Client, body: dict[str, str]) -> None:
    with a_write(scene.store) as session:
        draft = a_campaign(session, scene.account_id, name="test", kind=CampaignKind.SYSTEM, purpose=None)
        nobody = Customer(None, an_address(session, "boss@own.example"), "boss@own.example")
        [recipient] = freeze(session, draft, [nobody])
    assert "buttons work, but close nothing" in http.get(scene.link(recipient)).text
    assert "The link works" in http.post(scene.link(recipient), data=body).text
    assert scene.suppressions() == []
    assert scene.withdrawals() == []


def test_an_unknown_recipient_closes_nothing(scene: Scene) -> None:
    with a_write(scene.store) as session:
        assert find_opt_out(session, 999) is None
        assert not close_purpose(session, 999, "", NOW)
        assert not close_everything(session, 999, "", NOW)


# --- before the next mail ----------------------------------------------------------------------------------------


def mark_all(store: Store, claimed: Iterable[Claimed]) -> dict[int, bool]:
    with a_write(store) as session:
        now = database_now(session)
        return outbox.mark(session, [a_mark(item, now) for item in claimed], "test-sender", now, LEASE)


@pytest.mark.parametrize("body", [ONE_CLICK, THE_OTHER_BUTTON])
def test_a_mail_that_is_claimed_already_is_not_sent_any_more(
    scene: Scene, http: httpx.Client, body: dict[str, str]
) -> None:
    with a_write(scene.store) as session:
        claimed = claim_all(session, scene.account_id, database_now(session))
    assert http.post(scene.path, data=body).status_code == 200
    verdicts = mark_all(scene.store, claimed)
    assert verdicts == {scene.recipient: False, scene.running.recipients[1]: True}
    with scene.store.read() as session:
        lines = dict(campaigns.list_recipients(session, scene.running.campaign.id))
    assert lines[scene.recipient].state == RecipientState.SKIPPED
    assert lines[scene.recipient].reason == "suppressed: unsubscribe"


def test_the_next_campaign_for_the_same_purpose_passes_him_by(scene: Scene, http: httpx.Client) -> None:
    with a_write(scene.store) as session:
        summer = a_running_campaign(session, scene.account_id, [scene.zhang], name="Summer")
        claimed = claim_all(session, scene.account_id, database_now(session))
    http.post(scene.path, data=ONE_CLICK)
    assert mark_all(scene.store, claimed)[summer.recipients[0]] is False


def test_twenty_clicks_at_once_are_one_opt_out(scene: Scene, http: httpx.Client) -> None:
    bodies = [ONE_CLICK, THE_BUTTON] * 10
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda body: http.post(scene.path, data=body).status_code, bodies))
    assert answers == [200] * 20
    assert scene.event_rows() == 1
    assert len(scene.withdrawals()) == 1
    assert len(scene.suppressions()) == 2
    assert len(scene.timeline(scene.zhang)) == 1
