"""What mail tells of people, all the way: a card and an invitation become facts and a line in the archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.model.rights import Viewer
from mailcrm.store import Store, facts, parties, timeline
from tests.builders import a_store
from tests.flow.filing import Box, a_box

HEAD = "From: Ann Whitfield <ann@example.org>\nTo: team@own.example\nSubject: Hello\nMIME-Version: 1.0\n"
CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann Whitfield\nEMAIL:ann@example.org\nTEL;TYPE=CELL:+44 7911 123456\nEND:VCARD\n"
CALENDAR = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:m1\n"
    "DTSTART:20250201T090000Z\nDTSTAMP:20250106T080000Z\nSUMMARY:Price talk\n"
    "ORGANIZER:mailto:ann@example.org\nATTENDEE;CN=Team:mailto:team@own.example\nEND:VEVENT\nEND:VCALENDAR\n"
)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with a_store(tmp_path) as store:
        yield a_box(store)


def _mixed(kind: str, content: str, head: str = HEAD) -> str:
    parts = f"--cut\n\nHello\n--cut\nContent-Type: {kind}\n\n{content}--cut--"
    return f'{head}Content-Type: multipart/mixed; boundary="cut"\n\n{parts}'


def _facts(store: Store, who: str = "ann@example.org") -> list[tuple[str, str, int]]:
    with store.read() as session:
        found = facts.facts_of(session, parties.get_party(session, who), Viewer.system())
    return [(fact.field.value, fact.value, fact.times) for fact in found]


def test_a_card_becomes_facts_of_its_sender(box: Box) -> None:
    box.gets(_mixed("text/vcard", CARD))
    box.gets(_mixed("text/vcard", CARD, HEAD.replace("Hello", "Again")))
    assert _facts(box.store) == [("name", "Ann Whitfield", 2), ("mobile", "+447911123456", 2)]


def test_our_own_card_makes_no_facts_of_anybody(box: Box) -> None:
    ours = (
        HEAD.replace("ann@example.org", "x")
        .replace("team@own.example", "ann@example.org")
        .replace("<x>", "<li@own.example>")
    )
    box.gets(_mixed("text/vcard", CARD.replace("ann@example.org", "li@own.example"), ours))
    assert _facts(box.store) == []


def test_an_invitation_is_a_mail_and_a_meeting(box: Box) -> None:
    box.gets(_mixed("text/calendar; method=REQUEST", CALENDAR))
    with box.store.read() as session:
        lines = timeline.select_timeline(session, parties.get_party(session, "ann@example.org"), Viewer.system())
    assert [(line.kind, line.title, line.outcome) for line in lines] == [
        ("meeting", "Price talk", ""),
        ("email_in", "Hello", "calendar"),
    ]
    assert lines[0].body == "Team: no answer yet"
