"""The archive of one customer as JSON."""

import json

from mailcrm.exchange.page.plain import FORMAT, plain_archive
from tests.unit.exchange.page.sample import content


def test_all_of_it_is_json_and_exact() -> None:
    seen = json.loads(json.dumps(plain_archive(content("王\0<b>"))))
    assert seen["format"] == FORMAT
    assert seen["archive"]["line"]["name"] == "王\0<b>"
    assert seen["printed_at"] == "2026-03-05T20:30:00+00:00"
    assert seen["orders"][0]["summary"]["amount_minor"] == 129950
    assert seen["dates"][0]["following"] == "2026-09-25"
    assert seen["specs"]["x.budget"]["type"] == "number"
    assert seen["closures"]["1"]["everything"] == "hard bounce"
    assert seen["left_out"] == 12
