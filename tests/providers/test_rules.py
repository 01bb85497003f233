"""Capture rules that change: what is missing comes, what is there stays, and nothing is asked for in vain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from mailcrm.model.account import Capture
from mailcrm.model.rights import Viewer
from mailcrm.service.accounts import account_row
from mailcrm.service.verify import verify_account
from mailcrm.store import parties, sync_state, timeline
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from tests.builders import a_write
from tests.providers.profiles import GMAIL, OBJECTS
from tests.providers.scene import ME, Scene, a_mail
from tests.providers.server import Quirks, ScriptedImap


@pytest.fixture(params=[Quirks(), OBJECTS], ids=lambda quirks: quirks.name)
def imap(request: pytest.FixtureRequest) -> Iterator[ScriptedImap]:
    with ScriptedImap(request.param, user=ME, secret="pass") as server:
        yield server


def _keeps(scene: Scene, capture: Capture) -> None:
    row = account_row(scene.app.store, "main")
    with a_write(scene.app.store) as session:
        sync_state.set_policy(session, row.id, replace(row.policy, capture=capture))


def _fill(imap: ScriptedImap) -> None:
    imap.append("INBOX", a_mail("Question"))
    imap.append("INBOX", a_mail("No name", named=False))
    html = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: text/csv\r\n"
    html += b'Content-Disposition: attachment; filename="a.csv"\r\n\r\n1,2\r\n--b--\r\n'
    imap.append("Sent", a_mail("Answer", frm=ME, to="lina@kunde.example").partition(b"\r\n\r\n")[0] + b"\r\n" + html)


def _titles(scene: Scene) -> set[str]:
    with scene.app.store.read() as session:
        lina = parties.get_party(session, "lina@kunde.example")
        return {line.title for line in timeline.select_timeline(session, lina, Viewer.system())}


def test_a_higher_level_fetches_what_is_missing(imap: ScriptedImap, scene: Scene) -> None:
    _fill(imap)
    _keeps(scene, Capture.METADATA)
    scene.reads()
    assert scene.texts() == {"": None}
    assert not any("SUBJECT" in line for line in imap.sent("UID FETCH"))

    _keeps(scene, Capture.SUBJECT)
    assert scene.reads().bodies == 0
    assert scene.texts() == {"Question": None, "No name": None, "Answer": None}
    assert _titles(scene) == {"Question", "No name", "Answer"}

    _keeps(scene, Capture.ALL)
    assert scene.reads().bodies == 3
    assert scene.texts() == {"Question": "Text of Question", "No name": "Text of No name", "Answer": "Hello"}
    with scene.app.store.read() as session:
        assert session.execute(select(Attachment.filename)).scalars().all() == ["a.csv"]
        assert session.execute(select(func.count()).select_from(Message)).scalar_one() == 3
        assert session.execute(select(func.count()).select_from(MessageLocation)).scalar_one() == 3
    assert verify_account(scene.app, "main", lambda *_: None).complete
    scene.reads()
    assert scene.opened() == set() or "OBJECTID" not in imap.quirks.capabilities


def test_from_metadata_to_all_at_once(imap: ScriptedImap, scene: Scene) -> None:
    _fill(imap)
    _keeps(scene, Capture.METADATA)
    scene.reads()
    _keeps(scene, Capture.ALL)
    scene.reads()
    assert scene.texts() == {"Question": "Text of Question", "No name": "Text of No name", "Answer": "Hello"}


def test_a_lower_level_removes_nothing_and_fetches_no_more(imap: ScriptedImap, scene: Scene) -> None:
    _fill(imap)
    scene.reads()
    _keeps(scene, Capture.METADATA)
    imap.append("INBOX", a_mail("Later"))
    scene.reads()
    assert scene.bodies() == []
    assert scene.texts() == {"Question": "Text of Question", "No name": "Text of No name", "Answer": "Hello", "": None}


def test_an_earlier_day_fetches_what_was_too_old(imap: ScriptedImap, scene: Scene) -> None:
    scene.configure(since="2026-01-01")
    for year in (2023, 2024, 2025, 2026):
        imap.append("INBOX", a_mail(f"Y{year}"), when=datetime(year, 6, 1, tzinfo=UTC))
    scene.reads()
    assert scene.left_out() == ["older than 2026-01-01"] * 3
    scene.configure(since="2025-01-01")
    scene.reads()
    assert scene.texts() == {"Y2026": "Text of Y2026", "Y2025": "Text of Y2025"}
    assert scene.left_out() == ["older than 2025-01-01"] * 2
    asked = [line.split()[2] for line in imap.sent("UID FETCH") if "HEADER.FIELDS" in line]
    assert asked == ["3:3"], "what is too old all the same is not asked for again"
    scene.configure()
    scene.reads()
    assert len(scene.texts()) == 4
    assert scene.left_out() == []


def test_who_is_no_longer_on_the_list_is_read(imap: ScriptedImap, scene: Scene) -> None:
    scene.configure(never_log=["kunde.example", "pat@client.example"])
    imap.append("INBOX", a_mail("Question"))
    imap.append("INBOX", a_mail("Private", frm="pat@client.example"))
    scene.reads()
    assert scene.left_out() == ["never-log address", "never-log domain"]
    assert scene.bodies() == []
    scene.configure(never_log=["pat@client.example"])
    scene.reads()
    assert scene.texts() == {"Question": "Text of Question"}
    assert scene.left_out() == ["never-log address"]


def test_a_rule_that_comes_with_a_higher_level_holds_for_bodies(imap: ScriptedImap, scene: Scene) -> None:
    """Their headers were filed by other rules and stay; more of them is not fetched."""
    _keeps(scene, Capture.SUBJECT)
    imap.append("INBOX", a_mail("Old"), when=datetime(2023, 6, 1, tzinfo=UTC))
    imap.append("INBOX", a_mail("Private", frm="pat@client.example"), when=datetime(2026, 6, 1, tzinfo=UTC))
    imap.append("INBOX", a_mail("Question"), when=datetime(2026, 6, 1, tzinfo=UTC))
    scene.reads()
    _keeps(scene, Capture.ALL)
    scene.configure(since="2026-01-01", never_log=["pat@client.example"])
    scene.reads()
    assert scene.texts() == {"Old": None, "Private": None, "Question": "Text of Question"}
    assert scene.left_out() == []


@pytest.mark.parametrize("imap", [GMAIL], ids=["Gmail"], indirect=True)
def test_a_label_that_comes_with_a_higher_level_holds_for_bodies(imap: ScriptedImap, scene: Scene) -> None:
    _keeps(scene, Capture.SUBJECT)
    imap.append("INBOX", a_mail("Question"))
    imap.append("INBOX", a_mail("Private"))
    imap.box.label("[Gmail]/所有邮件", 2, add=["Private"])
    scene.reads()
    _keeps(scene, Capture.ALL)
    scene.configure(leave_out_folders=["Private"])
    scene.reads()
    assert scene.texts() == {"Question": "Text of Question", "Private": None}


def test_a_header_that_does_not_come_again_is_no_new_gap(imap: ScriptedImap, scene: Scene) -> None:
    _keeps(scene, Capture.METADATA)
    uid = imap.append("INBOX", a_mail("Question"))
    scene.reads()
    imap.damaged[uid] = "no headers"
    _keeps(scene, Capture.ALL)
    scene.reads()
    assert scene.texts() == {"": "Text of Question"}
    assert verify_account(scene.app, "main", lambda *_: None).complete
