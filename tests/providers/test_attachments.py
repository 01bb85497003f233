"""Attachments that stay on the server until somebody opens them: what is fetched, what is kept, and what comes later."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from mailcrm.errors import Conflict, NotFound
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.attachments import mail_with_attachments, save
from mailcrm.service.opening import Received
from mailcrm.service.verify import verify_account
from mailcrm.store import blobs
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from tests.builders import a_write
from tests.providers.profiles import GMAIL
from tests.providers.scene import Scene, a_mail, a_scene
from tests.providers.server import ScriptedImap

LATER = {"attachments": "when opened"}
PDF = Random(3).randbytes(90_000)
_BOB = Actor.cli("bob")


@pytest.fixture
def scene(imap: ScriptedImap, tmp_path: Path) -> Iterator[Scene]:
    with a_scene(imap, tmp_path, **LATER) as found:
        yield found


def letter(subject: str = "Offer", data: bytes = PDF, *, named: bool = True, name: str = "offer.pdf") -> bytes:
    """A mail with an attachment."""
    head = a_mail(subject, named=named).partition(b"\r\n\r\n")[0]
    body = base64.encodebytes(data).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    return (
        head + b"\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\nHere it is.\r\n--cut\r\n"
        b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=%s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--cut--\r\n" % (name.encode(), body)
    )


def states(scene: Scene) -> list[tuple[BodyState, BodyState]]:
    """Of each copy, and of its mail."""
    query = select(MessageLocation.body_state, Message.body_state).join(
        Message, Message.id == MessageLocation.message_id
    )
    with scene.app.store.read() as session:
        return [(row[0], row[1]) for row in session.execute(query.order_by(MessageLocation.folder_id))]


def rows(scene: Scene) -> list[tuple[str, int, bool]]:
    """Of each attachment its name, its size, and whether its bytes are known."""
    with scene.app.store.read() as session:
        found = session.execute(select(Attachment).order_by(Attachment.id)).scalars()
        return [(row.filename, row.size, row.sha256 is not None) for row in found]


def opened(
    scene: Scene, folder: Path, *, force: bool = False, which: str = "1", received: Received | None = None
) -> bytes:
    """What comes of opening all attachments of a mail that has one; `imap.commands` is what that took."""
    scene.imap.commands.clear()
    mail = mail_with_attachments(scene.app, Viewer.system(), which)
    written = save(
        scene.app, _BOB, mail, mail.chosen(None), folder, force=force, received=received or (lambda *_: None)
    )
    assert not scene.imap.violations
    (path,) = written.values()
    return path.read_bytes()


def fetches(imap: ScriptedImap) -> list[str]:
    """All that was asked of bodies."""
    return [line for line in imap.sent("UID FETCH") if "BODY" in line and "HEADER.FIELDS" not in line]


# --- reading -----------------------------------------------------------------------------------------------------


def test_text_comes_and_attachments_stay(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    report = scene.reads()
    assert report.bodies == 1
    assert report.body_bytes < 1000
    assert fetches(imap) == [
        "UID FETCH 1 (UID BODYSTRUCTURE)",
        "UID FETCH 1 (UID BODY.PEEK[HEADER] BODY.PEEK[1.MIME] BODY.PEEK[1] BODY.PEEK[2.MIME])",
    ]
    assert scene.texts() == {"Offer": "Here it is."}
    assert states(scene) == [(BodyState.PARTIAL, BodyState.PARTIAL)]
    ((name, size, known),) = rows(scene)
    assert (name, known) == ("offer.pdf", False)
    assert abs(size - len(PDF)) <= 3
    assert scene.reads().bodies == 0
    proof = verify_account(scene.app, "main", lambda *_: None)
    assert (proof.complete, proof.accounted, proof.unopened.on_server) == (True, 1, 1)


def test_what_is_small_or_has_no_attachments_comes_whole(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter("Small", PDF[:9000]))
    imap.append("INBOX", a_mail("Long") + b"line\r\n" * 20_000)
    assert scene.reads().bodies == 2
    assert {state for state, _ in states(scene)} == {BodyState.DONE}
    assert rows(scene) == [("offer.pdf", 9000, True)]


def test_new_mail_of_a_running_account_is_filed_the_same(imap: ScriptedImap, scene: Scene) -> None:
    scene.reads()
    imap.append("INBOX", letter())
    scene.reads()
    assert "BODY.PEEK[]" not in " ".join(fetches(imap))
    assert scene.texts() == {"Offer": "Here it is."}


def test_a_copy_in_another_folder_is_not_fetched_again(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    imap.box.copy("INBOX", 1, "Sent")
    assert scene.reads().bodies == 0
    assert fetches(imap) == []
    assert states(scene) == [(BodyState.PARTIAL, BodyState.PARTIAL), (BodyState.SAME, BodyState.PARTIAL)]


def test_a_mail_without_message_id_stays_the_same_mail(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter(named=False))
    imap.append("Sent", letter(named=False))
    scene.reads()
    with scene.app.store.read() as session:
        (key,) = session.execute(select(Message.dedupe_key)).scalars()
    scene.app.store.close()
    (scene.folder / "other").mkdir()
    with a_scene(imap, scene.folder / "other") as whole:
        whole.reads()
        with whole.app.store.read() as session:
            assert session.execute(select(Message.dedupe_key)).scalars().all() == [key]


@pytest.mark.parametrize(
    "lie",
    [
        b"NIL", b"()", b'("text" "plain" NIL NIL NIL "7bit" 11 1)', b'(("text" "plain" NIL NIL NIL "7bit" 11 1)',
        b'(("text" "plain" NIL NIL NIL "7bit" 11 1) "mixed")',
        b'(("application" "pdf" NIL NIL NIL "base64" 90000)("application" "pdf" NIL NIL NIL "base64" 90000) "mixed")',
        b'(("application" "pdf" NIL NIL NIL "base64" 90000)("text" "plain" NIL NIL NIL "7bit" 11 1) "mixed")',
    ],
)  # fmt: skip
def test_a_server_that_lies_about_its_mail_is_asked_for_all_of_it(imap: ScriptedImap, scene: Scene, lie: bytes) -> None:
    imap.append("INBOX", letter("True"))
    imap.append("INBOX", letter("Lie"))
    imap.structures[2] = lie
    assert scene.reads().bodies >= 2
    assert scene.texts() == {"True": "Here it is.", "Lie": "Here it is."}
    assert states(scene) == [(BodyState.PARTIAL,) * 2, (BodyState.DONE,) * 2]
    assert [size for _, size, known in rows(scene) if known] == [len(PDF)]


def test_a_server_that_refuses_structures_is_asked_for_all(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    imap.damaged[1] = "no structure"
    scene.reads()
    assert states(scene) == [(BodyState.DONE, BodyState.DONE)]


def test_a_server_that_dies_of_structures_is_not_asked_for_ever(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    imap.damaged[1] = "hang up on structures"
    for _ in range(2):
        with pytest.raises(Exception, match=r"broke off|lost"):
            scene.reads()
    scene.reads()
    assert states(scene) == [(BodyState.DONE, BodyState.DONE)]


def test_what_came_before_a_server_hung_up_is_kept(imap: ScriptedImap, scene: Scene) -> None:
    for name in ("One", "Two", "Three"):
        imap.append("INBOX", letter(name))
    imap.damaged[3] = "hang up on sections"
    with pytest.raises(Exception, match=r"broke off|lost"):
        scene.reads()
    assert {subject for subject, text in scene.texts().items() if text} == {"One", "Two"}
    imap.damaged.clear()
    assert scene.reads().bodies == 1
    assert states(scene) == [(BodyState.PARTIAL, BodyState.PARTIAL)] * 3


# --- the rule changes --------------------------------------------------------------------------------------------


def test_now_fetches_what_is_missing_and_back_changes_nothing(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    imap.box.copy("INBOX", 1, "Sent")
    scene.reads()
    scene.configure()
    assert scene.reads().bodies == 1
    assert sorted(states(scene)) == [(BodyState.DONE, BodyState.DONE), (BodyState.SAME, BodyState.DONE)]
    assert rows(scene) == [("offer.pdf", len(PDF), True)]
    scene.configure(**LATER)
    assert scene.reads().bodies == 0
    assert rows(scene) == [("offer.pdf", len(PDF), True)]
    assert fetches(imap) == []


def test_now_fetches_from_where_the_mail_was_moved_to(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    imap.box.copy("INBOX", 1, "Sent")
    scene.reads()
    imap.box.remove("INBOX", 1)
    scene.reads()
    scene.configure()
    assert scene.reads().bodies == 1
    assert rows(scene) == [("offer.pdf", len(PDF), True)]


def test_a_whole_fetch_that_is_taken_back_leaves_the_text(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    scene.configure()
    imap.damaged[1] = "hang up"
    with pytest.raises(Exception, match=r"broke off|lost"):
        scene.reads()
    assert states(scene) == [(BodyState.PENDING, BodyState.PARTIAL)]
    imap.damaged.clear()
    imap.box.remove("INBOX", 1)
    scene.reads()
    assert states(scene) == [(BodyState.PARTIAL, BodyState.PARTIAL)]
    assert scene.texts() == {"Offer": "Here it is."}
    proof = verify_account(scene.app, "main", lambda *_: None)
    assert (proof.unopened.on_server, proof.unopened.gone) == (0, 1)


# --- opening -----------------------------------------------------------------------------------------------------


def test_an_opened_attachment_is_kept(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    assert opened(scene, tmp_path) == PDF
    assert (tmp_path / "offer.pdf").stat().st_mode & 0o777 == 0o600
    assert fetches(imap)[0] == "UID FETCH 1 (UID BODY.PEEK[2]<0.1048576>)"
    assert len(fetches(imap)) == 2, "the second finds the end"
    assert rows(scene) == [("offer.pdf", len(PDF), True)]
    with pytest.raises(Conflict, match="--force"):
        opened(scene, tmp_path)
    assert imap.commands == []
    assert opened(scene, tmp_path, force=True) == PDF
    assert imap.commands == []
    with a_write(scene.app.store) as session:
        blobs.sweep(session, scene.app.store.blob_dir, 0)
    assert opened(scene, tmp_path / "again.pdf") == PDF
    assert imap.commands == []
    assert not list((scene.app.store.blob_dir / "partial").iterdir())


def test_an_attachment_of_a_mail_that_came_whole_needs_no_server(
    imap: ScriptedImap, scene: Scene, tmp_path: Path
) -> None:
    imap.append("INBOX", letter(data=PDF[:5000]))
    scene.reads()
    assert opened(scene, tmp_path) == PDF[:5000]
    assert imap.commands == []


def test_a_large_attachment_comes_in_pieces_and_goes_on_after_a_break(
    imap: ScriptedImap, scene: Scene, tmp_path: Path
) -> None:
    data = Random(5).randbytes(4 * 1024 * 1024)
    imap.append("INBOX", letter(data=data))
    scene.reads()
    assert rows(scene)[0][1] == pytest.approx(len(data), abs=3)
    told = 0

    def cut(_attachment: object, count: int) -> None:
        nonlocal told
        told += count
        if told == 3 * 1024 * 1024:
            imap.drop()

    with pytest.raises(NotFound, match="cannot be had"):
        opened(scene, tmp_path, received=cut)
    assert opened(scene, tmp_path) == data
    begun = int(fetches(imap)[0].partition("<")[2].partition(".")[0])
    assert begun >= 2 * 1024 * 1024, "all but the last piece was good; one more may have been on its way"
    assert opened(scene, tmp_path / "again") == data


def test_a_mail_that_was_moved_is_found_where_it_lies(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    imap.box.copy("INBOX", 1, "Sent")
    imap.box.remove("INBOX", 1)
    with pytest.raises(NotFound) as caught:
        opened(scene, tmp_path)
    assert "gives no part of message 1" in caught.value.problems[0]
    assert "sync --once" in caught.value.problems[-1]
    scene.reads()
    assert opened(scene, tmp_path) == PDF


def test_a_mail_that_is_gone_is_told_so(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    imap.box.remove("INBOX", 1)
    scene.reads()
    with pytest.raises(NotFound, match="attachment 1 of mail 1") as caught:
        opened(scene, tmp_path)
    assert "no folder holds the mail any more since 20" in caught.value.problems[-1]
    assert imap.commands == []
    assert not (tmp_path / "offer.pdf").exists()


def test_a_folder_that_was_numbered_anew_gives_no_wrong_file(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", a_mail("First"))
    imap.append("INBOX", letter())
    imap.append("INBOX", letter("Other", PDF[::-1]))
    scene.reads()
    imap.box.remove("INBOX", 1)
    imap.box.roll("INBOX")
    with pytest.raises(NotFound) as caught:
        opened(scene, tmp_path, which="2")
    assert "UIDVALIDITY" in caught.value.problems[0]
    assert fetches(imap) == []
    scene.reads()
    assert opened(scene, tmp_path, which="2") == PDF


def test_an_account_that_is_gone_or_refuses_is_named(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    (scene.folder / "secret").write_text("wrong")
    with pytest.raises(NotFound) as caught:
        opened(scene, tmp_path)
    assert "refused the login" in caught.value.problems[0]
    scene.app.store.close()
    scene.instance.document["accounts"] = []
    scene.instance.write()
    scene.app = scene.instance.app()
    with pytest.raises(NotFound) as caught:
        opened(scene, tmp_path)
    assert caught.value.problems[0] == "main: this account is not in the configuration any more"


@pytest.mark.parametrize("imap", [GMAIL], ids=["Gmail"], indirect=True)
def test_at_gmail_as_well(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", letter())
    scene.reads()
    assert states(scene) == [(BodyState.PARTIAL, BodyState.PARTIAL)]
    assert opened(scene, tmp_path) == PDF


def test_names_of_mail_are_no_paths(imap: ScriptedImap, scene: Scene, tmp_path: Path) -> None:
    imap.append("INBOX", letter(name='"..\\\\..\\\\evil/../.bashrc"'))
    scene.reads()
    folder = tmp_path / "to"
    folder.mkdir()
    assert opened(scene, folder) == PDF
    assert [path.name for path in folder.iterdir()] == ["bashrc"]
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="--force"):
        opened(scene, folder / "link")
    assert opened(scene, folder / "link", force=True) == PDF
    assert not (tmp_path / "elsewhere").exists()
