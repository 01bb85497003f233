"""A no is heard in every form, a yes is never made of anything else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.exchange.cells import parse_yes_no
from mailcrm.exchange.consents import hear_bounce, hear_consent, hear_opt_out
from mailcrm.model.consent import ConsentState

NO = [
    "unsubscribed", "Opted out", "退订", "已退订", "不接收邮件", "拒收", "do not email", "abgemeldet", "désinscrit",
    "Withdrawn",
]  # fmt: skip


@pytest.mark.parametrize("cell", ["yes", "TRUE", "1", "x", "是", "ja", *NO, date(2025, 1, 1)])
def test_opt_out_is_heard(cell: str | date) -> None:
    assert hear_opt_out(cell) == (ConsentState.WITHDRAWN, "")


@pytest.mark.parametrize("cell", ["", "no", "0", "否", "FALSE", "subscribed", "opted in", "已订阅", "n/a", "-"])
def test_no_opt_out_says_nothing(cell: str) -> None:
    assert hear_opt_out(cell) == (ConsentState.NONE, "")


@pytest.mark.parametrize("cell", ["no", "0", "否", "False", *NO])
def test_refusal_in_a_consent_column_withdraws(cell: str) -> None:
    assert hear_consent(cell) == (ConsentState.WITHDRAWN, "")


@pytest.mark.parametrize("cell", ["yes", "1", "是", "subscribed", "double opt-in", "同意"])
def test_consent_is_said(cell: str) -> None:
    assert hear_consent(cell) == (ConsentState.GIVEN, "")


@pytest.mark.parametrize("cell", ["perhaps", "2", "???", "pending", "not subscribed"])
def test_what_cannot_be_read_is_a_no_and_told(cell: str) -> None:
    for hear in (hear_opt_out, hear_consent):
        state, problem = hear(cell)
        assert state is ConsentState.WITHDRAWN
        assert "taken for a no" in problem


@pytest.mark.parametrize(
    ("cell", "closed"),
    [
        ("Unknown user", True),
        ("TRUE", True),
        ("2025-01-01", True),
        ("", False),
        ("no", False),
        ("0", False),
        ("valid", False),
    ],
)
def test_bounce_closes_whatever_its_reason(cell: str, closed: bool) -> None:
    assert hear_bounce(cell) is closed


@given(st.text())
def test_opt_out_column_never_gives_consent(cell: str) -> None:
    assert hear_opt_out(cell).state is not ConsentState.GIVEN


@given(
    st.text(st.characters(categories=("L",)), min_size=1, max_size=10).filter(lambda text: parse_yes_no(text) is None)
)
def test_random_words_are_no_consent(cell: str) -> None:
    heard = hear_consent(cell)
    assert heard.state is not ConsentState.GIVEN or cell.casefold() in ("subscribed", "given", "granted")
