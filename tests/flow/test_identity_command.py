"""`mailcrm identity` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailcrm.model.identity import MatchState
from mailcrm.service.consequences import draw_consequences
from mailcrm.store.identity import matches
from tests.builders import NOW
from tests.flow.filing import a_box
from tests.flow.instance import Instance, environment
from tests.flow.terminal import Terminal

TEAM = "team@own.example"
RADKA = ("radka.dvorakova@acme.example", "rd@globex.example")
JANE = ("jane.smith@gmail.com", "janesmith@gmail.com")


def both_ways(who: str, subject: str) -> list[str]:
    """They wrote, and we answered."""
    return [
        f"From: {who}\nTo: {TEAM}\nSubject: {subject}\n\nHello\n",
        f"From: {TEAM}\nTo: {who}\nSubject: Re: {subject}\n\nHello\n",
    ]


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """Radka writes from two companies (nobody knows that it is she), Jane under two spellings of one mailbox."""
    made = Instance(tmp_path, [])
    app = made.app()
    box = a_box(app.store)
    for number, address in enumerate(RADKA):
        box.gets(*both_ways(f"Radka Dvorakova <{address}>", f"radka {number}"))
    for number, address in enumerate(JANE):
        box.gets(*both_ways(f"Jane Smith <{address}>", f"jane {number}"))
    draw_consequences(app.store, lambda: NOW)
    app.store.close()
    return made


def told(instance: Instance, *args: str) -> Any:
    return json.loads(instance.cli("identity", *args, "--json").stdout)


def customers(instance: Instance) -> list[str]:
    return sorted(line["name"] for line in json.loads(instance.cli("people", "list", "--json").stdout))


def test_the_evidence_is_shown_and_adds_up(instance: Instance) -> None:
    found = told(instance, "explain", *JANE)
    assert found["one"] is True
    assert found["judgement"]["bits"] == pytest.approx(
        sum(line["bits"] for line in found["judgement"]["lines"]), abs=0.001
    )
    shown = instance.cli("identity", "explain", *JANE).stdout
    assert "same mailbox" in shown
    assert "one customer" in shown
    assert f"{found['judgement']['bits']:+.2f} bits in all" in " ".join(shown.split())


def test_why_two_are_two_is_said(instance: Instance) -> None:
    shown = " ".join(instance.cli("identity", "explain", *RADKA).stdout.split())
    assert "two customers: joined without asking from 7 bits on, by more than one kind of evidence" in shown


def test_a_pair_is_looked_at_and_merged_and_taken_apart(instance: Instance) -> None:
    assert customers(instance) == ["Jane Smith", "Radka Dvorakova", "Radka Dvorakova"]
    [line] = told(instance, "review")
    assert {line["left"]["addresses"][0], line["right"]["addresses"][0]} == set(RADKA)
    listed = instance.cli("identity", "review").stdout
    assert "same name" in listed
    assert "1 pair waits in all" in listed
    assert "rd@globex.example" in instance.cli("identity", "review", str(line["id"])).stdout
    assert f"pair {line['id']}: merged" in instance.cli("identity", "review", str(line["id"]), "--same").stdout
    assert customers(instance) == ["Jane Smith", "Radka Dvorakova"]
    assert told(instance, "review") == []
    archive = instance.cli("people", "show", RADKA[1]).stdout
    assert "radka 0" in archive
    assert "radka 1" in archive
    assert "merged from" in archive
    [merge] = told(instance, "explain", RADKA[0])["merges"]
    assert merge["method"] == "human"
    done = instance.cli("identity", "unmerge", *RADKA).stdout
    assert f"1 merge(s) undone: {merge['id']}" in done
    assert customers(instance) == ["Jane Smith", "Radka Dvorakova", "Radka Dvorakova"]
    assert told(instance, "review") == [], "not asked again"
    assert "a human said so" in instance.cli("identity", "explain", *RADKA).stdout


def test_all_pairs_of_one_name_at_once(instance: Instance) -> None:
    refused = instance.cli("identity", "review", "--same", "--name-only", ok=2)
    assert "--yes" in refused.stderr
    assert "1 pairs merged" in instance.cli("identity", "review", "--same", "--name-only", "--yes").stdout
    assert customers(instance) == ["Jane Smith", "Radka Dvorakova"]


def test_answers_that_make_another_question_none(instance: Instance) -> None:
    """Of three who are one, two answers say all."""
    app = instance.app()
    a_box(app.store, "third").gets(*both_ways("Radka Dvorakova <radka@initech.example>", "radka 3"))
    draw_consequences(app.store, lambda: NOW)
    app.store.close()
    assert len(told(instance, "review")) == 3
    args = ("--config", str(instance.path), "identity", "review", "--ask")
    with Terminal(*args, env=environment()) as terminal:
        terminal.answer("1 of 3", "s")
        terminal.answer("2 of 3", "s")
        assert terminal.end() == 0
    assert customers(instance) == ["Jane Smith", "Radka Dvorakova"]


@pytest.mark.parametrize(
    ("answer", "state"), [("--same", "merged"), ("--different", "rejected"), ("--later=3", "later")]
)
def test_an_answer_is_told_to_programs_as_well(instance: Instance, answer: str, state: str) -> None:
    [line] = told(instance, "review")
    found = told(instance, "review", str(line["id"]), answer)
    assert (found["id"], found["state"]) == (line["id"], state)
    assert bool(found["later_until"]) == (state == "later")


def test_how_many_were_merged_is_told_to_programs(instance: Instance) -> None:
    assert told(instance, "review", "--same", "--name-only", "--yes") == {"merged": 1}


def test_an_answer_cannot_be_put_off(instance: Instance) -> None:
    [line] = told(instance, "review")
    told(instance, "review", str(line["id"]), "--different")
    refused = instance.cli("identity", "review", str(line["id"]), "--later", "3", ok=2)
    assert "was answered (rejected)" in refused.stderr


def test_different_and_later_end_the_question(instance: Instance) -> None:
    [line] = told(instance, "review")
    assert "asked in 3 days" in instance.cli("identity", "review", str(line["id"]), "--later", "3").stdout
    assert told(instance, "review") == []
    instance.cli("identity", "review", str(line["id"]), "--different")
    with instance.looking() as session:
        assert matches.all_rejected(session) == [(line["left"]["party_id"], line["right"]["party_id"])]
        assert matches.verdict_on(session, matches.all_rejected(session)[0]) == MatchState.REJECTED


def test_merging_by_hand_and_by_old_numbers(instance: Instance) -> None:
    made = told(instance, "merge", RADKA[0], JANE[0])
    numbers = [member["number"] for member in made["customer"]["members"] if member["number"]]
    assert len(numbers) == 2
    assert (
        len({json.loads(instance.cli("people", "show", n, "--json").stdout)["archive"]["line"]["id"] for n in numbers})
        == 1
    )
    again = instance.cli("identity", "merge", RADKA[0], JANE[0], ok=2)
    assert "one customer already" in again.stderr
    ended = told(instance, "unmerge", "--merge", str(made["merge"]))
    assert [line["id"] for line in ended] == [made["merge"]]
    assert "undone already" in instance.cli("identity", "unmerge", "--merge", str(made["merge"]), ok=2).stderr
    instance.cli("identity", "merge", RADKA[0], JANE[0])
    assert "undone" in instance.cli("identity", "unmerge", numbers[0], "--all").stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("unmerge",), "say which"),
        (("unmerge", "rd@globex.example"), "say which"),
        (("unmerge", "rd@globex.example", "nobody@x.example"), "no customer 'nobody@x.example'"),
        (("unmerge", "--merge", "99"), "no merge 99"),
        (("unmerge", "--merge", "99", "rd@globex.example"), "say which"),
        (("merge", "rd@globex.example", "rd@globex.example"), "one customer already"),
        (("explain", "rd@globex.example", "rd@globex.example"), "name two parties"),
        (("review", "--same"), "which pair?"),
        (("review", "99"), "no pair 99"),
        (("review", "1", "--same", "--different"), "one answer at a time"),
        (("review", "9" * 20), "less than or equal to"),
        (("unmerge", "--merge", "9" * 20), "less than or equal to"),
        (("review", "1", "--later", "9" * 8), "less than or equal to"),
        (("review", "--ask", "--json"), "--ask goes through the pairs on a terminal"),
        (("review", "1", "--ask"), "--ask goes through the pairs on a terminal"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(instance: Instance, args: tuple[str, ...], says: str) -> None:
    assert says in " ".join(instance.cli("identity", *args, ok=2).stderr.split())


def test_a_rebuild_proposes_and_does_what_it_proposed(instance: Instance) -> None:
    with instance.app().store.engine.begin() as connection:  # as if an older version had not known better
        connection.exec_driver_sql("DELETE FROM merge_record")
        connection.exec_driver_sql("UPDATE party SET root_id = id, cluster_size = 1")
    found = told(instance, "rebuild")
    assert (len(found["joins"]), len(found["splits"]), found["done"]) == (1, 0, False)
    assert "nothing was changed" in instance.cli("identity", "rebuild").stdout
    done = told(instance, "rebuild", "--apply")
    assert (done["joined"], done["done"]) == (1, True)
    assert told(instance, "explain", *JANE)["one"] is True
    assert len(told(instance, "rebuild")["joins"]) == 0


def test_a_rebuild_that_would_change_many_customers_stops_and_asks(tmp_path: Path) -> None:
    made = Instance(tmp_path, [])
    app = made.app()
    box = a_box(app.store)
    for n in range(25):
        name = f"{'abcdefghijklmnopqrstuvwxyz'[n]}na Kuhn"
        box.gets(
            *both_ways(f"{name} <x.{n}ana@gmail.com>", f"a{n}"), *both_ways(f"{name} <x{n}.ana@gmail.com>", f"b{n}")
        )
    draw_consequences(app.store, lambda: NOW)
    with app.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM merge_record")
        connection.exec_driver_sql("UPDATE party SET root_id = id, cluster_size = 1")
    app.store.close()
    stopped = made.cli("identity", "rebuild", "--apply", ok=2)
    told_so = " ".join(stopped.stderr.split())
    assert "50 customers would change" in told_so or "25 customers would change" in told_so
    wanted = told_so.split("--yes-change ")[1].split()[0].rstrip("`")
    done = json.loads(made.cli("identity", "rebuild", "--apply", "--yes-change", wanted, "--json").stdout)
    assert done["joined"] == 25


def test_with_four_eyes_the_answer_that_two_are_one_waits(instance: Instance) -> None:
    instance.document["team"] = {"four_eyes": ["merge"]}
    instance.write()
    for name in ("ann", "bob"):
        instance.cli("users", "add", name)
    [line] = told(instance, "review")
    asked = json.loads(instance.cli("--as", "ann", "identity", "review", str(line["id"]), "--same", "--json").stdout)
    assert asked["state"] == "open"
    bulk = json.loads(
        instance.cli("--as", "ann", "identity", "review", "--same", "--name-only", "--yes", "--json").stdout
    )
    assert len(told(instance, "review")) == 1
    said = instance.cli("--as", "bob", "approvals", "approve", str(bulk["request"]), bulk["sha256"]).stdout
    assert "approved: 1 pairs merged" in said
    assert told(instance, "review") == []
    late = instance.cli("--as", "bob", "approvals", "approve", str(asked["request"]), asked["sha256"], ok=2).stderr
    assert "meanwhile" in late
