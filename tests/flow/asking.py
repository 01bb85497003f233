"""What tests of public forms share: a store with the ready contact form, a visitor who fills it in, and what became of it."""

import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx

from mailcrm.clock import utc_now
from mailcrm.model.contact import ContactFact
from mailcrm.model.form import PROOF_BITS, FormSpec, Judged, SubmissionState
from mailcrm.model.form_file import parse_form
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.rights import Viewer
from mailcrm.model.submission import Submission
from mailcrm.model.token import FormToken
from mailcrm.store import Store, facts, forms, parties, submissions, timeline
from tests.builders import NOW, a_store, a_write

READY = Path(__file__).parents[2] / "config" / "forms" / "contact.toml"
SITE = "https://www.shop.example"

ANNA = {
    "name": "Anna Li",
    "email": "anna@lamps.example",
    "company": "Lamps Ltd",
    "phone": "0755-8888 1234",
    "industry": "Retail",
    "message": "Do you have 500 lamps for us by March?",
}
"""What a visitor types."""


@dataclass(frozen=True)
class Asking:
    """The ready form, open, with a site that may embed it."""

    store: Store
    spec: FormSpec

    def token(self, age: timedelta = timedelta(seconds=30), key: str = "contact") -> str:
        """What stands in a page that was opened so long ago."""
        return self.store.keys.links.form_token(FormToken(key, utc_now() - age, secrets.token_hex(6)))

    def filled(self, token: str | None = None, **changes: str) -> dict[str, str]:
        """What the browser of an honest visitor sends."""
        text = self.token() if token is None else token
        return {**ANNA, "_token": text, "_proof": a_proof(text), "homepage": "", **changes}

    # --- what the database says ---

    def kept(self, *, settled: bool = True) -> list[Submission]:
        """All submissions, the newest first; `settled`: when what is fine was filed, which is after the answer."""
        deadline = time.monotonic() + 10
        while True:
            with self.store.read() as session:
                found = submissions.list_submissions(session)
            filing = any((each.judged, each.state) == (Judged.OK, SubmissionState.NEW) for each in found)
            if not (settled and filing):
                return found
            assert time.monotonic() < deadline, "it was not filed"
            time.sleep(0.01)

    def party(self, address: str = ANNA["email"]) -> int | None:
        self.kept()
        with self.store.read() as session:
            return parties.find_party(session, address)

    def facts(self, address: str = ANNA["email"]) -> dict[str, ContactFact]:
        """What is claimed of the customer, by field."""
        self.kept()
        with self.store.read() as session:
            party_id = parties.get_party(session, address)
            return {fact.field: fact for fact in facts.facts_of(session, party_id, Viewer.system())}

    def lines(self, address: str = ANNA["email"]) -> list[tuple[InteractionKind, str, str, str]]:
        """Kind, title, text and outcome of each line of the timeline."""
        self.kept()
        with self.store.read() as session:
            party_id = parties.get_party(session, address)
            lines = timeline.select_timeline(session, party_id, Viewer.system())
        return [(line.kind, line.title, line.body, line.outcome) for line in lines]


@contextmanager
def an_asking(folder: Path, **changes: object) -> Iterator[Asking]:
    """A store of its own below `folder`; `changes` go to the form."""
    spec = replace(parse_form(READY.read_text("utf-8")), **{"origins": (SITE,), **changes})  # type: ignore[arg-type]
    with a_store(folder) as store:
        with a_write(store) as session:
            forms.save_form(session, spec, NOW)
        yield Asking(store, spec)


def a_proof(token: str) -> str:
    """What the script of the page looks for."""
    for number in count():
        digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
        if int.from_bytes(digest[:4], "big") >> (32 - PROOF_BITS) == 0:
            return str(number)
    raise AssertionError


def send(http: httpx.Client, data: Mapping[str, object], path: str = "/f/contact", **more: object) -> httpx.Response:
    """A POST as a browser makes it; redirections are not followed."""
    return http.post(path, data=data, follow_redirects=False, **more)  # type: ignore[arg-type]
