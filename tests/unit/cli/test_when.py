"""Days and times as they are typed."""

from datetime import UTC, datetime

import pytest

from mailcrm.cli.when import typed_moment
from mailcrm.errors import UserError

NOW = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)


def test_what_has_an_offset_is_that_moment() -> None:
    assert typed_moment("2026-12-01T15:30+08:00", NOW) == datetime(2026, 12, 1, 7, 30, tzinfo=UTC)
    assert typed_moment("2026-12-01T15:30Z", NOW, day_ends=True) == datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
    assert typed_moment(None, NOW) == NOW


@pytest.mark.parametrize(
    ("typed", "ends", "shown"),
    [
        ("2026-12-01", False, "2026-12-01 00:00:00"), ("2026-12-01", True, "2026-12-01 23:59:59"),
        (" 2026-12-01 15:30 ", True, "2026-12-01 15:30:00"), ("20261201", True, "2026-12-01 23:59:59"),
    ],
)  # fmt: skip
def test_what_has_none_is_of_this_machine(typed: str, ends: bool, shown: str) -> None:
    found = typed_moment(typed, NOW, day_ends=ends)
    assert found.utcoffset() == UTC.utcoffset(None)
    assert f"{found.astimezone():%Y-%m-%d %H:%M:%S}" == shown


@pytest.mark.parametrize("typed", ["soon", "", "01.12.2026", "2026-13-01"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="is no time; write 2026-12-01"):
        typed_moment(typed, NOW)
