"""What mail systems report of our mail."""

import base64

import pytest

from mailcrm.model.message import MailKind, Report
from tests.unit.ingest.mail.samples import ENVELOPE, parsed, sample


def reports(raw: bytes) -> tuple[Report, ...]:
    return parsed(raw).reports


def dsn(status: bytes, *, text: bytes = b"It failed.", extra: bytes = b"") -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example\nTo: us@example.com\nSubject: failed\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\n\n" + text + b"\n--b\nContent-Type: message/delivery-status\n" + extra + b"\n" + status + b"\n--b--\n"
    )


def test_report_of_postfix_names_each_recipient() -> None:
    found = reports(sample("postfix_dsn"))
    assert [(r.kind, r.recipient, r.reason, r.hard, r.status) for r in found] == [
        ("bounced", "gone@example.org", "invalid", True, "5.1.1"),  # the address that we wrote to, not the forward
        ("bounced", "full@example.net", "full", False, "5.2.2"),
        ("delayed", "slow@example.edu", "temporary", False, "4.4.1"),
        ("delivered", "fine@example.info", "delivered", False, "2.0.0"),
    ]
    assert {r.original_message_id for r in found} == {"campaign-7.42@example.com"}
    assert found[0].diagnostic == "550 5.1.1 <gone@example.org>: Recipient address rejected: User unknown"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"Final-Recipient: rfc822; a@b.org\nAction: failed\nStatus: 5.7.1\n", ("bounced", "a@b.org", "policy", False)),
        (b"Final-Recipient: <A@B.org>\nAction: Failed (x)\nStatus: 5.1.1\n", ("bounced", "a@b.org", "invalid", True)),
        (
            b"Final-Recipient: rfc822;a@b.org\nAction: delayed\nStatus: 5.1.1\n",
            ("delayed", "a@b.org", "invalid", False),
        ),
        (
            b"Final-Recipient: rfc822;a@b.org\nAction: expanded\nStatus: 2.0.0\n",
            ("delivered", "a@b.org", "delivered", False),
        ),
        (b"Final-Recipient: rfc822;a@b.org\nStatus: 2.0.0\n", ("delivered", "a@b.org", "delivered", False)),
        (
            b"Original-Recipient: rfc822;unknown\nFinal-Recipient: rfc822;a@b.org\n",
            ("bounced", "a@b.org", "other", False),
        ),
        (b"Original-Recipient: rfc822;a@b.org\nAction: failed\n", ("bounced", "a@b.org", "other", False)),
        (b"Action: failed\nStatus: 5.1.1\n", ("bounced", "", "invalid", True)),
    ],
)
def test_recipient_block_is_understood(block: bytes, expected: tuple[str, str, str, bool]) -> None:
    (report,) = reports(dsn(b"Reporting-MTA: dns; mx\n\n" + block))
    assert (report.kind, report.recipient, report.reason, report.hard) == expected


def test_code_alone_gives_up_no_address() -> None:
    (report,) = reports(dsn(b"Final-Recipient: x; a@b.org\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: x; spam\n"))
    assert (report.reason, report.hard) == ("policy", False)


def test_words_for_humans_help_where_the_diagnostic_says_nothing() -> None:
    raw = dsn(b"Final-Recipient: x; a@b.org\nAction: failed\nStatus: 5.0.0\n", text=b"The mailbox of a@b.org is full.")
    assert [r.reason for r in reports(raw)] == ["full"]


def test_each_recipient_has_the_words_that_are_about_it() -> None:
    text = (
        b"These failed:\n\nfull@b.org: 552 5.2.2 <full@b.org>: Mailbox full\ngone@b.org: 550 5.1.1 User unknown\n\nBye"
    )
    block = b"Final-Recipient: x; %s@b.org\nAction: failed\nStatus: 5.0.0\n"
    found = reports(dsn(block % b"gone" + b"\n" + block % b"full", text=text))
    assert [(r.recipient, r.reason, r.hard) for r in found] == [
        ("gone@b.org", "invalid", True),
        ("full@b.org", "full", False),
    ]
    assert found[0].diagnostic == "550 5.1.1 User unknown"


def test_command_that_was_refused_is_read_from_the_words_for_humans() -> None:
    status = b"Final-Recipient: x; a@b.org\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 unknown user\n"
    assert [r.hard for r in reports(dsn(status, text=b"said: 550 (in reply to RCPT TO command)"))] == [True]
    assert [r.hard for r in reports(dsn(status, text=b"said: 550 (in reply to end of DATA command)"))] == [False]


