"""Mail that a server cannot deliver, and mailboxes that change while they are read: the rest comes, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.errors import MailcrmError
from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import open_mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.ingest.imap.watch import watch_account
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.account import Capture
from mailcrm.model.message import BodyState, ParsedMessage, RawMessage
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.accounts import account_row, imap_login, sync_job
from mailcrm.service.app import App
from mailcrm.store import coverage, quarantine, sync_state
from tests.flow.instance import Instance
from tests.providers.server import Quirks, ScriptedImap

_ME = "me@own.example"
_ACTOR = Actor.cli("test")
_COUNT = 30
_BAD = 5


@pytest.fixture
def imap() -> Iterator[ScriptedImap]:
    with ScriptedImap(Quirks(), user=_ME, secret="pass") as server:
        yield server


@pytest.fixture
def instance(imap: ScriptedImap, tmp_path: Path) -> Instance:
    account = {
        "name": "main",
        "address": _ME,
        "secret": {"file": str(tmp_path / "secret")},
        "imap": {"host": imap.host, "port": imap.port, "security": "none"},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
    }
    return Instance(tmp_path, [account])


@pytest.fixture
def app(instance: Instance) -> Iterator[App]:
    crm = instance.app()
    yield crm
    crm.store.close()


def a_mail(number: int, message_id: str = "") -> bytes:
    named = f"Message-ID: <{message_id or f'm{number}@c.example'}>\r\n" if message_id != "none" else ""
    return (
        f"From: Person <person{number}@c.example>\r\nTo: {_ME}\r\nSubject: S{number}\r\n{named}"
        f"Date: Tue, 10 Nov 2026 09:00:00 +0800\r\n\r\nbody {number}\r\n"
    ).encode()


def fill(imap: ScriptedImap, count: int = _COUNT) -> None:
    for number in range(1, count + 1):
        imap.append("INBOX", a_mail(number))


def one_pass(
    app: App,
    later: timedelta = timedelta(0),
    parse: Callable[[RawMessage], ParsedMessage] = parse_message,
    progress: Callable[[PassReport], None] = lambda _report: None,
) -> PassReport | str:
    """What a pass came to: its report, or the error that ended it."""
    account = app.account("main")
    try:
        with open_mailbox(imap_login(app.config, account)) as mailbox:
            job = sync_job(app, account, account_row(app.store, "main"))
            return sync_account(mailbox, app.store, job, lambda: app.clock() + later, parse=parse, progress=progress)
    except MailcrmError as exc:
        return str(exc)


def archive(app: App) -> dict[str, str]:
    """The body of each message by its subject; None where there is none."""
    with app.store.read() as session:
        rows = session.connection().exec_driver_sql("SELECT subject, body_text FROM message").all()
        return {row[0]: (row[1] or "").strip() for row in rows}


def whole(but: int | None = None, body: str = "") -> dict[str, str]:
    return {f"S{n}": body if n == but else f"body {n}" for n in range(1, _COUNT + 1)}


def problems(app: App) -> list[tuple[int, str]]:
    with app.store.read() as session:
        return [(line.uid, line.reason) for line in coverage.list_problems(session, Viewer.system())]


# --- one message that cannot be delivered ------------------------------------------------------------------------


@pytest.mark.parametrize("known_before", [True, False], ids=["live", "backfill"])
@pytest.mark.parametrize("trouble", ["no body", "hang up"])
def test_a_body_that_cannot_be_had_does_not_stop_the_others(
    imap: ScriptedImap, app: App, trouble: str, known_before: bool
) -> None:
    if known_before:
        one_pass(app)
    fill(imap)
    imap.damaged[_BAD] = trouble
    results = [one_pass(app) for _ in range(8)]
    assert archive(app) == whole(but=_BAD)
    [(uid, reason)] = problems(app)
    assert uid == _BAD
    assert ("SERVERBUG" if trouble == "no body" else "lost") in reason or "broke off" in reason
    last = results[-1]
    assert isinstance(last, PassReport)
    assert (last.complete, last.bodies) == (True, 0), "it is listed and not asked for any more"
    assert not (isinstance(results[0], PassReport) and results[0].complete), "a body was still to come"


def test_a_large_body_that_comes_empty_is_listed_in_the_end(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    imap.append("INBOX", a_mail(_COUNT + 1) + b"x" * 2_000_000)
    imap.damaged[_COUNT + 1] = "empty"
    results = [one_pass(app) for _ in range(6)]
    assert all(isinstance(each, PassReport) for each in results), results
    assert archive(app) == whole() | {f"S{_COUNT + 1}": ""}
    [(uid, reason)] = problems(app)
    assert (uid, reason) == (_COUNT + 1, "the server does not give this message")


def test_a_listed_body_is_asked_for_again_when_a_human_says_so(
    imap: ScriptedImap, instance: Instance, app: App
) -> None:
    fill(imap)
    imap.damaged[_BAD] = "no body"
    for _ in range(6):
        one_pass(app)
    imap.damaged.clear()
    one_pass(app)
    assert archive(app) == whole(but=_BAD)
    assert "accounts retry" in instance.cli("accounts", "problems").stdout
    assert "asks again for 1 mail" in instance.cli("accounts", "retry", "main").stdout
    one_pass(app)
    assert archive(app) == whole()
    assert problems(app) == []


@pytest.mark.parametrize("trouble", ["no headers", "left out for ever"])
def test_a_header_that_cannot_be_had_is_listed_and_tried_again_later(
    imap: ScriptedImap, app: App, trouble: str
) -> None:
    fill(imap)
    imap.damaged[_BAD] = trouble
    assert isinstance(one_pass(app), PassReport)
    healthy = {subject: body for subject, body in whole().items() if subject != f"S{_BAD}"}
    assert archive(app) == healthy
    assert [uid for uid, _ in problems(app)] == [_BAD]
    asked = len(imap.sent("UID FETCH"))
    one_pass(app)
    assert len(imap.sent("UID FETCH")) == asked, "not at once"
    imap.damaged.clear()
    one_pass(app, later=timedelta(minutes=16))
    assert archive(app) == whole()
    assert problems(app) == []


def test_a_header_left_out_of_a_long_answer_comes_when_asked_for_alone(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    imap.damaged[_BAD] = "left out"
    one_pass(app)
    assert archive(app) == whole()
    assert problems(app) == []


@pytest.mark.parametrize("place", ["live", "backfill", "below the cursor"])
def test_a_header_that_costs_the_connection_is_set_aside_and_the_account_goes_on(
    imap: ScriptedImap, app: App, place: str
) -> None:
    """Noted before it is asked for, asked for in ever smaller parts, left out, and tried again later."""
    if place != "backfill":
        one_pass(app)
    fill(imap)
    if place == "below the cursor":
        hidden = [imap.box.folders["INBOX"].messages.pop(_BAD - 1)]
        one_pass(app)
        imap.box.folders["INBOX"].messages[_BAD - 1 : _BAD - 1] = hidden
    imap.damaged[_BAD] = "hang up on headers"
    results = [one_pass(app) for _ in range(8)]
    assert isinstance(results[-1], PassReport)
    assert results[-1].complete, "the account goes on"
    assert sum(isinstance(each, str) for each in results) <= 5, "30 mails, 4, 1, and that one three times"
    assert archive(app) == {subject: body for subject, body in whole().items() if subject != f"S{_BAD}"}
    assert [uid for uid, _ in problems(app)] == [_BAD]

    for hours in (1, 2, 4, 5):  # each later try costs the connection, too, until there are no more of them
        one_pass(app, later=timedelta(hours=hours))
    again = one_pass(app, later=timedelta(hours=8))
    assert isinstance(again, PassReport)
    assert again.complete
    imap.damaged.clear()
    with app.store.write(_ACTOR) as session:
        quarantine.retry_all(session, account_row(app.store, "main").id, app.clock())
    one_pass(app)
    assert archive(app) == whole()
    assert problems(app) == []


def test_a_mail_without_an_id_is_the_same_mail_whether_or_not_the_connection_broke_over_it(
    imap: ScriptedImap, app: App
) -> None:
    """It is recognised by its body: without that it must not be filed as another one."""
    imap.append("INBOX", a_mail(1, "none"))
    imap.damaged[1] = "hang up"
    assert isinstance(one_pass(app), str)
    imap.damaged.clear()
    one_pass(app)
    imap.append("Sent", a_mail(1, "none"))
    one_pass(app)
    with app.store.read() as session:
        assert sum(coverage.count_messages(session).values()) == 1


def test_a_mail_without_an_id_whose_body_never_comes_stops_nobody(imap: ScriptedImap, app: App) -> None:
    for number in range(1, 6):
        imap.append("INBOX", a_mail(number, "none"))
    imap.damaged[3] = "hang up"
    results = [one_pass(app) for _ in range(12)]
    assert isinstance(results[-1], PassReport)
    assert results[-1].complete
    assert archive(app) == {f"S{n}": "" if n == 3 else f"body {n}" for n in range(1, 6)}


def test_a_mail_without_an_id_waits_for_its_body_before_it_is_taken_for_another(imap: ScriptedImap, app: App) -> None:
    imap.append("Sent", a_mail(1, "none"))
    imap.append("INBOX", a_mail(2))
    imap.append("INBOX", a_mail(1, "none"))
    imap.damaged[2] = "no body"
    one_pass(app)
    assert archive(app) == {"S1": "body 1", "S2": "body 2"}
    assert problems(app) == [(2, "the server does not give this message, and it has no Message-ID to know it by")]
    imap.damaged.clear()
    one_pass(app, later=timedelta(minutes=16))
    with app.store.read() as session:
        assert sum(coverage.count_messages(session).values()) == 2
    assert problems(app) == []


def test_a_mail_without_an_id_whose_body_is_never_given_is_there_after_a_while(imap: ScriptedImap, app: App) -> None:
    imap.append("INBOX", a_mail(1, "none"))
    imap.damaged[1] = "no body"
    one_pass(app)
    assert archive(app) == {}
    one_pass(app, later=timedelta(minutes=16))
    assert archive(app) == {"S1": ""}


def test_a_folder_that_does_not_work_at_all_puts_nothing_in_quarantine(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    imap.damaged = dict.fromkeys(range(1, _COUNT + 1), "no headers")
    report = one_pass(app)
    assert isinstance(report, PassReport)
    assert [name for name, _ in report.failures] == ["INBOX"]
    assert (archive(app), problems(app)) == ({}, [])
    imap.damaged.clear()
    one_pass(app)
    assert archive(app) == whole()


def test_what_is_gone_is_forgotten_by_the_quarantine(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    imap.damaged[_BAD] = "no headers"
    one_pass(app)
    imap.box.remove("INBOX", _BAD)
    one_pass(app, later=timedelta(minutes=16))
    assert problems(app) == []


def test_the_quarantine_forgets_numbers_that_name_nothing_any_more(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    imap.damaged[_BAD] = "no headers"
    one_pass(app)
    assert [uid for uid, _ in problems(app)] == [_BAD]
    imap.damaged.clear()
    imap.box.roll("INBOX")
    one_pass(app)
    assert (problems(app), archive(app)) == ([], whole())


# --- mailboxes that change ---------------------------------------------------------------------------------------


def test_a_folder_that_rolls_during_a_pass_gives_nobody_a_wrong_body(imap: ScriptedImap, app: App) -> None:
    """Hours lie between headers and bodies of a first pass where another folder is read; UIDs may mean other mails by then."""
    fill(imap)
    imap.append("Sent", a_mail(_COUNT + 1))

    def roll(report: PassReport) -> None:
        if report.headers and not report.bodies and len(imap.box.folders["INBOX"].messages) == _COUNT:
            imap.box.remove("INBOX", 1)
            imap.box.roll("INBOX")

    sent = {f"S{_COUNT + 1}": f"body {_COUNT + 1}"}
    one_pass(app, progress=roll)
    assert archive(app) == dict.fromkeys(whole(), "") | sent, "nothing was fetched under UIDs of the past"
    one_pass(app)
    assert archive(app) == whole(but=1) | sent, "the first was deleted before its body was read"


def test_mail_that_appears_below_the_cursor_is_found(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    inbox = imap.box.folders["INBOX"]
    late = inbox.messages.pop(_BAD - 1)
    one_pass(app)
    assert len(archive(app)) == _COUNT - 1
    inbox.messages.insert(_BAD - 1, late)  # UIDNEXT does not tell
    report = one_pass(app)
    assert archive(app) == whole()
    assert isinstance(report, PassReport)
    assert (report.headers, report.complete) == (1, True)
    assert one_pass(app) == replace(PassReport(), folders=2, unchanged=2, ended=True, complete=True)


# --- rules that change -------------------------------------------------------------------------------------------


def headers_only(app: App) -> None:
    """A pass that ends between headers and bodies."""
    account = app.account("main")
    seen: list[PassReport] = []
    with open_mailbox(imap_login(app.config, account)) as mailbox:
        job = sync_job(app, account, account_row(app.store, "main"))
        sync_account(
            mailbox, app.store, job, app.clock, parse=parse_message, progress=seen.append, stopped=lambda: bool(seen)
        )


def test_a_lower_capture_level_holds_for_bodies_that_are_still_to_come(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    headers_only(app)
    row = account_row(app.store, "main")
    with app.store.write(_ACTOR) as session:
        sync_state.set_policy(session, row.id, replace(row.policy, capture=Capture.METADATA))
    report = one_pass(app)
    assert isinstance(report, PassReport)
    assert (report.bodies, report.complete) == (0, True)
    assert not [line for line in imap.sent("UID FETCH") if "BODY.PEEK[]" in line]
    with app.store.read() as session:
        assert coverage.count_messages(session) == {BodyState.NONE: _COUNT}


def test_a_new_never_log_rule_holds_for_bodies_that_are_still_to_come(imap: ScriptedImap, app: App) -> None:
    fill(imap)
    headers_only(app)
    account = app.account("main")
    job = sync_job(app, account, account_row(app.store, "main"))
    rules = replace(job.rules, never_log=frozenset({"person5@c.example"}))
    with open_mailbox(imap_login(app.config, account)) as mailbox:
        sync_account(mailbox, app.store, replace(job, rules=rules), app.clock, parse=parse_message)
    assert archive(app) == whole(but=5)
    with app.store.read() as session:
        assert coverage.count_messages(session) == {BodyState.DONE: _COUNT - 1, BodyState.NONE: 1}


def test_two_mails_without_an_id_are_two_also_where_no_body_is_read(imap: ScriptedImap, app: App) -> None:
    row = account_row(app.store, "main")
    with app.store.write(_ACTOR) as session:
        sync_state.set_policy(session, row.id, replace(row.policy, capture=Capture.METADATA))
    for minute in range(2):
        imap.append("INBOX", a_mail(1, "none"), when=app.clock() - timedelta(minutes=minute))
    one_pass(app)
    with app.store.read() as session:
        assert sum(coverage.count_messages(session).values()) == 2


# --- the watch ---------------------------------------------------------------------------------------------------


def test_a_folder_that_fails_does_not_keep_the_watch_running_in_circles(imap: ScriptedImap, app: App) -> None:
    one_pass(app)
    fill(imap, 8)
    imap.damaged = dict.fromkeys(range(1, 9), "no headers")
    passes: list[PassReport] = []
    account = app.account("main")
    deadline = app.clock() + timedelta(seconds=1.5)
    with open_mailbox(imap_login(app.config, account)) as mailbox:
        watch_account(
            mailbox, app.store, lambda: sync_job(app, account, account_row(app.store, "main")), app.clock,
            parse=parse_message, retry=lambda work: work(), poll_seconds=0.5,
            stopped=lambda: app.clock() > deadline, progress=lambda _report: None, passed=passes.append,
        )  # fmt: skip
    assert 2 <= len(passes) <= 5
    assert imap.sent("IDLE")
