"""Proof of completeness on every provider profile, and on servers that tell less than they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailcrm.ingest.imap import survey
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once
from mailcrm.service.verify import AccountProof, FolderProof, Standing, verify_account
from mailcrm.service.verify_flags import check_flags
from tests.flow.instance import Instance
from tests.providers.profiles import ALL
from tests.providers.server import Quirks, ScriptedImap

_ME = "me@own.example"
_ONE_FOLDER = Quirks(folders=(("INBOX", ()),))
_MAILS = 7


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[ScriptedImap], App]]:
    apps: list[App] = []

    def open_one(server: ScriptedImap) -> App:
        account = {
            "name": "main",
            "address": _ME,
            "secret": {"file": str(tmp_path / "secret")},
            "imap": {"host": server.host, "port": server.port, "security": "none"},
            "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
        }
        apps.append(Instance(tmp_path, [account]).app())
        return apps[-1]

    yield open_one
    for app in apps:
        app.store.close()


@pytest.fixture
def imap() -> Iterator[ScriptedImap]:
    with ScriptedImap(_ONE_FOLDER, user=_ME, secret="pass") as server:
        fill(server)
        yield server


@pytest.fixture
def app(imap: ScriptedImap, opened: Callable[[ScriptedImap], App]) -> App:
    found = opened(imap)
    read(found)
    return found


def fill(server: ScriptedImap, count: int = _MAILS) -> None:
    for number in range(count):
        raw = f"From: p{number}@c.example\r\nTo: {_ME}\r\nSubject: S{number}\r\nMessage-ID: <{number}@c.example>\r\n"
        server.append("INBOX", f"{raw}Date: Tue, 10 Nov 2026 09:00:00 +0800\r\n\r\ntext\r\n".encode())


def read(app: App) -> None:
    sync_once(app, "main", lambda _report: None)


def proved(app: App) -> AccountProof:
    return verify_account(app, "main", lambda *_: None)


def inbox(app: App) -> FolderProof:
    return next(folder for folder in proved(app).folders if folder.folder == "INBOX")


def names_nothing(server: ScriptedImap) -> None:
    """The next question for UIDs is answered without any, whichever command it is."""
    for command in ("UID FETCH", "UID SEARCH"):
        server.answer(command, b"OK done")


@pytest.mark.parametrize("quirks", ALL, ids=lambda quirks: quirks.name)
def test_every_provider_can_be_checked(quirks: Quirks, opened: Callable[[ScriptedImap], App]) -> None:
    with ScriptedImap(quirks, user=_ME, secret="pass") as server:
        fill(server)
        app = opened(server)
        before = proved(app)
        assert (before.complete, before.accounted) == (False, 0)
        read(app)
        after = proved(app)
        assert after.complete
        assert after.accounted == after.expected >= _MAILS
        assert check_flags(app, "main", lambda *_: None).unchanged
        assert server.violations == []


def test_large_folders_are_asked_for_in_portions(imap: ScriptedImap, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_PORTION", 2)
    told: list[tuple[str, int, int]] = []
    proof = verify_account(app, "main", lambda *report: told.append(report))
    assert (proof.complete, proof.accounted) == (True, _MAILS)
    assert [done for _, done, _ in told] == [0, 2, 4, 6, 7]
    assert {(name, total) for name, _, total in told} == {("INBOX", _MAILS)}
    found = check_flags(app, "main", lambda *_: None)
    assert (found.unchanged, found.folders[0].mails) == (True, _MAILS)


def test_a_server_that_left_mail_out_of_its_answer_is_asked_again(imap: ScriptedImap, app: App) -> None:
    before = len(imap.sent("EXAMINE"))
    names_nothing(imap)
    assert proved(app).complete
    assert len(imap.sent("EXAMINE")) == before + 2


def test_mail_that_a_server_counts_but_never_names_is_a_gap(imap: ScriptedImap, app: App) -> None:
    for _ in range(2):
        names_nothing(imap)
    found = inbox(app)
    assert (found.unlisted, found.accounted, found.expected, found.complete) == (_MAILS, 0, _MAILS, False)


def test_a_folder_that_cannot_be_opened_is_a_gap_and_does_not_stop_the_others(
    opened: Callable[[ScriptedImap], App],
) -> None:
    with ScriptedImap(Quirks(), user=_ME, secret="pass") as server:
        fill(server)
        app = opened(server)
        read(app)
        server.answer("EXAMINE", b"NO try later")
        first, second = [folder for folder in proved(app).folders if folder.counts]
        assert (first.standing, first.complete, second.complete) == (Standing.REFUSED, False, True)
        assert "try later" in first.why


def test_mail_that_the_daemon_files_while_we_compare_is_no_gap(
    imap: ScriptedImap, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads between our look at the server and our look at the archive."""
    real = survey.list_uids

    def read_meanwhile(*args: object) -> object:
        listing = real(*args)  # type: ignore[arg-type]
        fill(imap, _MAILS + 2)
        read(app)
        return listing

    monkeypatch.setattr("mailcrm.service.verify.list_uids", read_meanwhile)
    found = inbox(app)
    assert (found.standing, found.complete, found.accounted) == (Standing.READ, True, _MAILS)


def test_checking_twice_changes_nothing_in_the_archive(imap: ScriptedImap, app: App) -> None:
    def everything() -> list[object]:
        with app.store.read() as session:
            rows = session.connection().exec_driver_sql("SELECT * FROM folder").all()
            return [tuple(row) for row in rows]

    before = everything()
    assert proved(app) == proved(app)
    assert everything() == before
