"""`mailcrm people list` as people use it: sorted, filtered, in columns, page after page."""

from pathlib import Path

import pytest

from tests.flow.instance import Instance


@pytest.fixture
def customers(tmp_path: Path) -> Instance:
    instance = Instance(tmp_path, [])
    instance.write()
    instance.cli("db", "upgrade")
    instance.cli("fields", "add", "budget", "--type", "number", "--label", "Budget")
    for name, values in {
        "Ann": ("tier=A", "company=Acme", "x.budget=900"),
        "Bob": ("tier=B", "company=Bolt", "x.budget=1200"),
        "Cy": ("tier=A", "mobile=+491718364729"),
    }.items():
        address = f"{name.lower()}@list.example"
        instance.cli("people", "add", address, "--name", name, "--anyway")
        instance.cli("people", "set", address, *values)
    return instance


def test_a_list_is_sorted_and_goes_on_behind_its_cursor(customers: Instance) -> None:
    args = ("people", "list", "list.example", "--sort", "x.budget", "--desc", "--columns", "name,tier,x.budget")
    [first] = customers.json(*args, "--limit", "1")
    assert (first["name"], first["tier"], first["x.budget"]) == ("Bob", "B", "1200")
    rest = customers.json(*args, "--after", first["cursor"])
    assert [(line["name"], line["x.budget"]) for line in rest] == [("Ann", "900"), ("Cy", "")]
    said = customers.cli(*args, "--limit", "1")
    assert f"--after {first['cursor']}" in (said.stdout + said.stderr).replace("\n", "")


def test_a_list_is_filtered_and_found_by_phone(customers: Instance) -> None:
    found = customers.json("people", "list", "list.example", "--filter", "tier = A", "--sort", "name", "--desc")
    assert [line["name"] for line in found] == ["Cy", "Ann"]
    assert [line["name"] for line in customers.json("people", "list", "0171 836 4729")] == ["Cy"]
    assert [line["name"] for line in customers.json("search", "--people", "0171 836 4729")["people"]] == ["Cy"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--sort", "shoe size"), "not sorted by 'shoe size'"),
        (("--sort", "x.nothing"), "no field 'x.nothing'"),
        (("--columns", "name,shoes"), "no column 'shoes'"),
        (("--after", "nonsense"), "no cursor"),
    ],
)
def test_what_a_list_cannot_do_is_said_in_a_line(customers: Instance, args: tuple[str, ...], why: str) -> None:
    assert why in customers.cli("people", "list", *args, ok=2).stderr
