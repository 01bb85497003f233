"""`mailcrm export archive`: all that is known of one customer, for who may see it, in one file that is logged."""

import html
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.store.audit import broken_links
from mailcrm.store.rows.audit import AuditEntry
from tests.flow.instance import Instance

WANG = "wang@nb.example"

KNOWN = (
    ("users", "add", "ann"),
    ("users", "add", "bob"),
    ("fields", "add", "budget", "--label", "Budget", "--label-zh", "预算", "--section", "Money", "--type", "number",
     "--sensitive"),
    ("people", "add", WANG, "--name", "王小明 <script>", "--phone", "+86 138 0013 8000"),
    ("people", "set", WANG, "title=采购经理", "x.budget=125000"),
    ("people", "set", WANG, "title=采购总监", "x.budget=225000"),
    ("people", "value", "add", WANG, "address", "--part", "city=宁波", "--part", "street=中山路 1 号", "--label", "工厂"),
    ("numbers", "learn", WANG, "10017", "--system", "sap"),
    ("tags", "add", "interest:tea", WANG),
    ("dates", "add", WANG, "农历八月十五"),
    ("orders", "add", WANG, "W-1", "--amount", "1299.50", "--currency", "CNY", "--line", "2 x 绿茶 @ 649.75"),
    ("orders", "pay", "W-1", "--amount", "500", "--method", "bank"),
    ("orders", "pay", "--customer", WANG, "--amount", "80", "--currency", "EUR", "--method", "cash"),
    ("cases", "open", "complaint", WANG, "茶叶受潮", "--due", "2026-12-01", "--owner", "ann"),
    ("people", "consent", "add", "news", WANG, "--evidence", "signed card"),
    ("people", "suppress", WANG),
    ("--as", "ann", "notes", "add", WANG, "likes jasmine", "--pin"),
    ("--as", "ann", "notes", "add", WANG, "only for Ann", "--private", "--pin"),
)  # fmt: skip


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """With one customer of whom much is known."""
    made = Instance(tmp_path_factory.mktemp("archive"), [])
    for command in KNOWN:
        made.cli(*command)
    return made


def audits(instance: Instance) -> list[tuple[str, str, str]]:
    """Who exported whom, and with what payload; the log is whole."""
    columns = AuditEntry.actor, AuditEntry.object, AuditEntry.payload
    with instance.looking() as session:
        assert list(broken_links(session)) == []
        query = select(*columns).where(AuditEntry.action == "export.archive").order_by(AuditEntry.seq)
        return [(row[0], row[1], row[2]) for row in session.execute(query)]


def test_page_has_all_that_is_known(instance: Instance, tmp_path: Path) -> None:
    out = tmp_path / "wang.html"
    said = instance.cli(
        "export", "archive", WANG, "--out", str(out), "--receiver", "Wang", "--reason", "he asked"
    ).stdout
    number = instance.json("people", "list")[0]["number"]
    assert said.startswith(f"{out}: the archive of {number}, ")
    page = html.unescape(out.read_text("utf-8"))
    for text in (
        number, "sap:10017", "+86 138 0013 8000", "采购总监", "宁波", "工厂", "interest", "15th day of the 8th lunar month",
        "W-1", "绿茶", "500.00 CNY", "80.00 EUR", "茶叶受潮", "signed card", "closed for everything (manual)", "likes jasmine",
        "采购经理 ⇒ 采购总监",
    ):  # fmt: skip
        assert text in page, text
    assert "<script>" not in out.read_text("utf-8")
    assert out.stat().st_mode & 0o077 == 0


def test_page_is_chinese_on_demand(instance: Instance, tmp_path: Path) -> None:
    out = tmp_path / "wang.html"
    instance.cli("export", "archive", WANG, "--out", str(out), "--language", "zh-CN")
    page = out.read_text("utf-8")
    for text in ("客户档案", "预算", "农历八月十五", "已停止一切邮件（人工停止）", "待处理事项", "1,299.50 元"):
        assert text in page, text


def test_private_note_is_on_the_page_of_its_writer_alone(instance: Instance, tmp_path: Path) -> None:
    for who, sees in (("ann", True), ("bob", False)):
        for name in ("a.html", "a.json"):
            out = tmp_path / name
            instance.cli("--as", who, "export", "archive", WANG, "--out", str(out))
            assert ("only for Ann" in out.read_text("utf-8")) is sees
            assert "likes jasmine" in out.read_text("utf-8")


def test_sensitive_values_are_masked_unless_they_are_asked_for(instance: Instance, tmp_path: Path) -> None:
    out = tmp_path / "wang.json"
    instance.cli("export", "archive", WANG, "--out", str(out))
    assert "125000" not in out.read_text("utf-8")
    assert "225000" not in out.read_text("utf-8")
    assert json.loads(out.read_text("utf-8"))["masked"]
    instance.cli("export", "archive", WANG, "--out", str(out), "--sensitive")
    assert "125000" in out.read_text("utf-8")
    assert "225000" in out.read_text("utf-8")


def test_lines_that_a_limit_keeps_off_are_counted(instance: Instance, tmp_path: Path) -> None:
    out = tmp_path / "wang.json"
    whole = instance.json("export", "archive", WANG, "--out", str(out))
    assert (whole["left_out"], whole["lines"]) == (0, len(json.loads(out.read_text("utf-8"))["timeline"]))
    some = instance.json("export", "archive", WANG, "--out", str(out), "--lines", "2")
    assert (some["lines"], some["left_out"]) == (2, whole["lines"] - 2)


def test_each_export_is_in_the_log_and_in_the_audit_log(instance: Instance, tmp_path: Path) -> None:
    before = len(audits(instance))
    done = instance.json(
        "--as", "bob", "export", "archive", WANG, "--out", str(tmp_path / "wang.html"), "--receiver", "tax office"
    )
    [line, *_] = instance.json("export", "log")
    assert (line["what"], line["format"], line["filter"]) == ("archive", "html", done["customer"])
    assert (line["receiver"], line["file_sha256"], line["actor"]) == ("tax office", done["sha256"], "user:bob")
    [(actor, subject, payload)] = audits(instance)[before:]
    assert (actor, subject[:6], json.loads(payload)["sensitive"]) == ("user:bob", "party:", 0)


def test_what_cannot_be_written_says_why_and_is_not_logged(instance: Instance, tmp_path: Path) -> None:
    before = len(audits(instance))
    for who, out, why in (
        (WANG, tmp_path / "none" / "a.html", "Free some space or name another place"),
        (WANG, tmp_path / "a.doc", "end the name so"),
        ("nobody@x.example", tmp_path / "a.html", "no customer"),
    ):
        assert why in instance.cli("export", "archive", who, "--out", str(out), ok=2).stderr
    assert (len(audits(instance)), list(tmp_path.iterdir())) == (before, [])
