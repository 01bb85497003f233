"""`mailcrm check`: everything that can be wrong, each with its key and what to do, on real servers."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from mailcrm.model.account import AccountState
from mailcrm.model.rights import Actor
from mailcrm.service.check import check_house
from mailcrm.service.check_accounts import check_accounts
from mailcrm.store import sync_state
from tests.flow.instance import Instance, imap_account, until
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.server import free_ports
from tests.servers.smtp_sink import SmtpSink

Finding = dict[str, str]


def checked(instance: Instance, *args: str, code: int) -> list[Finding]:
    done = instance.cli("check", "--json", *args, ok=code)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["errors"] == sum(finding["level"] == "error" for finding in found["findings"])
    return list(found["findings"])


def looked_at(instance: Instance, *, errors: int | None = None) -> list[Finding]:
    """The same as `check --offline` in this process, for what needs no server and no exit code."""
    house = check_house(instance.path)
    assert house.config is not None
    found = [*house.findings, *check_accounts(house.config, house.standing, datetime.now(UTC), offline=True)]
    assert errors is None or errors == sum(finding.level == "error" for finding in found), found
    return [asdict(finding) for finding in found]


def of(findings: list[Finding], key: str, level: str = "error") -> Finding:
    """The one finding of a key and level."""
    matching = [finding for finding in findings if (finding["key"], finding["level"]) == (key, level)]
    assert len(matching) == 1, (key, level, findings)
    return matching[0]


def errors(findings: list[Finding]) -> set[str]:
    return {finding["key"] for finding in findings if finding["level"] == "error"}


def offline_account(folder: Path, name: str = "main", **more: Any) -> dict[str, Any]:
    server = {"host": "127.0.0.1", "port": 1}
    return {
        "name": name, "address": f"{name}@own.example", "secret": {"file": str(folder / "secret")}, "imap": server,
        **more,
    }  # fmt: skip


def smtp(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "security": "none"}


@contextmanager
def smtp_server(*, accepts: bool) -> Iterator[int]:
    """A submission server on loopback that offers a login."""
    controller = Controller(
        object(), hostname="127.0.0.1", port=free_ports(1)[0], auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=accepts, handled=accepts),
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


# --- logins ------------------------------------------------------------------------------------------------------


def test_house_in_order_ends_with_code_zero(
    tmp_path: Path, dovecot: Dovecot, smtp_sink: Callable[..., SmtpSink]
) -> None:
    account = imap_account(tmp_path, dovecot, "check-fine", smtp=smtp(smtp_sink("-a").port))
    instance = Instance(tmp_path, [account])
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "state").chmod(0o700)
    instance.document["public"] = {"port": free_ports(1)[0]}
    instance.write()
    findings = checked(instance, code=0)
    assert errors(findings) == set()
    assert "signed in" in of(findings, "accounts.main.imap", "ok")["text"]
    assert "signed in" in of(findings, "accounts.main.smtp", "ok")["text"]
    assert "200 recipients" in of(findings, "public.base_url", "warning")["text"]
    assert "send on" in of(findings, "sending", "ok")["text"]
    assert "0 errors, " in instance.cli("check").stdout


def test_every_login_that_fails_is_named_with_its_reason(tmp_path: Path, dovecot: Dovecot) -> None:
    (closed,) = free_ports(1)
    (tmp_path / "wrong").write_text("hunter2")
    with smtp_server(accepts=False) as refusing, smtp_server(accepts=True) as accepting:
        accounts = [
            {**imap_account(tmp_path, dovecot, "check-good", "good"), "smtp": smtp(refusing)},
            {**imap_account(tmp_path, dovecot, "check-fine", "fine"), "smtp": smtp(accepting)},
            imap_account(tmp_path, dovecot, "check-wrong", "wrong", secret={"file": str(tmp_path / "wrong")}),
            imap_account(tmp_path, dovecot, "check-closed", "closed", imap={"host": "127.0.0.1", "port": closed}),
            imap_account(
                tmp_path, dovecot, "check-cert", "cert", imap={"host": "127.0.0.1", "port": dovecot.tls_port},
                smtp={"host": "127.0.0.1", "port": closed, "security": "starttls"},
            ),
        ]  # fmt: skip
        findings = checked(Instance(tmp_path, accounts), code=2)
    assert {key for key in errors(findings) if not key.endswith("secret")} == {
        *(
            "accounts.good.smtp",
            "accounts.wrong.imap",
            "accounts.closed.imap",
            "accounts.cert.imap",
            "accounts.cert.smtp",
        )
    }
    assert "refused the login" in of(findings, "accounts.good.smtp")["text"]
    assert "signed in" in of(findings, "accounts.fine.smtp", "ok")["text"]
    assert "refused the login" in of(findings, "accounts.wrong.imap")["text"]
    assert "connection refused" in of(findings, "accounts.closed.imap")["text"]
    assert "certificate" in of(findings, "accounts.cert.imap")["text"]
    assert "hunter2" not in json.dumps(findings)


def test_offline_contacts_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        account = offline_account(tmp_path, imap={"host": "127.0.0.1", "port": port})
        findings = checked(Instance(tmp_path, [account]), "--offline", code=2)
        with pytest.raises(TimeoutError):
            server.accept()
    assert errors(findings) == {"accounts.main.secret"}  # which everybody can read


# --- configuration -----------------------------------------------------------------------------------------------


def test_all_problems_of_the_file_come_at_once(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [offline_account(tmp_path)])
    instance.document |= {"langage": "en", "sync": {"poll_seconds": 0}, "company": {"domains": ["gmail.com"]}}
    instance.document["accounts"][0]["imap"]["hosst"] = "x"
    instance.write()
    findings = checked(instance, code=2)
    assert errors(findings) == {"langage", "sync.poll_seconds", "company.domains", "accounts.0.imap.hosst"}
    assert "did you mean 'language'" in of(findings, "langage")["text"]
    assert "share/mailcrm/mailcrm.toml" in of(findings, "langage")["fix"]
    shown = instance.cli("check", ok=2).stdout
    assert "4 errors" in shown
    assert "Traceback" not in shown


def test_file_that_is_not_toml_or_not_there_is_one_error(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [])
    instance.path.write_text("state = \n")
    assert "line 1" in of(checked(instance, code=2), "(file)")["text"]
    instance.path.unlink()
    assert "No such file" in of(checked(instance, code=2), "(file)")["text"]


def test_day_on_which_a_code_expires_is_told_when_it_is_near_or_past(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    secret = {"file": str(tmp_path / "safe")}
    (tmp_path / "safe").write_text(PASSWORD)
    (tmp_path / "safe").chmod(0o600)
    qq = {"host": "imap.qq.com", "port": 993}
    days = {"near": today + timedelta(days=14), "far": today + timedelta(days=15), "past": today - timedelta(days=1)}
    accounts = [
        offline_account(tmp_path, name, secret=secret, secret_expires=str(day), imap=qq) for name, day in days.items()
    ]
    findings = looked_at(Instance(tmp_path, accounts))
    expiries = [finding["key"] for finding in findings if finding["key"].endswith("secret_expires")]
    assert expiries == [f"accounts.{name}.secret_expires" for name in ("near", "past")]
    assert "in 14 days" in of(findings, "accounts.near.secret_expires", "warning")["text"]
    assert "mail.qq.com" in of(findings, "accounts.near.secret_expires", "warning")["fix"]
    assert "expired" in of(findings, "accounts.past.secret_expires")["text"]


def test_what_is_known_of_a_provider_is_told(tmp_path: Path) -> None:
    accounts = [
        offline_account(tmp_path, "qq", imap={"host": "imap.qq.com", "port": 993}),
        offline_account(tmp_path, "outlook", imap={"host": "outlook.office365.com", "port": 993}),
    ]
    findings = looked_at(Instance(tmp_path, accounts))
    assert "授权码" in of(findings, "accounts.qq", "ok")["text"]
    assert "no longer takes passwords" in of(findings, "accounts.outlook")["text"]


def test_mailbox_that_sends_but_cannot_read_bounces_is_a_warning(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [offline_account(tmp_path, smtp=smtp(25), initial={"capture": "subject"})])
    (tmp_path / "secret").chmod(0o600)
    findings = looked_at(instance, errors=0)
    warning = of(findings, "accounts.main", "warning")
    assert "bounces cannot be read" in warning["text"]
    assert warning["fix"] == "run: mailcrm accounts set main --capture all"
    instance.cli("accounts", "set", "main", "--capture", "all")
    assert not [f for f in looked_at(instance, errors=0) if f["key"] == "accounts.main"]


def test_colleagues_who_would_become_customers_are_a_warning(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [offline_account(tmp_path)], company={"domains": ["other.example"]})
    findings = looked_at(instance)
    assert '"own.example"' in of(findings, "company.domains", "warning")["fix"]


# --- this machine ------------------------------------------------------------------------------------------------


def test_secrets_that_are_missing_or_open_are_named(tmp_path: Path) -> None:
    (tmp_path / "group").write_text("x")
    (tmp_path / "group").chmod(0o640)
    accounts = [
        offline_account(tmp_path, "gone", secret={"file": str(tmp_path / "nowhere")}),
        offline_account(tmp_path, "open"),
        offline_account(tmp_path, "group", secret={"file": str(tmp_path / "group")}),
        offline_account(tmp_path, "env", secret={"env": "MAILCRM_NOT_SET"}),
        offline_account(tmp_path, "credential", secret={"credential": "sales"}),
        offline_account(tmp_path, "command", secret={"command": ["false"]}),
    ]
    instance = Instance(tmp_path, accounts)
    (tmp_path / "secret").chmod(0o644)
    findings = checked(instance, code=2)  # not offline: a mailbox without its secret is not tried
    assert "No such file" in of(findings, "accounts.gone.secret")["text"]
    assert of(findings, "accounts.open.secret")["fix"] == f"run: chmod 600 {tmp_path / 'secret'}"
    assert "group" in of(findings, "accounts.group.secret", "warning")["text"]
    assert "MAILCRM_NOT_SET" in of(findings, "accounts.env.secret")["text"]
    assert "LoadCredential=sales" in of(findings, "accounts.credential.secret")["fix"]
    assert "ended with code 1" in of(findings, "accounts.command.secret")["text"]
    tried = {finding["key"] for finding in findings if finding["key"].endswith(".imap")}
    assert tried == {"accounts.open.imap", "accounts.group.imap"}


def test_keys_that_are_missing_open_or_empty_are_named_together(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [])
    keys = tmp_path / "state" / "keys"
    (keys / "hmac").unlink()
    (keys / "links").chmod(0o644)
    (keys / "master").write_text("\n")
    findings = checked(instance, "--offline", code=2)
    assert errors(findings) == {"keys.hmac", "keys.links", "keys.master"}
    assert "restore" in of(findings, "keys.hmac")["fix"]
    assert "chmod 600" in of(findings, "keys.links")["fix"]
    assert "empty" in of(findings, "keys.master")["text"]
    assert not (keys / "hmac").exists()


def test_key_from_elsewhere_is_looked_at_there(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [])
    instance.document["keys"] = {"hmac": {"file": str(tmp_path / "nowhere")}}
    instance.write()
    assert "No such file" in of(looked_at(instance), "keys.hmac")["text"]


def test_state_or_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [])
    database = tmp_path / "state" / "mailcrm.db"
    for path in database.parent.glob("mailcrm.db*"):
        path.unlink()
    assert of(looked_at(instance), "store")["fix"] == "run: mailcrm db upgrade"
    assert not database.exists()
    instance.document["state"] = str(tmp_path / "nowhere")
    instance.write()
    assert "mailcrm init" in of(looked_at(instance), "state")["fix"]
    assert not (tmp_path / "nowhere").exists()


def test_database_of_another_age_or_none_is_an_error(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [])
    for path in (tmp_path / "state").glob("mailcrm.db*"):
        path.unlink()
    (tmp_path / "state" / "mailcrm.db").touch()
    assert "db upgrade" in of(looked_at(instance), "store")["text"]
    instance.document["store"] = {"url": "postgresql+psycopg://crm:pw@127.0.0.1:1/crm"}
    instance.write()
    findings = looked_at(instance)
    assert "does not answer" in of(findings, "store")["text"]
    assert "{password}" in of(findings, "store.url", "warning")["fix"]


def test_port_in_use_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        instance = Instance(tmp_path, [], public={"port": server.getsockname()[1]})
        finding = of(looked_at(instance), "public.port")
    assert "cannot listen" in finding["text"]
    assert "another public.port" in finding["fix"]


def test_port_of_the_running_service_is_no_error(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    instance = Instance(tmp_path, [], public={"port": port})
    with instance.daemon() as daemon:
        until(lambda: (standing := check_house(instance.path).standing) is not None and standing.running, 60)
        findings = looked_at(instance, errors=0)
        assert "is its own" in of(findings, "public.port", "ok")["text"]
        assert daemon.terminate() == 0


def test_parked_mailbox_is_an_error_with_its_reason(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [offline_account(tmp_path)])
    (tmp_path / "secret").chmod(0o600)
    app = instance.app()
    with app.store.write(Actor.system("test")) as session:
        row = sync_state.get_account(session, "main")
        sync_state.park_account(session, row.id, "the code is wrong", "")
    app.store.close()
    finding = of(looked_at(instance), "accounts.main")
    assert "the code is wrong" in finding["text"]
    assert finding["fix"].endswith("mailcrm accounts resume main")


def test_check_changes_nothing_in_the_store(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [offline_account(tmp_path)])
    app = instance.app()
    app.store.close()
    instance.document["accounts"] = []
    instance.write()
    looked_at(instance, errors=0)
    app = instance.app  # opening it is what notices that the account is gone
    store = app().store
    with store.read() as session:
        (row,) = sync_state.list_accounts(session)
        assert row.state is AccountState.DISCONNECTED
    store.close()
