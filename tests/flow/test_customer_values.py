"""What a customer has several of, what is suggested, whom they belong to, and fields of a team's own: at the command line."""

from pathlib import Path

import pytest

from tests.flow.instance import Instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path, [])
    made.write()
    made.cli("db", "upgrade")
    made.cli("people", "add", "ann@acme.example", "--name", "Ann Whitfield", "--phone", "+49 171 8364729")
    return made


def test_several_phones_and_a_postal_address(instance: Instance) -> None:
    instance.cli("people", "value", "add", "ann@acme.example", "phone", "+49 40 999999", "--label", "office")
    parts = ("country=DE", "city=Kiel", "street=Holtenauer Str. 1", "postcode=24103")
    instance.cli("people", "value", "add", "ann@acme.example", "address", *(x for p in parts for x in ("--part", p)))
    facts = instance.json("people", "show", "ann@acme.example")["archive"]["facts"]
    assert [(f["field"], f["value"], f["label"], f["standing"]) for f in facts] == [
        ("phone", "+49 171 8364729", "", "value"),
        ("phone", "+49 40 999999", "office", "also"),
        ("address", "DE, Kiel, Holtenauer Str. 1, 24103", "", "value"),
    ]
    shown = instance.cli("people", "show", "ann@acme.example").stdout
    assert "phone (office): +49 40 999999" in shown
    instance.cli("people", "value", "end", "ann@acme.example", "phone", "+49 40 999999")
    assert "999999" not in instance.cli("people", "show", "ann@acme.example").stdout
    said = instance.cli("people", "value", "end", "ann@acme.example", "phone", "+49 40 999999", ok=2).stderr
    assert "nobody claims that phone is '+49 40 999999'" in said
    assert (
        "tier holds one value" in instance.cli("people", "value", "add", "ann@acme.example", "tier", "A", ok=2).stderr
    )
    assert "an address has no part 'zip'" in instance.cli(
        "people", "value", "add", "ann@acme.example", "address", "--part", "zip=1", ok=2
    ).stderr  # fmt: skip


def test_history_tells_what_was_there_before(instance: Instance) -> None:
    instance.cli("people", "set", "ann@acme.example", "title=Buyer", "tier=B")
    instance.cli("people", "set", "ann@acme.example", "tier=A")
    lines = instance.json("people", "value", "history", "ann@acme.example", "tier")
    assert [(line["before"], line["after"], line["source"]) for line in lines] == [
        ("B", "A", "user"),
        ("", "B", "user"),
    ]
    assert [p["name"] for p in instance.json("people", "list", "--segment", "tier = a")] == ["Ann Whitfield"]


def test_a_customer_who_may_be_known_is_told_before_another_is_made(instance: Instance) -> None:
    said = instance.cli(
        "people", "add", "a.whitfield@web.example", "--name", "Ann Whitfield", "--phone", "+491718364729", ok=2
    )
    assert "somebody like that is known already" in said.stderr
    assert "Ann Whitfield ann@acme.example" in said.stderr
    [found] = instance.json("people", "similar", "--name", "Ann Whitfield", "--phone", "+49 171 8364729")
    assert found["line"]["email"] == "ann@acme.example"
    assert found["bits"] > 10
    assert instance.json("people", "similar", "--name", "Zhang Wei") == []
    instance.cli(
        "people", "add", "a.whitfield@web.example", "--name", "Ann Whitfield", "--phone", "+491718364729", "--anyway"
    )
    assert len(instance.json("people", "list")) == 2  # told apart by a human, for ever


