"""Passes that are cut short again and again: each goes on where the one before ended, and nothing is passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import open_mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.service.accounts import account_row, imap_login, sync_job
from tests.providers.profiles import GMAIL
from tests.providers.scene import ME, Scene, a_mail
from tests.providers.server import ScriptedImap

_ALL = "[Gmail]/所有邮件"


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


def _asked(imap: ScriptedImap) -> list[str]:
    """The UIDs whose headers the last pass fetched."""
    return [line.split()[2] for line in imap.sent("UID FETCH") if "HEADER.FIELDS" in line]


def test_judging_again_goes_on_where_it_stood_and_bodies_do_not_wait_for_it(imap: ScriptedImap, scene: Scene) -> None:
    scene.configure(never_log=["kunde.example"])
    imap.append("INBOX", a_mail("Other", frm="pat@client.example"))
    for number in range(5):
        imap.append("INBOX", a_mail(f"M{number}"))
    _pass(scene, enough=lambda report: report.headers > 0)
    assert scene.texts() == {"Other": None}

    scene.configure(never_log=["lina@kunde.example"])  # they stay out, by another rule
    passes = []
    for _ in range(4):
        report = _pass(scene, enough=lambda report: report.skipped > 1)
        passes.append((_asked(imap), report.bodies, report.complete, report.paused))
    assert passes == [
        (["6:6", "5:5"], 1, False, True),
        (["4:4", "3:3"], 0, False, True),
        (["2:2"], 0, True, False),
        ([], 0, True, False),
    ]
    assert scene.left_out() == ["never-log address"] * 5


def test_rules_that_come_back_judge_what_others_left_out_meanwhile(imap: ScriptedImap, scene: Scene) -> None:
    imap.append("INBOX", a_mail("Question"))
    scene.reads()
    scene.configure(never_log=["kunde.example"])
    imap.append("INBOX", a_mail("Order"))
    assert _pass(scene, enough=lambda _report: True).skipped == 1
    scene.configure()
    scene.reads()
    assert scene.texts() == {"Question": "Text of Question", "Order": "Text of Order"}
