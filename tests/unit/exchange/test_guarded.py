"""No cell of ours is computed by a spreadsheet program, and our own import reads what was meant."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.exchange.guarded import guard, unguard


@given(st.text(st.sampled_from("'=+-@\t\r\n＝a 1")) | st.text())
@example("''=1")
@example("'t Hooft")
def test_what_was_guarded_is_read_as_it_was(text: str) -> None:
    assert unguard(guard(text)) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+8613800138000", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"]
)
def test_text_that_programs_compute_gets_an_apostrophe(text: str) -> None:
    assert guard(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "张伟", "007", "'t Hooft", "a=1", "'", " x"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guard(text) == text
    assert unguard(text) == text