def test_report_in_base64_with_crlf_is_read() -> None:
    status = b"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@b.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    raw = dsn(base64.encodebytes(status), extra=b"Content-Transfer-Encoding: base64\n")
    assert [r.recipient for r in reports(raw)] == ["a@b.org"]


def test_report_that_lost_its_structure_is_read_from_the_text() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\nTo: us@example.com\nSubject: failed\n\nThere was an error.\n\n"
        b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.org\nAction: failed\nStatus: 5.1.1\n"
    )
    assert [(r.recipient, r.reason) for r in reports(raw)] == [("a@b.org", "invalid")]


def test_report_without_recipients_is_read_as_a_notice() -> None:
    raw = dsn(b"Reporting-MTA: dns; mx\n", text=b"Delivery failed:\n\n  a@b.org\n    550 User unknown\n")
    assert [(r.recipient, r.hard) for r in reports(raw)] == [("a@b.org", True)]


def test_thousands_of_recipients_are_bounded() -> None:
    block = b"Final-Recipient: rfc822; a%d@b.org\nAction: failed\nStatus: 5.1.1\n\n"
    assert len(reports(dsn(b"".join(block % number for number in range(3_000))))) == 1_000


def test_notice_of_qmail_names_each_recipient() -> None:
    found = reports(sample("qmail_bounce"))
    assert [(r.recipient, r.reason, r.hard, r.status) for r in found] == [
        ("nobody@example.net", "invalid", True, "5.1.1"),
        ("spam@example.net", "policy", False, "5.7.1"),
    ]
    assert {r.original_message_id for r in found} == {"campaign-7.45@example.com"}


def test_notice_of_exim_names_the_failed_recipients_of_its_header() -> None:
    found = reports(sample("exim_bounce"))
    assert [(r.recipient, r.reason, r.hard) for r in found] == [
        ("weg@example.de", "invalid", True),
        ("voll@example.de", "full", False),
    ]
    assert {r.original_message_id for r in found} == {"campaign-7.46@example.com"}


def test_chinese_notice_in_html_is_understood() -> None:
    (report,) = reports(sample("qq_bounce"))
    assert (report.recipient, report.reason, report.hard) == ("meiyou@example.cn", "invalid", True)
    assert report.original_message_id == "campaign-7.43@example.com"


def test_chinese_notice_in_gbk_text_is_understood() -> None:
    (report,) = reports(sample("netease_bounce"))
    assert (report.recipient, report.reason, report.hard) == ("manle@example.cn", "full", False)
    assert report.original_message_id == "campaign-7.44@example.com"


def test_recipient_that_no_notice_names_is_the_one_we_wrote_to() -> None:
    raw = (
        b"Return-Path: <>\nFrom: postmaster@mx.example\nSubject: Undeliverable mail\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nYour message could not be delivered. User unknown.\n"
        b"--b\nContent-Type: message/rfc822\n\nFrom: us@example.com\nTo: Gone@example.org\nMessage-ID: <m@x>\n\nhi\n--b--\n"
    )
    (report,) = reports(raw)
    assert (report.recipient, report.hard, report.original_message_id) == ("gone@example.org", True, "m@x")


def test_notice_of_nobody_in_particular_reports_without_a_recipient() -> None:
    raw = b"Return-Path: <>\nFrom: postmaster@mx.example\nSubject: Undeliverable mail\n\nYour mail could not be delivered."
    (report,) = reports(raw)
    assert (report.recipient, report.reason, report.hard) == ("", "other", False)


def test_words_of_a_mail_system_about_something_else_report_nothing() -> None:
    assert reports(b"Return-Path: <>\nFrom: MAILER-DAEMON\nSubject: Welcome\n\nYour mailbox was created.") == ()


def test_receipt_is_no_bounce() -> None:
    raw = b"From: MAILER-DAEMON@mx\nSubject: Delivery report\n\nYour message was successfully delivered to <a@b.org>.\n"
    (report,) = reports(raw)
    assert (report.kind, report.recipient, report.reason, report.hard) == ("delivered", "a@b.org", "delivered", False)


def test_complaint_names_recipient_and_mail() -> None:
    (report,) = reports(sample("feedback_report"))
    assert (report.kind, report.recipient, report.reason) == ("complained", "angry@example.net", "complaint")
    assert report.original_message_id == "campaign-7.47@example.com"


def test_complaint_without_recipient_is_about_the_one_we_wrote_to() -> None:
    raw = sample("feedback_report").replace(b"Original-Rcpt-To: <Angry@example.net>\n", b"")
    assert [r.recipient for r in reports(raw)] == ["angry@example.net"]


