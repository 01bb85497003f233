"""Why a mail was refused, by its words first and its code second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.reasons import find_status, is_hard, reason_of

CLASSES = {"invalid", "full", "size", "disabled", "policy", "temporary", "other"}


@pytest.mark.parametrize(
    ("diagnostic", "reason"),
    [
        # nobody there
        ("550 5.1.1 <a@example.org>: Recipient address rejected: User unknown", "invalid"),
        ("550 5.1.1 The email account that you tried to reach does not exist.", "invalid"),
        ("550 No such user here", "invalid"),
        ("Sorry, no mailbox here by that name. (#5.1.1)", "invalid"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "invalid"),
        ("550 5.4.1 Recipient address rejected: Access denied", "invalid"),
        ("550 5.1.1 Address rejected", "invalid"),
        ("553 unrouteable address", "invalid"),
        ("554 delivery error: dd This user doesn't have a example.com account", "invalid"),
        (
            "Host or domain name not found. Name service error for name=nodomain.example type=A: Host not found",
            "invalid",
        ),
        ("550 该收件人不存在", "invalid"),
        ("收件人邮箱地址不存在，邮件无法送达。", "invalid"),
        ("550 用户不存在 User not found", "invalid"),
        ("域名解析失败：找不到域名", "invalid"),
        # no room
        ("552 5.2.2 Mailbox full", "full"),
        ("452 4.2.2 The email account that you tried to reach is over quota", "full"),
        ("550 user has exhausted allowed storage space", "full"),
        ("554 mailbox for a@example.org has exceeded its storage limit", "full"),
        ("552 Requested mail action aborted: exceeded mailbox quota", "full"),
        ("收件人的邮箱空间已满", "full"),
        ("对方邮箱容量不足", "full"),
        # too big
        ("552 5.3.4 Message size exceeds fixed maximum message size", "size"),
        ("523 the message is too large", "size"),
        ("552 message too big", "size"),
        ("邮件大小超过对方限制", "size"),
        # closed
        ("550 5.2.1 The email account that you tried to reach is disabled.", "disabled"),
        ("554 account has been suspended", "disabled"),
        ("550 5.2.1 mailbox is inactive", "disabled"),
        ("550 Mailbox is frozen", "disabled"),
        ("550 对方帐号已停用", "disabled"),
        # not us
        ("550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.example", "policy"),
        ("554 5.7.1 Message rejected as spam", "policy"),
        ("550 5.1.1 rejected: your mail looks like spam", "policy"),
        ("550-5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy", "policy"),
        ("550 SPF check failed", "policy"),
        ("550 5.1.8 Sender address rejected: Domain not found", "policy"),
        ("553 5.1.8 Domain of sender address does not exist", "policy"),
        ("554 Relay access denied", "policy"),
        ("550 host has no PTR record", "policy"),
        ("554 Denied", "policy"),
        ("550 邮件被反垃圾系统拒收", "policy"),
        ("550 发件人地址不存在", "policy"),
        ("Connected to 192.0.2.7 but my name was rejected. 501 Invalid domain name", "policy"),
        ("450 4.7.1 <mx.example.org>: Client host rejected: may not be mail exchanger", "policy"),
        ("450 4.2.0 Client host rejected: Greylisted, try later", "temporary"),
        ("554 You've reached your daily relay quota", "policy"),
        ("您没有在此群组发帖的权限 Google 网上论坛", "policy"),
        # for now
        ("450 4.2.0 Greylisted, try again in 5 minutes", "temporary"),
        ("421 4.7.0 too many connections from your IP", "policy"),  # 4.7.0 is a judgement on us
        ("connect to mail.example.org[192.0.2.1]:25: Connection timed out", "temporary"),
        ("delivery expired (message too old)", "temporary"),
        ("Name service error for name=example.org: Host not found, try again", "temporary"),
        ("452 4.3.1 Insufficient system storage", "temporary"),
        ("连接超时，请稍后再试", "temporary"),
        ("I couldn't connect: could not connect to host", "temporary"),
        ("delivery failed 12 attempts", "temporary"),
        ("451 4.7.1 Greylisting in action, please come back later", "temporary"),
        ("lost connection with mx.example.org while sending RCPT TO", "temporary"),
        ("550 Connection frequency limited", "temporary"),
        # as 163.com says it
        ("554 DT:SPM 163 smtp11", "policy"),
        ("550 RP:TRC 192.0.2.1", "policy"),
        # as Gmail says it to humans
        (
            "Your message wasn't delivered because the address couldn't be found. Check for typos and try again.",
            "invalid",
        ),
        # in other languages
        ("Empfänger unbekannt", "invalid"),
        ("Das Postfach des Empfängers ist voll", "full"),
        ("Dieses Konto wurde gesperrt", "disabled"),
        ("utilisateur inconnu", "invalid"),
        ("boîte aux lettres pleine", "full"),
        ("usuario desconocido", "invalid"),
        ("la casilla de correo está llena", "full"),
        ("caixa postal cheia", "full"),
        ("Пользователь не найден", "invalid"),
        ("почтовый ящик переполнен", "full"),
        ("宛先のユーザーが見つかりません", "invalid"),
        ("メールボックスが一杯です", "full"),
        ("수신자를 찾을 수 없습니다", "invalid"),
        # nothing to go by
        ("554 Transaction failed", "other"),
        ("", "other"),
    ],
)
def test_words_tell_the_reason(diagnostic: str, reason: str) -> None:
    assert reason_of(diagnostic) == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.1", "invalid"),
        ("5.1.2", "invalid"),
        ("5.2.1", "disabled"),
        ("5.2.2", "full"),
        ("5.2.3", "size"),
        ("5.7.1", "policy"),
        ("4.4.7", "temporary"),
        ("5.4.7", "temporary"),
        ("5.0.0", "other"),
        ("5.5.0", "other"),
    ],
)
def test_without_words_the_status_tells_it(status: str, reason: str) -> None:
    assert reason_of("550 sorry", status) == reason


def test_status_in_the_words_says_more_than_an_empty_one() -> None:
    assert reason_of("550 #5.1.1 sorry", "5.0.0") == "invalid"


def test_addresses_and_links_are_no_words() -> None:
    assert reason_of("554 <spam@full.example> sorry, see https://example.org/user-unknown?quota") == "other"


@pytest.mark.parametrize(
    ("transcript", "reason"),
    [
        ("host said: 550 User unknown (in reply to RCPT TO command)", "invalid"),
        ("host said: 550 User unknown (in reply to end of DATA command)", "disabled"),
        ("SMTP error from remote mail server after MAIL FROM:<x>", "policy"),
        ("SMTP error from remote mail server after initial connection", "policy"),
        ("", "invalid"),
    ],
)
def test_unknown_user_counts_only_where_users_are_asked_for(transcript: str, reason: str) -> None:
    assert reason_of("550 User unknown", "5.0.0", transcript) == reason


@pytest.mark.parametrize("status", ["5.2.0", "5.2.1", "5.3.0"])
def test_unknown_user_is_doubted_where_the_code_speaks_of_a_mailbox_or_a_system(status: str) -> None:
    assert reason_of("550 User unknown", status) == "disabled"
    assert reason_of("550 User unknown", status, "in reply to RCPT TO command") == "invalid"


def test_unknown_user_with_a_status_of_its_own_counts_everywhere() -> None:
    assert reason_of("550 User unknown", "5.1.1", "in reply to end of DATA command") == "invalid"


def test_before_rcpt_no_status_means_the_recipient() -> None:
    assert reason_of("553 5.1.0 does not exist", "5.1.0", "error after MAIL FROM:<us@example.com>") == "policy"


@pytest.mark.parametrize(
    ("transcript", "reason"),
    [
        ("", "disabled"),
        ("in reply to end of DATA", "disabled"),
        ("in reply to RCPT TO", "invalid"),
        ("[RCPT_TO]", "invalid"),
    ],
)
def test_status_of_a_mailbox_says_that_there_is_one_unless_rcpt_was_refused(transcript: str, reason: str) -> None:
    assert reason_of("550 5.2.1 ... User Unknown", "5.2.1", transcript) == reason


@pytest.mark.parametrize(
    ("diagnostic", "reason"), [("550 : User unknown", "disabled"), ("550 <a@example.ne.jp>: User unknown", "invalid")]
)
def test_unknown_user_without_a_name_is_what_a_filter_says(diagnostic: str, reason: str) -> None:
    assert reason_of(diagnostic, "5.0.0") == reason


def test_name_server_that_answers_for_now_is_temporary() -> None:
    words = "DNS type 'mx' lookup of example.org responded with code NXDOMAIN"
    assert reason_of(words, "4.0.0") == "temporary"
    assert reason_of(words, "5.1.2") == "invalid"


@pytest.mark.parametrize(
    ("reason", "status", "hard"),
    [
        ("invalid", "5.1.1", True),
        ("invalid", "", True),
        ("invalid", "4.0.0", False),
        ("disabled", "5.2.1", False),
        ("policy", "5.7.1", False),
        ("full", "5.2.2", False),
        ("other", "5.1.1", False),
    ],
)
def test_only_addresses_that_do_not_exist_are_given_up(reason: str, status: str, hard: bool) -> None:
    assert is_hard(reason, status) is hard


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 unknown", "5.1.1"),
        ("(#5.1.1)", "5.1.1"),
        ("5.1.1 (bad mailbox)", "5.1.1"),
        ("550 unknown", "5.0.0"),
        ("452-later", "4.0.0"),
        ("15.1.1 and 1.5.1.1x", ""),
        ("sent 550", ""),
        ("", ""),
    ],
)
def test_status_is_found_in_words(text: str, status: str) -> None:
    assert find_status(text) == status


@pytest.mark.timeout(20)
@pytest.mark.parametrize("hostile", ["user " * 50_000, "a" * 200_000, "a@" * 100_000, " " * 200_000, "5." * 100_000])
def test_hostile_diagnostics_are_read_in_time(hostile: str) -> None:
    assert reason_of(hostile, "", hostile) in CLASSES


@given(st.text(max_size=200), st.text(max_size=8))
def test_any_words_have_a_class(diagnostic: str, status: str) -> None:
    assert reason_of(diagnostic, status) in CLASSES
