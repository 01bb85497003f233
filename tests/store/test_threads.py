"""Conversations: the same whatever came first."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mailcrm.model.filing import Conversation
from mailcrm.store import Session, Store, messages, threads
from mailcrm.store.rows.mail import Message, MessageRef, Thread
from tests.builders import a_write
from tests.store.builders import a_filing, a_key, at
from tests.store.crowd import Work, after_a_race, written

_examples = itertools.count()


@dataclass(frozen=True)
class Mail:
    """By number: a mail and those that it names, which may never come. Without an id it names nobody."""

    number: int
    names: frozenset[int]
    has_id: bool = True

    def talk(self, prefix: str) -> Conversation:
        ids = tuple(f"{prefix}.{n}@example.com" for n in (self.number, *sorted(self.names - {self.number})))
        return Conversation(ids if self.has_id else (), f"Subject {self.number}", at(self.number))


def file(session: Session, mails: Sequence[Mail], prefix: str) -> None:
    """One batch, as ingest files it."""
    found = threads.join_threads(session, [mail.talk(prefix) for mail in mails])
    filings = [a_filing(a_key(f"{prefix}.{m.number}"), thread) for m, thread in zip(mails, found, strict=True)]
    messages.add_messages(session, filings)


def partition(session: Session, mails: Sequence[Mail], prefix: str) -> set[frozenset[int]]:
    """Which mails are in one thread, by number."""
    numbers = {a_key(f"{prefix}.{mail.number}"): mail.number for mail in mails}
    groups: dict[int, set[int]] = {}
    query = select(Message.dedupe_key, Message.thread_id).where(Message.dedupe_key.in_(numbers))
    for key, thread in session.execute(query):
        groups.setdefault(thread, set()).add(numbers[key])
    return set(map(frozenset, groups.values()))


def connected(mails: Sequence[Mail]) -> set[frozenset[int]]:
    """The same by another way: groups that share an id are poured together until none do."""
    groups = [({mail.number}, mail.names | {mail.number} if mail.has_id else frozenset()) for mail in mails]
    result: list[tuple[set[int], frozenset[int]]] = []
    for members, ids in groups:
        touching = [group for group in result if group[1] & ids]
        result = [group for group in result if not group[1] & ids]
        result.append((members.union(*(g[0] for g in touching)), ids.union(*(g[1] for g in touching))))
    return {frozenset(members) for members, _ in result}


@st.composite
def mailboxes(draw: st.DrawFn) -> list[list[Mail]]:
    """Up to ten mails in any order, in batches of any size."""
    count = draw(st.integers(1, 10))
    named = st.frozensets(st.integers(0, count + 3), max_size=3)
    mails = [Mail(n, draw(named), draw(st.booleans()) or draw(st.booleans())) for n in range(count)]
    order = draw(st.permutations(mails))
    cuts = sorted(draw(st.sets(st.integers(1, count))) | {0, count})
    return [list(order[low:high]) for low, high in itertools.pairwise(cuts)]


def check_any_order(store: Store, batches: list[list[Mail]]) -> None:
    prefix = str(next(_examples))
    with a_write(store) as session:
        before = threads.count_threads(session)
        newest = session.execute(select(func.max(Thread.id))).scalar_one() or 0
    for batch in batches:
        written(store, lambda s, batch=batch: file(s, batch, prefix))
    mails = [mail for batch in batches for mail in batch]
    with store.read() as session:
        assert partition(session, mails, prefix) == connected(mails)
        assert threads.count_threads(session) - before == len(connected(mails))
        check_books(session, newest)


def check_books(session: Session, since: int = 0) -> None:
    """Every thread newer than `since` counts its mails; one that was joined is empty and points to one that lives."""
    rows = {row.id: row for row in session.execute(select(Thread).where(Thread.id > since)).scalars()}
    members: dict[int, list[Message]] = {thread: [] for thread in rows}
    for message in session.execute(select(Message).where(Message.thread_id > since)).scalars():
        members[message.thread_id].append(message)
    for thread, row in rows.items():
        assert row.message_count == len(members[thread])
        if row.merged_into is not None:
            assert members[thread] == []
            assert rows[row.merged_into].merged_into is None
    for ref in session.execute(select(MessageRef).where(MessageRef.thread_id > since)).scalars():
        assert rows[ref.thread_id].merged_into is None


quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate]
)
thorough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@thorough
@given(mailboxes())
def test_the_same_threads_whatever_the_order(sqlite_store: Store, batches: list[list[Mail]]) -> None:
    check_any_order(sqlite_store, batches)


@quick
@given(mailboxes())
def test_the_same_threads_on_every_server(server_store: Store, batches: list[list[Mail]]) -> None:
    check_any_order(server_store, batches)


def test_a_mail_that_joins_two_threads_leaves_a_pointer_from_the_younger(store: Store) -> None:
    old, young, middle = Mail(0, frozenset()), Mail(5, frozenset()), Mail(3, frozenset({0, 5}))
    written(store, lambda s: file(s, [old], "x"))
    written(store, lambda s: file(s, [young, Mail(6, frozenset({5}))], "x"))
    written(store, lambda s: file(s, [middle], "x"))
    with store.read() as session:
        winner, lost = session.execute(select(Thread).order_by(Thread.id)).scalars()
        assert (lost.merged_into, lost.message_count, winner.merged_into) == (winner.id, 0, None)
        assert (winner.message_count, winner.first_at, winner.last_at) == (4, at(0), at(6))
        assert winner.subject == "Subject 0"
        assert threads.count_threads(session) == 1


def test_a_chain_of_joins_points_straight_to_the_one_that_lives(store: Store) -> None:
    for number in (0, 1, 2):
        written(store, lambda s, n=number: file(s, [Mail(n, frozenset())], "x"))
    written(store, lambda s: file(s, [Mail(3, frozenset({1, 2}))], "x"))
    written(store, lambda s: file(s, [Mail(4, frozenset({0, 2}))], "x"))
    with store.read() as session:
        first, *others = session.execute(select(Thread).order_by(Thread.id)).scalars()
        assert {row.merged_into for row in others} == {first.id}
        check_books(session)


def test_mails_without_any_id_are_conversations_of_their_own(store: Store) -> None:
    written(store, lambda s: file(s, [Mail(n, frozenset({9}), has_id=False) for n in range(3)], "x"))
    with store.read() as session:
        assert threads.count_threads(session) == 3
        assert session.execute(select(MessageRef)).all() == []


def test_a_batch_of_two_hundred_ids_and_a_long_subject(store: Store) -> None:
    """One mail that names 200 others, and 600 mails at once."""
    ids = tuple(f"{n}@example.com" for n in range(200))
    with a_write(store) as session:
        [thread] = threads.join_threads(session, [Conversation(ids, "张" * 2000, at(0))])
        found = threads.join_threads(session, [Conversation((i,), "", at(1)) for i in ids * 3])
        assert set(found) == {thread}
        assert session.get_one(Thread, thread).message_count == 601
        assert len(session.get_one(Thread, thread).subject) == 998


def test_an_id_of_any_length_is_recognised(store: Store) -> None:
    long = "x" * 5000 + "@example.com"
    with a_write(store) as session:
        first = threads.join_threads(session, [Conversation((long,), "", at(0))])
        assert threads.join_threads(session, [Conversation((long,), "", at(1))]) == first
        assert threads.join_threads(session, [Conversation((long[1:],), "", at(1))]) != first


# --- two workers -------------------------------------------------------------------------------------------------


def filing(*mails: Mail) -> Work:
    return lambda session: file(session, mails, "x")


def check_whole(store: Store, *groups: set[int]) -> None:
    mails = [Mail(number, frozenset()) for group in groups for number in group]
    with store.read() as session:
        assert partition(session, mails, "x") == set(map(frozenset, groups))
        check_books(session)


def test_two_workers_that_file_into_the_same_thread_count_both(store: Store) -> None:
    written(store, filing(Mail(0, frozenset())))
    after_a_race(store, filing(Mail(1, frozenset({0}))), filing(Mail(2, frozenset({0}))))
    check_whole(store, {0, 1, 2})


def test_two_workers_that_meet_the_same_new_id_make_one_thread(store: Store) -> None:
    after_a_race(store, filing(Mail(1, frozenset({0}))), filing(Mail(2, frozenset({0}))))
    check_whole(store, {1, 2})


def test_a_mail_filed_into_a_thread_while_it_is_joined_goes_along(store: Store) -> None:
    written(store, filing(Mail(0, frozenset())))
    written(store, filing(Mail(1, frozenset())))
    after_a_race(store, filing(Mail(2, frozenset({0, 1}))), filing(Mail(3, frozenset({1}))))
    check_whole(store, {0, 1, 2, 3})


def test_two_workers_that_join_threads_crosswise_join_them_all(store: Store) -> None:
    for number in (0, 1, 2):
        written(store, filing(Mail(number, frozenset())))
    after_a_race(store, filing(Mail(3, frozenset({0, 1}))), filing(Mail(4, frozenset({1, 2}))))
    check_whole(store, {0, 1, 2, 3, 4})
