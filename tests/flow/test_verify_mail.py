"""`mailcrm verify mail` on a real server: complete is said only where it is so, and each gap has its name."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from typer.testing import CliRunner, Result

from mailcrm.cli.main import app as commands
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Actor
from mailcrm.service import holding, verify_flags
from mailcrm.service.app import App
from mailcrm.store import Session, quarantine, sync_state
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation
from mailcrm.store.sync_state import FolderRef
from tests.builders import NOW
from tests.flow.instance import Instance, imap_account, until
from tests.servers.dovecot import Dovecot

ACTOR = Actor.system("test")


class Small:
    """Twelve mails in INBOX and three in Sent, read once."""

    def __init__(self, dovecot: Dovecot, home: Path, **account: Any) -> None:
        self.dovecot, self.user = dovecot, home.name
        dovecot.fill(self.user, [a_mail(n) for n in range(1, 13)])
        dovecot.fill(self.user, [a_mail(n, sender="me@own.example") for n in range(13, 16)], "Sent", flags="S")
        self.instance = Instance(home, [imap_account(home, dovecot, self.user, **account)])
        self.run("sync", "--once", code=0)

    def run(self, *args: str, code: int) -> Result:
        """A command in this process, which starts at once; it must end with `code`."""
        result = CliRunner().invoke(commands, ["--config", str(self.instance.path), *args])
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def status(self) -> dict[str, Any]:
        """The account in the status."""
        [account] = json.loads(self.run("status", "--json", code=0).stdout)["accounts"]
        return dict(account)

    def change(self, work: Callable[[Session, FolderRef], None], folder: str = "INBOX") -> None:
        """Do something to the store by hand."""
        app = self.instance.app()
        with app.store.write(ACTOR) as session:
            row = session.execute(select(Folder).where(Folder.name == folder)).scalar_one()
            work(session, FolderRef(row.id, row.account_id, row.name))
        app.store.close()

    def forget(self, *uids: int) -> None:
        """As if these mails had been lost."""
        self.change(
            lambda session, folder: session.execute(
                delete(MessageLocation).where(MessageLocation.folder_id == folder.id, MessageLocation.uid.in_(uids))
            )
        )

    def verified(self, *args: str, code: int) -> tuple[dict[str, Any], str]:
        """The account in the JSON, and what a human reads; both commands must end with `code`."""
        found = json.loads(self.run("verify", "mail", "--json", *args, code=code).stdout)
        [account] = found["accounts"]
        return account, self.run("verify", "mail", *args, code=code).output


def a_mail(number: int, sender: str = "pat@c.example", head: str = "") -> bytes:
    to = "pat@c.example" if sender.endswith("own.example") else "me@own.example"
    return (
        f"From: {sender}\nTo: {to}\nSubject: Offer {number}\nMessage-ID: <n{number}@mail.example>\n{head}"
        f"Date: Tue, 01 Sep 2026 08:{number % 60:02d}:00 +0000\n\nText {number}\n"
    ).encode()


@pytest.fixture
def small(dovecot: Dovecot, tmp_path: Path) -> Small:
    return Small(dovecot, tmp_path)


def folder_of(account: dict[str, Any], name: str = "INBOX") -> dict[str, Any]:
    [found] = [folder for folder in account["folders"] if folder["folder"] == name]
    return dict(found)


# --- complete ----------------------------------------------------------------------------------------------------


def test_verifying_works_while_the_daemon_holds_the_mailbox(small: Small) -> None:
    with small.instance.daemon() as daemon:
        held(small.instance)
        account, text = small.verified(code=0)
        assert daemon.process is not None
        assert daemon.process.poll() is None
    assert "15 of 15" in text
    assert account["complete"]


def held(instance: Instance) -> None:
    until(lambda: instance.json("status")["workers"])


# --- gaps --------------------------------------------------------------------------------------------------------


def test_a_mail_missing_in_the_archive_is_named_with_its_uid_sender_and_subject(small: Small) -> None:
    small.forget(4, 7)
    account, text = small.verified(code=1)
    inbox = folder_of(account)
    assert (inbox["server"], inbox["accounted"], inbox["unknown"]) == (12, 10, 2)
    assert inbox["uids"] == {"unknown": "4,7"}
    assert [(each["uid"], each["sender"], each["subject"]) for each in inbox["glimpses"]] == [
        (4, "pat@c.example", "Offer 4"),
        (7, "pat@c.example", "Offer 7"),
    ]
    assert "main/INBOX: 2 mails unknown to the archive: UID 4,7" in text
    assert "13 of 15 mails are accounted for" in text
    assert folder_of(account, "Sent")["complete"]
    assert not small.status()["healthy"]
    shown = small.instance.cli("status")
    assert "main/INBOX: 2 of 12 mails are not read yet" in shown.stderr
    assert "1 of 2 healthy" in shown.stdout


def test_lost_mail_comes_back_with_the_pass_after_a_repair(small: Small) -> None:
    with small.dovecot.reader(small.user) as client:
        client.delete("INBOX", 9)  # now the numbers alone show nothing
    small.forget(4)
    assert "mailcrm verify mail --repair" in small.verified(code=1)[1]
    assert "the next pass asks for the unknown mails" in small.run("verify", "mail", "--repair", code=1).output
    account, text = small.verified(code=1)
    assert "--repair" not in text
    assert folder_of(account)["uids"] == {"quarantined": "4", "gone": "9"}
    assert "UID 4: missing in the archive, found by `mailcrm verify mail`" in text
    small.run("sync", "--once", code=0)
    account, _ = small.verified(code=0)
    assert folder_of(account)["archived"] == 11


def test_flags_and_repair_are_two_things(small: Small) -> None:
    assert "give one of them" in small.instance.cli("verify", "mail", "--flags", "--repair", ok=2).stderr


def test_at_the_level_metadata_no_subject_is_asked_for(dovecot: Dovecot, tmp_path: Path) -> None:
    small = Small(dovecot, tmp_path, initial={"capture": "metadata"})
    small.forget(4)
    account, text = small.verified(code=1)
    [shown] = folder_of(account)["glimpses"]
    assert (shown["sender"], shown["subject"]) == ("pat@c.example", "")
    assert "Offer" not in text


def test_of_people_whose_mail_is_never_kept_nothing_is_shown(small: Small) -> None:
    small.forget(4)
    small.instance.document["accounts"][0]["never_log"] = ["c.example"]
    small.instance.write()
    account, text = small.verified(code=1)
    [shown] = folder_of(account)["glimpses"]
    assert shown["note"] == "a rule leaves it out: never-log domain"
    assert "pat@c.example" not in text


def test_quarantined_mail_and_pending_bodies_are_gaps_with_their_reason(small: Small) -> None:
    def damage(session: Session, folder: FolderRef) -> None:
        here = MessageLocation.folder_id == folder.id
        session.execute(delete(MessageLocation).where(here, MessageLocation.uid == 2))
        quarantine.quarantine(session, folder, 1, {2: "the server gives no header of it"}, NOW)
        odd = select(MessageLocation.message_id).where(here, MessageLocation.uid == 3).scalar_subquery()
        session.execute(
            update(Message).where(Message.id == odd).values(body_state=BodyState.QUARANTINED, last_error="KeyError: x")
        )
        session.execute(
            update(MessageLocation).where(here, MessageLocation.uid.in_([5, 6])).values(body_state=BodyState.PENDING)
        )

    small.change(damage)
    account, text = small.verified(code=1)
    inbox = folder_of(account)
    assert (inbox["accounted"], inbox["quarantined"], inbox["pending"], inbox["unknown"]) == (8, 2, 2, 0)
    assert inbox["uids"] == {"pending": "5:6", "quarantined": "2:3"}
    assert inbox["reasons"] == {"2": "the server gives no header of it", "3": "KeyError: x"}
    assert "UID 2: the server gives no header of it" in text
    assert "the bodies of 2 mails are still to come: UID 5:6" in text
    health = {folder["folder"]: folder for folder in small.status()["folders"]}["INBOX"]
    assert (health["quarantined"], health["broken"], health["pending"], health["healthy"]) == (1, 1, 2, False)


def test_an_account_is_healthy_only_while_it_is_active_and_asked_for(small: Small) -> None:
    small.change(lambda session, folder: sync_state.park_account(session, folder.account_id, "no", ""))
    parked = small.status()
    assert (parked["healthy"], {folder["healthy"] for folder in parked["folders"]}) == (False, {True})
    small.instance.document["accounts"] = []
    small.instance.write()
    gone = small.status()
    assert (gone["state"], gone["healthy"]) == ("disconnected", None)
    assert {folder["healthy"] for folder in gone["folders"]} == {None}


def test_mail_that_a_rule_leaves_out_is_accounted_for(dovecot: Dovecot, tmp_path: Path) -> None:
    account, text = Small(dovecot, tmp_path, never_log=["c.example"]).verified(code=0)
    assert (folder_of(account)["archived"], folder_of(account)["left_out"]) == (0, 12)
    assert "(0 in the archive, 15 left out by your rules)" in text


def test_a_folder_left_out_by_the_configuration_is_named_and_is_no_gap(dovecot: Dovecot, tmp_path: Path) -> None:
    account, _ = Small(dovecot, tmp_path, leave_out_folders=["Se*"]).verified(code=0)
    sent = folder_of(account, "Sent")
    assert (sent["standing"], sent["why"], sent["server"]) == ("left out", "leave_out_folders names it", 3)
    assert (account["accounted"], account["expected"]) == (12, 12)


def test_mail_that_came_since_the_last_pass_waits_and_is_no_gap(small: Small) -> None:
    small.dovecot.deliver(small.user, a_mail(40))
    account, text = small.verified(code=0)
    assert (folder_of(account)["waiting"], account["accounted"], account["expected"]) == (1, 15, 15)
    assert "1 mail came since the last pass" in text


def test_a_folder_that_was_never_read_is_a_gap(small: Small) -> None:
    small.dovecot.deliver(small.user, a_mail(40), "New")
    account, text = small.verified(code=1)
    assert folder_of(account, "New")["standing"] == "never read"
    assert "main/New: 1 mail not read yet, no pass has seen the folder so far: UID 1" in text


def test_an_unfinished_first_reading_is_a_gap_of_its_own(small: Small) -> None:
    small.forget(1, 2, 3, 4, 5, 6)
    small.change(lambda session, folder: setattr(session.get_one(Folder, folder.id), "uid_floor", 5))
    account, text = small.verified(code=1)
    assert folder_of(account)["uids"] == {"to_read": "1:5", "unknown": "6"}
    assert "5 mails not read yet, since the first reading has not come to its end: UID 1:5" in text


def test_mail_removed_on_the_server_is_told_and_is_no_gap(small: Small) -> None:
    with small.dovecot.reader(small.user) as client:
        client.delete("INBOX", 3)
    account, text = small.verified(code=0)
    assert (folder_of(account)["gone"], folder_of(account)["uids"]) == (1, {"gone": "3"})
    assert "1 mail no longer on the server, kept in the archive" in text
    small.run("sync", "--once", code=0)
    assert small.status()["healthy"]


def test_a_folder_removed_on_the_server_is_told_and_is_no_gap(small: Small) -> None:
    small.dovecot.deliver(small.user, a_mail(40), "Old")
    small.run("sync", "--once", code=0)
    shutil.rmtree(small.dovecot.maildir(small.user, "Old"))
    account, _ = small.verified(code=0)
    old = folder_of(account, "Old")
    assert (old["standing"], old["gone"], old["server"]) == ("gone", 1, 0)


def test_a_changed_uidvalidity_is_named_until_the_next_pass(small: Small) -> None:
    inbox = small.dovecot.maildir(small.user)
    before = uidvalidity(small)
    for path in inbox.glob("dovecot*"):
        path.unlink()
    renumber(inbox, before + 1)
    account, text = small.verified(code=1)
    found = folder_of(account)
    assert (found["standing"], found["to_read"], found["accounted"], found["gone"]) == ("renumbered", 12, 0, 0)
    assert f"its UIDVALIDITY was {before} and is {before + 1}" in text
    small.run("sync", "--once", code=0)
    account, _ = small.verified(code=0)
    assert folder_of(account)["archived"] == 12


def uidvalidity(small: Small) -> int:
    with small.dovecot.reader(small.user) as client:
        return client.status("INBOX")["UIDVALIDITY"]


def renumber(maildir: Path, validity: int) -> None:
    """As an administrator does who restores a mailbox without its index."""
    listed = maildir / "dovecot-uidlist"
    listed.write_text(f"3 V{validity} N1\n")
    owner = maildir.stat()
    shutil.chown(listed, owner.st_uid, owner.st_gid)


def test_an_account_that_cannot_be_checked_ends_with_2_and_does_not_stop_the_others(
    small: Small, dovecot: Dovecot
) -> None:
    wrong = small.instance.folder / "wrong"
    wrong.write_text("not the code")
    other = imap_account(small.instance.folder, dovecot, "other", "other", secret={"file": str(wrong)})
    small.instance.document["accounts"].insert(0, other)
    small.instance.write()
    done = small.instance.cli("verify", "mail", ok=2)
    assert "other: could not be checked" in done.stderr
    assert "refused the login of other" in done.stderr
    assert "15 of 15" in done.stdout
    found = json.loads(small.instance.cli("verify", "mail", "--json", ok=2).stdout)
    assert [account["error"] is None for account in found["accounts"]] == [False, True]
    assert not found["complete"]
    assert small.instance.json("verify", "mail", "--account", "main")["complete"]


# --- mail of ours that is in no folder ---------------------------------------------------------------------------


def test_mail_of_ours_known_only_from_answers_is_counted_with_the_likely_setting(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = tmp_path.name
    answers = ("<lost1@own.example>", "<lost2@pc.own.example>", "<known@own.example>", "<theirs@notown.example>")
    for number, named in enumerate(answers, 20):
        dovecot.deliver(user, a_mail(number, head=f"In-Reply-To: {named}\nReferences: {named}\n"))
    dovecot.deliver(user, a_mail(30, "me@own.example").replace(b"n30@mail.example", b"known@own.example"), "Sent")
    account, text = Small(dovecot, tmp_path).verified(code=0)
    unsaved = account["unsaved"]
    assert (unsaved["mails"], unsaved["conversations"], unsaved["domains"]) == (2, 2, ["own.example"])
    assert "2 mails of ours in no folder that is read, named by other mail of 2 conversations" in text
    assert "does not save a copy of what it sends" in text
    assert "no Sent folder" not in text


# --- reading changes nothing -------------------------------------------------------------------------------------


def test_reading_changes_no_flag(small: Small) -> None:
    for number in range(50, 60):
        small.dovecot.deliver(small.user, a_mail(number), flags="F" if number % 2 else "")
    with small.dovecot.reader(small.user) as client:
        client.append("Drafts", a_mail(90, "me@own.example"), flags=["\\Draft"])
    account, text = small.verified("--flags", code=0)
    assert "a pass of this command changed no flag of 26 mails" in text
    assert account["unchanged"]
    assert {folder["folder"] for folder in account["folders"]} >= {"INBOX", "Sent", "Drafts", "Trash"}
    assert all(each["modseq"][0] is not None for each in account["folders"])
    assert small.verified(code=0)[0]["accounted"] == 25, "it has read the new mail"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What another client does right after the pass."""
    works: list[Callable[[], None]] = []
    real = verify_flags.sync_once

    def and_then(*args: Any) -> Any:
        result = real(*args)
        for work in works:
            work()
        return result

    monkeypatch.setattr(verify_flags, "sync_once", and_then)
    return works


