"""Orders, cases, calls and notes as somebody types them."""

from __future__ import annotations

import json
from getpass import getuser
from pathlib import Path

import pytest

from tests.flow.instance import Instance

ANN, BOB = "ann@acme.example", "bob@acme.example"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """Two customers, of whom nothing is known yet."""
    made = Instance(tmp_path, [])
    made.cli("people", "add", ANN, "--name", "Ann Lee")
    made.cli("people", "add", BOB, "--name", "Bob Ray")
    return made


def refused(instance: Instance, *args: str) -> str:
    """What is said where something cannot be done."""
    return instance.cli(*args, ok=2).stderr


def test_an_order_from_entering_it_to_its_payment(instance: Instance) -> None:
    lines = ("--line", "2 x Widget @ 600", "--line", "Postage @ 99.50")
    done = instance.cli("orders", "add", ANN, "W-1", "--amount", "1299.50", "--currency", "cny", *lines)
    assert "order W-1 is entered as #1" in done.stdout
    assert "entered already" in refused(instance, "orders", "add", BOB, "W-1", "--amount", "1", "--currency", "CNY")
    assert instance.json("orders", "pay", "W-1", "--amount", "1,000")["paid"] is False
    said = instance.cli("orders", "pay", "W-1", "--amount", "299.50", "--method", "cash").stdout
    assert "order W-1 is paid" in said
    [order] = instance.json("orders", "list", ANN)["orders"]
    assert (order["amount"], order["paid"], order["status"], order["row_version"]) == ("1299.50", "1299.50", "paid", 2)
    shown = instance.cli("orders", "show", "W-1").stdout
    for text in ("1,299.50 CNY", "2 x Widget @ 600.00 CNY", "paid", "cash", "status open → paid"):
        assert text in shown
    page = instance.cli("people", "show", ANN).stdout
    assert "orders: 1 order, 1,299.50 CNY, paid 1,299.50 CNY" in page
    assert "payment 299.50 CNY" in page
    instance.cli("orders", "status", "#1", "shipped", "--version", "2")
    assert "somebody changed this" in refused(instance, "orders", "status", "#1", "cancelled", "--version", "2")
    instance.cli("orders", "archive", "W-1")
    assert "no orders" in instance.cli("orders", "list").stdout
    assert instance.json("orders", "list", "--archived")["orders"][0]["order_no"] == "W-1"
    instance.cli("orders", "archive", "W-1", "--undo")
    assert "Ann Lee" in instance.cli("orders", "list", "--status", "shipped").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("add", ANN, "1", "--amount", "1,5", "--currency", "CNY"), "write it like 1299.50"),
        (("add", ANN, "1", "--amount", "1.5", "--currency", "JPY"), "no decimals"),
        (("add", ANN, "1", "--amount", "1.5", "--currency", "RMB"), "is no currency"),
        (("add", "x@y.example", "1", "--amount", "1", "--currency", "CNY"), "no customer"),
        (("add", ANN, "1", "--amount", "1", "--currency", "CNY", "--at", "soon"), "is no time"),
        (("show", "W-9"), "there is no order"),
        (("pay", "--amount", "1"), "name an order"),
        (("pay", "--amount", "1", "--customer", ANN), "of which currency"),
        (("list", ANN, "--status", "paid"), "leave out one"),
    ],
)
def test_what_is_wrong_with_an_order_is_said(instance: Instance, args: tuple[str, ...], said: str) -> None:
    assert said in refused(instance, "orders", *args)


def test_an_order_of_another_program_comes_once_and_goes_on(instance: Instance, tmp_path: Path) -> None:
    told = {
        "order_no": "7", "ordered_at": "2026-03-05T08:00:00Z", "currency": "EUR", "amount_minor": 500,
        "source_ref": "woocommerce:7", "lines": [{"title": "Widget"}],
    }  # fmt: skip
    file = tmp_path / "order.json"
    for status in ("open", "open", "shipped"):
        file.write_text(json.dumps(told | {"status": status}))
        assert instance.json("orders", "import-one", ANN, str(file)) == {"id": 1}
    lines = instance.json("people", "show", ANN)["timeline"]
    assert [(line["kind"], line["outcome"]) for line in lines] == [("order", "shipped"), ("order", "shipped")]
    file.write_text(json.dumps({"order_no": "7"}))
    assert "orders[0].ordered_at: is missing" in refused(instance, "orders", "import-one", ANN, str(file))


