"""Users, --as, and changes that two people must want, as somebody types them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailcrm.model.account import Capture, Visibility
from mailcrm.model.rights import Actor
from mailcrm.store.rows.audit import AuditEntry
from tests.builders import a_person
from tests.flow.filing import Box
from tests.flow.instance import Instance
from tests.store.builders import a_mailbox

ANN, BOB = ("--as", "ann"), ("--as", "bob")
SEEN: dict[str, tuple[str, ...]] = {"ann": ANN, "bob": BOB, "nobody named": ()}
ZHANG, LI = "zhang@example.com", "li@example.com"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """Two customers, two users, and four eyes on merges."""
    made = Instance(tmp_path, [], team={"four_eyes": ["merge"]})
    app = made.app()
    with app.store.write(Actor.cli("test")) as session:
        a_person(session, ZHANG, "Zhang San")
        a_person(session, LI, "Li Si")
    app.store.close()
    for name in ("ann", "bob"):
        made.cli("users", "add", name)
    return made


def customers(instance: Instance) -> list[str]:
    return sorted(line["email"] for line in instance.json("people", "list"))


def asked(instance: Instance, *who: str) -> dict[str, Any]:
    found: dict[str, Any] = instance.json(*who, "identity", "merge", ZHANG, LI)
    return found


def refused(instance: Instance, *args: str) -> str:
    return instance.cli(*args, ok=2).stderr


def test_a_merge_waits_until_another_user_has_seen_it(instance: Instance) -> None:
    said = instance.cli(*ANN, "identity", "merge", ZHANG, LI).stdout
    assert "request 1: merge C000001G and C000002" in said
    assert "waits for a second person" in said
    assert len(customers(instance)) == 2
    shown = instance.cli("approvals", "show", "1").stdout
    assert "asked by user:ann" in shown
    digest = next(line.split()[1] for line in shown.splitlines() if line.startswith("sha256 "))
    assert "somebody else must look" in refused(instance, *ANN, "approvals", "approve", "1", digest)
    assert "only a user of the team" in refused(instance, "approvals", "approve", "1", digest)
    assert "approve what you saw" in refused(instance, *BOB, "approvals", "approve", "1", "0" * 8)
    assert len(customers(instance)) == 2
    assert "approved: merge 1: C000001G" in instance.cli(*BOB, "approvals", "approve", "1", digest[:8]).stdout
    assert len(customers(instance)) == 1
    assert "not open: done by user:bob" in refused(instance, *BOB, "approvals", "approve", "1", digest)
    assert "nothing waits" in instance.cli("approvals", "list").stdout
    [line] = instance.json("approvals", "list", "--all")
    assert (line["state"], line["asked_by"], line["decided_by"]) == ("done", "user:ann", "user:bob")
    with instance.looking() as session:
        steps = session.execute(select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.seq)).all()
        assert [tuple(step) for step in steps][-4:] == [
            ("approval.ask", "user:ann"), ("approval.approve", "user:bob"),
            ("identity.merge", "user:ann"), ("approval.done", "user:bob"),
        ]  # fmt: skip


def test_an_unmerge_waits_too(instance: Instance) -> None:
    first = asked(instance, *ANN)
    instance.cli(*BOB, "approvals", "approve", str(first["request"]), first["sha256"])
    for number, args in enumerate([(ZHANG, LI), (ZHANG, "--all"), ("--merge", "1")], start=2):
        found = instance.json(*BOB, "identity", "unmerge", *args)
        assert (found["request"], found["state"]) == (number, "open")
    assert len(customers(instance)) == 1
    last = instance.json("approvals", "show", "4")
    assert "1 merge(s) undone" in instance.cli(*ANN, "approvals", "approve", "4", last["sha256"]).stdout
    assert len(customers(instance)) == 2
    stale = instance.json("approvals", "show", "2")
    assert "meanwhile" in refused(instance, *ANN, "approvals", "approve", "2", stale["sha256"])
    assert instance.json("approvals", "show", "2")["state"] == "failed"


def test_a_rejected_and_a_withdrawn_request_do_nothing(instance: Instance) -> None:
    first, second = asked(instance, *ANN), asked(instance, *ANN)
    assert "--reason" in refused(instance, *BOB, "approvals", "reject", "1")
    assert "somebody else" in refused(instance, *ANN, "approvals", "reject", "1", "--reason", "x")
    instance.cli(*BOB, "approvals", "reject", "1", "--reason", "two people")
    assert "two people" in instance.cli("approvals", "show", "1").stdout
    assert "only they withdraw it" in refused(instance, *BOB, "approvals", "withdraw", "2")
    instance.cli(*ANN, "approvals", "withdraw", "2")
    for request in (first, second):
        assert "not open" in refused(instance, *BOB, "approvals", "approve", str(request["request"]), request["sha256"])
    assert len(customers(instance)) == 2


def test_what_was_asked_for_without_a_name_is_not_approved_on_the_same_login(instance: Instance) -> None:
    found = asked(instance)
    said = refused(instance, *BOB, "approvals", "approve", "1", found["sha256"])
    assert "without --as, so it may have been you" in said


def test_a_request_that_was_tampered_with_is_not_carried_out(instance: Instance) -> None:
    found = asked(instance, *ANN)
    with closing(sqlite3.connect(instance.folder / "state" / "mailcrm.db")) as raw, raw:
        raw.execute("UPDATE change_request SET payload = replace(payload, '\"one\":1', '\"one\":2')")
    assert "was changed since" in refused(instance, *BOB, "approvals", "approve", "1", found["sha256"])
    assert len(customers(instance)) == 2


def test_what_was_interrupted_is_carried_out_once_more(instance: Instance) -> None:
    found = asked(instance, *ANN)
    assert "was not interrupted: open" in refused(instance, "approvals", "resume", "1")
    with closing(sqlite3.connect(instance.folder / "state" / "mailcrm.db")) as raw, raw:
        raw.execute("UPDATE change_request SET state = 'approved'")  # as a kill between the two transactions leaves it
    assert "not open: approved" in refused(instance, *BOB, "approvals", "approve", "1", found["sha256"])
    assert "done: merge 1" in instance.cli(*BOB, "approvals", "resume", "1").stdout
    assert len(customers(instance)) == 1


def test_without_four_eyes_a_merge_is_made_at_once_by_the_user_who_types(instance: Instance) -> None:
    instance.document["team"] = {}
    instance.write()
    assert "are one customer now" in instance.cli(*ANN, "identity", "merge", ZHANG, LI).stdout
    with instance.looking() as session:
        [actor] = session.execute(select(AuditEntry.actor).where(AuditEntry.action == "identity.merge")).scalars()
        assert actor == "user:ann"


def test_nobody_acts_as_a_user_who_is_none(instance: Instance) -> None:
    assert "no user 'eve'" in refused(instance, "--as", "eve", "people", "list")
    assert "no name of a user" in refused(instance, "--as", "e v e", "people", "list")
    instance.cli("users", "deactivate", "bob")
    assert "was deactivated" in refused(instance, *BOB, "people", "list")
    assert [(user["name"], user["active"]) for user in instance.json("users", "list")] == [
        ("ann", True),
        ("bob", False),
    ]


def test_a_user_sees_no_private_mailbox_but_their_own(instance: Instance) -> None:
    app = instance.app()
    with app.store.write(Actor.cli("test")) as session:
        folder = a_mailbox(session, "team", Visibility.PRIVATE, "ann")
    Box(app.store, folder, Capture.ALL).gets(
        "From: zhang@example.com\nTo: team@own.example\nSubject: secret price\n\nHello\n"
    )
    app.store.close()
    found = {who: instance.json(*args, "search", "--mail", "secret")["total"] for who, args in SEEN.items()}
    assert found == {"ann": 1, "bob": 0, "nobody named": 1}
