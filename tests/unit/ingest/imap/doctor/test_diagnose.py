"""What the facts of an account mean, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailcrm.ingest.imap.doctor.diagnose import diagnose, span
from mailcrm.ingest.imap.doctor.facts import FolderSeen, Severity, Step
from mailcrm.model.folder import FolderRole, FolderStatus
from tests.unit.ingest.imap.doctor.builders import NOW, facts, provider, stopped, the_one, to_do

_REFUSED = "imap.shop.example:993 refused the login of sales@shop.example: "


def test_account_without_a_flaw_has_nothing_to_do() -> None:
    found = diagnose(facts())
    assert {each.severity for each in found} == {Severity.OK}
    assert [each.topic for each in found] == ["name", "connect", "tls", "login", "folders", "inbox", "clock"]
    assert all(each.means == each.next == "" for each in found)
    assert "INBOX, Sent Items = sent (by its name)" in found[4].seen


# --- known without asking anybody ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "severity", "words"),
    [
        (-1, Severity.ERROR, "the code expired on 2026-03-03"),
        (0, Severity.WARNING, "the code expires today"),
        (1, Severity.WARNING, "the code expires tomorrow"),
        (14, Severity.WARNING, "the code expires in 14 days, on 2026-03-18"),
        (15, Severity.OK, "the code is good until 2026-03-19"),
    ],
)
def test_codes_that_expire_are_named_two_weeks_before(days: int, severity: Severity, words: str) -> None:
    seen = facts(expires=NOW.date() + timedelta(days), provider=provider("163"))
    found = diagnose(seen)[0]
    assert (found.severity, found.topic, found.seen) == (severity, "secret", words)
    assert ("new authorization code" in found.next) is (severity is not Severity.OK)


def test_parked_account_says_how_it_goes_on() -> None:
    found = the_one(facts(parked="refused the login"))
    assert "refused the login" in found.seen
    assert "mailcrm accounts resume sales" in found.next


def test_missing_secret_is_said_and_nothing_is_claimed_of_the_server() -> None:
    seen = stopped(Step.SECRET, "accounts.sales.secret: cannot read the secret from file /x")
    assert [each.topic for each in diagnose(seen)] == ["secret"]
    assert "mailcrm check" in the_one(seen).next


# --- logins that are refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "key", "means", "step"),
    [
        ("[ALERT] Your account is not enabled for IMAP use.", "gmail", "IMAP is switched off", "switch IMAP on"),
        ("[ALERT] You are yet to enable IMAP for your account.", "zoho", "IMAP is switched off", "switch IMAP on"),
        (
            "[AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=1",
            "yandex",
            "does not say",
            "App pass",
        ),
        ("[ALERT] Application-specific password required: https://x.example", "gmail", "takes a code", "App passwords"),
        ("Please using authorized code to login.", "qq", "takes a code", "generate authorization code"),
        ("请使用授权码登录", "exmail", "takes a code", "client password"),
        ("[ALERT] Please log in via your web browser: https://x.example", "gmail", "see a human", "with a browser"),
        ("Unsafe Login. Please contact kefu@188.com for help", "163", "does not trust", "with a browser"),
        ("[EXPIRED] Password expired", "", "has expired", "change the secret"),
        ("[AUTHORIZATIONFAILED] no", "", "may not open this mailbox", "administrator"),
        ("[CONTACTADMIN] no", "", "administrator", "administrator"),
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", "gmail", "app password", "App passwords"),
        ("LOGIN Login error or password error", "163", "授权码", "switch IMAP on"),
        (
            "Login fail. Account is abnormal, service is not open",
            "qq",
            "one answer for a wrong code",
            "authorization code",
        ),
        ("LOGIN failed.", "outlook", "no longer takes passwords", "accounts sign-in"),
        ("[AUTHENTICATIONFAILED] Authentication failed.", "", "login or the password is wrong", "change the secret"),
    ],
)
def test_refused_logins_are_explained(said: str, key: str, means: str, step: str) -> None:
    seen = stopped(Step.LOGIN, _REFUSED + said, "LoginRefused", provider=provider(key) if key else None)
    found = the_one(seen)
    assert (found.severity, found.topic) == (Severity.ERROR, "login")
    assert means in found.means
    assert step in found.next
    assert seen.reached


def test_a_refused_token_leads_to_signing_in_again() -> None:
    found = the_one(stopped(Step.LOGIN, _REFUSED + "[AUTHENTICATIONFAILED] no", "FreshTokenRefused", oauth=True))
    assert "the sign-in does not hold" in found.means
    assert found.next == "run: mailcrm accounts sign-in sales"


def test_login_without_tls_names_the_setting() -> None:
    found = the_one(stopped(Step.LOGIN, "x takes no password on this connection; is ...", "LoginRefused"))
    assert "accounts.imap.security" in found.next


def test_throttled_login_is_no_refusal() -> None:
    found = the_one(stopped(Step.LOGIN, "x does not take the login now: [UNAVAILABLE] busy", "Throttled"))
    assert found.severity is Severity.WARNING
    assert "may well be right" in found.means
    assert "wait" in found.next


def test_line_that_breaks_during_the_login_is_no_refusal() -> None:
    assert "did not go on" in the_one(stopped(Step.LOGIN, "the connection to x broke off")).means


# --- signed in, and yet no mail ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [Step.FOLDERS, Step.INBOX])
def test_authenticated_but_not_connected_is_explained(step: Step) -> None:
    found = the_one(stopped(step, "x took the login ...: User is authenticated but not connected."))
    assert "no mailbox behind it" in found.means
    assert "sales@shop.example the mailbox's own address" in found.next


def test_folder_that_is_refused_is_told_from_a_broken_line() -> None:
    found = the_one(stopped(Step.INBOX, "x refused to open 'INBOX': NO permission denied", "CommandRefused"))
    assert "refuses this one thing" in found.means


def test_unsafe_login_is_explained() -> None:
    found = the_one(stopped(Step.INBOX, "x does not let us open folders: EXAMINE Unsafe Login.", "PermanentError"))
    assert found.topic == "inbox"
    assert "web mail" in found.next


_GMAIL = frozenset({"IMAP4REV1", "X-GM-EXT-1"})
_INBOX = FolderSeen("INBOX", FolderRole.INBOX, False)


def test_all_mail_that_is_hidden_is_noticed_at_gmail_alone() -> None:
    hidden = facts(after=_GMAIL)
    assert "All Mail: tick 'Show in IMAP'" in the_one(hidden).next
    shown = (*hidden.folders, FolderSeen("[Gmail]/All Mail", FolderRole.ALL, True))
    assert to_do(facts(after=_GMAIL, folders=shown)) == []
    assert to_do(facts()) == []


def test_sent_folder_that_is_not_shown_is_missed() -> None:
    assert "nobody had answered" in the_one(facts(folders=(_INBOX,))).means
    everything = FolderSeen("All Mail", FolderRole.ALL, True)
    assert to_do(facts(folders=(_INBOX, everything))) == []
    all_hidden = to_do(facts(after=_GMAIL, folders=(_INBOX,)))
    assert ["All Mail" in each.next for each in all_hidden] == [True, False]
    assert "Sent Mail: tick" in all_hidden[1].next


def test_mailbox_without_inbox_is_an_error() -> None:
    folders = (FolderSeen("Sent", FolderRole.SENT, True),)
    assert the_one(facts(folders=folders, inbox=None, newest=None)).seen == "the server shows no INBOX"


def test_what_the_server_does_not_say_is_noted_and_needs_nothing() -> None:
    seen = facts(inbox=FolderStatus(1, None, 7, None))
    assert to_do(seen) == []
    notes = [each.seen for each in diagnose(seen) if each.severity is Severity.NOTE]
    assert [("UIDNEXT" in each, "mod-sequence" in each) for each in notes] == [(True, False), (False, True)]


# --- the clock ---------------------------------------------------------------------------------------------------


def test_mail_from_the_future_says_that_the_clock_is_slow() -> None:
    found = the_one(facts(newest=NOW + timedelta(hours=2)))
    assert (found.severity, found.topic) == (Severity.WARNING, "clock")
    assert "2 hours in the future" in found.seen
    assert "or the server's is fast" in found.means


def test_few_minutes_are_no_reason_for_alarm() -> None:
    assert to_do(facts(newest=NOW + timedelta(minutes=4))) == []


def test_without_mail_nothing_is_said_of_the_clock() -> None:
    assert "clock" not in [each.topic for each in diagnose(facts(newest=None))]


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(days=2, hours=5), "2 days"),
        (timedelta(hours=1, minutes=50), "1 hour"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(seconds=-5), "0 minutes"),
    ],
)
def test_spans_are_told_in_their_largest_unit(time: timedelta, words: str) -> None:
    assert span(time) == words
