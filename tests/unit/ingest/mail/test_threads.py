"""Conversations by their ids, subjects without their prefixes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.threads import ThreadIndex, base_subject, thread_ids
from mailcrm.model.message import ParsedHeaders
from tests.unit.ingest.mail.samples import sample


def test_ids_of_a_conversation_begin_with_the_own_one() -> None:
    headers = ParsedHeaders(message_id="own", references=("root", "parent", "own"), in_reply_to=("ann@x", "parent"))
    assert thread_ids(headers) == ("own", "root", "parent")


def test_of_in_reply_to_only_the_last_id_counts() -> None:
    assert thread_ids(parse_headers(sample("thread_thanks"))) == ("thanks@example.org", "answer@example.com")


def test_message_without_ids_has_none() -> None:
    assert thread_ids(ParsedHeaders()) == ()


def test_of_endless_references_both_ends_count() -> None:
    ids = thread_ids(ParsedHeaders(message_id="own", references=tuple(map(str, range(1_000)))))
    assert len(ids) == 201
    assert ids[:2] == ("own", "0")
    assert (ids[100], ids[101], ids[-1]) == ("99", "900", "999")


SAMPLES = ("thread_question", "thread_answer", "thread_thanks")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (2, 0, 1), (1, 2, 0)])
def test_conversation_is_one_thread_in_any_order_of_arrival(order: tuple[int, ...]) -> None:
    threads = ThreadIndex()
    for index in order:
        threads.join(thread_ids(parse_headers(sample(SAMPLES[index]))))
    found = {threads.find(f"{name}") for name in ("question@example.org", "answer@example.com", "thanks@example.org")}
    assert len(found) == 1


def test_missing_message_joins_its_answers() -> None:
    threads = ThreadIndex()
    first = threads.join(("a", "ghost"))
    assert threads.join(("b", "ghost")) == first == "a"
    assert threads.join(("c",)) == "c"
    assert threads.find("never seen") == "never seen"


def test_late_link_unites_two_threads_under_the_older() -> None:
    threads = ThreadIndex()
    threads.join(("a",))
    threads.join(("b",))
    assert threads.join(("c", "b", "a")) == "a"
    assert threads.find("b") == "a"


def test_nothing_joins_nothing() -> None:
    assert ThreadIndex().join(()) == ""


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=4), max_size=12), st.randoms())
def test_partition_does_not_depend_on_the_order(messages: list[list[int]], chance: random.Random) -> None:
    def partition(order: list[list[int]]) -> set[frozenset[str]]:
        threads = ThreadIndex()
        for ids in order:
            threads.join(tuple(map(str, ids)))
        groups: dict[str, set[str]] = {}
        for found in {str(number) for ids in messages for number in ids}:
            groups.setdefault(threads.find(found), set()).add(found)
        return {frozenset(group) for group in groups.values()}

    shuffled = list(messages)
    chance.shuffle(shuffled)
    assert partition(messages) == partition(shuffled)


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Price list", "Price list"),
        ("Re: Price list", "Price list"),
        ("RE:RE: re : Price list", "Price list"),
        ("Re[2]: Price list", "Price list"),
        ("Re (3): Price list", "Price list"),
        ("Re^2: Price list", "Price list"),
        ("RE*2: Price list", "Price list"),
        ("Fwd: FW: Price list", "Price list"),
        ("[Fwd: Price list]", "Price list"),
        ("[Fwd: Re: Price list]", "Price list"),
        ("AW: WG: Preisliste", "Preisliste"),
        ("SV: Antw: Odp: RES: YNT: x", "x"),
        ("回复: 报价", "报价"),
        ("回复：报价", "报价"),
        ("回覆: 答复：转发: 轉寄: 报价", "报价"),
        ("答复(2)：报价", "报价"),
        ("回复（3）：报价", "报价"),
        ("返信: 見積", "見積"),
        ("답장: 견적", "견적"),
        # the tag of a list stays, prefixes on both sides of it go
        ("Re: [sales] Price list", "[sales] Price list"),
        ("[sales] Re: Price list", "[sales] Price list"),
        ("Re: [sales] AW: Price list", "[sales] Price list"),
        ("[a] [b] Re: x", "[a] [b] x"),
        ("[sales] Price list", "[sales] Price list"),
        ("[unclosed Re: x", "[unclosed Re: x"),
        # what only looks like a prefix
        ("Reply to you", "Reply to you"),
        ("Refund: 20", "Refund: 20"),
        ("回家: x", "回家: x"),
        ("Re", "Re"),
        ("Re:", ""),
        ("[sales] Re:", "[sales]"),
        ("", ""),
        ("  Re:  two \n words ", "two words"),
    ],
)
def test_marks_of_replies_and_forwards_are_stripped(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(st.text(max_size=80))
def test_base_subject_is_stable_and_adds_nothing(subject: str) -> None:
    base = base_subject(subject)
    assert base_subject(base) == base
    assert len(base) <= max(len(subject) * 3, 998)


@given(st.lists(st.sampled_from(["Re: ", "AW:", "Fwd: ", "回复：", "转发: ", "Re[4]: "]), max_size=6))
def test_prefixes_in_any_number_and_order_are_stripped(prefixes: list[str]) -> None:
    assert base_subject("".join(prefixes) + "Price list") == "Price list"
