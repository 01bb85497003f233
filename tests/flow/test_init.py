"""`mailcrm init` and `accounts add` as a newcomer meets them: on a terminal, unattended, and with everything going wrong."""

import io
import json
import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.cli.main import run
from mailcrm.config import load_config
from tests.flow.instance import environment
from tests.flow.terminal import Terminal
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.server import free_ports
from tests.servers.smtp_sink import SmtpSink

SECRET = {"TEST_SECRET": PASSWORD}
Done = subprocess.CompletedProcess[str]


class Place:
    """Where a newcomer works: an empty directory that is also home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "mailcrm.toml"
        self.state = folder / "state"
        self.env = {**environment(), **SECRET, "HOME": str(folder), "LANG": "C.UTF-8", "LC_ALL": ""}
        for name in ("MAILCRM_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            self.env.pop(name, None)

    def process(self, *args: str, **env: str) -> Done:
        """`mailcrm ARGS` without a terminal, as a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "mailcrm", "--config", str(self.config), *args], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False, cwd=self.folder, env={**self.env, **env},
        )  # fmt: skip

    def run(self, *args: str, stdin: str = "", config: bool = True) -> Done:
        """The same in this process, which is many times faster."""
        where = ["--config", str(self.config)] if config else []
        shown, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(shown), redirect_stderr(errors):
            patch.setattr(sys, "argv", ["mailcrm", *where, *args])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            patch.setattr(os, "environ", self.env)
            patch.chdir(self.folder)
            with pytest.raises(SystemExit) as ended:
                run()
        return Done(args, int(ended.value.code or 0), shown.getvalue(), errors.getvalue())

    def init(self, *args: str) -> Done:
        """`init` with the state of this place."""
        return self.run("init", "--state", str(self.state), *args)

    def is_untouched(self) -> bool:
        """Whether there is nothing: no configuration, no state, not even a draft."""
        return not list(self.folder.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "home").mkdir()
    return Place(tmp_path / "home")


def imap_of(dovecot: Dovecot, *, starttls: bool = False) -> list[str]:
    server = f"localhost:{dovecot.port}:starttls" if starttls else f"localhost:{dovecot.tls_port}:tls"
    return ["--imap", server, "--ca-file", str(dovecot.ca_file)]


def unattended(user: str) -> list[str]:
    return ["--address", user, "--secret-env", "TEST_SECRET", "--no-smtp", "--yes"]


def a_mail(number: int, sender: str, to: str) -> bytes:
    date = f"{datetime.now(UTC) - timedelta(hours=number):%a, %d %b %Y %H:%M:%S +0000}"
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Talk {number}\r\nDate: {date}\r\n"
        f"Message-ID: <{number}.{sender}@t.example>\r\n\r\nHello\r\n"
    ).encode()


def said(done: Done) -> str:
    """All output on one line, since the terminal's width breaks sentences anywhere."""
    return " ".join((done.stdout + done.stderr).split())


# --- the way through ---------------------------------------------------------------------------------------------


def test_unattended_init_leads_to_a_checked_and_filled_archive(
    place: Place, dovecot: Dovecot, smtp_sink: Callable[..., SmtpSink]
) -> None:
    user, sink = "whole@own.example", smtp_sink("-a")
    for number in range(3):
        dovecot.deliver(user, a_mail(number, "pat@buyer.example", user))
    dovecot.deliver(user, a_mail(9, user, "pat@buyer.example"), "Sent", flags="S")
    with dovecot.reader(user) as reader:
        before = {folder: reader.flags(folder) for folder in ("INBOX", "Sent")}

    done = place.process(
        *("init", "--state", str(place.state)),
        *("--address", user, "--secret-env", "TEST_SECRET", *imap_of(dovecot), "--smtp", f"127.0.0.1:{sink.port}:none"),
        *("--shared", "--since", "all", "--company", "Own Ltd", "--language", "zh-CN", "--yes"),
    )
    assert done.returncode == 0, done.stderr
    assert "4 mails" in said(done)
    assert "SENDING IS OFF" in said(done)

    config = load_config(place.config)
    (account,) = config.accounts
    assert (config.language, config.company.name, config.company.domains) == ("zh-CN", "Own Ltd", ("own.example",))
    assert (account.name, account.initial.capture, account.since) == ("whole", "all", None)
    assert account.secret.read("x") == PASSWORD

    checked = place.process("check", "--json")
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout)["errors"] == 0
    assert place.process("sync", "--once").returncode == 0
    (customer,) = json.loads(place.process("people", "list", "--json").stdout)
    assert customer["email"] == "pat@buyer.example"
    with dovecot.reader(user) as reader:
        assert {folder: reader.flags(folder) for folder in ("INBOX", "Sent")} == before
    assert sink.count() == 0


