"""On a real server, by the command line: what was left out is listed, and a higher level brings what was missing."""

from __future__ import annotations

from pathlib import Path

from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import Dovecot


def _mail(number: int, frm: str = "lina@kunde.example") -> bytes:
    head = f"From: {frm}\r\nTo: rules@own.example\r\nSubject: Secret {number}\r\nMessage-ID: <{number}@x.example>\r\n"
    return f"{head}Date: Tue, 10 Nov 2026 09:00:00 +0800\r\n\r\nSecret text {number}\r\n".encode()


def test_what_is_left_out_is_listed_and_comes_when_the_rules_allow_it(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.fill("rules", [_mail(1), _mail(2, "doctor@private.example"), _mail(3)])
    account = imap_account(tmp_path, dovecot, "rules", initial={"capture": "metadata"}, never_log=["private.example"])
    instance = Instance(tmp_path, [account])
    instance.json("sync", "--once")
    listed = instance.json("accounts", "left-out", "main")
    assert [(rule["rule"], rule["mails"]) for rule in listed["rules"]] == [("never-log domain", 1)]
    assert [(mail["folder"], mail["uid"]) for mail in listed["mails"]] == [("INBOX", 2)]
    assert listed["mails"][0].keys() == {"folder", "uid", "arrived_at", "rule"}
    told = instance.cli("accounts", "left-out", "main").stdout
    assert "never-log domain" in told
    database = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"lina@kunde.example" in database
    assert b"private.example" not in database
    assert b"Secret" not in database

    told = instance.cli("accounts", "set", "main", "--capture", "all").stdout
    assert "comes with the next passes" in told
    del instance.document["accounts"][0]["never_log"]
    instance.write()
    (result,) = instance.json("sync", "--once")
    assert (result["error"], result["bodies"]) == (None, 3)
    assert instance.json("accounts", "left-out", "main")["total"] == 0
    assert "no mail was left out" in instance.cli("accounts", "left-out", "main").stdout
    instance.cli("verify", "mail")
    assert "what is stored stays" in instance.cli("accounts", "set", "main", "--capture", "subject").stdout
    (result,) = instance.json("sync", "--once")
    assert (result["headers"], result["bodies"]) == (0, 0)


def test_an_unknown_account_is_named(dovecot: Dovecot, tmp_path: Path) -> None:
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "rules2")])
    assert "no account 'x'" in instance.cli("accounts", "left-out", "x", ok=2).stderr