def test_what_another_client_changes_during_the_check_is_named(
    small: Small, meanwhile: list[Callable[[], None]]
) -> None:
    def other_client() -> None:
        with small.dovecot.reader(small.user) as client:
            client.set_flags("INBOX", 5, ["\\Seen", "\\Flagged"])
            client.delete("INBOX", 9)
            client.append("INBOX", a_mail(70))

    meanwhile.append(other_client)
    [account] = json.loads(small.run("verify", "mail", "--flags", "--json", code=1).stdout)["accounts"]
    inbox = folder_of(account)
    assert (inbox["seen"], inbox["removed"], inbox["arrived"]) == (1, "9", 1)
    assert inbox["recent"] == inbox["changed"] > 1, "a client that selects the folder takes \\Recent away"
    assert {"uid": 5, "gained": ["\\Flagged", "\\Seen"], "lost": ["\\Recent"]} in inbox["changes"]
    assert not inbox["unchanged"]


def test_a_change_that_was_taken_back_shows_in_the_counter_of_changes(
    small: Small, meanwhile: list[Callable[[], None]]
) -> None:
    def there_and_back() -> None:
        with small.dovecot.reader(small.user) as client:
            client.set_flags("INBOX", 5, ["\\Flagged"])
            client.set_flags("INBOX", 5, [])

    there_and_back()  # takes \Recent away
    meanwhile.append(there_and_back)
    account, text = small.verified("--flags", code=1)
    inbox = folder_of(account)
    assert "no flag is different" in text
    assert (inbox["changed"], inbox["removed"]) == (0, "")
    assert inbox["modseq"][0] < inbox["modseq"][1]


