"""The whole river on every provider profile: mailbox -> archive -> customer -> campaign -> SMTP -> events -> archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.campaigns.delivery.reconcile import tend_outbox
from mailcrm.campaigns.delivery.send import send_due
from mailcrm.clock import utc_now
from mailcrm.model.campaign import CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import RecipientState
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.accounts import account_row
from mailcrm.service.app import App
from mailcrm.service.campaigns import create_draft, look, read_report, start_campaign
from mailcrm.service.consents import Said, record_all
from mailcrm.service.passes import sync_once
from mailcrm.service.senders import sender_job
from mailcrm.service.works import transport_of
from mailcrm.store import parties, people, settings, timeline
from tests.flow.instance import Instance
from tests.providers.profiles import ALL
from tests.providers.server import Quirks, ScriptedImap
from tests.servers.smtp_sink import SmtpSink, Swallowed

_ME = "me@own.example"
_ACTOR = Actor.cli("test")
_CUSTOMERS = ("lina@kunde.example", "pat@client.example", "old@gone.example")
_HTML = "Subject: Hello {{ name or 'you' }}\n\n<p>News. <a href='{{ unsubscribe_url }}'>no more</a></p>"


@pytest.fixture(params=ALL, ids=lambda quirks: quirks.name)
def imap(request: pytest.FixtureRequest) -> Iterator[ScriptedImap]:
    with ScriptedImap(request.param, user=_ME, secret="pass") as server:
        yield server


@pytest.fixture
def sink(smtp_sink: Callable[..., SmtpSink]) -> SmtpSink:
    return smtp_sink("-a")


@pytest.fixture
def app(imap: ScriptedImap, sink: SmtpSink, tmp_path: Path) -> Iterator[App]:
    account = {
        "name": "main",
        "address": _ME,
        "secret": {"file": str(tmp_path / "secret")},
        "imap": {"host": imap.host, "port": imap.port, "security": "none"},
        "smtp": {"host": sink.host, "port": sink.port, "security": "none"},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
        "sending": {"from_name": "Me"},
    }
    crm = Instance(tmp_path, [account], public={"enabled": False, "base_url": "https://crm.own.example"}).app()
    yield crm
    crm.store.close()


def _mail(frm: str, to: str, subject: str, message_id: str, more: str = "", text: str = "Text 正文\r\n") -> bytes:
    head = f"From: {frm}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n{more}"
    date = "Date: Tue, 10 Nov 2026 09:00:00 +0800\r\nContent-Type: text/plain; charset=utf-8\r\n"
    return (head + date + "\r\n" + text).encode()


def _sent_folder(quirks: Quirks) -> str:
    return next(name for name, flags in quirks.folders if "\\Sent" in flags or name in ("Sent Items", "已发送"))


def _fill(imap: ScriptedImap) -> None:
    """Three people who converse with us, one stranger, one newsletter; one mail in GBK."""
    when = datetime(2026, 11, 10, 1, tzinfo=UTC)
    sent = _sent_folder(imap.quirks)
    for number, address in enumerate(_CUSTOMERS):
        imap.append("INBOX", _mail(f"Client <{address}>", _ME, "Question", f"q{number}@client.example"), when=when)
        answer = _mail(
            _ME, address, "Re: Question", f"a{number}@own.example", f"In-Reply-To: <q{number}@client.example>\r\n"
        )
        imap.append(sent, answer, ["\\Seen"], when)
    gbk = b"From: =?gb2312?B?0+DA9g==?= <yuli@zh.example>\r\nTo: me@own.example\r\nSubject: =?gb2312?B?xOO6ww==?=\r\n"
    gbk += b"Message-ID: <gbk@zh.example>\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n" + "询价".encode("gbk")
    imap.append("INBOX", gbk, when=when)
    imap.append(
        "INBOX", _mail("News <news@l.example>", _ME, "Sale", "n@l.example", "List-Unsubscribe: <https://l.example>\r\n")
    )


def _bounce(message_id: str, address: str) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {_ME}\r\nSubject: Undelivered\r\nMessage-ID: <dsn@mx.example>\r\n"
        "Date: Tue, 10 Nov 2026 09:10:00 +0800\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nfailed\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


def _campaign(app: App, tmp_path: Path) -> int:
    """Consent, template, start, send. Returns how many were frozen."""
    said = [Said(address, "", utc_now() - timedelta(days=1), "signed form 7") for address in _CUSTOMERS]
    record_all(app, _ACTOR, "newsletter", ConsentState.GIVEN, said, source="test")
    with app.store.write(_ACTOR) as session:
        settings.switch_sending(session, True, utc_now())
    template = tmp_path / "news.html"
    template.write_text(_HTML)
    create_draft(app, _ACTOR, "News", template, "all", None, "newsletter")
    count = len(look(app, "News").audience.chosen)
    start_campaign(app, _ACTOR, "News", count, None)
    account = app.account("main")
    job = sender_job(app, account, account_row(app.store, "main"), "test")
    with ThreadPoolExecutor(1) as executor:
        asyncio.run(
            send_due(
                app.store, job, transport_of(app, account), app.clock, executor, stopped=lambda: False, until_idle=True
            )
        )
    return count


def _answers(imap: ScriptedImap, mails: dict[str, Swallowed]) -> None:
    """One mail bounces, one is answered by a human, one by a robot; the provider files copies in Sent."""
    lina, pat, old = (mails[address].message["Message-ID"] for address in _CUSTOMERS)
    imap.append("INBOX", _bounce(old, _CUSTOMERS[2]))
    imap.append("INBOX", _mail(_CUSTOMERS[0], _ME, "Re: Hello", "r1@kunde.example", f"In-Reply-To: {lina}\r\n"))
    robot = f"In-Reply-To: {pat}\r\nAuto-Submitted: auto-replied\r\n"
    imap.append("INBOX", _mail(_CUSTOMERS[1], _ME, "Out of office", "r2@client.example", robot))
    for mail in mails.values():
        imap.append(_sent_folder(imap.quirks), mail.raw)


def test_a_mail_goes_its_whole_way(imap: ScriptedImap, sink: SmtpSink, app: App, tmp_path: Path) -> None:
    _fill(imap)
    report, customers = sync_once(app, "main", lambda _report: None)
    assert report.complete, report.failures
    assert customers == 3
    assert not imap.violations
    assert imap.sent("ID"), "who we are is said after every login"

    assert _campaign(app, tmp_path) == 3
    mails = {mail.recipients[0]: mail for mail in sink.wait_for(3)}
    assert set(mails) == set(_CUSTOMERS)
    _answers(imap, mails)
    sync_once(app, "main", lambda _report: None)
    tend_outbox(app.store, timedelta(0))

    result = read_report(app, "News")
    assert result.campaign.state == CampaignState.FINISHED
    assert result.counts.states[RecipientState.SENT] == result.counts.total == 3
    assert {name: result.counts.events.get(name) for name in ("bounced", "replied", "delivered")} == {
        "bounced": 1,
        "replied": 1,
        "delivered": 1,
    }
    _require_archive(app)

    again, _ = sync_once(app, "main", lambda _report: None)
    assert (again.headers, again.bodies) == (0, 0)
    assert not imap.violations


def _require_archive(app: App) -> None:
    """What came back stands on the timelines, once; the dead address is closed."""
    with app.store.read() as session:
        lina, old = (parties.get_party(session, address) for address in (_CUSTOMERS[0], _CUSTOMERS[2]))
        lines = timeline.select_timeline(session, lina, Viewer.system())
        assert [(line.kind.value, line.outcome) for line in lines].count(("campaign", "sent")) == 1
        assert sum("Hello" in line.title for line in lines) == 1, "the copy in Sent joins the campaign's line"
        campaign = next(line for line in lines if line.outcome == "sent")
        assert campaign.message_id is not None
        closed = people.get_archive(session, old, Viewer.system()).addresses[0].suppressions
        assert closed == ("hard bounce (everything)",)
        stranger = parties.get_party(session, "yuli@zh.example")
        assert people.get_archive(session, stranger, Viewer.system()).line.name == "余丽"
