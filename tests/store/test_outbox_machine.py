"""The outbox under anything that can happen, in any order: no mail goes out twice, and the report always adds up.

Three senders, a server that takes, refuses or says nothing, people who pause, switch off, leave and complain, and
clocks that run. What the senders hold in memory may be long out of date; the store must not believe them.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from mailcrm.model.campaign import CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.outbox import Claimed, Result
from mailcrm.model.recipient import OPEN_STATES, TERMINAL_STATES, EventType, RecipientState, opt_out
from mailcrm.store import Store, campaigns, outbox, recipients
from tests.builders import LEASE, a_consent
from tests.store.crowd import written
from tests.store.sending import LATER, Campaigning, a_campaigning, an_event, result

PEOPLE = 4
OWNERS = st.sampled_from(["one", "two", "three"])
WHO = st.integers(0, PEOPLE - 1)
ANSWERS = st.sampled_from(["taken", "taken", "refused", "busy", "unsent", "silence", "crash"])
CLOSING = (EventType.UNSUBSCRIBED, EventType.COMPLAINED)
UNTOUCHED = (RecipientState.READY, RecipientState.CLAIMED, RecipientState.DEFERRED)


class Row(NamedTuple):
    """What the file holds of a recipient."""

    id: int
    state: str
    lease_owner: str
    lease_until: int | None
    fence: int
    sent_at: int | None
    merge_values: str | None


ROWS = "SELECT id, state, lease_owner, lease_until, fence, sent_at, merge_values FROM recipient ORDER BY id"


class Outbox(RuleBasedStateMachine):
    """What really happened is kept here, beside the store: mails that the server may have, people who left."""

    claims = Bundle("claims")  # (owner, Claimed) that a sender believes to be its own
    news = Bundle("news")  # (owner, Result) that a sender may report, once or more often, now or later

    def __init__(self, running: Campaigning, raw: sqlite3.Connection) -> None:
        super().__init__()
        self.running, self.store, self.raw, self.now = running, running.store, raw, LATER
        self.newest: dict[int, tuple[str, int]] = {}  # who claimed it last, with which fence
        self.granted: set[tuple[int, int]] = set()  # marks, by fence
        self.taken: set[int] = set()  # the server took it
        self.maybe: set[int] = set()  # the server may have taken it, nobody knows
        self.left: set[int] = set()  # asked us never to write again
        self.on, self.state = True, CampaignState.RUNNING

    # --- senders -------------------------------------------------------------------------------------------------

    @rule(target=claims, owner=OWNERS, limit=st.integers(1, PEOPLE))
    def claim(self, owner: str, limit: int) -> Any:
        claimed = self.running.claim(owner, limit, self.now)
        assert not claimed or (self.on and self.state == CampaignState.RUNNING)
        self.newest |= {item.id: (owner, item.fence) for item in claimed}
        return multiple(*((owner, item) for item in claimed))

    @rule(target=news, held=claims, answer=ANSWERS)
    def send(self, held: tuple[str, Claimed], answer: str) -> Any:
        """Mark it and, if that is granted, send it. Also tried with claims of long ago, and twice with one."""
        owner, item = held
        was_granted = (item.id, item.fence) in self.granted
        [granted] = self.running.mark([item], owner, self.now)
        if not granted:
            return multiple() if was_granted else (owner, result(item, None))
        assert not was_granted, "one mark was granted twice"
        assert self.newest[item.id] == (owner, item.fence), "a claim of long ago was granted"
        assert item.id not in self.taken | self.maybe, "a mail went out twice"
        assert item.id not in self.left, "somebody who left was written to"
        assert self.on
        assert self.state == CampaignState.RUNNING
        self.granted.add((item.id, item.fence))
        return self.answered(owner, item, answer)

    def answered(self, owner: str, item: Claimed, answer: str) -> Any:
        match answer:
            case "taken":
                self.taken.add(item.id)
                return (owner, result(item, EventType.SENT))
            case "refused":
                return (owner, result(item, EventType.FAILED, code=550))
            case "busy":
                return (owner, result(item, EventType.DEFERRED, code=451, due_at=self.now + timedelta(seconds=30)))
            case "unsent":
                return (owner, result(item, None))
            case "silence":
                self.maybe.add(item.id)
                return (owner, result(item, EventType.IN_DOUBT))
        self.maybe.add(item.id)  # the sender dies; nobody ever reports
        return multiple()

    @rule(items=st.lists(news, min_size=1, max_size=4))
    def report(self, items: Sequence[tuple[str, Result]]) -> None:
        for owner, found in items:
            before = self.rows()[found.recipient_id]
            self.running.settle([found], owner, self.now)
            theirs = (before.lease_owner, before.fence) != (owner, found.fence)
            if theirs and (found.event is None or found.event.type != EventType.SENT):
                assert self.rows()[found.recipient_id] == before, "it was not theirs"

    @rule(held=claims, what=st.sampled_from(["give back", "put off", "cannot be rendered", "stop", "renew"]))
    def do_without_sending(self, held: tuple[str, Claimed], what: str) -> None:
        owner, item = held
        if what == "stop":
            written(self.store, lambda s: outbox.release(s, owner))
        elif what == "renew":
            written(self.store, lambda s: outbox.renew(s, self.running.ids, owner, self.now + LEASE))
        elif what == "put off" and (item.id, item.fence) not in self.granted:
            told = result(item, EventType.DEFERRED, code=450, due_at=self.now + timedelta(seconds=30))
            self.running.settle([told], owner, self.now)
        elif (item.id, item.fence) not in self.granted:
            reason = "" if what == "give back" else what
            self.running.settle([result(item, None, skip_reason=reason)], owner, self.now)

    # --- time ----------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([31, 61, 7200]), tended=st.booleans())
    def time_passes(self, seconds: int, tended: bool) -> None:
        self.now += timedelta(seconds=seconds)
        if tended:
            self.running.recover(self.now)
            written(self.store, lambda s: recipients.reconcile(s, self.now, timedelta(hours=1)))

    # --- people --------------------------------------------------------------------------------------------------

    @rule(who=WHO, kind=st.sampled_from([*CLOSING, EventType.REPLIED, EventType.BOUNCED]))
    def hear_from(self, who: int, kind: EventType) -> None:
        """Only who got a mail can answer it."""
        row_id = self.running.ids[who]
        if row_id in self.taken | self.maybe:
            event = opt_out(row_id, "") if kind == EventType.UNSUBSCRIBED else an_event(row_id, kind)
            self.running.late(row_id, event, self.now)
            self.taken.add(row_id)
            if kind in CLOSING:
                self.left.add(row_id)

    @rule(who=st.integers(0, PEOPLE - 3))  # two always stay, so that there is something to send
    def leave(self, who: int) -> None:
        address_id = self.running.people[who].address_id
        written(self.store, lambda s: a_consent(s, address_id, action=ConsentState.WITHDRAWN, at=self.now))
        self.left.add(self.running.ids[who])

    @rule(what=st.sampled_from(["switch", "pause", "finish"]))
    def decide(self, what: str) -> None:
        if what == "switch":
            self.on = not self.on
            self.running.switch(self.on)
        elif what == "finish":
            self.finish()
        elif self.state in (CampaignState.RUNNING, CampaignState.PAUSED):
            paused = self.state == CampaignState.PAUSED
            self.state = CampaignState.RUNNING if paused else CampaignState.PAUSED
            self.running.move(self.state)

    def finish(self) -> None:
        finished = written(self.store, lambda s: campaigns.finish_campaigns(s, self.now))
        still_open = any(row.state in OPEN_STATES for row in self.rows().values())
        assert bool(finished) == (self.state == CampaignState.RUNNING and not still_open)
        self.state = CampaignState.FINISHED if finished else self.state

    # --- what must hold ------------------------------------------------------------------------------------------

    def rows(self) -> dict[int, "Row"]:
        """As they are in the file, by id."""
        return {values[0]: Row(*values) for values in self.raw.execute(ROWS)}

    def teardown(self) -> None:
        """The report adds up."""
        with self.store.read() as session:
            counts = campaigns.count_recipients(session, self.running.campaign_id)
        states = Counter(row.state for row in self.rows().values())
        assert {state.value: count for state, count in counts.states.items() if count} == states
        assert counts.total == sum(counts.states.values()) == PEOPLE

    @invariant()
    def rows_are_what_they_say(self) -> None:
        assert list(self.rows()) == self.running.ids
        for row in self.rows().values():
            owned = row.state in (RecipientState.CLAIMED, RecipientState.SENDING)
            assert (row.lease_owner != "") == (row.lease_until is not None) == owned
            assert (row.sent_at is not None) == (row.state == RecipientState.SENT)
            assert row.state != RecipientState.SENT or row.id in self.taken, "it counts as sent, and never was"
            assert row.id not in self.taken | self.maybe or row.state not in UNTOUCHED, "it could go out once more"
            assert row.state not in TERMINAL_STATES or row.merge_values is None


def test_nothing_goes_out_twice_and_the_report_adds_up(sqlite_store: Store, tmp_path: Path) -> None:
    chosen = settings(max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
    running = a_campaigning(sqlite_store, PEOPLE)
    with closing(sqlite3.connect(tmp_path / "mailcrm.db")) as raw, closing(sqlite3.connect(":memory:")) as start:
        raw.backup(start)

        def begin() -> Outbox:
            start.backup(raw)
            return Outbox(running, raw)

        run_state_machine_as_test(begin, settings=chosen)