def test_questions_on_a_terminal_are_answered_with_another_try_for_the_secret(place: Place, dovecot: Dovecot) -> None:
    user = "asked@own.example"
    dovecot.deliver(user, a_mail(1, "pat@buyer.example", user))
    args = ("--config", str(place.config), "init", "--state", str(place.state), *imap_of(dovecot))
    with Terminal(*args, env=place.env) as terminal:
        terminal.answer("Address", "no address")
        terminal.wait_for("is not an e-mail address")
        terminal.answer("Address", user)
        terminal.answer("Server for sending", "")
        terminal.answer("Password", "wrong-code", hidden=True)
        terminal.wait_for("refused the login")
        terminal.answer("Once more", PASSWORD, hidden=True)
        terminal.wait_for("signed in")
        terminal.wait_for("1 mails")
        terminal.answer("Read mail since", "last year")
        terminal.wait_for("is not a date")
        terminal.answer("Read mail since", "12 months")
        terminal.answer("Attachments (", "")
        terminal.answer("One person's mailbox, or shared", "")
        terminal.answer("Keep (", "everything")
        terminal.answer("Keep (", "")
        terminal.answer("Seen by (", "")
        terminal.answer("Customer when (", "")
        terminal.answer("We are", "gmail.com")
        terminal.wait_for("anybody can have an address there")
        terminal.answer("We are", "")
        terminal.answer("The company's name", "Own Ltd")
        terminal.answer("Language", "")
        terminal.wait_for("SENDING IS OFF")
        assert terminal.end() == 0
        assert "wrong-code" not in terminal.text
    config = load_config(place.config)
    (account,) = config.accounts
    assert config.company.domains == ("own.example",)
    assert (account.initial.capture, account.initial.visibility) == ("metadata", "private")
    assert account.attachments == "when opened"
    assert account.smtp is None
    assert account.since is not None


