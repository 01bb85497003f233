"""A message as a dictionary, for the command line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.ingest.mail import inspect
from mailcrm.ingest.mail.inspect import describe
from mailcrm.ingest.mail.threads import ThreadIndex
from mailcrm.model.message import READ_AT_ONCE, LargeMessage, ParsedMessage, RawMessage
from tests.unit.ingest.mail.samples import ENVELOPE, sample

FIELDS = [
    *("path", "message_id", "subject", "from", "to", "cc", "date", "in_reply_to", "references", "text", "reply_text"),
    *("signature", "forwarded", "thread_id"),
    *("attachments", "bounce", "warnings", "error"),
]


def described(name: str) -> dict[str, object]:
    return describe(f"{name}.eml", sample(name), ThreadIndex())


def test_message_is_described_by_the_agreed_fields() -> None:
    found = described("gbk_inquiry")
    assert list(found) == FIELDS
    assert found == {
        "path": "gbk_inquiry.eml",
        "message_id": "202405071032110000001@example.cn",
        "subject": "生产线询价：合同",
        "from": {"name": "陈丽", "address": "chen.li@example.cn"},
        "to": [{"name": "销售部", "address": "sales@example.com"}],
        "cc": [],
        "date": "2024-05-07T02:32:11+00:00",
        "in_reply_to": [],
        "references": [],
        "text": "您好：\n\n请报价生产线一套，镕基公司。\n\n陈丽",
        "reply_text": "您好：\n\n请报价生产线一套，镕基公司。\n\n陈丽",
        "signature": "",
        "forwarded": None,
        "thread_id": "202405071032110000001@example.cn",
        "attachments": [{"name": "报价单.pdf", "type": "application/pdf", "size": 9}],
        "bounce": None,
        "warnings": [],
        "error": None,
    }


@pytest.mark.parametrize(
    ("name", "bounce"),
    [
        ("newsletter", None),
        ("out_of_office", {"kind": "auto", "class": "auto", "hard": False, "status": "", "recipients": []}),
        (
            "qq_bounce",
            {
                "kind": "bounce",
                "class": "invalid",
                "hard": True,
                "status": "5.0.0",
                "recipients": ["meiyou@example.cn"],
            },
        ),
        (
            "feedback_report",
            {
                "kind": "complaint",
                "class": "complaint",
                "hard": False,
                "status": "",
                "recipients": ["angry@example.net"],
            },
        ),
        (
            "postfix_dsn",
            {
                "kind": "bounce",
                "class": "invalid",
                "hard": True,
                "status": "5.1.1",
                "recipients": ["gone@example.org", "full@example.net", "slow@example.edu", "fine@example.info"],
            },
        ),
    ],
)
def test_report_is_described_by_its_worst_part(name: str, bounce: object) -> None:
    assert described(name)["bounce"] == bounce


def test_address_that_is_gone_is_worse_than_a_mailbox_that_is_full() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\nTo: us@example.com\nSubject: failed\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        b"Final-Recipient: rfc822; full@example.net\nAction: failed\nStatus: 5.2.2\n\n"
        b"Final-Recipient: rfc822; gone@example.org\nAction: failed\nStatus: 5.1.1\n--b--\n"
    )
    verdict = describe("x", raw, ThreadIndex())["bounce"]
    recipients = ["full@example.net", "gone@example.org"]
    assert verdict == {"kind": "bounce", "class": "invalid", "hard": True, "status": "5.1.1", "recipients": recipients}


def test_feedback_that_blames_nobody_is_still_a_complaint() -> None:
    raw = sample("feedback_report").replace(b"Feedback-Type: abuse", b"Feedback-Type: auth-failure")
    verdict = describe("x", raw, ThreadIndex())["bounce"]
    assert verdict == {"kind": "complaint", "class": "complaint", "hard": False, "status": "", "recipients": []}


def test_forwarded_mail_is_described_with_its_original() -> None:
    raw = ENVELOPE.replace(b"Hello", b"Fwd: Offer") + (
        b"\nWhat do you think?\n\n-- \nAnn\n\n---------- Forwarded message ---------\n"
        b"From: Carl <carl@example.net>\nDate: Mon, 6 May 2024 at 08:00\nSubject: Offer\nTo: <ann@example.org>\n\nBuy!\n"
    )
    found = describe("x", raw, ThreadIndex())
    assert (found["reply_text"], found["signature"]) == ("What do you think?", "-- \nAnn")
    assert found["forwarded"] == {"from": {"name": "Carl", "address": "carl@example.net"}, "subject": "Offer"}


def test_messages_of_a_thread_share_its_id() -> None:
    threads = ThreadIndex()
    names = ("thread_question", "thread_answer", "thread_thanks", "newsletter")
    ids = [describe(name, sample(name), threads)["thread_id"] for name in names]
    assert ids == ["question@example.org"] * 3 + ["nl-2024-05@mail.shop.example"]


def test_message_without_ids_is_a_thread_of_its_own() -> None:
    threads = ThreadIndex()
    one, same, other = (describe("x", raw, threads)["thread_id"] for raw in (b"\na", b"\na", b"\nb"))
    assert one == same != other


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe garbage", b"Content-Type: multipart/mixed; boundary=x\n\n--x"])
def test_garbage_is_described_too(raw: bytes) -> None:
    found = describe("x", raw, ThreadIndex())
    assert list(found) == FIELDS
    assert found["from"] == {"name": "", "address": ""}
    assert found["date"] is None
    assert found["warnings"]
    assert found["error"] is None


def test_message_that_cannot_be_parsed_is_described_by_its_header_and_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_up(message: RawMessage, *, with_findings: bool) -> ParsedMessage:
        raise Unparsable("no sense in it")

    monkeypatch.setattr(inspect, "parse_message", give_up)
    found = describe("x", ENVELOPE, ThreadIndex())
    assert (found["error"], found["path"], found["text"], found["subject"]) == ("no sense in it", "x", "", "Hello")


@pytest.mark.parametrize(("problem", "error"), [(Unparsable("too long"), "too long"), (StoreBusy("no process"), None)])
def test_large_message_is_read_where_it_can_be_stopped(problem: Exception, error: str | None) -> None:
    asked = []

    def stopped(message: RawMessage | LargeMessage) -> ParsedMessage:
        asked.append(message)
        raise problem

    assert describe("x", ENVELOPE, ThreadIndex(), stopped)["error"] is None
    assert not asked
    found = describe("x", ENVELOPE + b"\n" + b"word " * READ_AT_ONCE, ThreadIndex(), stopped)
    assert (found["subject"], found["error"], len(asked)) == ("Hello", error, 1)


@given(st.binary(max_size=300))
def test_any_bytes_make_a_line_of_json(raw: bytes) -> None:
    line = json.dumps(describe("x", raw, ThreadIndex()), ensure_ascii=False)
    assert "\n" not in line
    line.encode("utf-8")
