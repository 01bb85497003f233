"""`mailcrm doctor mail` on a real server, as a user calls it, beside a daemon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.flow.instance import Instance, imap_account, until
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.mail import MailServer
from tests.servers.server import free_ports

_MAIL = (
    b"From: ann@buyer.example\r\nTo: doc@own.example\r\nMessage-ID: <1@buyer.example>\r\nSubject: hi\r\n\r\nhello\r\n"
)


def _reports(instance: Instance, *args: str, code: int) -> dict[str, Any]:
    done = instance.cli("doctor", "mail", "--json", *args, ok=code)
    return {each["account"]: each for each in json.loads(done.stdout)["accounts"]}


def _by_topic(report: Any) -> dict[str, Any]:
    return {each["topic"]: each for each in report["findings"]}


def test_healthy_mailbox_beside_a_daemon_that_reads_it(tmp_path: Path, mail_server: MailServer) -> None:
    mail_server.deliver("doctor", _MAIL)
    instance = Instance(tmp_path, [imap_account(tmp_path, mail_server, "doctor")])
    with instance.daemon() as daemon:
        until(lambda: instance.json("status")["accounts"][0]["last_ok_at"])
        report = _reports(instance, code=0)["main"]
        shown = instance.cli("doctor", "mail", "--account", "main").stdout
        assert daemon.terminate() == 0
        assert "mailbox not read" not in [event.get("event") for event in daemon.events()]
    found = _by_topic(report)
    assert {each["severity"] for each in report["findings"]} == {"ok"}
    assert f"signed in as doctor; the server says it is {mail_server.title.split()[0]}" in found["login"]["seen"]
    assert "INBOX" in found["folders"]["seen"]
    assert "Sent = sent (by its flag)" in found["folders"]["seen"]
    assert "with 1 mail" in found["inbox"]["seen"]
    assert {"AUTH=PLAIN", "SASL-IR"} <= set(report["facts"]["before"])
    uses = {each["name"]: each["use"] for each in report["abilities"]}
    assert (uses["QRESYNC"], uses["IDLE"]) == ("used", "used")
    # Dovecot would compress only with a plugin; a line as fast as this one needs none.
    can_more = isinstance(mail_server, Cyrus)
    assert (uses["COMPRESS=DEFLATE"], uses["OBJECTID"]) == (("not used", "used") if can_more else ("absent", "absent"))
    assert "certificate is trusted (for localhost, 127.0.0.1" in shown
    assert "compress = auto, qresync = true" in shown
    assert "opening a folder tells what changed" in shown
    with mail_server.reader("doctor") as reader:
        assert not any("\\Seen" in flags for flags in reader.flags("INBOX").values())


def test_settings_are_shown_with_what_they_cause(tmp_path: Path, dovecot: Dovecot) -> None:
    account = imap_account(tmp_path, dovecot, "doctor-set")
    account["imap"] |= {"qresync": False, "compress": "off"}
    report = _reports(Instance(tmp_path, [account]), code=0)["main"]
    assert report["settings"] == {"compress": "off", "qresync": False}
    qresync = next(each for each in report["abilities"] if each["name"] == "QRESYNC")
    assert (qresync["use"], qresync["text"]) == ("not used", "switched off by accounts.imap.qresync")


def test_each_trouble_has_its_exit_code_and_next_step(tmp_path: Path, mail_server: MailServer) -> None:
    (tmp_path / "wrong").write_text("hunter2")
    closed = {"host": "127.0.0.1", "port": free_ports(1)[0]}
    accounts = [
        imap_account(tmp_path, mail_server, "doctor-fine", "fine"),
        imap_account(tmp_path, mail_server, "doctor-wrong", "wrong", secret={"file": str(tmp_path / "wrong")}),
        imap_account(tmp_path, mail_server, "doctor-none", "none", secret={"file": str(tmp_path / "missing")}),
        imap_account(tmp_path, mail_server, "doctor-old", "old", secret_expires="2020-01-01"),
        imap_account(tmp_path, mail_server, "doctor-far", "closed", imap=closed),
    ]
    instance = Instance(tmp_path, accounts)
    reports = _reports(instance, code=2)
    assert {name: report["code"] for name, report in reports.items()} == {
        "fine": 0, "wrong": 1, "none": 1, "old": 1, "closed": 2,
    }  # fmt: skip
    assert "change the secret" in _by_topic(reports["wrong"])["login"]["next"]
    assert "cannot read the secret" in _by_topic(reports["none"])["secret"]["seen"]
    assert "expired on 2020-01-01" in _by_topic(reports["old"])["secret"]["seen"]
    assert "hunter2" not in str(reports)
    shown = instance.cli("doctor", "mail", "--account", "wrong", ok=1).stdout
    assert "error    login: " in shown
    assert "           next: " in shown
