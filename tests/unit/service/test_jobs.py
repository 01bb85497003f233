"""The clock's jobs are due when they should be, and standing ones wake when mail was filed."""

from datetime import UTC, datetime

import pytest

from mailcrm.service.jobs import JOBS, next_due


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 1, 3, 16, tzinfo=UTC), datetime(2026, 3, 1, 3, 17, tzinfo=UTC)),
        (datetime(2026, 3, 1, 3, 18, tzinfo=UTC), datetime(2026, 3, 2, 3, 17, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, 3, 17, tzinfo=UTC)),
    ],
)
def test_the_sweep_is_due_once_a_night(now: datetime, due: datetime) -> None:
    sweep = next(job for job in JOBS if job.name == "sweep")
    assert next_due(sweep, now) == due


def test_every_job_has_exactly_one_rhythm_and_a_name_of_its_own() -> None:
    assert all(bool(job.seconds) != bool(job.cron) for job in JOBS)
    assert len({job.name for job in JOBS}) == len(JOBS)
