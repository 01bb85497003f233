"""Which claim about somebody counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.model.contact import BELIEVABLE, ContactFact, ContactField, current_fact, value_hash

THEN = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
FACT = ContactFact(ContactField.PHONE, "+442079460018", "signature", 0.95, THEN)


def later(fact: ContactFact, **changes: object) -> ContactFact:
    return replace(fact, observed_at=fact.observed_at + timedelta(days=1), **changes)  # type: ignore[arg-type]


def test_a_human_counts_more_than_any_later_machine() -> None:
    weakest_first = ["header", "signature", "vcard", "import", "api", "form", "user"]
    facts = [
        replace(FACT, source=source, observed_at=THEN - timedelta(days=n)) for n, source in enumerate(weakest_first)
    ]
    for end in range(1, len(facts) + 1):
        assert current_fact(facts[:end]) == facts[end - 1]
        assert current_fact(reversed(facts[:end])) == facts[end - 1]


def test_of_one_source_the_newer_counts_unless_it_is_a_guess() -> None:
    newer, guess = later(FACT, value="+442079460019"), later(FACT, value="+442079460020", confidence=0.6)
    assert current_fact([FACT, newer]) == newer
    assert current_fact([FACT, guess]) == FACT


def test_what_nobody_can_believe_is_no_value() -> None:
    assert current_fact([]) is None
    assert current_fact([replace(FACT, confidence=BELIEVABLE - 0.01)]) is None
    assert current_fact([replace(FACT, source="oracle")]) is None


@pytest.mark.parametrize(
    ("field", "one", "other", "same"),
    [
        (ContactField.COMPANY, "Acme  Ltd", "ACME LTD", True),
        (ContactField.COMPANY, "Acme Ltd", "Acme Ltd.", False),
        (ContactField.URL, "https://www.acme.example/", "acme.example", True),
        (ContactField.URL, "https://acme.example/a", "https://acme.example/A", True),
        (ContactField.ADDRESS, "www.x", "x", False),
    ],
)
def test_one_value_may_be_written_in_several_ways(field: ContactField, one: str, other: str, same: bool) -> None:
    assert (value_hash(field, one) == value_hash(field, other)) is same
