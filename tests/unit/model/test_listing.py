"""Cursors of lists: what is written is read back, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.listing import SORTS, Cursor, Order, parse_order, read_cursor, write_cursor

ORDERS = st.builds(Order, st.sampled_from([*SORTS, "x.budget"]), st.booleans())
VALUES = st.none() | st.text(max_size=190) | st.integers(-(2**63) + 1, 2**63 - 1)
CURSORS = st.builds(Cursor, ORDERS, VALUES, st.integers(0, 2**63 - 1))


@given(CURSORS)
def test_a_cursor_is_read_as_it_was_written_and_needs_no_quotes(cursor: Cursor) -> None:
    text = write_cursor(cursor)
    assert read_cursor(text, cursor.order) == cursor
    assert text.isascii()
    assert all(letter.isalnum() or letter in "-_" for letter in text)


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused_in_words(text: str) -> None:
    with pytest.raises(UserError):
        read_cursor(text, Order())


@pytest.mark.parametrize("bad", ["e30", "W10", "WzEsMCwxLDFd", "WyJuYW1lIiwwLHRydWUsMV0", "WyJuYW1lIiwwLCJhIiwtMV0"])
def test_what_only_looks_like_a_cursor_is_refused(bad: str) -> None:
    """{}, [], [1,0,1,1], ["name",0,true,1], ["name",0,"a",-1]"""
    with pytest.raises(UserError, match="is no cursor"):
        read_cursor(bad, Order())


def test_a_cursor_of_another_order_is_refused() -> None:
    text = write_cursor(Cursor(Order("tier", descending=True), "a", 7))
    with pytest.raises(UserError, match="list by tier, descending"):
        read_cursor(text, Order("tier"))


def test_an_order_is_read_as_people_type_it() -> None:
    assert parse_order(" Last contact ", descending=True) == Order("last_contact", descending=True)
    assert parse_order("x.budget") == Order("x.budget")
    with pytest.raises(UserError, match="not sorted by 'shoes'"):
        parse_order("shoes")
