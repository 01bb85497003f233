"""`mailcrm import people` as somebody types it: looked at before, taken back after, whatever the file is."""

import json
from pathlib import Path

import pytest

from tests.flow.instance import Instance

SHEET = """Kundennummer,Name,E-Mail,Mobile Phone,Company,Tags,Opt-out,Notes
,Ann Whitfield,ann@acme.example,+49 171 8364729,Acme GmbH,"vip, tea",,"likes ""green"" tea"
,王小明,wang@nb.example,13800138000,宁波贸易有限公司,,是,
,No Way,not-an-address,,,,,
,,,,,,,
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path, [])
    made.write()
    made.cli("db", "upgrade")
    return made


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def test_a_sheet_is_looked_at_imported_and_taken_back(instance: Instance, sheet: Path) -> None:
    seen = instance.json("import", "people", str(sheet), "--preview", "--region", "CN")
    assert (seen["rows"], seen["opt_outs"]) == ({"new": 3, "changed": 0, "same": 0, "error": 0}, 1)
    [problem] = seen["first_problems"]
    assert problem["row"] == 4
    assert "not-an-address" in problem["problem"]
    assert instance.json("people", "list") == []
    shown = instance.cli("import", "people", str(sheet), "--region", "CN", "--yes").stdout
    assert "3 rows: 3 new, 0 changed, 0 same, 0 error; 1 say something of mail they want or do not" in shown
    assert "import 1: 3 new, 0 changed, 0 as before, 0 errors; `mailcrm import undo 1` takes it back" in shown
    archive = instance.json("people", "show", "wang@nb.example")["archive"]
    assert archive["addresses"][0]["suppressions"] == ["unsubscribe (everything)"]
    assert ("mobile", "+8613800138000") in [(f["field"], f["value"]) for f in archive["facts"]]
    again = instance.json("import", "people", str(sheet), "--region", "CN")
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 3)
    said = instance.cli("import", "undo", "1", "--yes").stdout
    assert said.startswith("import 1 is taken back; 0 rows could not be restored whole")
    assert instance.json("people", "list") == []
    assert [(b["id"], b["state"]) for b in instance.json("import", "list")] == [(2, "done"), (1, "undone")]
    assert "not-an-address" in instance.json("import", "show", "1")["rows"][0]["note"]


def test_columns_are_shown_changed_and_kept(instance: Instance, sheet: Path, tmp_path: Path) -> None:
    guesses = {g["column"]: g["target"]["field"] for g in instance.json("import", "columns", str(sheet))["guesses"]}
    assert guesses["E-Mail"] == "email"
    assert guesses["Opt-out"] == "opt_out"
    mapping = tmp_path / "m.toml"
    instance.cli("import", "columns", str(sheet), "--map", "Notes=x.remark", ok=2)
    instance.cli("fields", "add", "remark", "--label", "Remark")
    instance.cli("import", "columns", str(sheet), "--map", "Notes=x.remark", "--save", str(mapping))
    assert '"Notes" = "x.remark"' in mapping.read_text()
    instance.cli("import", "people", str(sheet), "--mapping", str(mapping), "--yes")
    facts = instance.json("people", "show", "ann@acme.example")["archive"]["facts"]
    assert ("x.remark", 'likes "green" tea') in [(f["field"], f["value"]) for f in facts]
    assert "write Column=field" in instance.cli("import", "columns", str(sheet), "--map", "Notes", ok=2).stderr


def test_who_may_be_known_already_is_told_before(instance: Instance, sheet: Path) -> None:
    instance.cli("people", "add", "a.whitfield@acme.example", "--name", "Ann Whitfield")
    seen = instance.json("import", "people", str(sheet), "--preview")
    [double] = seen["doubles"]
    assert (double["row"], double["known"]["email"]) == (2, "a.whitfield@acme.example")


def test_cards_and_our_own_json_are_read_too(instance: Instance, tmp_path: Path) -> None:
    card = tmp_path / "ann.vcf"
    card.write_text("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Whitfield\r\nEMAIL:ann@acme.example\r\nEND:VCARD\r\n")
    assert instance.json("import", "people", str(card))["new"] == 1
    own = tmp_path / "own.json"
    record = {
        "format": "mailcrm-customer-1", "kind": "person", "number": "C000777Z", "fields": {"name": "Bob Ray", "tier": "A"},
        "emails": [{"address": "bob@acme.example"}],
    }  # fmt: skip
    own.write_text(json.dumps(record))
    assert instance.json("import", "people", str(own))["new"] == 1
    assert {p["name"] for p in instance.json("people", "list")} == {"Ann Whitfield", "Bob Ray"}


def test_with_four_eyes_an_import_waits_with_its_file(tmp_path: Path, sheet: Path) -> None:
    made = Instance(tmp_path, [], team={"four_eyes": ["import"]})
    made.write()
    made.cli("db", "upgrade")
    for name in ("anna", "li"):
        made.cli("users", "add", name)
    asked = made.json("--as", "anna", "import", "people", str(sheet))
    sheet.unlink()
    assert made.json("people", "list") == []
    made.cli("--as", "anna", "approvals", "approve", str(asked["request"]), asked["sha256"][:8], ok=2)
    made.cli("--as", "li", "approvals", "approve", str(asked["request"]), asked["sha256"][:8])
    assert len(made.json("people", "list")) == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n", "the table is empty"),
        ("a.pdf", b"%PDF-1.7", "is a PDF"),
        ("a.json", b'{"format": "mailcrm-customer-9", "kind": "person"}', "another version"),
        ("a.vcf", b"BEGIN:VCARD\nVERSION:3.0\n", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    instance: Instance, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = instance.cli("import", "people", str(path), "--preview", "--json", ok=None)
    assert "Traceback" not in done.stderr
    assert said in done.stderr + done.stdout
    assert "No such file" in instance.cli("import", "people", str(tmp_path / "none.csv"), ok=2).stderr