def test_a_call_is_logged_in_one_line_and_its_next_step_is_a_case(instance: Instance, tmp_path: Path) -> None:
    file = tmp_path / "quote.txt"
    file.write_text("20 widgets")
    call = instance.json(
        "log", "call", ANN, "asked for a quote", "--minutes", "12", "--next", "2020-12-01", "--with", BOB,
        "--body", "20 widgets, 报价单", "--direction", "in", "--attach", str(file),
    )["id"]  # fmt: skip
    for who in (ANN, BOB):
        page = instance.cli("people", "show", who).stdout
        assert "call open" in page
        assert "due 2020-12-01 (late): asked for a quote" in page
    [case] = instance.json("cases", "list", "--overdue", "--mine")
    assert (case["id"], case["late"], case["activity"]["minutes"]) == (call, True, 12)
    assert case["activity"]["owner"] == getuser()
    for words in ("报价", "widget*"):
        assert [each["id"] for each in instance.json("search", words)["activities"]] == [call]
    assert "asked for a quote" in instance.cli("search", "quote").stdout
    instance.cli("cases", "solve", str(call), "--outcome", "quote sent")
    assert instance.json("cases", "list") == []
    shown = instance.cli("log", "show", str(call)).stdout
    for text in ("minutes: 12", "outcome: quote sent", "file: quote.txt", "state open → solved"):
        assert text in shown
    instance.cli("log", "files", str(call), "--to", str(tmp_path / "out"))
    assert (tmp_path / "out" / "quote.txt").read_text() == "20 widgets"
    instance.cli("log", "change", str(call), "--title", "wants a quote", "--version", "3")
    assert instance.json("log", "show", str(call))["line"]["activity"]["title"] == "wants a quote"


def test_a_case_from_opening_to_opening_again(instance: Instance) -> None:
    opened = ("cases", "open", "complaint", ANN, "widget broke", "--due", "2030-01-31", "--json")
    case = str(json.loads(instance.cli(*opened).stdout)["id"])
    instance.cli("cases", "take", case)
    instance.cli("cases", "wait", case, "--until", "2030-02-28")
    [line] = instance.json("cases", "list", "--customer", ANN, "--kind", "complaint")
    assert (line["activity"]["state"], line["activity"]["owner"]) == ("waiting", getuser())
    assert "2030-02-28" in instance.cli("cases", "list", "--state", "waiting").stdout
    instance.cli("cases", "close", case, "--outcome", "replaced")
    assert "cannot become working" in refused(instance, "cases", "take", case)
    assert "no cases" in instance.cli("cases", "list").stdout
    assert len(instance.json("cases", "list", "--all")) == 1
    instance.cli("cases", "reopen", case)
    instance.cli("cases", "take", case, "--for", "li")
    assert instance.json("cases", "list", "--owner", "li")[0]["activity"]["outcome"] == "replaced"
    assert "no case, note or other activity 99" in refused(instance, "cases", "take", "99")


def test_notes_are_pinned_above_the_timeline(instance: Instance) -> None:
    note = str(instance.json("notes", "add", ANN, "likes tea", "--body", "龙井 [bold]", "--pin")["id"])
    instance.json("notes", "add", ANN, "old friend", "--private")
    page = instance.cli("people", "show", ANN).stdout
    assert "pinned: likes tea — 龙井 [bold]" in page
    instance.cli("notes", "unpin", note)
    shown = instance.json("people", "show", ANN)
    assert shown["pinned"] == []
    assert {line["title"] for line in shown["timeline"]} >= {"likes tea", "old friend"}
    instance.cli("notes", "pin", note)
    listed = instance.cli("notes", "list", ANN).stdout
    assert "pinned" in listed
    assert "private" in listed
    assert "no notes" in instance.cli("notes", "list", BOB).stdout
    instance.cli("log", "meeting", ANN, "yearly talk", "--at", "2026-01-15 10:00", "--rating", "5")
    instance.cli("log", "attach", note, str(instance.path))
    assert "nothing is attached" in refused(instance, "log", "files", str(int(note) + 1))
