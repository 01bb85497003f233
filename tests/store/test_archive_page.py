"""The page of a customer, from the store: what a viewer may not see is not gathered."""

import json
from pathlib import Path

from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.archive_page import PageFormat, Wanted, print_archive
from mailcrm.store import Store
from mailcrm.store.history import Cause, Change, note_changes
from tests.builders import NOW, a_config, a_person, a_write, an_app

ANN = "ann@acme.example"


def test_what_mail_changed_is_told_to_the_system_alone(store: Store, tmp_path: Path) -> None:
    with a_write(store) as session:
        party = a_person(session, ANN).party_id
        assert party is not None
        note_changes(session, [Change(party, "title", "Buyer", "Head")], Cause("signature", NOW, ref=1))
        note_changes(session, [Change(party, "city", "Bonn", "Trier")], Cause("user", NOW))
    app, out = an_app(store, a_config(tmp_path)), tmp_path / "ann.json"
    for viewer, told in ((Viewer.system(), {"title", "city"}), (Viewer("bob"), {"city"})):
        print_archive(app, Actor.cli("test"), viewer, ANN, out, Wanted(PageFormat.JSON))
        assert {each["field"] for each in json.loads(out.read_text("utf-8"))["changes"]} == told
