"""`mailcrm export`: what leaves comes back as it was, into an empty archive."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mailcrm.cli.context import plain
from mailcrm.model.activity import ACTIVITIES, ActivityLine
from mailcrm.model.importing import InputRow
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.record import CustomerRecord
from mailcrm.model.rights import Actor, Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.service.exporting import EVERYBODY
from mailcrm.service.people_import import Source, import_people
from mailcrm.store import Session, Store, activity_lists, dates, order_lists, own_fields, people, segments
from mailcrm.store.exports.records import select_records
from tests.builders import NOW, a_config, a_store, a_write, an_app
from tests.flow.filing import a_box
from tests.flow.instance import Instance
from tests.flow.plausible import archives

ACTOR = Actor.cli("test")
LATER = NOW + timedelta(days=20_000)
"""After all times in generated records."""


def brought(store: Store, folder: Path, those: list[CustomerRecord]) -> list[CustomerRecord]:
    """Imported into a store, and what the store exports then."""
    with a_write(store) as session:
        names = {claim.field.removeprefix("x.") for each in those for claim in each.claims if claim.field[:2] == "x."}
        for key in sorted(names):
            own_fields.add_own_field(session, OwnFieldSpec(key, key, FieldType.LONG_TEXT), NOW)
    app = an_app(store, a_config(folder), LATER)
    rows = [InputRow(number, each) for number, each in enumerate(those, 1)]
    batch = import_people(app, ACTOR, Source("a", "0" * 64, "mailcrm"), rows, lambda _: None)
    assert batch.rows == len(those)
    with store.read() as session:
        roots = segments.select_parties(session, parse_segment(EVERYBODY), LATER)
        return list(select_records(session, roots, Viewer.system(), sensitive=True))


def comparable(those: list[CustomerRecord]) -> list[CustomerRecord]:
    """In one order: by what tells customers apart."""
    return sorted(those, key=lambda each: (each.number, each.fields.get("name", ""), repr(each)))


def shown(store: Store) -> list[dict[str, Any]]:
    """What pages of all customers show, without the ids, versions and times of one archive."""
    found = []
    with store.read() as session:
        for root in segments.select_parties(session, parse_segment(EVERYBODY), LATER):
            archive = people.get_archive(session, root, Viewer.system(), sensitive=True)
            page = plain(archive) | {
                "orders": plain(order_lists.orders_of(session, root, Viewer.system())),
                "dates": plain([kept.date for kept in dates.dates_of(session, [root]).get(root, [])]),
                "lines": plain([line.activity for line in _activities(session, root)]),
            }
            found.append(_without(page))
    return sorted(found, key=repr)


def _activities(session: Session, root: int) -> list[ActivityLine]:
    return activity_lists.activities_of(session, root, Viewer.system(), ACTIVITIES)


_OF_THIS_ARCHIVE = frozenset(
    "id party_id row_version source_ref since seen_until valid_from times source is_preferred".split()
)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        if "affiliations" in value:
            value = {**value, "affiliations": sorted(map(_without, value["affiliations"]), key=repr)}
        return {
            key: _without(each)
            for key, each in value.items()
            if key not in _OF_THIS_ARCHIVE and not str(each).startswith("#")
        }
    return [_without(each) for each in value] if isinstance(value, list) else value


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What of two pages differs, by part."""
    return {key: (one[key], other[key]) for key in one if one[key] != other[key]}


_QUICK = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=15, deadline=None, phases=_QUICK, suppress_health_check=list(HealthCheck))
@given(archives())
def test_what_is_exported_and_imported_into_an_empty_archive_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, made: list[CustomerRecord]
) -> None:
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    with a_store(first) as store:
        exported = brought(store, first, made)
        before = shown(store)
    with a_store(second) as store:
        again = brought(store, second, exported)
        after = shown(store)
    assert comparable(again) == comparable(exported)
    assert [d for one, other in zip(before, after, strict=True) if (d := differences(one, other))] == []
    since = {each.emails[0].address: each.created_at for each in exported if each.emails}
    assert since == {each.emails[0].address: each.created_at for each in made} | {
        who: at for who, at in since.items() if who not in {each.emails[0].address for each in made}
    }


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path, [])
    made.write()
    made.cli("db", "upgrade")
    return made


