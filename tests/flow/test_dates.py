"""`mailcrm dates` as somebody types it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailcrm.model.calendar.parse import parse_important_date
from mailcrm.model.important_date import ImportantDate
from mailcrm.service.consequences import draw_consequences
from mailcrm.store import dates, parties
from tests.builders import NOW, a_person, a_write
from tests.flow.instance import Instance

ZHANG, LI, OTHER = "zhang@example.com", "li@example.com", "zs@globex.example"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """Two customers."""
    made = Instance(tmp_path, [])
    for address, name in ((ZHANG, "Zhang San"), (LI, "Li Si")):
        made.cli("people", "add", address, "--name", name)
    return made


def kept(instance: Instance, who: str, *more: str) -> list[tuple[Any, ...]]:
    lines = instance.json("dates", "list", who, *more)
    return [(line["kind"], line["day"], line["shown"]["zh-CN"], line["ended_at"] is not None) for line in lines]


def test_a_date_is_kept_shown_and_ended(instance: Instance) -> None:
    said = instance.cli("dates", "add", ZHANG, "农历八月十五").stdout
    assert said == f"{ZHANG}: birthday on 15th day of the 8th lunar month (date 1)\n"
    instance.cli("dates", "add", ZHANG, "L08-15")  # again, without harm
    instance.cli("dates", "add", ZHANG, "八月十六", "--lunar", "--kind", "anniversary")
    instance.cli("dates", "add", ZHANG, "2031-03-31", "--kind", "contract_expiry", "--lead-days", "60")
    assert kept(instance, ZHANG) == [
        ("anniversary", "L--08-16", "农历八月十六", False),
        ("birthday", "L--08-15", "农历八月十五", False),
        ("contract_expiry", "2031-03-31", "2031年3月31日", False),
    ]
    table = instance.cli("dates", "list", ZHANG).stdout
    assert "16th day of the 8th lunar month" in table
    assert "contract expiry" in table
    assert instance.cli("dates", "end", "1").stdout.startswith("date 1 is ended: birthday on 15th")
    assert len(kept(instance, ZHANG)) == 2
    assert ("birthday", "L--08-15", "农历八月十五", True) in kept(instance, ZHANG, "--all")
    assert "no date 1; `mailcrm dates list CUSTOMER`" in instance.cli("dates", "end", "1", ok=2).stderr


def test_what_comes_up_is_told_and_how_many_years_it_is(instance: Instance) -> None:
    soon = datetime.now().astimezone().date() + timedelta(days=3)
    instance.cli("dates", "add", ZHANG, f"2000-{soon:%m-%d}")
    visit = "--kind", "other", "--label", "visit"
    instance.cli("dates", "add", LI, f"{soon + timedelta(days=60)}", *visit)
    [line] = instance.json("dates", "due", "--days", "7")
    assert (line["name"], line["on"]) == ("Zhang San", str(soon))
    assert (line["years"], line["key"]) == (soon.year - 2000, str(soon.year))
    assert line["customer"].startswith("C")
    table = instance.cli("dates", "due", "--days", "90").stdout
    assert [name for name in ("Zhang San", "Li Si", "visit") if name in table] == ["Zhang San", "Li Si", "visit"]


def test_what_is_unclear_is_asked_back(instance: Instance) -> None:
    assert "may be a lunar day or a solar one" in instance.cli("dates", "add", ZHANG, "八月十五", ok=2).stderr
    assert "say which comes first" in instance.cli("dates", "add", ZHANG, "05/03/1990", ok=2).stderr
    assert "needs a label" in instance.cli("dates", "add", ZHANG, "03-05", "--kind", "other", ok=2).stderr
    assert "no customer" in instance.cli("dates", "add", "nobody@example.com", "03-05", ok=2).stderr
    assert "no dates yet" in instance.cli("dates", "list", ZHANG).stdout
    assert "no dates in the next 30 days" in instance.cli("dates", "due").stdout


def test_one_birth_date_is_evidence_that_two_are_one(instance: Instance) -> None:
    instance.cli("people", "add", OTHER, "--name", "Zhang San")
    assert not {"same birth date", "another birth date"} & evidence(instance)
    instance.cli("dates", "add", ZHANG, "1990-03-05")
    instance.cli("dates", "add", OTHER, "1971-11-30")
    assert "another birth date" in evidence(instance)
    instance.cli("dates", "end", "2")
    instance.cli("dates", "add", OTHER, "1990-03-05")
    assert "same birth date" in evidence(instance)


def test_a_birth_date_that_many_have_says_nothing(instance: Instance) -> None:
    instance.cli("people", "add", OTHER, "--name", "Zhang San")
    app = instance.app()
    with a_write(app.store) as session:
        they = [ZHANG, OTHER, *(a_person(session, f"p{number}@example.com").address for number in range(5))]
        for who in they:
            dates.add_date(session, parties.get_party(session, who), birthday("1990-01-02"), "import", NOW)
    app.store.close()
    assert "same birth date" not in evidence(instance)


def birthday(text: str) -> ImportantDate:
    return parse_important_date(text, "birthday")


def evidence(instance: Instance) -> set[str]:
    """What speaks for and against the two that are called Zhang San, after the resolver looked."""
    app = instance.app()
    draw_consequences(app.store, app.clock)
    app.store.close()
    return {line["what"] for line in instance.json("identity", "explain", ZHANG, OTHER)["judgement"]["lines"]}
