"""Campaigns: their texts, their states, and how they stand."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailcrm.errors import Conflict, NotFound
from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.outbox import RecipientLine
from mailcrm.model.party import CustomerNumber
from mailcrm.model.recipient import EventType, RecipientState
from mailcrm.store import Session, Store, campaigns
from mailcrm.store.rows.campaign import Recipient
from tests.builders import NOW, a_campaign, a_write, an_account
from tests.store.crowd import Work, after_a_race, race, written
from tests.store.sending import LATER, a_campaigning, an_event, result

C = CampaignState
HOUR = timedelta(hours=1)


# --- templates ---------------------------------------------------------------------------------------------------


def save(name: str, source: str) -> Work:
    return lambda session: campaigns.save_template(session, name, f"{name}.txt", source, NOW)


def test_a_text_gets_a_new_version_only_when_it_is_new(store: Store) -> None:
    first, again, second = (written(store, save("news", text)) for text in ("春 1", "春 1", "春 2"))
    other = written(store, save("other", "春 1"))
    assert first == again
    assert (first.version, second.version, other.version) == (1, 2, 1)
    assert written(store, save("news", "春 1")) == first
    with store.read() as session:
        assert campaigns.get_template(session, second.id) == second
        assert second.source == "春 2"


def test_two_that_save_the_same_template_make_one_version(store: Store) -> None:
    second = after_a_race(store, save("news", "text"), save("news", "text"))
    assert second.version == 1


# --- states ------------------------------------------------------------------------------------------------------


def test_a_campaign_is_a_draft_of_one_step(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        draft = a_campaign(session, account_id, segment="tag = vip")
        assert (draft.state, draft.kind, draft.purpose, draft.account) == (C.DRAFT, "marketing", "newsletter", "shop")
        assert (draft.segment, draft.created_at, draft.started_at, draft.withheld) == ("tag = vip", NOW, None, {})
        with pytest.raises(Conflict, match="choose another"):
            a_campaign(session, account_id)
        assert a_campaign(session, account_id, name="Reply", kind=CampaignKind.ONE_TO_ONE, purpose=None).purpose is None
        assert [found.name for found in campaigns.list_campaigns(session)] == ["Reply", "Spring"]
        assert campaigns.list_campaigns(session, [C.RUNNING]) == []
        assert campaigns.find_campaign(session, "nothing") is None
        for look in (campaigns.get_campaign, lambda s, name: campaigns.set_state(s, name, C.RUNNING, NOW)):
            with pytest.raises(NotFound, match="no campaign 'nothing'"):
                look(session, "nothing")


def test_times_and_reasons_go_with_the_states(store: Store) -> None:
    with a_write(store) as session:
        a_campaign(session, an_account(session))
        scheduled = campaigns.schedule(session, "Spring", LATER, NOW)
        assert (scheduled.state, scheduled.start_at, scheduled.started_at) == (C.SCHEDULED, LATER, None)
        assert campaigns.due_campaigns(session, LATER - HOUR) == []
        assert campaigns.due_campaigns(session, LATER) == ["Spring"]
        assert campaigns.set_state(session, "Spring", C.RUNNING, LATER).started_at == LATER
        held = campaigns.set_state(session, "Spring", C.HELD, LATER + HOUR, "554 \x00 refused" + "!" * 5000)
        assert (held.state, held.state_reason[:13], len(held.state_reason)) == (C.HELD, "554  refused!", 2000)
        again = campaigns.set_state(session, "Spring", C.RUNNING, LATER + 2 * HOUR)
        assert (again.started_at, again.state_reason, again.finished_at) == (LATER, "", None)
        assert campaigns.set_state(session, "Spring", C.CANCELLED, LATER + 3 * HOUR).finished_at == LATER + 3 * HOUR
        with pytest.raises(Conflict, match="end state"):
            campaigns.set_state(session, "Spring", C.RUNNING, LATER)


def test_only_a_draft_can_change_its_text(store: Store) -> None:
    with a_write(store) as session:
        draft = a_campaign(session, an_account(session))
        other = campaigns.save_template(session, "other", "other.txt", "Subject: x\n\nx", NOW)
        campaigns.set_template(session, draft, other.id)
        assert campaigns.get_campaign(session, "Spring").template == other
        campaigns.set_state(session, "Spring", C.RUNNING, NOW)
        with pytest.raises(Conflict, match="only a draft can change its text"):
            campaigns.set_template(session, draft, draft.template.id)


def test_of_two_that_decide_at_once_the_second_hears_of_the_first(store: Store) -> None:
    written(store, lambda s: a_campaign(s, an_account(s)))
    written(store, lambda s: campaigns.set_state(s, "Spring", C.RUNNING, NOW))

    def resume_what_was_cancelled(session: Session) -> None:
        assert campaigns.get_campaign(session, "Spring").state in (C.RUNNING, C.CANCELLED)  # it looked first
        campaigns.set_state(session, "Spring", C.PAUSED, NOW)

    future = race(store, lambda s: campaigns.set_state(s, "Spring", C.CANCELLED, NOW), resume_what_was_cancelled)
    assert isinstance(future.exception(), Conflict)
    with store.read() as session:
        assert campaigns.get_campaign(session, "Spring").state == C.CANCELLED


def test_two_that_create_the_same_campaign_make_one(store: Store) -> None:
    account_id = written(store, an_account)
    written(store, save("Spring", "x"))
    with pytest.raises(Conflict):
        after_a_race(store, lambda s: a_campaign(s, account_id), lambda s: a_campaign(s, account_id))


# --- the end -----------------------------------------------------------------------------------------------------

OPEN = {
    RecipientState.READY,
    RecipientState.CLAIMED,
    RecipientState.SENDING,
    RecipientState.DEFERRED,
    RecipientState.IN_DOUBT,
}


@pytest.mark.parametrize("last", list(RecipientState))
def test_a_campaign_is_finished_when_nobody_is_open(store: Store, last: RecipientState) -> None:
    running = a_campaigning(store, 3)
    with a_write(store) as session:
        session.execute(update(Recipient).values(state=RecipientState.SENT))
        session.execute(update(Recipient).where(Recipient.id == running.ids[0]).values(state=last))
        a_campaign(session, running.account_id, name="Draft")
        assert campaigns.finish_campaigns(session, LATER) == ([] if last in OPEN else [running.name])
        found = campaigns.get_campaign(session, running.name)
        expected = (C.RUNNING, None) if last in OPEN else (C.FINISHED, LATER)
        assert (found.state, found.finished_at) == expected


def test_a_campaign_that_is_paused_while_it_ends_stays_paused(store: Store) -> None:
    running = a_campaigning(store, 1)
    running.sent()
    future = race(
        store,
        lambda s: campaigns.set_state(s, running.name, C.PAUSED, LATER),
        lambda s: campaigns.finish_campaigns(s, LATER),
    )
    assert future.result() == []
    with store.read() as session:
        assert campaigns.get_campaign(session, running.name).state == C.PAUSED


# --- how it stands -----------------------------------------------------------------------------------------------


def test_the_report_counts_everybody_once(store: Store) -> None:
    running = a_campaigning(store, 6)
    claimed = running.claim(limit=4)
    running.mark(claimed[:3])
    running.settle([result(claimed[0], EventType.SENT), result(claimed[1], EventType.FAILED, code=550, hard=True)])
    for key in "ab":
        running.late(claimed[0].id, an_event(claimed[0].id, EventType.OPENED, key))
    with store.read() as session:
        counts = campaigns.count_recipients(session, running.campaign_id)
    assert counts.total == sum(counts.states.values()) == 6
    assert set(counts.states) == set(RecipientState)
    assert {state.value: count for state, count in counts.states.items() if count} == {
        "ready": 2, "claimed": 1, "sending": 1, "sent": 1, "failed": 1,
    }  # fmt: skip
    assert counts.events == {"sent": 1, "failed": 1, "opened": 1}


def test_the_report_of_an_empty_campaign_is_empty(store: Store) -> None:
    with a_write(store) as session:
        draft = a_campaign(session, an_account(session))
        counts = campaigns.count_recipients(session, draft.id)
    assert (counts.total, sum(counts.states.values()), counts.events) == (0, 0, {})


def test_the_recipients_are_listed_page_by_page(store: Store) -> None:
    running = a_campaigning(store, 5)
    [first] = running.sent(1)
    running.late(first.id, an_event(first.id, EventType.OPENED))
    with store.read() as session:
        [(row_id, line)] = campaigns.list_recipients(session, running.campaign_id, limit=1)
        assert (row_id, line) == (
            first.id,
            RecipientLine(
                CustomerNumber.of(1).text, "Person 0", "person0@example.com", RecipientState.SENT, "", "", 1, LATER,
                ("sent", "opened"),
            ),
        )  # fmt: skip
        seen, after = list[int](), 0
        while page := campaigns.list_recipients(session, running.campaign_id, limit=2, after=after):
            seen += [row_id for row_id, _ in page]
            after = page[-1][0]
        assert seen == running.ids
        ready = campaigns.list_recipients(session, running.campaign_id, [RecipientState.READY], limit=3)
        assert [row_id for row_id, _ in ready] == running.ids[1:4]


def test_who_was_withheld_is_remembered(store: Store) -> None:
    with a_write(store) as session:
        draft = a_campaign(session, an_account(session))
        campaigns.note_withheld(session, draft.id, {"no recorded consent": 7, "被限制": 1})
        session.expire_all()
        assert campaigns.get_campaign(session, "Spring").withheld == {"no recorded consent": 7, "被限制": 1}
        assert session.execute(select(Recipient)).all() == []
