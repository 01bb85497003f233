"""Conversations in the store: who waits for whom, as mail comes in whatever order, and what a human says about it."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.model.archive import WaitingLine
from mailcrm.model.conversation import Waiting
from mailcrm.model.rights import Viewer
from mailcrm.service.consequences import draw_consequences, read_conversations
from mailcrm.store import Store, conversation_mails, conversations, parties, reply_links
from mailcrm.store.rows.mail import ReplyLink
from tests.builders import NOW, a_write
from tests.flow.filing import a_box

SYSTEM = Viewer.system()


def mail(day: int, number: str, sender: str, to: str, subject: str, *more: str, text: str = "How much?") -> str:
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{number}@x.example>", *more]
    return "\n".join([*head, f"Date: {day:02} Nov 2024 08:00:00 +0000"]) + f"\n\n{text}\n"


ANNA, US = "Anna <anna@acme.example>", "team@own.example"
ASK = mail(6, "q", ANNA, US, "Price")
ANSWER = mail(8, "a", US, "anna@acme.example", "Re: Price", "References: <q@x.example>", text="10 a piece.")
THANKS = mail(
    9,
    "t",
    ANNA,
    US,
    "Re: Price",
    "References: <q@x.example> <a@x.example>",
    text="Thanks!\nAnna\n\n> " + "It is 3 EUR. " * 20,
)
ORPHAN = mail(10, "o", ANNA, US, "AW: Price", text="And for 100?")


def waiting(store: Store, whom: Waiting = Waiting.US) -> list[WaitingLine]:
    draw_consequences(store, lambda: NOW)
    with store.read() as session:
        return conversations.list_waiting(session, SYSTEM, whom)


def whole(store: Store) -> list[tuple[object, ...]]:
    """All that is known of conversations, without numbers that depend on the order of arrival."""
    lines = [line for whom in (Waiting.US, Waiting.THEM) for line in waiting(store, whom)]
    with store.read() as session:
        habits = conversations.select_habits(session, parties.get_party(session, "anna@acme.example"), NOW)
    return [
        habits,
        *sorted((ln.waiting, ln.since, ln.last_in_at, ln.last_out_at, ln.mails_in, ln.mails_out) for ln in lines),
    ]


def test_question_waits_for_us_until_we_answer(store: Store) -> None:
    box = a_box(store)
    box.gets(ASK)
    (line,) = waiting(store)
    assert (line.name, line.subject, line.since and line.since.day, line.mails_in) == ("Anna", "Price", 6, 1)
    assert waiting(store, Waiting.THEM) == []
    box.gets(ANSWER)
    assert waiting(store) == []
    (line,) = waiting(store, Waiting.THEM)
    assert line.since is not None
    assert line.since.day == 8
    box.gets(THANKS)
    assert waiting(store) == waiting(store, Waiting.THEM) == []
    with store.read() as session:
        habits = conversations.select_habits(session, parties.get_party(session, "anna@acme.example"), NOW)
    assert (habits.our_answer, habits.their_answer) == (2 * 86_400, 86_400)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_order_of_arrival_does_not_matter(store: Store, order: tuple[int, ...]) -> None:
    box = a_box(store)
    for number in order:
        box.gets((ASK, ANSWER, THANKS, ORPHAN)[number])
    found = whole(store)
    (line,) = waiting(store)
    assert (line.since and line.since.day, line.mails_in, line.mails_out) == (10, 3, 1)
    assert len(found) == 2


def test_robots_and_newsletters_wait_for_nothing(store: Store) -> None:
    box = a_box(store)
    box.gets(ASK, mail(7, "n", ANNA, US, "News", "List-Unsubscribe: <mailto:x@acme.example>"))
    box.gets(
        mail(8, "ooo", ANNA, US, "Automatic reply: Price", "References: <q@x.example>", "Auto-Submitted: auto-replied")
    )
    assert [line.subject for line in waiting(store)] == ["Price"]


def test_who_is_in_copy_owes_nothing(store: Store) -> None:
    box = a_box(store)
    box.gets(mail(6, "c", US, "anna@acme.example", "Offer", "Cc: bob@acme.example"))
    assert [line.name for line in waiting(store, Waiting.THEM)] == ["anna@acme.example"]


def test_done_holds_until_somebody_writes_again(store: Store) -> None:
    box = a_box(store)
    box.gets(ASK)
    (line,) = waiting(store)
    with a_write(store) as session:
        assert conversations.mark_handled(session, line.thread_id, NOW) == 1
        assert conversations.mark_handled(session, line.thread_id, NOW) == 0
    assert waiting(store) == []
    box.gets(mail(7, "older", ANNA, US, "Re: Price", "References: <q@x.example>"))
    assert waiting(store) == []


def test_new_mail_after_done_waits(store: Store) -> None:
    box = a_box(store)
    box.gets(ASK)
    (line,) = waiting(store)
    assert line.since is not None
    with a_write(store) as session:
        conversations.mark_handled(session, line.thread_id, line.since + timedelta(hours=1))
    box.gets(mail(7, "again", ANNA, US, "Re: Price", "References: <q@x.example>"))
    assert [again.thread_id for again in waiting(store)] == [line.thread_id]


def parents(store: Store) -> list[tuple[int, int | None]]:
    with store.read() as session:
        return [tuple(row) for row in session.execute(select(ReplyLink.message_id, ReplyLink.parent_id))]  # type: ignore[misc]


@pytest.mark.parametrize("before", [True, False])
def test_reply_without_references_is_linked_whichever_comes_first(store: Store, before: bool) -> None:
    box = a_box(store)
    mails = (ASK, ANSWER, ORPHAN)
    for each in mails if before else reversed(mails):
        box.gets(each)
    ((reply, parent),) = parents(store)
    with store.read() as session:
        listed = conversation_mails.list_mails(session, waiting(store)[0].thread_id, SYSTEM)
    assert [(line.subject, line.depth, line.linked) for line in listed] == [
        ("Price", 0, False),
        ("Re: Price", 1, False),
        ("AW: Price", 2, True),
    ]
    assert (reply, parent) == (listed[2].id, listed[1].id)


@pytest.mark.parametrize(
    "other",
    [
        mail(10, "s", "Eve <eve@else.example>", US, "Re: Price"),  # somebody else
        mail(10, "s", ANNA, US, "Re: Prices"),
        mail(10, "s", ANNA, US, "Price"),  # no reply
        mail(10, "s", ANNA, US, "Fwd: Price"),
        mail(5, "s", ANNA, US, "Re: Price"),  # before the question
        mail(10, "s", ANNA, US, "Re: Price", "References: <elsewhere@x.example>"),
    ],
)
def test_what_only_looks_alike_is_not_linked(store: Store, other: str) -> None:
    box = a_box(store)
    box.gets(ANSWER, other)
    assert [parent for _, parent in parents(store) if parent] == []


def test_reply_after_a_month_is_not_linked(store: Store) -> None:
    box = a_box(store)
    box.gets(ANSWER, mail(10, "s", ANNA, US, "Re: Price").replace("10 Nov", "10 Dec"))
    assert [parent for _, parent in parents(store) if parent] == []


def test_link_that_a_human_takes_away_stays_away(store: Store) -> None:
    box = a_box(store)
    box.gets(ASK, ANSWER, ORPHAN)
    assert len(waiting(store)) == 1
    ((reply, _),) = parents(store)
    with a_write(store) as session:
        assert reply_links.drop_link(session, reply, NOW)
        assert not reply_links.drop_link(session, reply, NOW)
    read_conversations(store)
    assert [(line.since and line.since.day, line.mails_in) for line in waiting(store)] == [(10, 1)]
    assert [line.mails_in for line in waiting(store, Waiting.THEM)] == [1]
    box.gets(mail(9, "b", US, "anna@acme.example", "Price"))
    assert len(waiting(store)) == 1


def test_silent_customers_are_those_who_usually_write_more_often(store: Store) -> None:
    box = a_box(store)
    often = [mail(day, f"o{day}", ANNA, US, f"Order {day}") for day in (2, 4, 6, 8, 10)]
    box.gets(*often, *(mail(day, f"s{day}", "Sam <sam@slow.example>", US, f"Hello {day}") for day in (1, 2)))
    draw_consequences(store, lambda: NOW)
    with a_write(store) as session:
        for address in ("anna@acme.example", "sam@slow.example"):
            parties.activate_parties(session, [parties.get_party(session, address)], NOW)
    with store.read() as session:
        (line,) = conversations.list_silent(session, NOW)
    assert (line.name, line.usual_days) == ("Anna", 2.0)
    assert line.silent_days > 50
