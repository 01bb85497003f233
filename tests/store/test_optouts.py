"""Opting out by the link of one mail: how far it closes an address, and that it is once, however many ask at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import EventType, RecipientState, Suppress
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, consents, outbox, timeline
from mailcrm.store.optouts import Closed, OptOut, close_everything, close_purpose, find_opt_out
from mailcrm.store.rows.campaign import DeliveryEventRow
from mailcrm.store.rows.consent import ConsentEvent, Suppression
from tests.builders import (
    LEASE,
    NOW,
    Customer,
    a_campaign,
    a_consent,
    a_mark,
    a_person,
    a_purpose,
    a_running_campaign,
    a_write,
    an_address,
    freeze,
)  # fmt: skip
from tests.store.crowd import Work, after_a_race, race, written
from tests.store.sending import LATER, Campaigning, a_campaigning

GIVEN, WITHDRAWN = ConsentState.GIVEN, ConsentState.WITHDRAWN
MUCH_LATER = LATER + timedelta(days=30)
Closing = Callable[[Session, int, str, datetime], bool]


def by(closing: Closing, recipient_id: int, at: datetime = LATER) -> Callable[[Session], bool]:
    """Somebody clicks."""
    return lambda session: closing(session, recipient_id, "clicked", at)


def a_scene(store: Store) -> Campaigning:
    """Two people were mailed the newsletter; the first agreed to surveys as well, and nobody was asked about events."""
    running = a_campaigning(store, 2)
    with a_write(store) as session:
        a_purpose(session, "events")
        a_consent(session, running.people[0].address_id, "surveys")
    return running


def closed(running: Campaigning, who: int = 0) -> list[str]:
    """In words, what is closed."""
    address_id = running.people[who].address_id
    with running.store.read() as session:
        return consents.suppressions_of(session, [address_id]).get(address_id, [])


def words(running: Campaigning, who: int = 0) -> dict[str, ConsentState]:
    """The newest word on each purpose."""
    address_id = running.people[who].address_id
    with running.store.read() as session:
        lines = consents.consents_of(session, [address_id]).get(address_id, [])
    return {line.purpose: line.state for line in lines}


def traces(store: Store) -> tuple[int, int, int]:
    """How many opt-out events, withdrawals and closures there are."""
    events = select(DeliveryEventRow.id).where(DeliveryEventRow.type == EventType.UNSUBSCRIBED)
    withdrawals = select(ConsentEvent.id).where(ConsentEvent.action == WITHDRAWN)
    with store.read() as session:
        counts = [len(session.execute(query).all()) for query in (events, withdrawals, select(Suppression.id))]
    return counts[0], counts[1], counts[2]


def titles(running: Campaigning) -> list[str]:
    with running.store.read() as session:
        lines = timeline.select_timeline(session, running.people[0].party_id or 0, Viewer.system())
    return [line.title for line in lines]


# --- how far it closes -------------------------------------------------------------------------------------------


def test_one_purpose_is_closed_for_one_address(store: Store) -> None:
    running = a_scene(store)
    assert written(store, by(close_purpose, running.ids[0]))
    assert closed(running) == ["unsubscribe (newsletter)"]
    assert words(running) == {"newsletter": WITHDRAWN, "surveys": GIVEN}
    assert (closed(running, 1), words(running, 1)) == ([], {"newsletter": GIVEN})


def test_everything_is_closed_also_what_nobody_asked_about(store: Store) -> None:
    running = a_scene(store)
    assert written(store, by(close_everything, running.ids[0]))
    assert closed(running) == ["unsubscribe (newsletter)", "unsubscribe (everything)"]
    assert words(running) == dict.fromkeys(("events", "newsletter", "surveys"), WITHDRAWN)
    assert (closed(running, 1), words(running, 1)) == ([], {"newsletter": GIVEN})


@pytest.mark.parametrize(
    ("first", "second", "changes"),
    [
        (close_purpose, close_purpose, False),
        (close_purpose, close_everything, True),
        (close_everything, close_purpose, False),
        (close_everything, close_everything, False),
    ],
)
def test_the_second_click_says_whether_it_changed_anything(
    store: Store, first: Closing, second: Closing, changes: bool
) -> None:
    running = a_scene(store)
    assert written(store, by(first, running.ids[0]))
    before = traces(store)
    assert written(store, by(second, running.ids[0], MUCH_LATER)) is changes
    assert (traces(store) != before) is changes
    assert traces(store)[0] == 1


def test_a_mail_without_a_purpose_closes_everything(store: Store) -> None:
    running = a_campaigning(store, 1, kind=CampaignKind.ONE_TO_ONE, purpose=None)
    assert written(store, by(close_purpose, running.ids[0]))
    assert closed(running) == ["unsubscribe (everything)"]
    assert words(running) == {"newsletter": WITHDRAWN}
    assert not written(store, by(close_purpose, running.ids[0], MUCH_LATER))


@pytest.mark.parametrize("closing", [close_purpose, close_everything])
def test_a_test_mail_closes_nothing_and_an_unknown_link_neither(store: Store, closing: Closing) -> None:
    running = a_scene(store)
    with a_write(store) as session:
        draft = a_campaign(session, running.account_id, name="test", kind=CampaignKind.SYSTEM, purpose=None)
        [row] = freeze(session, draft, [Customer(None, running.people[0].address_id, "")])
        assert closing(session, row, "clicked", LATER)
        assert not closing(session, row, "clicked", MUCH_LATER)
        assert not closing(session, 10**9, "clicked", LATER)
    assert traces(store) == (1, 0, 0)
    assert words(running) == {"newsletter": GIVEN, "surveys": GIVEN}


def test_no_spelling_of_the_mailbox_leads_around_it(store: Store) -> None:
    running = a_scene(store)
    with a_write(store) as session:
        tagged = a_person(session, "p.erson+shop@gmail.com", consents=("newsletter",))
        plain = an_address(session, "person@gmail.com")
        spring = a_running_campaign(session, running.account_id, [tagged], name="Summer")
        assert close_purpose(session, spring.recipients[0], "clicked", LATER)
        news = consents.get_purpose(session, "newsletter")
        assert consents.suppressed(session, [plain], news) == {plain: Suppress.UNSUBSCRIBE}
        assert consents.suppressed(session, [plain], None) == {}


# --- coming back -------------------------------------------------------------------------------------------------


def come_back(running: Campaigning, at: datetime) -> None:
    """They ask for the newsletter again."""
    with a_write(running.store) as session:
        consents.lift_suppression(session, running.people[0].address)
        a_consent(session, running.people[0].address_id, at=at)


def test_who_came_back_leaves_again_by_the_same_old_mail(store: Store) -> None:
    running = a_scene(store)
    for month in range(3):
        at = LATER + timedelta(days=30 * month)
        assert written(store, by(close_purpose, running.ids[0], at))
        assert not written(store, by(close_purpose, running.ids[0], at + timedelta(days=1)))
        assert (closed(running), words(running)["newsletter"]) == (["unsubscribe (newsletter)"], WITHDRAWN)
        come_back(running, at + timedelta(days=2))
        assert (closed(running), words(running)["newsletter"]) == ([], GIVEN)
    assert titles(running) == [running.name] * 3


def test_who_leaves_again_twice_at_once_leaves_once(store: Store) -> None:
    running = a_scene(store)
    written(store, by(close_purpose, running.ids[0]))
    come_back(running, LATER + timedelta(days=1))
    assert not after_a_race(
        store,
        by(close_purpose, running.ids[0], MUCH_LATER),
        by(close_purpose, running.ids[0], MUCH_LATER + timedelta(seconds=1)),
    )
    assert traces(store) == (2, 2, 2)
    assert words(running)["newsletter"] == WITHDRAWN


def test_an_address_that_was_closed_under_a_tag_is_opened_under_it(store: Store) -> None:
    with a_write(store) as session:
        tagged = an_address(session, "person+news@example.com")
        consents.suppress(session, "person+news@example.com", Suppress.MANUAL, NOW, purpose_id=None, source="test")
        assert consents.lift_suppression(session, "person+news@example.com") == 2
        assert consents.suppressed(session, [tagged], None) == {}


def test_the_first_reason_is_the_one_that_is_told(store: Store) -> None:
    running = a_scene(store)
    address = running.people[0]
    written(store, by(close_purpose, running.ids[0]))
    with a_write(store) as session:
        consents.suppress(session, address.address, Suppress.HARD_BOUNCE, MUCH_LATER, purpose_id=None, source="test")
        news, key = consents.get_purpose(session, "newsletter"), address.address_id
        assert consents.suppressed(session, [key], news) == {key: Suppress.UNSUBSCRIBE}
        assert consents.suppressed(session, [key], None) == {key: Suppress.HARD_BOUNCE}


# --- at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "changes", "found"),
    [
        (close_purpose, close_purpose, False, (1, 1, 2)),
        (close_purpose, close_everything, True, (1, 3, 4)),
        (close_everything, close_purpose, False, (1, 3, 4)),
        (close_everything, close_everything, False, (1, 3, 4)),
    ],
)
def test_two_clicks_at_once_are_obeyed_once(
    store: Store, first: Closing, second: Closing, changes: bool, found: tuple[int, int, int]
) -> None:
    running = a_scene(store)
    assert after_a_race(store, by(first, running.ids[0]), by(second, running.ids[0])) is changes
    assert traces(store) == found


@pytest.mark.parametrize("closing", [close_purpose, close_everything])
def test_the_links_of_two_mails_at_once_close_the_address_once(store: Store, closing: Closing) -> None:
    running = a_scene(store)
    with a_write(store) as session:
        other = a_running_campaign(session, running.account_id, running.people[:1], name="Summer").recipients[0]
    assert after_a_race(store, by(closing, running.ids[0]), by(closing, other))  # an event of its own
    assert traces(store)[::2] == (2, 2 if closing is close_purpose else 4)
    assert words(running)["newsletter"] == WITHDRAWN


def test_a_mark_that_waits_for_an_opt_out_obeys_it(store: Store) -> None:
    running = a_scene(store)
    claimed = running.claim()[:1]
    mark: Work = lambda s: outbox.mark(s, [a_mark(claimed[0], LATER)], "one", LATER, LEASE)  # noqa: E731
    assert race(store, by(close_purpose, running.ids[0]), mark).result() == {claimed[0].id: False}
    row = running.rows()[0]
    assert (row.state, row.skip_reason) == (RecipientState.SKIPPED, "suppressed: unsubscribe")


def test_an_opt_out_that_waits_for_a_mark_closes_what_comes_after(store: Store) -> None:
    """The mail that is on its way cannot be called back; the next one is stopped."""
    running = a_scene(store)
    claimed = running.claim()[:1]
    mark: Work = lambda s: outbox.mark(s, [a_mark(claimed[0], LATER)], "one", LATER, LEASE)  # noqa: E731
    assert race(store, mark, by(close_purpose, running.ids[0])).result() is True
    assert running.states()[0] == RecipientState.SENDING
    assert closed(running) == ["unsubscribe (newsletter)"]


# --- what the page shows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closing", "shown"),
    [(None, Closed.NOTHING), (close_purpose, Closed.PURPOSE), (close_everything, Closed.EVERYTHING)],
)
def test_the_page_shows_how_far_the_address_is_closed(store: Store, closing: Closing | None, shown: Closed) -> None:
    running = a_scene(store)
    if closing is not None:
        written(store, by(closing, running.ids[0]))
    with store.read() as session:
        assert find_opt_out(session, running.ids[0]) == OptOut(
            "p***@example.com", "newsletter", "own.example", shown, is_test=False
        )
        assert find_opt_out(session, 10**9) is None


def test_the_proof_says_which_mail_and_how(store: Store) -> None:
    running = a_scene(store)
    written(store, lambda s: close_everything(s, running.ids[0], "button", NOW))
    with store.read() as session:
        query = select(ConsentEvent).where(ConsentEvent.action == WITHDRAWN)
        proofs = {(row.source, row.basis, row.evidence, row.at) for row in session.execute(query).scalars()}
    assert proofs == {(f"campaign {running.name}", "withdrawal", "button", NOW)}
    assert titles(running) == ["no more marketing mail", running.name]
