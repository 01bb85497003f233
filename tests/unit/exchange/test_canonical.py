"""A record written as our own JSON is the same record when it is read again, and what is wrong is named by its place."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mailcrm.errors import UserError
from mailcrm.exchange.canonical import FORMAT, from_json, to_json
from mailcrm.model.party import PartyKind
from mailcrm.model.record import Claim, CustomerRecord, EmailEntry
from tests.unit.exchange.generated import records

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records)
def test_every_record_comes_back_as_it_was(record: CustomerRecord) -> None:
    written = json.dumps(to_json(record), ensure_ascii=False)
    assert from_json(json.loads(written)) == record


def test_record_that_says_nothing_is_its_format_and_kind() -> None:
    assert to_json(CustomerRecord()) == {"format": FORMAT, "kind": "person"}


def test_no_field_of_a_record_is_forgotten() -> None:
    names = {field.name for field in fields(CustomerRecord)}
    for name in sorted(names - {"kind"}):
        with pytest.raises(UserError, match=name):
            from_json({name: 1.5})


def test_empty_value_stays_and_is_not_absent() -> None:
    record = CustomerRecord(fields={"name": ""})
    assert to_json(record)["fields"] == {"name": ""}
    assert from_json(to_json(record)) != CustomerRecord()


def test_times_are_written_in_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=8)))
    written = to_json(CustomerRecord(created_at=there))
    assert written["created_at"] == "2026-03-05T12:00:00Z"
    assert from_json(written).created_at == NOON


def test_time_without_a_zone_is_a_bug_when_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_json(CustomerRecord(created_at=NOON.replace(tzinfo=None)))


def test_format_may_be_left_out_but_not_be_another() -> None:
    assert from_json({"kind": "organisation"}).kind is PartyKind.ORGANISATION
    with pytest.raises(UserError, match="another version of mailcrm"):
        from_json({"format": "mailcrm-customer-2"})
    with pytest.raises(UserError, match="expected 'mailcrm-customer-1'"):
        from_json({"format": "vcard"})


def test_text_is_cleaned_at_the_border() -> None:
    assert from_json({"foreign_id": "a\0b\ud800"}).foreign_id == "ab\ufffd"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fone": "1"}, "fone: this name is not known here"),
        ({"emails": {"address": "a@x.de"}}, "emails: expected a list"),
        ({"emails": [{"label": "work"}]}, r"emails\[0\]\.address: is missing"),
        ({"orders": [{"order_no": "1", "ordered_at": "5.3.2026", "currency": "EUR", "amount_minor": 1}]}, "a time with"),
        ({"dates": [{"kind": "birthday", "calendar": "moon", "month": 1, "day": 1}]}, "one of solar, lunar"),
        ({"tags": [["only one"]]}, r"tags\[0\]: expected a list of 2"),
        ({"claims": [{"field": "title", "value": 3}]}, r"claims\[0\]\.value: expected a text, not 3"),
        ({"fields": {"name": None}}, r"fields\.name: expected a text"),
        ({"created_at": "2026-03-05T12:00:00"}, "created_at: expected a time with its zone"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at: expected a time with its zone"),
        ({"claims": [{"field": "title", "value": "x", "is_current": 1}]}, "true or false"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_place(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        from_json(given)


def test_whole_number_will_do_for_a_confidence() -> None:
    claim = Claim("title", "Buyer")
    written = to_json(CustomerRecord(claims=(claim,)))
    written["claims"][0]["proof"] = {"confidence": 1}
    assert from_json(written).claims[0] == claim


def test_order_of_lists_is_kept() -> None:
    record = CustomerRecord(emails=(EmailEntry("b@x.de"), EmailEntry("a@x.de")))
    assert from_json(to_json(record)) == record
    assert from_json(to_json(record)) != replace(record, emails=record.emails[::-1])
