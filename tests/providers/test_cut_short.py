"""Passes that are cut short again and again: each goes on where the one before ended, and nothing is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import open_mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.service.accounts import account_row, imap_login, sync_job
from tests.providers.profiles import GMAIL
from tests.providers.scene import ME, Scene, a_mail, a_scene
from tests.providers.server import Quirks, ScriptedImap

_ALL = "[Gmail]/所有邮件"


@pytest.fixture
def imap(request: pytest.FixtureRequest) -> Iterator[ScriptedImap]:
    with ScriptedImap(getattr(request, "param", Quirks()), user=ME, secret="pass") as server:
        yield server


@pytest.fixture
def scene(imap: ScriptedImap, tmp_path: Path) -> Iterator[Scene]:
    with a_scene(imap, tmp_path) as found:
        yield found


def _pass(
    scene: Scene,
    *,
    stopped: Callable[[PassReport], bool] = lambda _report: False,
    enough: Callable[[PassReport], bool] = lambda _report: False,
) -> PassReport:
    """A pass with a mail in each batch; both are asked about what it did so far."""
    account, now = scene.app.account("main"), [PassReport()]
    job = replace(sync_job(scene.app, account, account_row(scene.app.store, "main")), batch_messages=1)
    scene.imap.commands.clear()
    with open_mailbox(imap_login(scene.app.config, account)) as mailbox:
        return sync_account(
            mailbox, scene.app.store, job, scene.app.clock, parse=parse_message,
            stopped=lambda: stopped(now[0]), enough=lambda: enough(now[0]),
            progress=lambda report: now.__setitem__(0, report),
        )  # fmt: skip


@pytest.mark.parametrize("imap", [GMAIL], ids=["Gmail"], indirect=True)
def test_mail_that_lost_its_label_comes_though_the_pass_was_stopped_over_it(imap: ScriptedImap, scene: Scene) -> None:
    scene.configure(leave_out_folders=["Private"])
    for number in (1, 2, 3):
        imap.append("INBOX", a_mail(f"M{number}"))
        imap.box.label(_ALL, number, add=["Private"])
    scene.reads()
    assert scene.left_out() == ["label Private"] * 3
    for number in (1, 2, 3):
        imap.box.label(_ALL, number, remove=["Private"])
    assert _pass(scene, stopped=lambda report: report.headers > 0).headers == 1
    scene.reads()
    assert scene.left_out() == []
    assert len(scene.texts()) == 3


def test_bodies_in_a_folder_that_is_read_no_more_wait_for_nobody(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("Sent", a_mail("Answer", frm=ME, to="lina@kunde.example"))
    report = _pass(scene, enough=lambda report: report.headers > 0)
    assert (report.headers, report.bodies, report.complete, report.paused) == (1, 0, False, True)
    scene.configure(leave_out_folders=["Sent"])
    imap.append("INBOX", a_mail("Question"))
    report = _pass(scene)
    assert (report.headers, report.complete) == (1, True)
