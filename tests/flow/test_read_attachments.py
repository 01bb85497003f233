"""Mail is found by what its attachments say, once they were read behind its filing; in a process that may be killed."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.model.document import TextState
from mailcrm.model.hits import plain
from mailcrm.model.rights import Viewer
from mailcrm.model.search import parse_search
from mailcrm.service.app import App
from mailcrm.service.documents import read_attachments
from mailcrm.service.guard import Guard
from mailcrm.store import Store
from mailcrm.store.rows.mail import Attachment
from mailcrm.store.search import find
from tests.builders import NOW, a_config, a_store, an_app
from tests.flow.filing import Box, a_box
from tests.store.test_search import words_in_archive, words_in_index
from tests.unit.ingest.documents.files import a_docx, a_pdf, an_xlsx


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def app(store: Store, tmp_path: Path) -> App:
    return an_app(store, a_config(tmp_path))


def a_mail(subject: str, **files: bytes) -> str:
    """With these files, `offer_pdf` being offer.pdf."""
    parts = "".join(
        f"--cut\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
        f'Content-Disposition: attachment; filename="{name.replace("_", ".")}"\n\n{encodebytes(data).decode()}\n'
        for name, data in files.items()
    )
    head = f"From: zhang@example.com\nTo: team@own.example\nSubject: {subject}\nMIME-Version: 1.0\n"
    return f"{head}Content-Type: multipart/mixed; boundary=cut\n\n--cut\n\nSee the files.\n{parts}--cut--"


def texts(store: Store, search: str) -> list[str]:
    with store.read() as session:
        hits = find.find_mail(session, Viewer.system(), parse_search(search), NOW)
    return [plain(hit.text) for hit in hits]


def states(store: Store) -> dict[str, tuple[TextState, str]]:
    with store.read() as session:
        return {row.filename: (row.text_state, row.text_error) for row in session.query(Attachment)}


def test_mail_is_found_by_what_its_attachments_say(app: App, store: Store) -> None:
    sheet = an_xlsx(("机油滤清器", 35), ("x", 1))
    a_box(store).gets(
        a_mail("One", offer_pdf=a_pdf("Pump 4711"), parts_xlsx=sheet),
        a_mail("Two", letter_docx=a_docx("Sehr geehrte Damen")),
    )
    assert texts(store, "4711") == texts(store, "滤清器") == []
    assert texts(store, "offer.pdf") == ["See the files."]
    assert read_attachments(app) == 3
    assert texts(store, "4711") == ["offer.pdf: Pump 4711"]
    assert texts(store, "滤清") == ["parts.xlsx: Preise 机油滤清器 35 x 1"]
    assert texts(store, '"sehr geehrte"') == ["letter.docx: Sehr geehrte Damen"]
    assert texts(store, "files 4711") == ["See the files."]
    assert words_in_index(store) == words_in_archive(store)
    assert read_attachments(app) == 0


def test_what_cannot_be_read_says_why_and_is_not_tried_again(app: App, store: Store) -> None:
    a_box(store).gets(
        a_mail("One", bad_pdf=b"%PDF-1.4 no", photo_jpg=b"jpg", empty_txt=b" ", old_docx=b"\xd0\xcf\x11\xe0xx")
    )
    assert read_attachments(app) == 3
    found = states(store)
    assert found["photo.jpg"] == (TextState.NONE, "")
    assert found["empty.txt"] == (TextState.DONE, "")
    assert found["old.docx"] == (TextState.FAILED, "it is encrypted, or an old .doc")
    assert found["bad.pdf"][0] == TextState.FAILED
    assert "no PDF that can be read" in found["bad.pdf"][1]
    assert read_attachments(app) == 0


def test_a_file_that_takes_too_much_kills_only_the_child(
    app: App, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_box(store).gets(
        a_mail("One", much_xlsx=an_xlsx(*[("word", n) for n in range(20_000)]), offer_pdf=a_pdf("Pump 4711"))
    )
    defaults = Guard.__init__.__defaults__
    assert defaults is not None
    monkeypatch.setattr(Guard.__init__, "__defaults__", (0.02, defaults[1]))
    read_attachments(app)
    state, error = states(store)["much.xlsx"]
    assert (state, error) == (TextState.FAILED, "to understand the attachment takes more than 0.02 s or 500 MiB")


def test_reading_stops_when_it_is_asked_to_and_goes_on_later(app: App, store: Store) -> None:
    a_box(store).gets(*(a_mail(f"Mail {n}", offer_txt=f"text{n}".encode()) for n in range(5)))
    turns = iter([False, False, False, True, True])
    assert read_attachments(app, lambda: next(turns)) == 2
    assert read_attachments(app) == 3
    assert texts(store, "text4") == ["offer.txt: text4"]


def test_what_is_still_on_the_server_waits(app: App, store: Store) -> None:
    box: Box = a_box(store)
    box.gets(a_mail("One", offer_txt=b"hello"))
    with store.write(actor=None) as session:  # type: ignore[arg-type]
        session.query(Attachment).update({"sha256": None})
    assert read_attachments(app) == 0
    assert states(store)["offer.txt"][0] == TextState.WAITING
