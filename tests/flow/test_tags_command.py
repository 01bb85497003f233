"""`mailcrm tags` and `mailcrm numbers` as somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailcrm.model.rights import Actor
from tests.builders import a_person
from tests.flow.instance import Instance

ZHANG, LI = "zhang@example.com", "li@example.com"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """Two customers with numbers of the team's own pattern."""
    made = Instance(tmp_path, [], numbers={"pattern": "K-{seq:04}-{check}"})
    app = made.app()
    with app.store.write(Actor.cli("test")) as session:
        a_person(session, ZHANG, "Zhang San")
        a_person(session, LI, "Li Si")
    app.store.close()
    return made


def in_segment(instance: Instance, expression: str) -> list[str]:
    return sorted(line["email"] for line in instance.json("people", "list", "--segment", expression))


def test_tags_of_categories_are_given_listed_renamed_and_merged(instance: Instance) -> None:
    instance.cli("tags", "category", "tier", "--exclusive", "--colour", "gold", "--description", "how large")
    assert "1 of 1" in instance.cli("tags", "add", "interest:tea", "k 0001 " + number(instance)[-1].lower()).stdout
    instance.cli("tags", "add", "tier:A", ZHANG, LI)
    instance.cli("tags", "add", "tier:B", LI)
    assert instance.json("tags", "list", "--category", "Tier") == [
        {"category": "tier", "tag": "A", "customers": 1, "archived": False},
        {"category": "tier", "tag": "B", "customers": 1, "archived": False},
    ]
    assert in_segment(instance, "tag：interest：tea and tag = tier:a") == [ZHANG]
    instance.cli("tags", "rename", "interest:tea", "兴趣:茶")
    assert in_segment(instance, "tag = interest:tea") == [ZHANG]
    instance.cli("tags", "merge", "tier:B", "tier:A")
    assert in_segment(instance, "tag = tier:B") == [LI, ZHANG]
    instance.cli("tags", "archive", "tier:A")
    assert "was archived" in instance.cli("tags", "add", "tier:a", ZHANG, ok=2).stderr
    assert "archived" in instance.cli("tags", "list", "--all").stdout
    assert "tier:A" not in instance.cli("tags", "list").stdout
    instance.cli("tags", "restore", "tier:A")
    [_, tier] = sorted(instance.json("tags", "categories"), key=lambda line: line["exclusive"])[-2:]
    assert (tier["name"], tier["exclusive"], tier["colour"], tier["tags"]) == ("tier", True, "gold", 1)
    assert "no category 'shoes'" in instance.cli("tags", "list", "--category", "shoes", ok=2).stderr


def number(instance: Instance) -> str:
    return next(str(line["number"]) for line in instance.json("people", "list") if line["email"] == ZHANG)


def test_a_customer_is_found_by_every_number_it_has(instance: Instance) -> None:
    ours = number(instance)
    assert ours.startswith("K-0001-")
    instance.cli("numbers", "learn", ZHANG, "10-017", "--system", "SAP")
    assert "already" in instance.cli("numbers", "learn", ZHANG, "10017", "--system", "sap").stdout
    assert [(line["number"], line["kind"], line["system"]) for line in instance.json("numbers", "show", "sap:10017")] == [
        (ours, "own", ""), ("10-017", "foreign", "sap")
    ]  # fmt: skip
    wide = f"Ｋ－０００１－{ours[-1]}"
    for words in [[ours], [ours.lower().replace("-", "")], ["K", "0001", ours[-1]], [wide], ["10 017"], ["10017"]]:
        found = instance.json("search", "--people", *words)["people"]
        assert [line["email"] for line in found] == [ZHANG], words
    assert "also found as sap:10-017" in instance.cli("people", "show", ZHANG).stdout
    swapped = f"K-0010-{ours[-1]}"
    said = instance.cli("people", "show", swapped, ok=2).stderr
    assert f"wrong check character: {ours} may be meant (two neighbours are swapped)" in said
