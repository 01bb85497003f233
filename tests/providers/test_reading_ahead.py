"""The first reading of a folder: headers are asked for before others are filed, and bodies come between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.errors import MailcrmError
from mailcrm.ingest.imap.fetching import HeadersAsked
from mailcrm.ingest.imap.job import PassReport
from mailcrm.model.message import FetchedHeader
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message
from tests.flow.instance import Instance
from tests.providers.scene import ME, a_mail
from tests.providers.server import ScriptedImap

_WINDOW = 10
_COUNT = 90
_WHOLE = {f"Mail {number}": f"Text of Mail {number}" for number in range(1, _COUNT + 1)}


@pytest.fixture
def app(imap: ScriptedImap, tmp_path: Path) -> Iterator[App]:
    for subject in _WHOLE:
        imap.append("INBOX", a_mail(subject))
    account = {
        "name": "main",
        "address": ME,
        "secret": {"file": str(tmp_path / "secret")},
        "imap": {"host": imap.host, "port": imap.port, "security": "none"},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
    }
    found = Instance(tmp_path, [account], sync={"batch_messages": _WINDOW}).app()
    yield found
    found.store.close()


def one_pass(app: App) -> PassReport | None:
    """None if the connection broke."""
    with suppress(MailcrmError):
        return sync_once(app, "main", lambda _report: None)[0]
    return None


def texts(app: App) -> dict[str, str]:
    with app.store.read() as session:
        rows = session.execute(select(Message.subject, Message.body_text)).all()
    return {subject: (text or "").strip() for subject, text in rows}


def noted(app: App) -> tuple[int, int, int]:
    """What the archive believes to have been asked for in vain: first and last UID, and how often."""
    with app.store.read() as session:
        row = session.execute(select(Folder).where(Folder.name == "INBOX")).scalar_one()
        return row.tried_first, row.tried_last, row.tries


def test_headers_are_asked_for_before_others_are_filed_and_bodies_come_between(imap: ScriptedImap, app: App) -> None:
    assert one_pass(app)
    fetches = ["headers" if "HEADER" in line else "bodies" for line in imap.sent("UID FETCH") if "BODY" in line]
    assert fetches[:5] == ["headers"] * 5, "four on their way while the first is filed"
    assert "headers" in fetches[fetches.index("bodies") :], "no body waits for the last header"
    assert len(imap.sent('EXAMINE "INBOX"')) == 2, "for what is new and for what is old; bodies need no third"
    assert texts(app) == _WHOLE
    assert noted(app) == (0, 0, 0)


def test_on_a_slow_line_all_headers_come_before_the_first_body(
    imap: ScriptedImap, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = HeadersAsked.take

    def slowly(asked: HeadersAsked) -> list[FetchedHeader]:
        found = take(asked)
        asked.waited = 60.0
        return found

    monkeypatch.setattr(HeadersAsked, "take", slowly)
    assert one_pass(app)
    fetches = ["headers" if "HEADER" in line else "bodies" for line in imap.sent("UID FETCH") if "BODY" in line]
    assert "headers" not in fetches[fetches.index("bodies") :]
    assert texts(app) == _WHOLE


@pytest.mark.parametrize("bad", [85, 55, 5], ids=["first", "amid", "last"])
def test_a_header_that_costs_the_connection_is_found_among_all_that_were_asked_for(
    imap: ScriptedImap, app: App, bad: int
) -> None:
    imap.damaged[bad] = "hang up on headers"
    assert one_pass(app) is None
    first, last, tries = noted(app)
    assert first <= bad <= last
    assert tries == 1
    results = [one_pass(app) for _ in range(7)]
    assert sum(each is None for each in results) <= 5, "up to five windows, 2 mails, and one of them three times"
    assert results[-1], "the account goes on"
    assert results[-1].complete
    assert texts(app) == {subject: text for subject, text in _WHOLE.items() if subject != f"Mail {bad}"}
    imap.damaged.clear()


def test_no_window_is_passed_over_that_the_server_refuses(imap: ScriptedImap, app: App) -> None:
    imap.damaged = dict.fromkeys(range(51, 61), "no headers")
    report = one_pass(app)
    assert report
    assert [name for name, _ in report.failures] == ["INBOX"]
    assert not {f"Mail {number}" for number in range(1, 61)} & texts(app).keys()
    imap.damaged.clear()
    report = one_pass(app)
    assert report
    assert report.complete
    assert texts(app) == _WHOLE


def test_a_body_that_costs_the_connection_does_not_hold_up_the_headers(imap: ScriptedImap, app: App) -> None:
    imap.damaged[85] = "hang up"
    results = [one_pass(app) for _ in range(8)]
    assert results[-1]
    assert results[-1].complete
    assert texts(app) == _WHOLE | {"Mail 85": ""}
    imap.damaged.clear()