def test_starttls_works_too_and_the_secret_may_come_by_standard_input(place: Place, dovecot: Dovecot) -> None:
    args = ["--address", "start@own.example", "--secret-stdin", "--no-smtp", "--yes", *imap_of(dovecot, starttls=True)]
    done = place.run("init", "--state", str(place.state), *args, stdin=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    assert load_config(place.config).accounts[0].imap.security == "starttls"


def test_all_that_is_written_is_for_its_owner_only(place: Place) -> None:
    secret = place.folder.parent / "code"
    secret.write_text(f"{PASSWORD}\n")
    args = ["--address", "me@own.example", "--secret-file", str(secret), "--imap", "imap.own.example", "--no-smtp"]
    assert place.init(*args, "--no-login", "--yes").returncode == 0
    for path in (place.config, place.state / "secrets" / "me", *(place.state / "keys").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (place.state, place.state / "secrets", place.state / "keys"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert (place.state / "secrets" / "me").read_text() == f"{PASSWORD}\n"


# --- what is said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [("en", "Settings > Account"), ("zh-CN", "生成授权码")])
def test_way_to_the_authorization_code_is_shown(place: Place, language: str, words: str) -> None:
    done = place.init(
        "--address", "boss@qq.com", "--secret-env", "TEST_SECRET", "--no-login", "--language", language, "--yes"
    )
    assert done.returncode == 0, done.stderr
    assert "provider table: QQ Mail -> imap.qq.com:993:tls and smtp.qq.com:465:tls" in said(done)
    assert words in said(done)
    config = load_config(place.config)
    assert config.company.domains == ()
    assert "could not read their bounces" in said(done)


def test_day_on_which_a_code_expires_is_kept(place: Place) -> None:
    done = place.init("--address", "boss@163.com", "--secret-env", "TEST_SECRET", "--no-login", "--yes")
    assert "expires after about 180 days" in said(done)
    day = load_config(place.config).accounts[0].secret_expires
    assert day == (datetime.now(UTC).date() + timedelta(days=180)).isoformat()


def test_provider_without_passwords_is_told_plainly(place: Place) -> None:
    done = place.init("--address", "me@outlook.com", "--secret-env", "TEST_SECRET", "--yes")
    assert done.returncode == 2
    assert "no longer takes passwords" in said(done)
    assert "OAuth" in said(done)
    assert place.is_untouched()


@pytest.mark.parametrize("secret", [(), ("--secret-env", "TEST_SECRET")])
def test_provider_without_passwords_is_set_up_to_be_signed_in_to(place: Place, secret: tuple[str, ...]) -> None:
    done = place.init("--address", "me@outlook.com", "--oauth-client-id", "my-client", *secret, "--yes")
    assert done.returncode == 0, done.stderr
    assert "Now: mailcrm accounts sign-in me" in said(done)
    (account,) = load_config(place.config).accounts
    assert account.secret is None
    assert account.oauth is not None
    client = account.oauth.client("key")
    assert (client.id, client.secret) == ("my-client", PASSWORD if secret else "")
    assert client.endpoints.token_url == "https://login.microsoftonline.com/common/oauth2/v2.0/token"
    assert (place.state / "secrets" / "me").exists() == bool(secret)


def test_the_next_steps_name_a_configuration_that_is_not_found_by_itself(place: Place) -> None:
    other = place.folder / "other.toml"
    args = ("--address", "me@outlook.com", "--oauth-client-id", "my-client", "--yes", "--state", str(place.state))
    done = place.run("--config", str(other), "init", *args, config=False)
    for words in ("accounts sign-in me", "check"):
        assert f"mailcrm --config {other} {words}" in said(done)


def test_own_server_of_an_address_at_such_a_provider_is_accepted(place: Place, dovecot: Dovecot) -> None:
    assert place.init(*unattended("me@outlook.com"), *imap_of(dovecot)).returncode == 0


# --- what goes wrong ---------------------------------------------------------------------------------------------


def test_wrong_password_is_one_plain_line_and_writes_nothing(place: Place, dovecot: Dovecot) -> None:
    args = ("init", "--state", str(place.state), *unattended("wrong@own.example"), *imap_of(dovecot))
    done = place.process(*args, TEST_SECRET="hunter2")
    assert done.returncode == 2
    assert "refused the login of wrong@own.example" in said(done)
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert place.is_untouched()


def test_closed_port_and_bad_certificate_write_nothing(place: Place, dovecot: Dovecot) -> None:
    (port,) = free_ports(1)
    args = ("init", "--state", str(place.state), *unattended("me@own.example"))
    closed = place.process(*args, "--imap", f"localhost:{port}:tls")
    unknown = place.process(*args, "--imap", f"localhost:{dovecot.tls_port}:tls")
    assert (closed.returncode, unknown.returncode) == (2, 2)
    assert "connection refused" in said(closed)
    assert "certificate" in said(unknown)
    assert "ca_file" in said(unknown)
    assert place.is_untouched()


def test_server_for_sending_that_refuses_writes_nothing(place: Place, dovecot: Dovecot) -> None:
    (port,) = free_ports(1)
    args = ["--address", "me@own.example", "--secret-env", "TEST_SECRET", "--smtp", f"127.0.0.1:{port}:none", "--yes"]
    done = place.init(*args, *imap_of(dovecot))
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in said(done)
    assert place.is_untouched()


def test_existing_configuration_is_never_touched(place: Place) -> None:
    place.config.write_text("# mine\n")
    done = place.process("init", *unattended("me@own.example"), "--imap", "imap.own.example", "--no-login")
    assert done.returncode == 2
    assert "accounts add" in said(done)
    assert place.config.read_text() == "# mine\n"
    assert [path.name for path in place.folder.iterdir()] == ["mailcrm.toml"]


def test_configuration_that_is_found_without_being_named_counts_too(place: Place) -> None:
    place.config.write_text("# mine\n")
    done = place.run("init", *unattended("me@own.example"), "--imap", "imap.own.example", "--no-login", config=False)
    assert done.returncode == 2
    assert "exists already" in said(done)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "--address"),
        (("--address", "nobody"), "is not an e-mail address"),
        (("--address", "me@own.example", "--imap", "h", "--no-smtp"), "--secret-env"),
        (("--address", "me@own.example", "--imap", "h", "--no-smtp", "--secret-env", "NOT_SET"), "NOT_SET is not set"),
        (("--address", "me@own.example", "--imap", "h", "--secret-env", "TEST_SECRET"), "--no-smtp"),
        (("--address", "me@own.example", "--imap", "h:1:ssl"), "is not one of tls, starttls, none"),
        (("--address", "me@own.example", "--imap", "h:1:none", *("--no-smtp", "--yes")), "--secret-env"),
        (("--language", "fr"), "none of: en, zh-CN"),
        (("--address", "me@qq.com", "--secret-env", "TEST_SECRET", "--no-login", "--domain", "qq.com", "--yes"), "anybody"),
        (("--address", "me@qq.com", "--secret-env", "TEST_SECRET", "--no-login"), "--since, or --yes for the default"),
    ],
)  # fmt: skip
def test_missing_or_wrong_answer_names_its_flag(place: Place, args: tuple[str, ...], words: str) -> None:
    done = place.init(*args)
    assert done.returncode == 2
    assert words in said(done)
    assert place.is_untouched()


