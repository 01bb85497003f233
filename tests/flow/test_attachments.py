"""On a real server, by the command line: attachments stay there until somebody opens them, and stay kept from then on."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from mailcrm.clock import utc_now
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.budget import day_of
from mailcrm.model.message import BodyState, RawMessage
from mailcrm.store import attachments, traffic
from mailcrm.store.rows.mail import Blob, Message
from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import Dovecot

DRAWING = Random(11).randbytes(300_000)
LOGO = Random(12).randbytes(40_000)


def offer() -> bytes:
    """Text and HTML with a picture in it, a drawing, an invitation, and a mail that is passed on."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "Lina <lina@kunde.example>", "files@own.example"
    mail["Subject"], mail["Message-ID"] = "报价 offer", "<offer@kunde.example>"
    mail["Date"] = "Tue, 10 Nov 2026 09:00:00 +0800"
    mail.set_content("Grüße, 请看附件\n")
    mail.add_alternative("<p>Grüße, <img src='cid:logo'> 请看附件</p>", subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    html.add_related(LOGO, "image", "png", cid="<logo>", filename="logo.png")  # type: ignore[union-attr]
    mail.add_attachment(DRAWING, "application", "pdf", filename="图纸 drawing.pdf")
    mail.add_attachment("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "calendar", filename="meeting.ics")
    inner = EmailMessage(policy=SMTP)
    inner["Subject"], inner["From"] = "Inner", "eve@example.com"
    inner.set_content("forwarded\n")
    inner.add_attachment(Random(13).randbytes(90_000), "application", "zip", filename="inner.zip")
    mail.add_attachment(inner)
    return mail.as_bytes()


def received_today(instance: Instance) -> int:
    app = instance.app()
    with app.store.read() as session:
        days = traffic.traffic_since(session, [1], day_of(utc_now()) - timedelta(days=1))
    app.store.close()
    return sum(day.received for day in days[1])


def test_attachments_stay_on_the_server_until_they_are_opened(dovecot: Dovecot, tmp_path: Path) -> None:
    raw = offer()
    whole = parse_message(RawMessage(1, raw))
    dovecot.fill("files", [raw])
    with dovecot.reader("files") as reader:
        before = reader.flags("INBOX")
    account = imap_account(tmp_path, dovecot, "files", attachments="when opened")
    instance = Instance(tmp_path, [account])
    (result,) = instance.json("sync", "--once")
    assert (result["error"], result["bodies"]) == (None, 1)

    app = instance.app()
    with app.store.read() as session:
        text, state = session.execute(select(Message.body_text, Message.body_state)).one()
        kept = session.execute(select(func.sum(Blob.size))).scalar_one()
        rows = attachments.list_attachments(session, 1)
    app.store.close()
    assert (text, state) == (whole.text, BodyState.PARTIAL)
    assert kept < 5000
    assert [(r.filename, r.mime_type, r.inline, r.section) for r in rows] == [
        (a.filename, a.mime_type, a.inline, a.section) for a in whole.attachments
    ]
    assert [r.sha256 is None for r in rows] == [True, True, False, True], "the invitation is here"
    assert all(
        abs(r.size - a.size) <= 3
        for r, a in zip(rows, whole.attachments, strict=True)
        if a.mime_type != "message/rfc822"
    )
    assert "3 attachments still on the server" in instance.cli("verify", "mail").stdout
    assert "4 attachments: mailcrm mail attachments 1" in instance.cli("people", "show", "lina@kunde.example").stdout
    listed = instance.json("mail", "attachments", "<offer@kunde.example>")["attachments"]
    assert [(each["name"], each["in_archive"]) for each in listed][1] == ("图纸 drawing.pdf", False)

    received = received_today(instance)
    instance.cli("mail", "open", "1", "2", "--to", str(tmp_path))
    assert received_today(instance) - received > len(DRAWING), "it counts for the day"
    assert (tmp_path / "图纸 drawing.pdf").read_bytes() == DRAWING
    assert "--force" in instance.cli("mail", "open", "1", "2", "--to", str(tmp_path), ok=2).stderr

    target = tmp_path / "all"
    target.mkdir()
    instance.cli("mail", "open", "offer@kunde.example", "--to", str(target))
    assert sorted(path.name for path in target.iterdir()) == sorted(
        ["logo.png", "图纸 drawing.pdf", "meeting.ics", "Inner.eml"]
    )
    assert (target / "logo.png").read_bytes() == LOGO
    inner = parse_message(RawMessage(1, (target / "Inner.eml").read_bytes()))
    assert (inner.headers.subject, inner.attachments[0].filename) == ("Inner", "inner.zip")
    with dovecot.reader("files") as reader:
        assert reader.flags("INBOX") == before

    instance.document["accounts"][0]["imap"]["port"] = 1
    instance.write()
    instance.cli("mail", "open", "1", "--to", str(target), "--force")


def test_back_to_now_fetches_what_is_missing(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.fill("files2", [offer()])
    account = imap_account(tmp_path, dovecot, "files2", attachments="when opened")
    instance = Instance(tmp_path, [account])
    instance.json("sync", "--once")
    instance.document["accounts"][0]["attachments"] = "now"
    instance.write()
    (result,) = instance.json("sync", "--once")
    assert (result["error"], result["bodies"]) == (None, 1)
    listed = instance.json("mail", "attachments", "1")["attachments"]
    whole = parse_message(RawMessage(1, offer()))
    assert [(each["name"], each["size"], each["in_archive"]) for each in listed[:3]] == [
        (a.filename, a.size, True) for a in whole.attachments[:3]
    ]
    (result,) = instance.json("sync", "--once")
    assert result["bodies"] == 0
    assert "not a directory" not in instance.cli("mail", "open", "1", "--to", str(tmp_path / "none"), ok=2).stdout
