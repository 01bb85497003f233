"""The questions about a mailbox where there is nobody to ask: what is found by DNS, and what is never taken for granted."""

from datetime import date
from pathlib import Path

import pytest

from mailcrm.cli.ask import Questions
from mailcrm.cli.interview import Around, Given, ask_account
from mailcrm.errors import ConnectionLost, UserError
from mailcrm.model.account import Capture, Visibility
from mailcrm.model.oauth import OAuthProvider
from mailcrm.model.provider import Security, Server
from mailcrm.service.answers import NewAccount, NewClient


class Records:
    """DNS as a table: MX by domain, SRV by name, hosts that exist."""

    def __init__(self, *, mx: str = "", srv: dict[str, tuple[str, int]] | None = None, silent: bool = False) -> None:
        self.mx, self.srv, self.silent = mx, srv or {}, silent

    def mail_hosts(self, domain: str) -> list[str]:
        if self.silent:
            raise ConnectionLost(domain)
        return [self.mx] if self.mx else []

    def service(self, name: str) -> tuple[str, int] | None:
        return self.srv.get(name.partition("._tcp")[0])

    def exists(self, host: str) -> bool:
        return host.startswith("mail.")


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SECRET", "hunter2")


def asked(records: Records, *, yes: bool = True, chinese: bool = False, **given: object) -> NewAccount:
    flags = Given("me@own.example", secret_env="TEST_SECRET", no_login=True, **given)  # type: ignore[arg-type]
    around = Around(date(2026, 5, 31), chinese, Path("/nowhere"), resolver=records)
    return ask_account(flags, around, Questions(yes=yes))


def test_provider_behind_the_mx_is_named_with_the_way_to_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    account = asked(Records(mx="mxbiz1.qq.com"))
    shown = " ".join(capsys.readouterr().out.split())
    assert account.imap.host == "imap.exmail.qq.com"
    assert "MX: Tencent Exmail -> imap.exmail.qq.com:993:tls" in shown
    assert "client password" in shown


def test_way_to_the_code_is_told_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    asked(Records(mx="mxbiz1.qq.com"), chinese=True)
    assert "生成客户端专用密码" in capsys.readouterr().out


def test_defaults_are_careful() -> None:
    account = asked(Records())
    assert (account.policy.capture, account.policy.visibility) == (Capture.METADATA, Visibility.PRIVATE)
    assert account.since == "2024-05-28"


def test_shared_mailbox_begins_open_to_the_team() -> None:
    account = asked(Records(), shared=True)
    assert (account.policy.capture, account.policy.visibility) == (Capture.ALL, Visibility.TEAM)


def test_host_that_only_dns_names_gets_no_password_without_consent() -> None:
    records = Records(srv={"_imaps": ("imap.thief.example", 993), "_submissions": ("smtp.own.example", 465)})
    with pytest.raises(UserError, match=r"imap\.thief\.example.*--imap"):
        asked(records)
    assert asked(records, imap="imap.other.example", smtp="").imap.host == "imap.other.example"


def test_host_below_the_own_domain_needs_no_consent() -> None:
    account = asked(Records(srv={"_imap": ("mail.own.example", 143)}))
    assert (account.imap, account.smtp) == (Server("mail.own.example", 143, Security.STARTTLS), None)


def test_microsoft_behind_the_mx_is_refused_plainly() -> None:
    with pytest.raises(UserError, match=r"no longer takes passwords.*OAuth"):
        asked(Records(mx="own-example.mail.protection.outlook.com"))


def test_microsoft_is_signed_in_to_in_the_browser_by_who_has_a_client() -> None:
    account = asked(Records(mx="own-example.mail.protection.outlook.com"), oauth_client_id="me")
    assert account.oauth == NewClient(OAuthProvider.MICROSOFT, "me")
    assert account.secret == "hunter2"


def test_a_provider_whose_pages_are_not_known_needs_them_in_the_file() -> None:
    with pytest.raises(UserError, match=r"--oauth-client-id: only .* Google and Microsoft .* accounts\.oauth"):
        asked(Records(mx="mxbiz1.qq.com"), oauth_client_id="me")


def test_guess_says_that_it_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    account = asked(Records(silent=True))
    assert account.imap == Server("imap.own.example", 993, Security.TLS)
    assert "Only a guess" in capsys.readouterr().out


def test_silence_is_no_answer() -> None:
    with pytest.raises(UserError, match=r"--imap, or --yes for the default \(mail\.own\.example:993:tls\)"):
        asked(Records(), yes=False)
