"""OAuth as a user meets it: sign in, read, let the token run out, read on, and have the access taken away."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mailcrm.service.daemon import free_port
from tests.conftest import require
from tests.flow.instance import Instance, environment, imap_account, until
from tests.servers.authorization import AuthorizationServer
from tests.servers.dovecot import Dovecot
from tests.servers.token_dovecot import TokenDovecot

USER = "ann@own.example"


@pytest.fixture
def server() -> Iterator[AuthorizationServer]:
    with AuthorizationServer(USER) as found:
        yield found


@pytest.fixture
def imap(server: AuthorizationServer) -> Iterator[Dovecot]:
    require(Dovecot)
    with TokenDovecot(server) as found:
        yield found


@pytest.fixture
def crm(tmp_path: Path, server: AuthorizationServer, imap: Dovecot) -> Instance:
    account = imap_account(tmp_path, imap, "ann", name="shop", oauth=server.section())
    del account["secret"]
    return Instance(tmp_path, [{**account, "login": USER}])


def a_mail(number: int) -> bytes:
    head = (
        f"From: Kim <kim@client.example>\r\nTo: {USER}\r\nSubject: Lamps\r\nMessage-ID: <{number}@client.example>\r\n"
    )
    return f"{head}Date: Mon, 05 Jan 2026 09:00:0{number} +0000\r\n\r\nHello\r\n".encode()


class SignIn:
    """`mailcrm accounts sign-in shop` in the background."""

    def __init__(self, crm: Instance, *flags: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mailcrm", "--config", str(crm.path), "accounts", "sign-in", "shop", *flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(),
        )  # fmt: skip
        self.said = ""

    def line(self, pattern: str) -> str:
        """What it says, as soon as it says that."""
        assert self._process.stdout is not None
        while not (found := re.search(pattern, self.said)):
            line = self._process.stdout.readline()
            assert line, f"it ended:\n{self.said}"
            self.said += line
        return found[0]

    def end(self, text: str = "") -> tuple[int, str]:
        """Its exit code, and all that it said, after `text` was typed."""
        rest, _ = self._process.communicate(text, timeout=60)
        self.said += rest
        return self._process.returncode, self.said


def visit(url: str) -> http.client.HTTPResponse:
    """As a browser does, but for following redirections."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def browsed(process: SignIn) -> str:
    """Where the provider's page sends the browser."""
    return visit(process.line(r"http://127\.0\.0\.1:\d+/authorize\S+")).headers["Location"]


def sign_in(crm: Instance) -> str:
    process = SignIn(crm)
    page = visit(browsed(process))
    assert page.status == 200
    code, said = process.end()
    assert code == 0, said
    return said


def state_of(crm: Instance) -> tuple[str, str]:
    (account,) = crm.json("accounts", "list")
    return account["state"], account["last_error"]


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = filter(None, done.stderr.splitlines())
    return line


def loaded(crm: Instance) -> set[str]:
    """The packages that `sync --once` loads."""
    command = [sys.executable, "-X", "importtime", "-m", "mailcrm", "--config", str(crm.path), "sync", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "import time:" in line
    }


def test_from_the_sign_in_to_the_day_the_access_is_taken_away(
    crm: Instance, imap: Dovecot, server: AuthorizationServer
) -> None:
    outputs = []

    def sync(*more: str, ok: int = 0) -> Any:
        done = crm.cli("sync", "--once", *more, ok=ok)
        outputs.append(done.stdout + done.stderr)
        return done

    imap.fill(USER, [a_mail(1), a_mail(2)])
    assert "nobody has signed in to shop yet; run: mailcrm accounts sign-in shop" in only_line(sync(ok=2))
    assert state_of(crm)[0] == "parked"

    said = sign_in(crm)
    assert f"shop: signed in as {USER}; a running daemon reads it at once" in said
    assert state_of(crm)[0] == "active"
    assert json.loads(sync("--json").stdout)[0]["headers"] == 2

    server.expire()
    imap.fill(USER, [a_mail(3)])
    assert json.loads(sync("--json").stdout)[0]["headers"] == 1
    assert server.asked == ["authorization_code", "refresh_token"]
    assert "authlib" not in loaded(crm)

    server.revoke()
    line = only_line(sync(ok=2))
    assert line.startswith("shop: the sign-in is not valid any more (invalid_grant AADSTS70008: it has expired.")
    assert line.endswith("sign in again: mailcrm accounts sign-in shop")
    parked, reason = state_of(crm)
    assert parked == "parked"
    assert "sign in again" in reason

    outputs.append(sign_in(crm))
    assert state_of(crm)[0] == "active"
    assert json.loads(sync("--json").stdout)[0]["headers"] == 0
    outputs += [crm.cli(*words.split(), "--json").stdout for words in ("accounts list", "status", "check")]
    files = b"".join(path.read_bytes() for path in crm.folder.rglob("*") if path.is_file())
    kept = {each for each in server.said if not each.startswith("code-")}
    assert len(kept) >= 6
    assert [each for each in server.said if any(each in output for output in outputs)] == []
    assert [each for each in kept if each.encode() in files] == []


