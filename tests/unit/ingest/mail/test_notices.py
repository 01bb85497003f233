"""Free-form notices are taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.notices import introduction_of, opens_like_notice, read_notice

NOBODY: frozenset[str] = frozenset()


def failed(text: str, known: tuple[str, ...] = (), not_failed: frozenset[str] = NOBODY) -> dict[str, str]:
    return dict(read_notice(text, known, not_failed).failures)


@pytest.mark.parametrize(
    "copy",
    [
        "--- Below this line is a copy of the message.\n\nx@y.org",
        "------ This is a copy of your message, including all the headers. ------\nx@y.org",
        "   ----- Original message follows -----\nx@y.org",
        "----- Original message -----\nx@y.org",
        "Original message headers:\n\nx@y.org",
        "Message headers follow.\n\nx@y.org",
        "Return-Path: <x@y.org>\nSubject: z",
        "Received: from x@y.org",
        "Message-ID: <x@y.org>",
        "原始邮件内容：\nx@y.org",
    ],
)
def test_copy_of_the_mail_is_not_part_of_the_notice(copy: str) -> None:
    text = f"Sorry, it failed:\n\n  gone@example.org\n\n{copy}\n"
    assert introduction_of(text) == "Sorry, it failed:\n\n  gone@example.org\n\n"
    assert list(failed(text)) == ["gone@example.org"]


def test_notice_that_begins_with_a_mark_is_no_copy() -> None:
    assert introduction_of("Message-ID: <a@b>\nhello") == "Message-ID: <a@b>\nhello"


@pytest.mark.parametrize(
    ("text", "failures"),
    [
        (
            "<a@example.org>:\nno mailbox\n\n<b@example.org>:\nfull\n",
            {"a@example.org": "no mailbox", "b@example.org": "full"},
        ),
        ("The following failed:\n\n  a@example.org\n    unknown user\n", {"a@example.org": "unknown user"}),
        ("Final-Recipient: rfc822; a@example.org\nAction: failed", {"a@example.org": "Action: failed"}),
        ("error delivering your mail to <a@example.org>.\n\nwhy", {"a@example.org": ".\n\nwhy"}),
        ("a@example.org on Thu, 9 May\n  not recognized", {"a@example.org": "on Thu, 9 May\n  not recognized"}),
        ("a@example.org: Domain does not exist", {"a@example.org": "Domain does not exist"}),
        ("after RCPT TO:<a@example.org>:\n550 no", {"a@example.org": "550 no"}),
        ("收件人  a@example.cn\n退信原因：不存在", {"a@example.cn": "退信原因：不存在"}),
        ("无法发送到 a@example.cn", {"a@example.cn": ""}),
        ("(<a@example.org>) was it", {"a@example.org": ") was it"}),
        ("to a@example.org and again to A@example.org", {"a@example.org": "and again to A@example.org"}),
        ("收件人邮件地址（12345@example.cn）不存在", {"12345@example.cn": "）不存在"}),
        (
            "a@example.org Bad, ERROR :5.2.1 <a@example.org>... no\nb@example.org Bad, ERROR :5.2.2 <b@example.org>... full\n",
            {
                "a@example.org": "Bad, ERROR :5.2.1 <a@example.org>... no",
                "b@example.org": "Bad, ERROR :5.2.2 <b@example.org>... full",
            },
        ),
        ("nobody is named here", {}),
    ],
)
def test_who_failed_is_found_with_the_words_about_it(text: str, failures: dict[str, str]) -> None:
    assert failed(text) == failures


def test_sender_is_not_taken_for_a_recipient() -> None:
    text = "A message sent by\n\n  <us@example.com>\n\nfailed for\n\n  <gone@example.org>\n"
    assert list(failed(text, not_failed=frozenset({"us@example.com"}))) == ["gone@example.org"]


def test_known_recipients_get_the_words_behind_their_address() -> None:
    text = "These failed:\n  B@example.org\n    full\n  a@example.org\n    unknown\n"
    assert failed(text, ("a@example.org", "b@example.org", "c@example.org")) == {
        "a@example.org": "unknown",
        "b@example.org": "full",
        "c@example.org": text.strip(),
    }


def test_original_message_id_is_read_from_the_copy() -> None:
    notice = read_notice("Failed: <a@b.org>\n\nMessage-ID: <ours@example.com>\nIn-Reply-To: <x@y>\n", (), NOBODY)
    assert notice.original_message_id == "ours@example.com"
    assert read_notice("Failed: <a@b.org>", (), NOBODY).original_message_id == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Your message could not be delivered to a@b.org", "bounced"),
        ("Your message has not yet been delivered. Delivery attempts will continue.", "delayed"),
        ("Delivery delayed. You do not need to resend it.", "delayed"),
        ("系统正在重试", "delayed"),
        ("Your message was successfully delivered to a@b.org", "delivered"),
        ("It was successfully delivered to some, but could not be delivered: mail could not be delivered", "bounced"),
        ("邮件已成功送达", "delivered"),
    ],
)
def test_notice_says_whether_it_is_final(text: str, kind: str) -> None:
    assert read_notice(text, (), NOBODY).kind == kind


@pytest.mark.parametrize(
    ("text", "is_notice"),
    [
        ("Hi. This is the qmail-send program at example.org.", True),
        ("I'm afraid I wasn't able to deliver your message", True),
        ("Your message did not reach some or all of the intended recipients.", True),
        ("抱歉，您的邮件被退回来了", True),
        ("We deliver on Mondays and reach you soon.", False),
        ("How are you?", False),
        ("", False),
    ],
)
def test_only_mail_systems_open_like_that(text: str, is_notice: bool) -> None:
    assert opens_like_notice(text) is is_notice


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "hostile", [" " * 500_000, "-" * 500_000, "a" * 500_000, "a@" * 200_000, "deliver " * 50_000, "<a@b.c>\n" * 50_000]
)
def test_hostile_notices_are_read_in_time(hostile: str) -> None:
    read_notice(f"sorry\n{hostile}", (), NOBODY)


@given(st.text(max_size=300))
def test_any_text_is_read_without_complaint(text: str) -> None:
    notice = read_notice(text, ("a@example.org",), NOBODY)
    assert notice.introduction == text
    assert [failure.address for failure in notice.failures] == ["a@example.org"]
