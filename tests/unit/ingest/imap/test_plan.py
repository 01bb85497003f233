"""What one pass over a folder has to fetch."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap.plan import (
    cautious,
    chunks,
    fields_for,
    plan_sync,
    uid_set,
    uid_sets,
    windows_over,
)
from mailcrm.ingest.mail.kinds import KIND_FIELDS
from mailcrm.model.account import Capture
from mailcrm.model.folder import FolderStatus, SyncState, Tried


def _status(uidnext: int | None, uidvalidity: int = 7) -> FolderStatus:
    return FolderStatus(uidvalidity, uidnext, exists=3)


def test_a_folder_seen_for_the_first_time_is_all_backfill() -> None:
    plan = plan_sync(_status(11), None, 11)
    assert plan.state == SyncState(generation=1, uidvalidity=7, uid_high=10, uid_floor=10)
    assert (plan.rolled, plan.live, plan.backfill) == (False, None, (1, 10))


def test_an_empty_folder_has_nothing_to_fetch() -> None:
    plan = plan_sync(_status(1), None, 1)
    assert plan.state == SyncState(1, 7, 0, 0)
    assert (plan.live, plan.backfill) == (None, None)


@pytest.mark.parametrize(
    ("uidnext", "floor", "live", "backfill"),
    [(11, 0, None, None), (12, 0, (11, 11), None), (20, 4, (11, 19), (1, 4)), (11, 1, None, (1, 1))],
)
def test_a_known_folder_goes_on_where_it_stopped(
    uidnext: int, floor: int, live: tuple[int, int] | None, backfill: tuple[int, int] | None
) -> None:
    state = SyncState(2, 7, uid_high=10, uid_floor=floor)
    plan = plan_sync(_status(uidnext), state, uidnext)
    assert (plan.state, plan.rolled, plan.live, plan.backfill) == (state, False, live, backfill)


@pytest.mark.parametrize(("uidvalidity", "uidnext"), [(8, 11), (6, 11), (8, 400), (7, 10), (7, 1)])
def test_a_new_uidvalidity_or_a_lower_uidnext_starts_a_new_generation(uidvalidity: int, uidnext: int) -> None:
    plan = plan_sync(_status(uidnext, uidvalidity), SyncState(2, 7, 10, 3), uidnext)
    assert plan.state == SyncState(3, uidvalidity, uidnext - 1, uidnext - 1)
    assert plan.rolled
    assert plan.live is None
    assert plan.backfill == ((1, uidnext - 1) if uidnext > 1 else None)


def test_a_highest_uid_that_we_looked_up_may_fall() -> None:
    """163 says no UIDNEXT; when its newest message is deleted, that is no new generation."""
    state = SyncState(1, 7, uid_high=10, uid_floor=0)
    plan = plan_sync(_status(None), state, 8)
    assert (plan.state, plan.rolled, plan.live) == (state, False, None)


def test_a_missing_uidvalidity_is_unknown_and_not_another_one() -> None:
    state = SyncState(1, 7, 10, 0)
    assert not plan_sync(_status(12, uidvalidity=0), state, 12).rolled
    assert plan_sync(_status(5, uidvalidity=0), state, 5).state == SyncState(2, 7, 4, 4)


@given(st.sets(st.integers(1, 400), max_size=60), st.integers(1, 100), st.integers(0, 320), st.integers(1, 9))
def test_windows_over_known_uids_leave_no_gap_and_none_is_too_full(
    uids: set[int], lo: int, length: int, size: int
) -> None:
    hi = lo + length
    windows = list(windows_over(sorted(uids), lo, hi, size))
    assert (windows[0][1], windows[-1][0]) == (hi, lo)
    assert all(below[1] == above[0] - 1 for above, below in pairwise(windows))
    counts = [sum(a <= uid <= b for uid in uids) for a, b in windows]
    assert max(counts) <= size
    assert len(windows) <= sum(counts) // size + 1


@given(
    st.sets(st.integers(1, 400), min_size=1, max_size=90), st.integers(1, 40), st.integers(1, 400), st.integers(0, 90)
)
def test_what_cost_the_connection_is_asked_for_in_parts_and_nothing_is_left_out(
    uids: set[int], size: int, first: int, more: int
) -> None:
    known, tried = sorted(uids), Tried(first, first + more, 1)
    found = list(cautious(windows_over(known, 1, 400, size), known, tried))
    assert (found[0][1], found[-1][0]) == (400, 1)
    assert all(lower[1] + 1 == upper[0] for upper, lower in pairwise(found))
    suspects = {uid for uid in uids if tried.first <= uid <= tried.last}
    for lo, hi in found:
        inside = {uid for uid in uids if lo <= uid <= hi}
        assert not inside & suspects or inside <= suspects, "a suspect stands beside others"
        assert len(inside) <= (max(1, -(-len(suspects) // 8)) if inside & suspects else size)


def test_a_window_comes_down_to_its_culprit_in_a_few_passes() -> None:
    known, culprit, passes = list(range(1, 201)), 137, 0
    tried = Tried(1, 200, 1)
    while tried.first < tried.last:
        passes += 1
        lo, hi = next((lo, hi) for lo, hi in cautious([(1, 200)], known, tried) if lo <= culprit <= hi)
        assert hi - lo < tried.last - tried.first
        tried = Tried(lo, hi, 1)
    assert (tried.first, passes) == (culprit, 3)


def test_windows_over_an_empty_range_are_none() -> None:
    assert list(windows_over([3, 9], 5, 4, 10)) == []


def test_windows_over_uids_far_apart_are_few() -> None:
    assert list(windows_over([1_320_000_000, 1_320_900_000], 1, 1_400_000_000, 1)) == [
        (1_320_900_000, 1_400_000_000),
        (1, 1_320_899_999),
    ]


@pytest.mark.parametrize(
    ("uids", "text"),
    [([], ""), ([7], "7"), ([3, 1, 2], "1:3"), ([5, 1, 2, 9, 10, 1], "1:2,5,9:10")],
)
def test_uid_sets_ascend_as_ranges(uids: list[int], text: str) -> None:
    assert uid_set(uids) == text


def _read(text: str) -> list[int]:
    ranges = [[int(end) for end in part.split(":")] for part in text.split(",")]
    return [uid for ends in ranges for uid in range(ends[0], ends[-1] + 1)]


@given(st.sets(st.integers(1, 5000), max_size=300), st.integers(12, 60))
def test_uid_sets_are_short_ascending_and_complete(uids: set[int], max_length: int) -> None:
    pieces = list(uid_sets(uids, max_length))
    assert [uid for piece in pieces for uid in _read(piece)] == sorted(uids)
    assert all(len(piece) <= max_length for piece in pieces)


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(0, 50))), st.integers(1, 5), st.integers(1, 100))
def test_chunks_keep_order_and_limits(pairs: list[tuple[int, int]], max_count: int, max_bytes: int) -> None:
    portions = list(chunks(pairs, max_count, max_bytes))
    assert [uid for portion in portions for uid in portion] == [uid for uid, _ in pairs]
    sizes = iter(size for _, size in pairs)
    for portion in portions:
        total = sum(next(sizes) for _ in portion)
        assert 1 <= len(portion) <= max_count
        assert total <= max_bytes or len(portion) == 1


def test_a_large_message_stands_alone() -> None:
    assert list(chunks([(3, 10), (2, 900), (1, 10)], 10, 100)) == [[3], [2], [1]]


def test_the_subject_is_not_asked_for_when_only_metadata_may_be_kept() -> None:
    assert "subject" not in fields_for(Capture.METADATA)
    assert (
        set(fields_for(Capture.SUBJECT)) == set(fields_for(Capture.ALL)) == {*fields_for(Capture.METADATA), "subject"}
    )


def test_the_fields_that_others_rely_on_are_asked_for() -> None:
    needed = "Message-ID In-Reply-To References Date From Sender Reply-To To Cc Bcc List-Id List-Unsubscribe List-Post"
    needed += " Precedence Auto-Submitted X-Autoreply X-Auto-Response-Suppress X-Autorespond Return-Path Content-Type"
    needed += " Feedback-ID X-Failed-Recipients"
    asked = fields_for(Capture.METADATA)
    assert set(needed.lower().split()) <= set(asked)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("capture", Capture)
def test_whatever_tells_the_kind_of_a_mail_is_asked_for(capture: Capture) -> None:
    assert set(KIND_FIELDS) <= set(fields_for(capture))
