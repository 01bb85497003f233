"""How far a reading is, in words."""

from datetime import UTC, datetime

import pytest

from mailcrm.cli.reading import reading_text, span
from mailcrm.service.progress import Reading

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "1 minute"),
        (80, "1 minute"),
        (5000, "83 minutes"),
        (7200, "2 hours"),
        (100_000, "28 hours"),
        (250_000, "3 days"),
    ],
)
def test_a_span_has_one_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_all_that_is_known_is_said() -> None:
    reading = Reading(61_204, 180_000, 1_990_000_000, 2_000_000_000, MIDNIGHT, 4100, 259_200, by_budget=True)
    assert reading_text(reading) == (
        "61,204 of 180,000 mails; 4,100 an hour; at the present rate done in about 3 days, limited by the daily budget of "
        "2.0 GB; 2.0 GB came today, old mail goes on at 00:00 UTC"
    )


def test_what_is_not_known_is_not_said() -> None:
    assert reading_text(Reading(3, 10, 0, None, None, None, None, by_budget=False)) == "3 of 10 mails"
