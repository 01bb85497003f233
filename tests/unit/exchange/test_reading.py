"""Whole files of every kind become the same customers."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.exchange.canonical import to_json
from mailcrm.exchange.mapping import Mapping, Rule, from_toml, to_toml
from mailcrm.exchange.reading import open_customers, read_customers
from mailcrm.exchange.records import ReadRow
from mailcrm.model.record import Claim, CustomerRecord
from tests.unit.exchange.cards import exports
from tests.unit.exchange.generated import records
from tests.unit.exchange.tables.books import a_workbook, row

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROWS = [
    ["姓名", "公司", "手机", "邮箱"],
    ["张伟", "华强有限公司", "13800138000", "zw@hq.cn"],
    ["李娜", "", "", "ln@hq.cn"],
]
_LETTERS = "ABCD"


def _read(path: Path, data: bytes, mapping: Mapping | None = None) -> list[ReadRow]:
    path.write_bytes(data)
    opened = open_customers(path)
    base = mapping or Mapping(region="CN")
    return list(read_customers(opened, opened.mapping(base), of="import:f", at=NOW))


def _files() -> dict[str, bytes]:
    text = "\n".join(",".join(each) for each in ROWS)
    xml = "".join(row(at, **dict(zip(_LETTERS, each, strict=True))) for at, each in enumerate(ROWS, 1))
    objects = [dict(zip(ROWS[0], each, strict=True)) for each in ROWS[1:]]
    return {
        "utf-8.csv": text.encode("utf-8-sig"),
        "gbk.csv": text.encode("gbk"),
        "utf-16.txt": text.replace(",", "\t").encode("utf-16"),
        "semicolon.csv": text.replace(",", ";").encode(),
        "book.xlsx": a_workbook(("客户", xml)),
        "list.json": json.dumps(objects).encode(),
        "lines.jsonl": "\n".join(json.dumps(each, ensure_ascii=False) for each in objects).encode(),
    }


@pytest.mark.parametrize("name", list(_files()))
def test_same_customers_come_from_every_kind_of_file(tmp_path: Path, name: str) -> None:
    rows = _read(tmp_path / name, _files()[name])
    assert [each.record.fields["name"] for each in rows] == ["张伟", "李娜"]
    assert rows[0].record.emails[0].address == "zw@hq.cn"
    assert Claim("mobile", "+8613800138000") in rows[0].record.claims
    assert not any(each.problems for each in rows)


def test_cards_need_no_mapping(tmp_path: Path) -> None:
    rows = _read(tmp_path / "a.vcf", (exports.IOS + exports.GOOGLE).encode())
    assert [each.record.fields["family_name"] for each in rows] == ["王", "Lee"]


@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@given(st.lists(records, min_size=1, max_size=3))
def test_our_own_export_comes_back_whole(
    tmp_path_factory: pytest.TempPathFactory, given_records: list[CustomerRecord]
) -> None:
    path = tmp_path_factory.getbasetemp() / "own.json"
    whole = json.dumps([to_json(record) for record in given_records], ensure_ascii=False)
    assert [each.record for each in _read(path, whole.encode())] == given_records


def test_damage_in_our_own_export_is_named_by_object_and_place(tmp_path: Path) -> None:
    good = to_json(CustomerRecord(foreign_id="1"))
    with pytest.raises(UserError, match=r"object 2: emails\[0\]\.address: is missing"):
        _read(tmp_path / "a.json", json.dumps([good, good | {"emails": [{}]}]).encode())


def test_program_and_sheets_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        a_workbook(("One", row(1, A="Record Id", B="Contact Owner", C="Last Name") + row(2, A="1", C="Lee")))
    )
    opened = open_customers(path)
    assert (opened.program, opened.sheets) == ("Zoho CRM contacts", ("One",))


def test_mapping_that_is_kept_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Name,Email,Budget\nAnn,a@x.de,5\n")
    opened = open_customers(path)
    mapping = opened.mapping(Mapping((Rule.parse("Budget=x.budget"),)))
    kept = from_toml(to_toml(mapping))
    assert kept == mapping
    (read,) = read_customers(opened, kept, of="import:f", at=NOW)
    assert read.record.claims == (Claim("x.budget", "5"),)