def test_plain_text_over_a_network_is_refused_before_anything_is_written(place: Place) -> None:
    done = place.init(*unattended("me@own.example"), "--imap", "imap.own.example:143:none", "--no-login")
    assert done.returncode == 2
    assert "accounts.0.imap: security 'none'" in said(done)
    assert place.is_untouched()


@pytest.mark.parametrize("question", ["Address", "Password", "Read mail since"])
def test_ctrl_c_leaves_nothing_behind(place: Place, dovecot: Dovecot, question: str) -> None:
    args = ("--config", str(place.config), "init", "--state", str(place.state), *imap_of(dovecot), "--no-smtp")
    with Terminal(*args, env=place.env) as terminal:
        for asked, answer, hidden in (("Address", "stop@own.example", False), ("Password", PASSWORD, True)):
            if asked == question:
                break
            terminal.answer(asked, answer, hidden=hidden)
        terminal.wait_for(question)
        terminal.interrupt()
        assert terminal.end() == 130
        assert "not changed" in terminal.text
    assert place.is_untouched()


def test_archive_without_its_keys_gets_no_new_ones(place: Place) -> None:
    place.state.mkdir()
    (place.state / "mailcrm.db").write_bytes(b"old")
    done = place.init(*unattended("me@own.example"), "--imap", "imap.own.example", "--no-login")
    assert done.returncode == 2
    assert "restore" in said(done)
    assert sorted(path.name for path in place.state.iterdir()) == ["mailcrm.db"]
    assert not place.config.exists()


