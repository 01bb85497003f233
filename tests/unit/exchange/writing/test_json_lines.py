"""JSON lines hold customers whole."""

import io
import json

from hypothesis import HealthCheck, given, settings

from mailcrm.exchange.canonical import from_json
from mailcrm.exchange.writing.json_lines import write_json_lines
from mailcrm.model.record import CustomerRecord
from tests.unit.exchange.generated import records


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records, records)
def test_each_customer_is_a_line_that_is_read_as_it_was(one: CustomerRecord, other: CustomerRecord) -> None:
    file = io.StringIO(newline="")
    assert write_json_lines(file, [one, other]) == 2
    lines = file.getvalue().split("\n")[:-1]
    assert [from_json(json.loads(line)) for line in lines] == [one, other]
    assert "\u2028" not in file.getvalue()
