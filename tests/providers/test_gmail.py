"""Gmail keeps each mail once: it is read once, with its labels, and known again wherever it turns up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from mailcrm.ingest.imap.changes import Flags
from mailcrm.ingest.imap.labels import Labels
from mailcrm.ingest.imap.upkeep import latest
from mailcrm.model.interaction import Direction
from mailcrm.service.verify import verify_account
from mailcrm.store.rows.mail import Message, MessageObject
from tests.providers.profiles import GMAIL
from tests.providers.scene import ME, Scene, a_mail
from tests.providers.server import ScriptedImap

ALL, SENT, DRAFTS = "[Gmail]/所有邮件", "[Gmail]/已发邮件", "[Gmail]/草稿"
JUNK, TRASH = "[Gmail]/垃圾邮件", "[Gmail]/已删除邮件"
WITH_LABEL = replace(GMAIL, folders=(*GMAIL.folders, ("客户", ("\\HasNoChildren",))))
HIDDEN = replace(WITH_LABEL, folders=tuple(each for each in WITH_LABEL.folders if "\\All" not in each[1]))


@pytest.fixture
def imap(request: pytest.FixtureRequest) -> Iterator[ScriptedImap]:
    with ScriptedImap(getattr(request, "param", WITH_LABEL), user=ME, secret="pass") as server:
        yield server


hidden = pytest.mark.parametrize("imap", [HIDDEN], ids=["hidden"], indirect=True)


def test_all_mail_is_read_once_and_its_labels_are_folders(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", a_mail("Question"))
    imap.append(SENT, a_mail("Answer", frm=ME, to="lina@kunde.example"))
    imap.append("客户", a_mail("Order"))
    report = scene.reads()
    assert (report.folders, report.headers, report.bodies) == (1, 3, 3)
    assert scene.opened() == {ALL}
    assert scene.places() == {"Question": [(ALL, "INBOX")], "Answer": [(ALL, SENT)], "Order": [(ALL, "客户")]}


def test_ids_of_mails_and_conversations_are_kept(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", a_mail("Question"))
    imap.append("INBOX", a_mail("Re: Question", frm="Pat <pat@client.example>"))
    imap.append("INBOX", a_mail("Other"))
    scene.reads()
    with scene.app.store.read() as session:
        rows = session.execute(select(MessageObject.object_id, MessageObject.server_thread)).all()
    assert len({row[0] for row in rows}) == 3
    assert len({row[1] for row in rows}) == 2


def test_spam_trash_and_drafts_are_left_out(imap: ScriptedImap, scene: Scene) -> None:
    for folder in (JUNK, TRASH, DRAFTS):
        imap.append(folder, a_mail(folder))
    imap.append("INBOX", a_mail("Question"))
    scene.reads()
    assert set(scene.places()) == {"Question"}
    assert scene.left_out() == ["a draft"]


def test_changed_labels_are_followed(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", a_mail("Question"))
    scene.reads()
    imap.box.label(ALL, 1, add=["&W6JiNw-", "\\Important"], remove=["\\Inbox"])
    scene.reads()
    assert scene.places() == {"Question": [(ALL, "\\Important\n客户")]}
    assert scene.bodies() == []


def test_what_has_a_label_that_is_left_out_is_not_kept(imap: ScriptedImap, scene: Scene) -> None:
    scene.configure(leave_out_folders=["客*", "[Gmail]/重要"])
    imap.append("客户", a_mail("Private"))
    imap.append("INBOX", a_mail("Important"))
    imap.box.label(ALL, 2, add=["\\Important"])
    scene.reads()
    assert set(scene.places()) == {"Important"}, "a mark is no place"
    assert scene.left_out() == ["label 客户"]
    imap.box.label(ALL, 1, remove=["&W6JiNw-"])
    scene.reads()
    assert scene.texts() == {"Important": "Text of Important", "Private": "Text of Private"}
    assert scene.left_out() == []
    imap.box.label(ALL, 1, add=["&W6JiNw-"])
    scene.reads()
    assert set(scene.places()) == {"Important", "Private"}, "what is in the archive stays"


def test_what_was_sent_by_an_address_we_did_not_know_of_is_ours(imap: ScriptedImap, scene: Scene) -> None:
    imap.append(SENT, a_mail("Answer", frm="alias@elsewhere.example", to="lina@kunde.example"))
    imap.append("INBOX", a_mail("Question", frm="alias@elsewhere.example"))
    scene.reads()
    with scene.app.store.read() as session:
        found = {row[0]: row[1] for row in session.execute(select(Message.subject, Message.direction))}
    assert found == {"Answer": Direction.OUT, "Question": Direction.IN}


@hidden
def test_without_all_mail_folders_are_read_and_no_body_twice(imap: ScriptedImap, scene: Scene) -> None:
    uid = imap.append("INBOX", a_mail("No name", named=False))
    imap.append("INBOX", a_mail("Question"))
    imap.append(SENT, a_mail("Answer", frm=ME, to="lina@kunde.example"))
    assert scene.reads().bodies == 3
    imap.box.copy("INBOX", uid, "客户")
    imap.box.copy("INBOX", uid + 1, "客户")
    report = scene.reads()
    assert (report.headers, report.bodies, scene.bodies()) == (2, 0, [])
    assert [folder for folder, _ in scene.places()["No name"]] == ["INBOX", "客户"]


@hidden
def test_a_view_that_comes_with_the_mail_costs_no_body(imap: ScriptedImap, scene: Scene) -> None:
    """The first pass: both folders are new, and two mails look alike."""
    for _ in range(2):
        uid = imap.append("INBOX", a_mail("No name", named=False))
        imap.box.folders["INBOX"].messages[-1].raw += b"%d\r\n" % uid
        imap.box.copy("INBOX", uid, "客户")
    assert scene.reads().bodies == 2
    assert len(scene.texts()) == 1
    assert len(scene.places()["No name"]) == 4


def test_new_uids_cost_no_body(imap: ScriptedImap, scene: Scene) -> None:
    """Two mails without Message-ID look alike in all but their bodies."""
    for text in (b"one", b"two"):
        imap.append("INBOX", a_mail("No name", named=False) + text)
    imap.append("INBOX", a_mail("Question"))
    scene.reads()
    imap.box.remove(ALL, 3)
    imap.box.append(ALL, a_mail("Newer"))
    imap.box.roll(ALL)
    report = scene.reads()
    assert (report.headers, report.bodies) == (3, 1)
    assert len(scene.places()["No name"]) == 2
    assert scene.reads().headers == 0


def test_all_mail_that_is_left_out_is_as_if_hidden(imap: ScriptedImap, scene: Scene) -> None:
    scene.configure(leave_out_folders=[ALL])
    imap.append("INBOX", a_mail("Question"))
    scene.reads()
    assert scene.places() == {"Question": [("INBOX", "")]}


def test_the_proof_counts_each_mail_once(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", a_mail("Question"))
    imap.append(DRAFTS, a_mail("Draft"))
    scene.reads()
    proof = verify_account(scene.app, "main", lambda *_: None)
    assert proof.complete
    assert (proof.accounted, proof.expected) == (2, 2)
    inbox = next(each for each in proof.folders if each.folder == "INBOX")
    assert (inbox.standing, inbox.why) == ("left out", "its mail is read where Gmail keeps all mail")


@pytest.mark.parametrize(
    ("labels", "flags", "rule"),
    [
        (None, ("\\Draft",), None),
        ((), (), None),
        ((), ("\\Draft",), "a draft"),
        (("\\DRAFT",), (), "a draft"),
        (("Private", "Work"), (), "label Private"),
        (("\\Inbox",), (), "label INBOX"),
        (("\\Sent", "Work"), (), None),
        (("\\Muted",), (), None),
    ],
)
def test_labels_that_leave_out(labels: tuple[str, ...] | None, flags: tuple[str, ...], rule: str | None) -> None:
    found = Labels({"\\inbox": "INBOX", "\\sent": "Sent"}, ("Private", "INBOX", "\\*"))
    assert found.rule(labels, flags) == rule


def test_flags_that_come_unasked_hide_no_labels() -> None:
    told = [(1, Flags((), 5, ("a",))), (2, Flags((), 5)), (1, Flags(("\\Seen",), 6)), (2, Flags((), 7, ()))]
    assert latest(told) == {1: Flags(("\\Seen",), 6, ("a",)), 2: Flags((), 7, ())}
