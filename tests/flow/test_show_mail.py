"""`mailcrm mail show` and `people show`, as they are typed: what a mail says, and what it tells of its sender."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.flow.importing import unread_account
from tests.flow.instance import Instance

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n made up").decode()
HTML = '<p onclick="x()">Dear <b>team</b></p><script>bad()</script><img src="cid:logo"><img src="https://spy.example/1.gif">'
MAIL = f"""From: Ann Whitfield <ann@example.org>
To: Team <hello@own.example>, other@example.org
Subject: Price [bold]
Date: Mon, 06 Jan 2025 08:00:00 +0000
Message-ID: <show@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain

Dear team \x1b[31m[red]
--a
Content-Type: multipart/related; boundary="r"

--r
Content-Type: text/html

{HTML}
--r
Content-Type: image/png
Content-ID: <logo>
Content-Transfer-Encoding: base64

{PICTURE}
--r--
--a--
--m
Content-Type: text/vcard; name=ann.vcf

BEGIN:VCARD
FN:Ann Whitfield
EMAIL:ann@example.org
TITLE:Sales Manager
END:VCARD
--m--
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    (tmp_path / "mail.eml").write_bytes(MAIL.encode())
    made = Instance(tmp_path, [unread_account(tmp_path)])
    made.cli("import", "mail", str(tmp_path / "mail.eml"))
    return made


def test_a_mail_is_shown_as_text_and_as_harmless_html(instance: Instance, tmp_path: Path) -> None:
    shown = instance.cli("mail", "show", "<show@example.org>").stdout
    for line in ("Price [bold]  mail 1", "from: Ann Whitfield <ann@example.org>", "Dear team [31m[red]", "2 ann.vcf"):
        assert line in shown
    assert "\x1b[31m" not in shown
    found = instance.json("mail", "show", "1", "--json")
    assert found["mail"]["people"][0] == {"role": "from", "name": "Ann Whitfield", "address": "ann@example.org"}
    file = tmp_path / "mail.html"
    assert "1 pictures from elsewhere left out" in instance.cli("mail", "show", "1", "--html", str(file)).stdout
    html = file.read_text()
    assert "<p>Dear <b>team</b></p>" in html
    assert f"data:image/png;base64,{PICTURE}" in html
    assert "spy.example" not in html
    assert "--force" in instance.cli("mail", "show", "1", "--html", str(file), ok=2).stderr
    instance.cli("mail", "show", "1", "--html", str(file), "--force", "--remote")
    assert "spy.example" in file.read_text()
    assert "no mail '7'" in instance.cli("mail", "show", "7", ok=2).stderr


def test_facts_are_shown_with_their_source_and_a_humans_word_wins(instance: Instance) -> None:
    assert "title: Sales Manager  vcard, 95%, 2025-01-06" in instance.cli("people", "show", "ann@example.org").stdout
    instance.cli("people", "set", "ann@example.org", "title=CEO", "wechat=ann_wh")
    shown = instance.cli("people", "show", "ann@example.org").stdout
    assert "title: CEO  user, 100%" in shown
    assert "Sales Manager" not in shown  # it was so before the human said otherwise
    [change] = instance.json("people", "value", "history", "ann@example.org", "title")
    assert (change["before"], change["after"], change["source"]) == ("Sales Manager", "CEO", "user")
    facts = instance.json("people", "show", "ann@example.org", "--json")["archive"]["facts"]
    assert [(f["field"], f["value"], f["is_current"]) for f in facts if f["field"] == "wechat"] == [
        ("wechat", "ann_wh", True)
    ]
    assert "there are: name" in instance.cli("people", "set", "ann@example.org", "shoe=42", ok=2).stderr