def test_a_pass_of_the_daemon_is_watched_where_it_holds_the_mailbox(small: Small) -> None:
    small.instance.document["sync"] = {"poll_seconds": 1}
    small.instance.write()
    with small.instance.daemon():
        held(small.instance)
        [account] = small.instance.json("verify", "mail", "--flags")["accounts"]
    assert (account["reader"], account["unchanged"]) == ("the daemon", True)


@pytest.fixture
def busy(small: Small) -> Iterator[App]:
    """The mailbox as it is while a daemon holds it."""
    app = small.instance.app()
    with holding.held(app.store, "mailbox:main", "mailbox", timedelta(seconds=30)):
        yield app
    app.store.close()


def test_of_the_daemon_two_passes_are_waited_for(busy: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first may have begun before the flags were taken."""
    passes: list[datetime] = []

    def one_pass(_seconds: float) -> None:
        passes.append(busy.clock())
        with busy.store.write(ACTOR) as session:
            sync_state.note_success(session, sync_state.get_account(session, "main").id, passes[-1])

    monkeypatch.setattr(verify_flags, "sleep", one_pass)
    assert verify_flags.check_flags(busy, "main", lambda *_: None).reader is verify_flags.Reader.DAEMON
    assert len(passes) == 2


def test_a_daemon_that_makes_no_pass_is_not_waited_for_for_ever(
    small: Small, busy: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_flags, "_GRACE", timedelta(days=-1))
    output = small.run("verify", "mail", "--flags", code=2).output
    assert "the daemon holds the mailbox and makes no complete pass" in output
