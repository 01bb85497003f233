"""The kind of a mail is told by its headers."""

import pytest

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.kinds import KIND_FIELDS, mail_kind
from mailcrm.model.message import MailKind
from tests.unit.ingest.mail.samples import sample

PERSON, BULK, LIST, AUTO = MailKind.PERSON, MailKind.BULK, MailKind.LIST, MailKind.AUTO
AWAY, BOUNCE, COMPLAINT = MailKind.OUT_OF_OFFICE, MailKind.BOUNCE, MailKind.COMPLAINT


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("From: ann@example.org\nSubject: Hello", PERSON),
        ("From: ann@example.org", PERSON),
        ("From: ann@example.org\nAuto-Submitted: no", PERSON),
        ("From: ann@example.org\nX-Autoreply: no", PERSON),
        # reports
        ("Content-Type: multipart/report; report-type=delivery-status", BOUNCE),
        ("Content-Type: multipart/report; boundary=x", BOUNCE),
        ("Content-Type: message/delivery-status", BOUNCE),
        ("Content-Type: multipart/report; report-type=feedback-report", COMPLAINT),
        ("Content-Type: multipart/report; report-type=disposition-notification", MailKind.RECEIPT),
        ("From: x@y\nX-Failed-Recipients: a@b", BOUNCE),
        # mail systems
        ("Return-Path: <>\nFrom: MAILER-DAEMON", BOUNCE),
        ("From: Mailer-Daemon@example.org", BOUNCE),
        ("From: Mail Delivery Subsystem <x@example.org>\nSubject: Returned mail: see transcript", BOUNCE),
        ("Return-Path: <list-bounces@example.org>\nFrom: MAILER-DAEMON@x.org\nSubject: test", PERSON),
        ("Return-Path: <>\nFrom: postmaster@example.org\nSubject: Undeliverable: Hello", BOUNCE),
        ("From: PostMaster@example.cn\nSubject: 系统退信", BOUNCE),
        ("Return-Path: <>\nFrom: postmaster@example.org", BOUNCE),
        ("From: postmaster@example.org\nSubject: Your question", PERSON),
        ("Return-Path: <>\nFrom: server@example.org\nSubject: Delivery Status Notification (Failure)", BOUNCE),
        ("Return-Path: <ann@example.org>\nFrom: ann@example.org\nSubject: Fwd: Returned mail", PERSON),
        # automatic answers
        ("From: a@b\nAuto-Submitted: auto-replied", AUTO),
        ("From: a@b\nAuto-Submitted: auto-replied (vacation)", AWAY),
        ("From: a@b\nAuto-Submitted: auto-replied\nSubject: Away message", AWAY),
        ("From: a@b\nAuto-Submitted: auto-generated; type=x", AUTO),
        ("From: a@b\nAuto-Submitted: auto-notified\nSubject: Out of the office until May", AWAY),
        ("From: a@b\nX-Autoreply: yes", AUTO),
        ("From: a@b\nX-Autorespond: Hello\nSubject: Re: Hello", AUTO),
        ("From: a@b\nPrecedence: auto_reply\nSubject: Re: Hello", AUTO),
        ("From: a@b\nPrecedence: junk\nSubject: Ann is out of the office", AWAY),
        ("From: a@b\nX-Auto-Response-Suppress: All\nSubject: Abwesenheitsnotiz bis Montag", AWAY),
        ("From: a@b\nX-Auto-Response-Suppress: All\nSubject: Your invoice", PERSON),
        # the subject alone is enough where it opens like one, not where it mentions or answers one
        ("From: a@b\nSubject: Automatic reply: Hello", AWAY),
        ("From: a@b\nSubject: Out of Office AutoReply: Hello", AWAY),
        ("From: a@b\nSubject: 自动回复：报价", AWAY),
        ("From: a@b\nSubject: Réponse automatique : bonjour", AWAY),
        ("From: a@b\nSubject: Re: Automatic reply: Hello", PERSON),
        ("From: a@b\nSubject: Who is out of office next week?", PERSON),
        # lists and mass mail
        ("From: a@b\nList-Id: <x.y>", LIST),
        ("From: a@b\nList-Post: <mailto:x@y>\nList-Unsubscribe: <mailto:z@y>", LIST),
        ("From: a@b\nPrecedence: list", LIST),
        ("From: a@b\nList-Id: <x.y>\nPrecedence: bulk\nSubject: Re: Bob is out of the office", LIST),
        ("From: a@b\nList-Unsubscribe: <https://x.y/z>", BULK),
        ("From: a@b\nPrecedence: Bulk", BULK),
        ("From: a@b\nFeedback-ID: 1:x", BULK),
    ],
)
def test_headers_tell_the_kind(header: str, kind: MailKind) -> None:
    assert parse_headers(header.encode() + b"\n\n").kind is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gbk_inquiry", PERSON),
        ("thread_answer", PERSON),
        ("newsletter", BULK),
        ("out_of_office", AWAY),
        ("postfix_dsn", BOUNCE),
        ("qq_bounce", BOUNCE),
        ("netease_bounce", BOUNCE),
        ("qmail_bounce", BOUNCE),
        ("exim_bounce", BOUNCE),
        ("feedback_report", COMPLAINT),
    ],
)
def test_whole_mails_have_their_kind(name: str, kind: MailKind) -> None:
    assert parse_headers(sample(name)).kind is kind


@pytest.mark.parametrize(
    ("name", "kind"), [("out_of_office", AUTO), ("newsletter", BULK), ("exim_bounce", BOUNCE), ("qq_bounce", BOUNCE)]
)
def test_kind_is_told_without_a_subject(name: str, kind: MailKind) -> None:
    lines = sample(name).split(b"\n\n")[0].split(b"\n")
    kept = b"\n".join(line for line in lines if not line.startswith((b"Subject:", b"  voll")))
    assert parse_headers(kept + b"\n\n").kind is kind


@pytest.mark.parametrize("name", ["X-Autoresponder", "X-Autoreply-From", "X-Autoresponse"])
def test_marks_of_automatic_answers_are_read(name: str) -> None:
    assert parse_headers(f"From: a@b\n{name}: yes\n\n".encode()).kind is AUTO


class Watched(HeaderFields):
    """Notes which fields somebody looks for."""

    asked: set[str]

    def __init__(self, *items: tuple[str, str]) -> None:
        self.asked = set()
        super().__init__(items, Guesser())

    def __contains__(self, name: str) -> bool:
        self.asked.add(name)
        return super().__contains__(name)

    def first(self, name: str) -> str:
        self.asked.add(name)
        return super().first(name)


@pytest.mark.parametrize("subject", ["", "Returned mail", "On vacation"])
@pytest.mark.parametrize("item", [("x", "y"), ("return-path", "<>"), ("from", "postmaster@x.example")])
def test_no_field_is_read_that_is_not_fetched(item: tuple[str, str], subject: str) -> None:
    fields = Watched(item)
    mail_kind(fields, subject)
    assert fields.asked <= set(KIND_FIELDS)
