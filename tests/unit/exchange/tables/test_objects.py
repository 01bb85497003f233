"""JSON in the three forms that programs write, whole and cut short."""

import json
from pathlib import Path
from typing import Any

import pytest

from mailcrm.errors import UserError
from mailcrm.exchange.tables.opening import open_table
from mailcrm.exchange.tables.row import letter

CUSTOMERS: list[dict[str, Any]] = [
    {"name": "王小明", "address": {"city": "深圳"}, "emails": ["a@x.cn", "b@x.cn"], "vip": True, "tel": 13800138000},
    {"name": "Ann \"A\" [x] {y}", "extra": None, "amount": 12.5},
]  # fmt: skip


def _file(folder: Path, text: str) -> Path:
    path = folder / "customers.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CUSTOMERS),
        json.dumps(CUSTOMERS, indent=2, ensure_ascii=False),
        "\n".join(json.dumps(each) for each in CUSTOMERS) + "\n",
        json.dumps({"format": "x", "customers": CUSTOMERS, "more": 1}),
    ],
)
def test_all_forms_are_the_same_table(tmp_path: Path, text: str) -> None:
    table = open_table(_file(tmp_path, text))
    assert table.named == ("name", "address.city", "emails", "vip", "tel", "extra", "amount")
    assert [(row.number, row.cells) for row in table.rows()] == [
        (1, ("王小明", "深圳", "a@x.cn; b@x.cn", "true", "13800138000", "", "")),
        (2, ('Ann "A" [x] {y}', "", "", "", "", "", "12.5")),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1}, {"a": ', "object 2: cannot be read as JSON"),
        ('[{"a": 1}, {"a": 2}', r"object 2: the file ends behind it without the \]"),
        ('[{"a": 1}, 5]', "object 2: expected an object"),
        ('{"a": 1}\n{"a" 2}\n', "object 2: cannot be read as JSON"),
        ('[{"a": NaN}]', "object 1: cannot be read"),
        ("[" + '{"a":' * 100_000, "object 1"),
        ('{"a":' * 30 + "1" + "}" * 30, "nested too deeply"),
        ('[{"a": "' + "x" * 200_000 + '"}]', "object 1, a: has more than 131,072"),
        ('[{"a": "' + "x" * 11_000_000, "object 1: is larger than 10 MB"),
    ],
)
def test_what_is_wrong_is_named_by_the_object(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        list(open_table(_file(tmp_path, text)).rows())


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_in_a_spreadsheet(column: int, name: str) -> None:
    assert letter(column) == name
