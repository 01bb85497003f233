"""`mailcrm forms` as its user types it: from a file to a page on the web, and what came in looked after."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.clock import utc_now
from mailcrm.model.rights import Viewer
from mailcrm.model.token import FormToken
from mailcrm.service.daemon import PublicServer, free_port
from mailcrm.store import claims, facts, parties
from mailcrm.web.app import build_asgi
from tests.builders import NOW, a_write
from tests.flow.asking import ANNA, READY, send
from tests.flow.instance import Instance
from tests.flow.leaving import a_client


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path, [], public={"port": free_port("127.0.0.1")})


def test_a_form_is_added_shown_closed_and_opened(instance: Instance) -> None:
    port = instance.document["public"]["port"]
    assert "no forms yet" in instance.cli("forms", "list").stdout
    added = instance.cli("forms", "add", str(READY)).stdout
    assert added == f"form 'contact' is open: http://127.0.0.1:{port}/f/contact\n"
    assert "already; add it with --replace" in instance.cli("forms", "add", str(READY), ok=2).stderr
    assert "was changed" in instance.cli("forms", "add", str(READY), "--replace").stdout
    [line] = instance.json("forms", "list")
    assert (line["key"], line["state"], line["filed"], line["held"]) == ("contact", "open", 0, 0)
    shown = instance.cli("forms", "show", "contact").stdout
    assert "姓名" in shown
    assert "Wholesale" in shown
    assert instance.json("forms", "show", "contact")["form"]["row_version"] == 2
    assert instance.cli("forms", "url", "contact").stdout.strip() == f"http://127.0.0.1:{port}/f/contact"
    assert "is closed" in instance.cli("forms", "close", "contact").stdout
    assert "was already closed" in instance.cli("forms", "close", "contact").stdout
    assert "is open" in instance.cli("forms", "open", "contact").stdout
    for command in ("show", "url", "embed", "close"):
        assert "mailcrm forms list" in instance.cli("forms", command, "other", ok=2).stderr


def test_the_snippet_names_the_form_and_says_what_lacks(instance: Instance, tmp_path: Path) -> None:
    instance.cli("forms", "add", str(READY))
    framed = instance.cli("forms", "embed", "contact")
    assert framed.stdout.startswith('<iframe src="http://127.0.0.1:')
    assert 'title="Contact us"' in framed.stdout
    assert "no site may show it in a frame yet" in framed.stderr
    assert instance.cli("forms", "embed", "contact", "--link").stdout.startswith('<a href="http://127.0.0.1:')
    file = tmp_path / "mine.toml"
    file.write_text('origins = ["https://www.shop.example"]\n' + READY.read_text("utf-8"), "utf-8")
    instance.cli("forms", "add", str(file), "--replace")
    assert instance.cli("forms", "embed", "contact").stderr == ""


def test_mistakes_in_a_file_are_told_with_their_places(instance: Instance, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(READY.read_text("utf-8").replace('"company"', '"firm"'), "utf-8")
    said = instance.cli("forms", "add", str(file), ok=2).stderr
    assert "the form cannot be used as it is" in said
    begins = [number for number, line in enumerate(file.read_text("utf-8").splitlines(), 1) if line == "[[fields]]"]
    assert f"question 3 (line {begins[2]}): no field 'firm'" in said
    assert "cannot be read" in instance.cli("forms", "add", str(tmp_path / "none.toml"), ok=2).stderr


def test_held_submissions_are_released_trusted_and_dropped(instance: Instance) -> None:
    instance.cli("forms", "add", str(READY))
    come_in(
        instance, [{}, {"email": "li@lamps.example", "message": "Another question about lamps."}, {"homepage": "x"}]
    )
    held = instance.json("forms", "held")
    assert [(each["id"], each["answers"]["email"], each["reasons"]) for each in held] == [
        (2, "li@lamps.example", "no proof of work"),
        (1, ANNA["email"], "no proof of work"),
    ]
    assert "Another question" in instance.cli("forms", "held").stdout
    assert "mailcrm forms submissions" in instance.cli("forms", "release", "99", ok=2).stderr
    assert "1 of 1 dropped" in instance.cli("forms", "drop", "2").stdout
    assert [each["id"] for each in instance.json("forms", "submissions", "--dropped")] == [3, 2]
    assert "0 of 1 dropped" in instance.cli("forms", "drop", "2").stdout
    assert company(instance) is None

    assert "1 of 1 released\n" in instance.cli("forms", "release", "1").stdout
    assert company(instance) == ("Lamps Ltd", False, 0.4)
    assert "0 of 1 released\n" in instance.cli("forms", "release", "1").stdout
    assert "1 of 1 released and trusted" in instance.cli("forms", "release", "1", "--trust").stdout
    assert company(instance) == ("Lamps Ltd", True, 0.9)
    assert "0 of 1 dropped" in instance.cli("forms", "drop", "1").stdout
    assert "1 of 1 released\n" in instance.cli("forms", "release", "2").stdout  # dropped by mistake
    assert instance.json("forms", "held") == []
    timeline = instance.cli("people", "show", ANNA["email"]).stdout
    assert f"form Contact us (inquiry) {ANNA['message']} Your name: Anna Li" in timeline
    whole = instance.cli("forms", "read", "1").stdout
    assert whole.startswith("contact 20")
    assert ": held (no proof of work), filed\n" in whole
    assert f"\nmessage: {ANNA['message']}\n" in whole
    assert instance.json("forms", "read", "1")["answers"]["company"] == "Lamps Ltd"
    assert "mailcrm forms submissions" in instance.cli("forms", "read", "99", ok=2).stderr
    assert "nobody" not in instance.cli("forms", "submissions", "--form", "contact").stdout


def test_trust_never_overwrites_what_a_human_entered(instance: Instance) -> None:
    instance.cli("forms", "add", str(READY))
    instance.cli("people", "add", ANNA["email"], "--name", "Anna Lee")
    app = instance.app()
    with a_write(app.store) as session:
        claims.set_by_hand(session, parties.get_party(session, ANNA["email"]), {"company": "Lamps International"}, NOW)
    app.store.close()
    come_in(instance, [{"company": "Evil Corp"}])
    instance.cli("forms", "release", "1", "--trust")
    assert company(instance) == ("Lamps International", True, 1.0)
    assert "Anna Lee" in instance.cli("people", "show", ANNA["email"]).stdout


def test_who_asked_for_the_newsletter_can_be_listed(instance: Instance) -> None:
    instance.cli("forms", "add", str(READY))
    come_in(instance, [{"_newsletter": "yes"}, {"email": "li@lamps.example"}])
    [found] = instance.json("forms", "submissions", "--asked")
    assert (found["id"], found["text_version"]) == (1, "2026-11")
    assert found["asked"].startswith("Please also send me your newsletter")


def come_in(instance: Instance, changes: list[dict[str, str]]) -> None:
    """Submissions without JavaScript, by the real endpoint of this installation."""
    app, opened = instance.app(), utc_now() - timedelta(seconds=30)
    web = PublicServer(app, build_asgi(app))
    web.start()
    try:
        with a_client(web.address) as http:
            for number, change in enumerate(changes):
                token = app.store.keys.links.form_token(FormToken("contact", opened, f"nonce{number}"))
                assert send(http, {**ANNA, "_token": token, **change}).status_code == 303
    finally:
        web.stop()
        app.store.close()


def company(instance: Instance) -> tuple[str, bool, float] | None:
    """The company of Anna: value, whether it counts, and how sure it is."""
    with instance.looking() as session:
        party_id = parties.find_party(session, ANNA["email"])
        if party_id is None:
            return None
        found = [f for f in facts.facts_of(session, party_id, Viewer.system()) if f.field == "company"]
    return found[0].value, found[0].is_current, found[0].confidence
