"""When a campaign is held because of how its mails end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.breaker import STREAK, WINDOW, Ending, Verdict, ending, judge
from mailcrm.campaigns.delivery.outcome import outcome
from mailcrm.model.recipient import EventType

LOST = Attempt(Stage.DOT, text="connection lost", lost=True)
TAKEN = Attempt.of_reply(Stage.DONE, 250, "2.0.0 ok")
DEAD = Attempt.of_reply(Stage.RCPT, 550, "5.1.1 user unknown")
ODD = Attempt.of_reply(Stage.RCPT, 550, "5.4.1 access denied")
attempts = st.sampled_from([LOST, TAKEN, DEAD, ODD, Attempt.of_reply(Stage.DOT, 554, "transaction failed")])


def endings(*found: Attempt, tries: int = 0) -> list[Ending]:
    made = [ending(number, tries, each, outcome(each)) for number, each in enumerate(found)]
    assert None not in made
    return [each for each in made if each is not None]


def test_five_equal_refusals_in_a_row_hold_and_all_five_are_tried_again() -> None:
    assert judge(endings(*[ODD] * 4)) == Verdict()
    verdict = judge(endings(TAKEN, *[ODD] * 5))
    assert verdict.spared == (1, 2, 3, 4, 5)[::-1]
    assert (
        verdict.hold
        == "5 recipients in a row were refused alike, and will be tried once more: rcpt: 550 5.4.1 access denied"
    )


def test_one_mail_that_is_taken_shows_that_we_are_welcome() -> None:
    assert judge(endings(*[ODD] * 4, TAKEN)) == Verdict()
    assert judge(endings(*[ODD] * 2, TAKEN, *[ODD] * 3)) == Verdict()


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("<a@b.example>: rejected, id 4F3A", "<kim@c.example>: rejected, id 99B1", True),
        ("DT:SPM 163 smtp10,PikvCgD3", "DT:SPM 163 smtp11,QikvCgD4", True),
        ("a@b.example refused", "kim.li@c.example refused", True),
        ("no mail from you", "no mail for her", False),
        ("5.4.1 denied", "5.5.0 denied", False),
    ],
)
def test_refusals_are_alike_whoever_they_name(first: str, second: str, alike: bool) -> None:
    one, two = endings(*(Attempt.of_reply(Stage.RCPT, 550, text) for text in (first, second)))
    assert (one.words == two.words) is alike


def test_who_was_spared_once_is_not_spared_again() -> None:
    verdict = judge(endings(*[ODD] * 5, tries=1))
    assert verdict.hold.startswith("5 recipients in a row were refused alike: ")
    assert verdict.spared == ()


def test_dead_addresses_in_a_row_are_counted_by_their_share_only() -> None:
    assert judge(endings(*[DEAD] * 5)) == Verdict()
    verdict = judge(endings(*[DEAD] * 6))
    assert verdict == Verdict("6 of the last 6 mails were refused, this one last: rcpt: 550 5.1.1 user unknown")


def test_more_than_five_of_the_last_hundred() -> None:
    bad = [DEAD, *[TAKEN] * 18]
    assert judge(endings(*bad * 5, DEAD)).hold.startswith("6 of the last 96 mails")
    assert judge(endings(*bad * 5, *[TAKEN] * 6, DEAD)) == Verdict()  # the first has left the window


def test_mails_without_an_answer_are_never_spared() -> None:
    verdict = judge(endings(*[LOST] * 5))
    assert verdict.hold.startswith("no answer to the last 5 mails")
    assert verdict.spared == ()
    assert judge(endings(*[LOST, TAKEN] * 30)) == Verdict()


@pytest.mark.parametrize(
    "attempt",
    [
        Attempt.of_reply(Stage.RCPT, 451, "4.7.1 greylisted"),
        Attempt(Stage.RCPT, text="connection lost", lost=True),
        Attempt.of_reply(Stage.DOT, 550, "5.7.26 unauthenticated"),
        Attempt.of_reply(Stage.DOT, 554, "5.7.1 spam"),
        Attempt(Stage.HELD),
    ],
)
def test_what_is_still_open_or_holds_the_campaign_anyway_is_not_counted(attempt: Attempt) -> None:
    assert ending(1, 0, attempt, outcome(attempt)) is None


@given(st.lists(attempts, min_size=1, max_size=2 * WINDOW))
def test_nobody_is_spared_who_may_have_got_the_mail_or_is_dead(found: list[Attempt]) -> None:
    made = endings(*found)
    verdict = judge(made)
    assert all(made[each].event == EventType.FAILED and not made[each].hard for each in verdict.spared)
    assert not verdict.spared or (verdict.hold and len(verdict.spared) >= STREAK)
    assert not (verdict.hold and found[-1] == TAKEN)