def test_a_whole_archive_goes_out_and_comes_into_another(instance: Instance, tmp_path: Path) -> None:
    instance.cli("preset", "apply", "trade")
    instance.cli("people", "add", "ann@acme.example", "--name", "Ann =1+1 Whitfield", "--phone", "+49 171 8364729")
    instance.cli("people", "set", "ann@acme.example", "title=采购经理", "tier=A", "x.incoterms=FOB")
    instance.cli("people", "value", "add", "ann@acme.example", "address", "--part", "city=宁波", "--label", "工厂")
    instance.cli("tags", "add", "interest:tea", "ann@acme.example")
    instance.cli("dates", "add", "ann@acme.example", "农历八月十五")
    instance.cli("orders", "add", "ann@acme.example", "W-1", "--amount", "1299.50", "--currency", "CNY")
    instance.cli("log", "call", "ann@acme.example", 'asked for "a quote"\nand tea 🍵')
    instance.cli("people", "consent", "add", "news", "ann@acme.example", "--evidence", "signed card")
    out = tmp_path / "all.json"
    said = instance.json("export", "people", "--out", str(out), "--receiver", "the auditor", "--reason", "audit 2026")
    assert (said["rows"], said["format"], said["receiver"]) == (1, "json", "the auditor")
    told = json.loads(out.read_text())
    assert [claim["label"] for claim in told["claims"] if claim["field"] == "address"] == ["工厂"]
    assert told["emails"][0]["consents"][0]["evidence"] == "signed card"
    other = Instance(tmp_path / "other", [])
    other.write()
    other.cli("db", "upgrade")
    other.cli("preset", "apply", "trade")
    assert other.json("import", "people", str(out))["new"] == 1
    back = tmp_path / "back.json"
    other.cli("export", "people", "--out", str(back))
    assert json.loads(back.read_text()) == json.loads(out.read_text())
    [line] = instance.json("export", "log")
    assert (line["what"], line["rows"], line["reason"]) == ("people", 1, "audit 2026")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.vcf", "a.parquet"])
def test_other_formats_are_written_too(instance: Instance, tmp_path: Path, name: str) -> None:
    instance.cli("people", "add", "ann@acme.example", "--name", "Ann Whitfield")
    instance.cli("people", "add", "wang@nb.example", "--name", "王小明")
    out = tmp_path / name
    said = instance.cli("export", "people", "--out", str(out), "--segment", "name ~ 王").stdout
    assert said == f"{out}: 1 rows; export 1 in the log\n"
    if name != "a.parquet":
        seen = instance.json("import", "people", str(out), "--preview")
        assert seen["rows"] == {"new": 0, "changed": 0, "same": 1, "error": 0}


def test_what_cannot_be_written_says_why_and_is_not_logged(instance: Instance, tmp_path: Path) -> None:
    said = instance.cli("export", "people", "--out", str(tmp_path / "none" / "a.csv"), ok=2).stderr
    assert "none" in said
    assert "end the name so" in instance.cli("export", "people", "--out", str(tmp_path / "a.doc"), ok=2).stderr
    assert instance.json("export", "log") == []


def test_everything_leaves_with_its_mails(instance: Instance, tmp_path: Path) -> None:
    mail = tmp_path / "old.eml"
    mail.write_bytes(b"From: Ann <ann@acme.example>\r\nTo: team@own.example\r\nDate: Mon, 6 Jan 2025 09:00:00 +0000\r\n"
                     b"Message-ID: <1@acme.example>\r\nSubject: Hello\r\n\r\nHello\r\n")  # fmt: skip
    app = instance.app()
    a_box(app.store).gets(mail.read_text())
    app.store.close()
    instance.cli("people", "add", "ann@acme.example", "--name", "Ann Whitfield")
    folder = tmp_path / "left"
    assert instance.json("export", "all", str(folder)) == {"customers": 1, "mails": 1}
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"README.txt", "customers.json", "customers.csv", "customers.vcf", "orders.csv", "timeline.csv"} <= files
    [eml] = folder.rglob("*.eml")
    assert b"Subject: Hello" in eml.read_bytes()
    assert "1 customers." in (folder / "README.txt").read_text()
    assert "is not there yet" in instance.cli("export", "all", str(folder), ok=2).stderr
    keys = [path.read_text().strip() for path in (instance.app().config.state_dir / "keys").iterdir()]
    assert not [
        path
        for path in folder.rglob("*")
        if path.is_file()
        for key in keys
        if key in path.read_text("utf-8", "replace")
    ]