def test_somebody_guesses_at_the_port_and_the_real_browser_comes_later(
    crm: Instance, server: AuthorizationServer
) -> None:
    process = SignIn(crm)
    back = browsed(process)
    port = urlsplit(back).port
    for path in ("favicon.ico", "?code=evil&state=guess", "?code=evil", "?error=access_denied"):
        assert visit(f"http://127.0.0.1:{port}/{path}").status == 404
    page = visit(back)
    assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
    assert process.end()[0] == 0
    assert server.asked == ["authorization_code"]


def test_a_browser_on_another_machine(crm: Instance) -> None:
    process = SignIn(crm, "--paste")
    code, said = process.end(f"{browsed(process)}\n")
    assert code == 0, said
    assert f"signed in as {USER}" in said


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("state=", "state=x"), "this is not the address that this sign-in ends at"),
        (("code=", "kode="), "there is no code in this address"),
        (("code=", "code=x"), "the code was not accepted (invalid_grant AADSTS70008"),
    ],
)
def test_an_address_that_is_not_the_right_one(crm: Instance, changed: tuple[str, str], words: str) -> None:
    process = SignIn(crm, "--paste")
    code, said = process.end(f"{browsed(process).replace(*changed)}\n")
    assert code == 2
    assert words in said


def test_a_sign_in_on_another_device(crm: Instance, server: AuthorizationServer) -> None:
    server.device_approved = False
    process = SignIn(crm, "--device")
    assert process.line("type ABCD-EFGH")
    until(lambda: len(server.asked) >= 2)
    server.approve_devices()
    code, said = process.end()
    assert code == 0, said
    assert f"signed in as {USER}" in said


def test_consent_that_is_refused(crm: Instance, server: AuthorizationServer) -> None:
    server.refusal = "access_denied"
    process = SignIn(crm)
    visit(browsed(process))
    code, said = process.end()
    assert code == 2
    assert "the sign-in was refused in the browser; if that was a mistake, begin again" in said
    assert server.asked == []


def test_another_account_that_is_signed_in_in_the_browser(crm: Instance, server: AuthorizationServer) -> None:
    server.user = "bob@own.example"
    process = SignIn(crm)
    visit(browsed(process))
    code, said = process.end()
    assert code == 2
    assert f"You signed in as bob@own.example, and the mailbox is that of {USER}. Nothing was changed" in said
    assert "nobody has signed in" in crm.cli("sync", "--once", ok=2).stderr


def test_a_mailbox_that_is_away_does_not_waste_the_sign_in(crm: Instance, imap: Dovecot) -> None:
    place = crm.document["accounts"][0]["imap"]
    port, place["port"] = place["port"], free_port("127.0.0.1")
    crm.write()
    said = sign_in(crm)
    assert "could not be seen: cannot reach 127.0.0.1" in said
    place["port"] = port
    crm.write()
    crm.cli("sync", "--once")


def test_an_account_with_a_password_says_so(tmp_path: Path, imap: Dovecot) -> None:
    crm = Instance(tmp_path, [imap_account(tmp_path, imap, "ann", name="shop")])
    line = only_line(crm.cli("accounts", "sign-in", "shop", ok=2))
    assert "shop signs in with a password" in line
    assert "accounts.oauth" in line
    assert "choose one" in crm.cli("accounts", "sign-in", "shop", "--paste", "--device", ok=2).stderr


def test_check_says_who_has_to_sign_in(crm: Instance) -> None:
    (wrong,) = [
        each for each in json.loads(crm.cli("check", "--json", ok=2).stdout)["findings"] if each["level"] == "error"
    ]
    assert wrong["key"] == "accounts.shop.imap"
    assert "mailcrm accounts sign-in shop" in wrong["text"]
    sign_in(crm)
    assert json.loads(crm.cli("check", "--json").stdout)["errors"] == 0


def test_doctor_examines_a_mailbox_that_is_signed_in_to(crm: Instance) -> None:
    before = crm.cli("doctor", "mail", ok=1).stdout
    assert "nobody has signed in to shop yet" in before
    assert "run: mailcrm accounts sign-in shop" in before
    sign_in(crm)
    after = crm.cli("doctor", "mail", ok=None).stdout
    assert "INBOX" in after
    assert "an OAuth token is sent a round trip earlier" in after


def test_processes_that_need_a_new_token_at_once_get_the_same(crm: Instance, server: AuthorizationServer) -> None:
    sign_in(crm)
    server.asked.clear()
    server.expire()
    server.delay = 0.5
    command = [sys.executable, "-m", "mailcrm", "--config", str(crm.path), "check", "--json"]
    checks = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) for _ in range(4)]
    assert [json.loads(check.communicate(timeout=60)[0])["errors"] for check in checks] == [0] * 4
    assert server.asked == ["refresh_token"]