@pytest.mark.parametrize("feedback", [b"not-spam", b"auth-failure"])
def test_other_feedback_is_no_complaint_of_the_recipient(feedback: bytes) -> None:
    message = parsed(sample("feedback_report").replace(b"Feedback-Type: abuse", b"Feedback-Type: " + feedback))
    assert (message.reports, message.headers.kind) == ((), MailKind.COMPLAINT)


@pytest.mark.parametrize(
    "name", ["gbk_inquiry", "raw_gbk_headers", "newsletter", "out_of_office", "thread_question", "thread_answer"]
)
def test_ordinary_mail_reports_nothing(name: str) -> None:
    assert reports(sample(name)) == ()


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: Your message could not be delivered",
        b"Subject: Fwd: Undelivered Mail Returned to Sender",
        b"Subject: Re: Undeliverable: offer\nIn-Reply-To: <a@b>",
        b"Subject: failure notice\nList-Id: <l.example>",
    ],
)
def test_human_who_writes_of_a_bounce_reports_nothing(header: bytes) -> None:
    raw = b"From: Ann <ann@example.org>\nReturn-Path: <ann@example.org>\n" + header + b"\n\n"
    raw += b"Your message could not be delivered, I got this:\n\n  bob@example.net\n    550 User unknown\n"
    assert reports(raw) == ()


def test_human_who_forwards_a_report_with_its_parts_reports_nothing() -> None:
    report = sample("postfix_dsn")
    parts = report[report.index(b"\n\n") :]
    boundary = report.partition(b'boundary="')[2].partition(b'"')[0]
    head = b"From: Ann <ann@example.org>\nSubject: %s: Undelivered\nContent-Type: multipart/%s; boundary=" + boundary
    assert reports(head % (b"Fwd", b"mixed") + parts) == ()
    assert parsed(head % (b"Fwd", b"mixed") + parts).headers.kind is MailKind.PERSON
    assert reports(head % (b"Undelivered", b"mixed") + parts)
    assert reports(head % (b"Fwd", b"report; report-type=delivery-status") + parts)


def test_robot_that_answers_in_a_thread_reports_nothing() -> None:
    text = b"The following recipients could not be reached:\n\n  bob@example.net\n    550 User unknown\n"
    raw = b"From: no-reply@desk.example\nSubject: Ticket 7\n%s\n" + text
    assert [r.recipient for r in reports(raw % b"")] == ["bob@example.net"]
    assert reports(raw % b"In-Reply-To: <a@b>\n") == ()


def test_ordinary_mail_with_a_message_attached_reports_nothing() -> None:
    raw = ENVELOPE + b"Content-Type: message/rfc822\n\n" + sample("postfix_dsn")
    assert reports(raw) == ()


def test_postmaster_reports_also_in_a_thread() -> None:
    text = b"Error: Invalid user address\n\nError message below:\n550 - no such user here\n\nMessage details:\n"
    raw = b"From: %s@desk.example\nSubject: Re: offer\nIn-Reply-To: <a@b>\n\n" + text + b"  RCPT TO:<bob@example.net>\n"
    (report,) = reports(raw % b"post_master")
    assert (report.recipient, report.reason) == ("bob@example.net", "invalid")
    assert reports(raw % b"ann") == ()


def test_subject_gives_the_reason_where_nothing_else_does() -> None:
    raw = b"From: MAILER-DAEMON@example.org\nReturn-Path: <>\nSubject: Returned mail: User unknown\n\n"
    raw += b"The following addresses had permanent delivery errors:\n\n  <bob@example.net>\n"
    (report,) = reports(raw)
    assert (report.recipient, report.reason) == ("bob@example.net", "invalid")


def test_junk_report_of_microsoft_is_a_complaint() -> None:
    original = b"X-HmXmrOriginalRecipient: Bob@example.net\nMessage-ID: <campaign-1.9@example.com>\nSubject: x\n\nHi\n"
    raw = b"From: staff@mail.example\nSubject: complaint about message from 192.0.2.2\n"
    raw += (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n" + original + b"\n--b--\n"
    )
    (report,) = reports(raw)
    assert (report.kind, report.recipient, report.original_message_id) == (
        "complained",
        "bob@example.net",
        "campaign-1.9@example.com",
    )
    assert parsed(raw).headers.kind == MailKind.COMPLAINT
    assert reports(raw.replace(b"X-HmXmr", b"X-Other")) == ()