def test_addresses_are_only_ended(instance: Instance) -> None:
    instance.cli("people", "email", "add", "ann@acme.example", "ann@home.example")
    instance.cli("people", "email", "first", "ann@acme.example", "ann@home.example")
    instance.cli("people", "email", "label", "ann@acme.example", "ann@acme.example", "work")
    assert instance.json("people", "list")[0]["email"] == "ann@home.example"
    instance.cli("people", "email", "end", "ann@acme.example", "ann@home.example")
    assert instance.json("people", "list")[0]["email"] == "ann@acme.example"
    addresses = instance.json("people", "show", "ann@home.example")["archive"]["addresses"]
    assert [(a["address"], a["label"], a["ended_at"] is None) for a in addresses] == [
        ("ann@home.example", "", False), ("ann@acme.example", "work", True),
    ]  # fmt: skip
    instance.cli("people", "email", "restore", "ann@acme.example", "ann@home.example")
    assert instance.json("people", "list")[0]["email"] == "ann@home.example"
    assert (
        "has no address x@y.example"
        in instance.cli("people", "email", "end", "ann@acme.example", "x@y.example", ok=2).stderr
    )
    instance.cli("people", "add", "bob@acme.example", "--name", "Robert Ray")
    said = instance.cli("people", "email", "add", "bob@acme.example", "ann@acme.example", ok=2).stderr
    assert "ann@acme.example is an address of Ann Whitfield" in said


def test_ties_have_a_kind_a_title_and_an_end(instance: Instance) -> None:
    instance.cli("people", "add", "info@acme.example", "--name", "Acme", "--organisation", "--anyway")
    instance.cli(
        "people", "tie", "ann@acme.example", "info@acme.example", "--kind", "agent", "--title", "Agent for Asia",
        "--since", "2020-01-01",
    )  # fmt: skip
    [line] = instance.json("people", "show", "ann@acme.example")["archive"]["affiliations"]
    assert (line["kind"], line["title"], line["valid_from"][:10], line["valid_to"]) == (
        "agent", "Agent for Asia", "2020-01-01", None,
    )  # fmt: skip
    assert "agent of" in instance.cli("people", "show", "ann@acme.example").stdout
    instance.cli("people", "tie", "ann@acme.example", "info@acme.example", "--end")
    [line] = instance.json("people", "show", "info@acme.example")["archive"]["affiliations"]
    assert line["valid_to"] is not None
    said = instance.cli("people", "tie", "info@acme.example", "ann@acme.example", ok=2).stderr
    assert "a person is tied to an organisation" in said


def test_fields_of_our_own_have_a_type(instance: Instance) -> None:
    instance.cli("fields", "add", "budget", "--label", "Budget", "--type", "number", "--least", "0")
    instance.cli("fields", "add", "size", "--label", "Size", "--type", "choice", "--option", "S", "--option", "L")
    instance.cli("people", "set", "ann@acme.example", "x.budget=1,500", "x.size=l")
    assert "Budget is at least 0" in instance.cli("people", "set", "ann@acme.example", "x.budget=-1", ok=2).stderr
    assert "Size is one of S, L" in instance.cli("people", "set", "ann@acme.example", "x.size=XL", ok=2).stderr
    shown = instance.cli("people", "show", "ann@acme.example").stdout
    assert "x.budget: 1500" in shown
    assert "x.size: L" in shown
    assert [f["key"] for f in instance.json("fields", "list")] == ["budget", "size"]
    instance.cli("fields", "archive", "size")
    assert "unknown field 'x.size'" in instance.cli("people", "set", "ann@acme.example", "x.size=S", ok=2).stderr
    assert "x.size: L" in instance.cli("people", "show", "ann@acme.example").stdout


@pytest.mark.parametrize("name", ["trade", "retail", "finance", "clinic", "school", "property"])
def test_a_preset_is_applied_once_and_beside_others(instance: Instance, name: str) -> None:
    first = instance.cli("preset", "apply", name).stdout
    again = instance.cli("preset", "apply", name).stdout
    assert first.endswith("are new, 0 were there\n")
    assert again.startswith(f"{name}: 0 fields and 0 tags are new")
    instance.cli("preset", "apply", "trade" if name != "trade" else "retail")
    assert {f["preset"] for f in instance.json("fields", "list")} > {name}


def test_sensitive_fields_are_masked_where_nobody_asked_for_them(instance: Instance) -> None:
    instance.cli("preset", "apply", "clinic")
    instance.cli("people", "set", "ann@acme.example", "x.allergies=penicillin")
    assert "penicillin" not in instance.cli("people", "show", "ann@acme.example").stdout
    assert "penicillin" not in str(instance.json("people", "show", "ann@acme.example"))
    assert "penicillin" in instance.cli("people", "show", "ann@acme.example", "--sensitive").stdout
