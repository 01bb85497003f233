"""Who owes whom an answer, by the times of mails alone."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.conversation import Turn, Waiting, only_thanks, read_conversation, read_rhythm
from tests.builders import NOW


def theirs(hours: float, *, closing: bool = False) -> Turn:
    return Turn(NOW + timedelta(hours=hours), ours=False, closing=closing)


def ours(hours: float, *, to_them: bool = True, closing: bool = False) -> Turn:
    return Turn(NOW + timedelta(hours=hours), ours=True, to_them=to_them, closing=closing)


@pytest.mark.parametrize(
    ("said", "waiting", "since"),
    [
        ([], Waiting.NOBODY, None),
        ([theirs(1)], Waiting.US, 1),
        ([theirs(1), theirs(5)], Waiting.US, 1),  # asked twice, waiting since the first
        ([theirs(1), ours(2)], Waiting.THEM, 2),
        ([ours(1), theirs(2)], Waiting.US, 2),
        ([theirs(1), ours(2), theirs(3, closing=True)], Waiting.NOBODY, None),
        ([theirs(1), theirs(2, closing=True)], Waiting.US, 1),  # thanks in advance
        ([theirs(1), ours(2, closing=True)], Waiting.NOBODY, None),
        ([ours(1, to_them=False)], Waiting.NOBODY, None),  # in copy
        ([theirs(1), ours(2, to_them=False)], Waiting.NOBODY, None),  # but answered
        ([theirs(1), ours(1)], Waiting.THEM, 1),  # in one second: an answer comes after what it answers
    ],
)
def test_who_is_to_write_next(said: list[Turn], waiting: Waiting, since: float | None) -> None:
    state = read_conversation(said)
    assert (state.waiting, state.since) == (waiting, None if since is None else NOW + timedelta(hours=since))


def test_answers_are_timed_from_the_first_mail_that_they_answer() -> None:
    state = read_conversation([theirs(0), theirs(3), ours(4), ours(5), theirs(10), ours(12)])
    assert (state.our_replies, state.our_seconds) == (2, 6 * 3600)
    assert (state.their_replies, state.their_seconds) == (1, 6 * 3600)
    assert (state.mails_in, state.mails_out) == (3, 3)
    assert (state.last_in_at, state.last_out_at) == (NOW + timedelta(hours=10), NOW + timedelta(hours=12))


_SAID = st.builds(
    Turn,
    st.integers(0, 50).map(lambda hours: NOW + timedelta(hours=hours)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(_SAID, max_size=12), st.randoms())
def test_order_of_arrival_does_not_matter(said: list[Turn], chance: Random) -> None:
    shuffled = list(said)
    chance.shuffle(shuffled)
    assert read_conversation(sorted(said, key=repr)).waiting == read_conversation(sorted(shuffled, key=repr)).waiting
    one, other = read_conversation(said), read_conversation(shuffled)
    assert (one.mails_in, one.mails_out, one.last_in_at) == (other.mails_in, other.mails_out, other.last_in_at)


@given(st.lists(_SAID, max_size=12))
def test_somebody_waits_since_a_mail_of_the_other_side(said: list[Turn]) -> None:
    state = read_conversation(said)
    assert (state.since is None) == (state.waiting == Waiting.NOBODY)
    if state.waiting != Waiting.NOBODY:
        waits_for_them = state.waiting == Waiting.THEM
        assert any(each.at == state.since and each.ours == waits_for_them and not each.closing for each in said)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Thanks!",
            "谢谢",
            "收到，谢谢！",
            "OK",
            "Thank you so much!\n\nAnn Lee",
            "好的",
            "Danke!\nMax",
            "谢谢！\n张三",
        ),
        *("ok\n\n王经理", "Merci beaucoup", "ありがとうございます", "Great, thanks 👍", "好的，谢谢您！"),
    ],
)
def test_thanks_ask_for_nothing(text: str) -> None:
    assert only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Thanks, please send the invoice",
            "好的，什么时候发货",
            "thanks for what you did",
            "great product",
            "收到。请报价",
        ),
        *(
            "OK?",
            "okay then call me",
            "Thanks!\n\nOne more thing: the price",
            "谢谢\n请把合同发给我，电话 123",
            "tackle",
        ),
    ],
)
def test_whatever_else_is_said_waits(text: str) -> None:
    assert not only_thanks(text)


@given(st.text(alphabet="ok thanks谢\n。!", max_size=400))
def test_any_text_is_read(text: str) -> None:
    only_thanks(text)


def test_rhythm_is_the_median_gap() -> None:
    rhythm = read_rhythm([NOW - timedelta(days=n) for n in (100, 60, 50, 40, 30)], NOW)
    assert rhythm is not None
    assert (rhythm.silent, rhythm.usual) == (timedelta(days=30), timedelta(days=10))


def test_mails_of_one_talk_are_one() -> None:
    rhythm = read_rhythm([NOW - timedelta(days=n, hours=h) for n in (40, 30, 20, 10) for h in (0, 1, 2)], NOW)
    assert rhythm is not None
    assert rhythm.usual == timedelta(days=10)


def test_too_little_is_no_rhythm() -> None:
    assert read_rhythm([], NOW) is None
    rhythm = read_rhythm([NOW - timedelta(days=3), NOW - timedelta(days=2), NOW - timedelta(days=1)], NOW)
    assert rhythm is not None
    assert rhythm.usual is None


def test_only_the_latest_mails_count() -> None:
    old = [NOW - timedelta(days=1000 + 100 * n) for n in range(30)]
    recent = [NOW - timedelta(days=2 * n) for n in range(1, 25)]
    rhythm = read_rhythm([*old, *recent], NOW)
    assert rhythm is not None
    assert rhythm.usual == timedelta(days=2)
