"""A campaign ready to start: people who consented, a template, sending switched on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mailcrm.clock import utc_now
from mailcrm.model.consent import ConsentState
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.campaigns import create_draft, start_campaign
from mailcrm.service.consents import Said, record_all
from mailcrm.store import settings
from tests.flow.instance import Section

ACTOR = Actor.cli("test")
TEXT = "Subject: Hello {{ name }}\n\n<p>News for {{ name }}. <a href='{{ unsubscribe_url }}'>no more</a></p>"


def consenting(app: App, count: int) -> list[str]:
    """`count` customers who signed up for the newsletter; returns their addresses."""
    addresses = [f"person{number}@c{number % 40}.example" for number in range(count)]
    said = [Said(a, f"Person {n}", utc_now() - timedelta(days=1), "form") for n, a in enumerate(addresses)]
    done = record_all(app, ACTOR, "newsletter", ConsentState.GIVEN, said, source="test")
    assert done.changed == count, done.problems
    return addresses


def started(app: App, folder: Path, count: int, name: str = "News") -> list[str]:
    """A running campaign to `count` people, sending switched on."""
    addresses = consenting(app, count)
    with app.store.write(ACTOR) as session:
        settings.switch_sending(session, True, utc_now())
    template = folder / "news.html"
    template.write_text(TEXT)
    create_draft(app, ACTOR, name, template, "all", None, "newsletter")
    start_campaign(app, ACTOR, name, count, None)
    return addresses


def quick_sections() -> Section:
    """Short patience everywhere, for tests that wait for leases to expire."""
    return {
        "public": {"enabled": False, "base_url": "https://crm.own.example"},
        "sending": {"lease_seconds": 2, "in_doubt_wait_seconds": 1, "idle_seconds": 0.2, "timeout": 10},
        "service": {"lease_seconds": 3, "cycle_seconds": 0.1, "grace_seconds": 8},
        "sync": {"poll_seconds": 1},
    }