def test_archive_that_lost_its_configuration_is_taken_up_again(place: Place) -> None:
    args = (*unattended("me@own.example"), "--imap", "imap.own.example", "--no-login")
    assert place.init(*args).returncode == 0
    keys = {path.name: path.read_text() for path in (place.state / "keys").iterdir()}
    place.config.unlink()
    other = place.init(*unattended("me@other.example"), "--imap", "imap.own.example", "--no-login")
    assert other.returncode == 2
    assert "the archive knows 'me' as me@own.example" in said(other)
    assert (place.state / "secrets" / "me").read_text() == f"{PASSWORD}\n"
    assert place.init(*args).returncode == 0
    assert {path.name: path.read_text() for path in (place.state / "keys").iterdir()} == keys


def test_place_that_cannot_be_written_is_told_before_any_question(place: Place) -> None:
    (place.folder / "file").touch()
    done = place.run("init", "--state", str(place.folder / "file" / "state"))
    assert done.returncode == 2
    assert "cannot be written" in said(done)


# --- accounts add ------------------------------------------------------------------------------------------------


@pytest.fixture
def house(place: Place) -> Place:
    """An installation with the account `me`, and a comment of its administrator."""
    done = place.init(*unattended("me@own.example"), "--imap", "imap.own.example", "--no-login")
    assert done.returncode == 0, done.stderr
    place.config.write_text(place.config.read_text() + '\n# quiet, please\n[log]\n# really\nlevel = "error"\n')
    return place


def test_further_mailbox_is_added_and_every_comment_stays(house: Place, dovecot: Dovecot) -> None:
    before = house.config.read_text()
    house.config.chmod(0o640)
    args = ("--address", "me@second.example", "--secret-env", "TEST_SECRET", "--no-smtp", "--yes", "--shared")
    done = house.run("accounts", "add", *args, *imap_of(dovecot))
    assert done.returncode == 0, done.stderr
    assert house.config.read_text().startswith(before.rstrip())
    assert stat.S_IMODE(house.config.stat().st_mode) == 0o640
    config = load_config(house.config)
    assert [account.name for account in config.accounts] == ["me", "me-second.example"]
    assert config.log.level == "error"
    rows = json.loads(house.run("accounts", "list", "--json").stdout)
    assert [(row["name"], row["policy"]["capture"]) for row in rows] == [
        ("me", "metadata"),
        ("me-second.example", "all"),
    ]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--address", "ME@own.example"), "is configured already"),
        (("--address", "new@own.example", "--name", "me"), "there is an account 'me' already"),
    ],
)
def test_mailbox_or_name_that_is_there_is_refused_before_a_question(
    house: Place, args: tuple[str, ...], words: str
) -> None:
    before = house.config.read_text()
    done = house.run(
        "accounts", "add", *args, "--secret-env", "TEST_SECRET", "--imap", "h", "--no-smtp", "--no-login", "--yes"
    )
    assert done.returncode == 2
    assert words in said(done)
    assert house.config.read_text() == before


def test_refused_login_adds_nothing(house: Place, dovecot: Dovecot) -> None:
    before = house.config.read_text()
    house.env["TEST_SECRET"] = "wrong"
    done = house.run("accounts", "add", *unattended("new@own.example"), *imap_of(dovecot))
    assert done.returncode == 2
    assert house.config.read_text() == before
    assert sorted(path.name for path in (house.state / "secrets").iterdir()) == ["me"]


def test_accounts_written_in_one_line_are_left_to_their_writer(house: Place) -> None:
    data = tomllib.loads(house.config.read_text())
    one = (
        'accounts = [{name = "me", address = "me@own.example", secret = {env = "X"}, imap = {host = "h", port = 993}}]'
    )
    house.config.write_text(f'state = "{data["state"]}"\n{one}\n')
    done = house.run("accounts", "add", *unattended("new@own.example"), "--imap", "h", "--no-login")
    assert done.returncode == 2
    assert "by hand" in said(done)
    assert sorted(path.name for path in (house.state / "secrets").iterdir()) == ["me"]
