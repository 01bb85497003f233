"""What is missing in a folder, and what changed in it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap.compare import Comparison, FlagChange, FlagTable, compare, compare_flags
from mailcrm.model.folder import KnownUids

_UIDS = st.lists(st.integers(1, 30), unique=True).map(sorted)


def _compared(server: list[int], known: KnownUids, high: int = 100, floor: int = 0) -> Comparison:
    return compare(server, known, high, floor)


def _lists(found: Comparison) -> dict[str, list[int]]:
    names = ("pending", "quarantined", "unknown", "to_read", "waiting", "gone")
    return {name: list(getattr(found, name)) for name in names if len(getattr(found, name))}


def test_a_folder_is_complete_where_every_uid_is_filed_or_left_out() -> None:
    found = _compared([1, 2, 9], KnownUids(filed=[1, 9], left_out=[2]))
    assert (found.server, found.archived, found.left_out, _lists(found)) == (3, 2, 1, {})


def test_an_empty_folder_is_complete() -> None:
    found = _compared([], KnownUids())
    assert (found.server, found.archived, _lists(found)) == (0, 0, {})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (KnownUids(filed=[5]), {"unknown": [3, 4, 6]}),
        (KnownUids(filed=[3, 4, 5, 6], pending=[4]), {"pending": [4]}),
        (KnownUids(filed=[3, 4, 5, 6], broken=[6]), {"quarantined": [6]}),
        (KnownUids(filed=[4, 5, 6], quarantined=[3]), {"quarantined": [3]}),
        (KnownUids(filed=[1, 3, 4, 5, 6, 99]), {"gone": [1, 99]}),
    ],
)
def test_each_gap_has_its_name(known: KnownUids, expected: dict[str, list[int]]) -> None:
    assert _lists(_compared([3, 4, 5, 6], known)) == expected


def test_what_lies_outside_of_the_cursor_is_not_unknown() -> None:
    found = _compared([1, 2, 3, 4, 5], KnownUids(filed=[3]), high=4, floor=2)
    assert _lists(found) == {"to_read": [1, 2], "unknown": [4], "waiting": [5]}


def test_mail_above_the_cursor_that_is_known_is_not_waiting() -> None:
    """A daemon files it while we compare."""
    assert _lists(_compared([1, 2], KnownUids(filed=[1, 2]), high=1)) == {}


def test_a_quarantined_uid_that_was_filed_meanwhile_counts_once() -> None:
    found = _compared([1], KnownUids(filed=[1], quarantined=[1]))
    assert (found.archived, _lists(found)) == (1, {})


def test_a_broken_mail_whose_bytes_are_asked_for_again_counts_once() -> None:
    found = _compared([1], KnownUids(filed=[1], pending=[1], broken=[1]))
    assert (found.archived, _lists(found)) == (0, {"quarantined": [1]})


@given(server=_UIDS, filed=_UIDS, left_out=_UIDS, quarantined=_UIDS, high=st.integers(0, 31), floor=st.integers(0, 31))
def test_every_uid_of_the_server_is_in_exactly_one_place(
    server: list[int], filed: list[int], left_out: list[int], quarantined: list[int], high: int, floor: int
) -> None:
    known = KnownUids(filed, filed[::2], filed[::3], left_out, quarantined)
    found = compare(server, known, high, min(high, floor))
    lists = (found.pending, found.quarantined, found.unknown, found.to_read, found.waiting)
    assert found.server == len(server) == found.archived + found.left_out + sum(map(len, lists))
    assert len({uid for uids in lists for uid in uids}) == sum(map(len, lists))
    accounted = {*filed, *left_out, *quarantined}
    assert {*found.unknown, *found.to_read, *found.waiting} == set(server) - accounted
    assert set(found.gone) == set(filed) - set(server)
    assert all(list(uids) == sorted(uids) for uids in lists)


# --- flags -------------------------------------------------------------------------------------------------------


def _table(*portions: Mapping[int, tuple[str, ...]]) -> FlagTable:
    table = FlagTable()
    for portion in portions:
        table.add(portion)
    return table


def test_the_same_flags_in_another_order_are_no_change() -> None:
    found = compare_flags(_table({1: ("a", "b")}, {2: ()}), _table({1: ("b", "a"), 2: ()}))
    assert (found.changed, list(found.removed), found.arrived) == ((), [], 0)


def test_what_a_mail_gained_and_lost_is_named() -> None:
    found = compare_flags(_table({1: ("\\Recent",), 2: (), 4: ()}), _table({1: ("\\Seen",), 2: (), 4: ("x",)}))
    assert found.changed == (FlagChange(1, ("\\Seen",), ("\\Recent",)), FlagChange(4, ("x",), ()))
    assert [found.touching(flag) for flag in ("\\Seen", "\\Recent", "\\Flagged")] == [1, 1, 0]


def test_mails_that_went_and_came_are_told_apart_from_changes() -> None:
    found = compare_flags(_table({1: (), 2: (), 3: ()}), _table({2: (), 5: ("x",), 6: ()}))
    assert (found.changed, list(found.removed), found.arrived) == ((), [1, 3], 2)


_FLAGS = st.dictionaries(st.integers(1, 20), st.frozensets(st.sampled_from("abc")))


@given(before=_FLAGS, after=_FLAGS)
def test_every_difference_is_found(before: dict[int, frozenset[str]], after: dict[int, frozenset[str]]) -> None:
    found = compare_flags(_table(before), _table(after))  # type: ignore[arg-type]
    both = before.keys() & after.keys()
    assert [change.uid for change in found.changed] == sorted(uid for uid in both if before[uid] != after[uid])
    for change in found.changed:
        assert (before[change.uid] | set(change.gained)) - set(change.lost) == after[change.uid]
    assert list(found.removed) == sorted(before.keys() - after.keys())
    assert found.arrived == len(after.keys() - before.keys())
