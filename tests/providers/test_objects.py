"""RFC 8474: mails and folders have ids for ever, so what is moved, copied or renamed is not read again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailcrm.service.verify import verify_account
from tests.providers.profiles import OBJECTS
from tests.providers.scene import ME, Scene, a_mail
from tests.providers.server import ScriptedImap


@pytest.fixture
def imap() -> Iterator[ScriptedImap]:
    with ScriptedImap(OBJECTS, user=ME, secret="pass") as server:
        yield server


def _folders(scene: Scene) -> dict[str, list[str]]:
    return {subject: [folder for folder, _ in places] for subject, places in scene.places().items()}


def test_a_mail_that_was_moved_costs_no_body(imap: ScriptedImap, scene: Scene) -> None:
    """Without a Message-ID only its bytes could tell that it is the same."""
    uid = imap.append("INBOX", a_mail("No name", named=False))
    scene.reads()
    imap.box.copy("INBOX", uid, "Customers")
    imap.box.remove("INBOX", uid)
    report = scene.reads()
    assert (report.headers, report.bodies, scene.bodies()) == (1, 0, [])
    assert _folders(scene) == {"No name": ["Customers"]}
    assert scene.texts() == {"No name": "Text of No name"}


def test_another_mail_that_looks_the_same_is_another(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", a_mail("No name", named=False) + b"1\r\n")
    scene.reads()
    imap.append("Customers", a_mail("No name", named=False) + b"2\r\n")
    assert scene.reads().bodies == 1
    assert len(_folders(scene)["No name"]) == 2


def test_a_folder_that_was_renamed_is_not_read_again(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("Customers", a_mail("Order"))
    imap.append("INBOX", a_mail("Question"))
    scene.reads()
    imap.box.rename("Customers", "客户")
    assert scene.reads().headers == 0
    assert scene.opened() == set()
    assert _folders(scene) == {"Order": ["客户"], "Question": ["INBOX"]}
    assert verify_account(scene.app, "main", lambda *_: None).complete


def test_folders_may_swap_their_names(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("Customers", a_mail("Customer"))
    imap.append("Orders", a_mail("Order"))
    scene.reads()
    imap.box.rename("Customers", "x")
    imap.box.rename("Orders", "Customers")
    imap.box.rename("x", "Orders")
    assert scene.reads().headers == 0
    assert _folders(scene) == {"Customer": ["Orders"], "Order": ["Customers"]}


def test_a_folder_may_take_the_name_of_one_that_is_deleted(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("Customers", a_mail("Customer"))
    imap.append("Orders", a_mail("Order"))
    scene.reads()
    del imap.box.folders["Orders"]
    imap.box.rename("Customers", "Orders")
    assert scene.reads().headers == 0
    assert _folders(scene) == {"Customer": ["Orders"]}
    assert set(scene.texts()) == {"Customer", "Order"}
    proof = verify_account(scene.app, "main", lambda *_: None)
    assert proof.complete
    [gone] = [each.folder for each in proof.folders if each.standing == "gone"]
    assert gone.startswith("Orders #")


def test_a_folder_made_anew_is_read_anew(imap: ScriptedImap, scene: Scene) -> None:
    """Its UIDVALIDITY is the same, and its UIDs go on: nothing else would tell."""
    imap.append("Customers", a_mail("Old"))
    scene.reads()
    imap.box.recreate("Customers")
    imap.append("Customers", a_mail("New"))
    proof = verify_account(scene.app, "main", lambda *_: None)
    customers = next(each for each in proof.folders if each.folder == "Customers")
    assert (customers.standing, customers.why) == ("renumbered", "it was deleted and made anew")
    assert scene.reads().headers == 1
    assert _folders(scene) == {"New": ["Customers"]}
    assert set(scene.texts()) == {"Old", "New"}
    assert verify_account(scene.app, "main", lambda *_: None).complete


def test_an_empty_folder_made_anew_is_noticed_without_being_opened_for_its_numbers(
    imap: ScriptedImap, scene: Scene
) -> None:
    scene.reads()
    imap.box.recreate("Customers")
    scene.reads()
    assert scene.opened() == {"Customers"}
    scene.reads()
    assert scene.opened() == set()


def test_ids_that_are_not_one_of_a_kind_mean_nothing(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("Customers", a_mail("Customer"))
    imap.append("Orders", a_mail("Order"))
    scene.reads()
    imap.box.folders["Orders"].mailboxid = imap.box.folders["Customers"].mailboxid
    scene.reads()
    assert _folders(scene) == {"Customer": ["Customers"], "Order": ["Orders"]}
