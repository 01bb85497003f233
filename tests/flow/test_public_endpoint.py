"""The public endpoint against wrong links, rude clients and a database in trouble; and what it keeps to itself."""

import logging
import socket
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import structlog
from sqlalchemy import event

from mailcrm.config import LogSection
from mailcrm.errors import StoreBusy
from mailcrm.service.logs import configure_logs
from mailcrm.store import Session, open_store
from mailcrm.store.optouts import close_purpose
from tests.builders import (
    a_web_server,
    some_keys,
)
from tests.flow.leaving import ONE_CLICK, Scene, a_client, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path) as found:
        yield found


@pytest.fixture
def http(scene: Scene) -> Iterator[httpx.Client]:
    with a_web_server(scene.store) as base_url, a_client(base_url) as client:
        yield client


# --- links that lead nowhere -------------------------------------------------------------------------------------


def test_a_forged_or_cut_link_is_a_page_that_says_what_to_do(scene: Scene, http: httpx.Client) -> None:
    token = scene.path.removeprefix("/u/")
    before = scene.snapshot()
    for bad in (token[:-1], token + "A", "x", "1", "%00", "%ff", "é", "a" * 5000, "1." + token.partition(".")[2] + "x"):
        for method in ("GET", "POST", "HEAD"):
            answer = http.request(method, f"/u/{bad}")
            assert answer.status_code == 404
    assert "write to Own Ltd" in http.get("/u/x").text
    assert scene.snapshot() == before


def test_a_link_whose_mail_is_not_in_this_database_is_told_and_logged(scene: Scene, http: httpx.Client) -> None:
    before = scene.snapshot()
    with structlog.testing.capture_logs() as logs:
        answers = [http.post(scene.link(999_999), data=ONE_CLICK), http.get(scene.link(999_999))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [log["recipient"] for log in logs if log["log_level"] == "warning"] == [999_999, 999_999]
    assert scene.snapshot() == before


@pytest.mark.parametrize(
    "path", ["/", "/u", "/u/", "/u/a/b", "/favicon.ico", "/static/x.css", "/health/", "/../etc/passwd"]
)
def test_every_other_page_does_not_exist(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert not answer.history


def test_a_link_with_a_slash_too_many_is_not_redirected(scene: Scene, http: httpx.Client) -> None:
    assert http.post(f"{scene.path}/", data=ONE_CLICK, follow_redirects=False).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(scene: Scene, http: httpx.Client, method: str) -> None:
    before = scene.snapshot()
    answer = http.request(method, scene.path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert scene.snapshot() == before


def test_the_link_works_behind_a_base_url_with_a_path(scene: Scene) -> None:
    public = {"base_url": "https://own.example/mail/"}
    with a_web_server(scene.store, public=public) as base_url, a_client(base_url) as http:
        for prefix in ("", "/mail"):
            assert http.get(f"{prefix}{scene.path}").status_code == 200
        assert http.get(f"/other{scene.path}").status_code == 404


# --- abuse -------------------------------------------------------------------------------------------------------


def a_long_body() -> Iterator[bytes]:
    for _ in range(20):
        yield b"x" * 1000


@pytest.mark.parametrize("body", [b"x" * 10_001, a_long_body], ids=["announced", "streamed"])
def test_a_huge_body_is_refused_unread(scene: Scene, http: httpx.Client, body: object) -> None:
    before = scene.snapshot()
    answer = http.post(scene.path, content=body() if callable(body) else body)  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert "nothing has changed" in answer.text
    assert scene.snapshot() == before


def test_a_body_of_the_largest_size_counts(scene: Scene, http: httpx.Client) -> None:
    assert http.post(scene.path, content=b"x" * 10_000).status_code == 200
    assert scene.closed(scene.zhang, "newsletter")


def test_a_visitor_who_hangs_up_in_the_middle_changes_nothing_and_is_no_bug(
    scene: Scene, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    before = scene.snapshot()
    with socket.create_connection((http.base_url.host, http.base_url.port or 0)) as connection:
        connection.sendall(f"POST {scene.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nList-Unsub".encode())
    assert http.get("/health").status_code == 200
    assert scene.snapshot() == before
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_body_that_never_comes_is_not_waited_for(
    scene: Scene, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcrm.web.public._BODY_SECONDS", 0.1)
    with socket.create_connection((http.base_url.host, http.base_url.port or 0)) as connection:
        connection.settimeout(5)
        connection.sendall(f"POST {scene.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nList-Unsub".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
    assert not scene.closed(scene.zhang, "newsletter")


@pytest.fixture
def quiet_afterwards() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("quiet_afterwards")
def test_tokens_and_addresses_never_reach_a_log(
    scene: Scene, http: httpx.Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logs(LogSection(level="debug", format="json"))  # as `mailcrm run` does, at its most talkative
    caplog.set_level(logging.DEBUG)
    paths = [scene.path, scene.link(999_999), scene.path + "x"]
    for path in paths:
        http.get(path)
        http.post(path, data=ONE_CLICK)
        http.put(path)
    clients = ("httpx", "httpcore")  # the client of this test logs what it asks for
    records = [record.getMessage() for record in caplog.records if record.name.partition(".")[0] not in clients]
    captured = capfd.readouterr()
    everything = f"{records}{captured.out}{captured.err}"
    assert '"event": "opt-out"' in everything
    for secret in ("zhang", *(path.partition(".")[2] for path in paths)):
        assert secret not in everything


# --- being alive -------------------------------------------------------------------------------------------------


def test_health_is_ok_while_the_database_answers(http: httpx.Client) -> None:
    answer = http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert http.head("/health").status_code == 200
    assert http.post("/health").status_code == 405


def test_a_database_that_is_away_is_503_everywhere(scene: Scene, tmp_path: Path) -> None:
    gone = open_store(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}", some_keys(tmp_path), tmp_path)
    with a_web_server(gone) as base_url, a_client(base_url) as http:
        answers = [http.get("/health"), http.get(scene.path), http.post(scene.path, data=ONE_CLICK)]
    gone.close()
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert [answer.headers["retry-after"] for answer in answers] == ["60", "60", "60"]
    assert answers[0].json() == {"status": "store busy"}
    assert "nothing has changed yet" in answers[2].text


def test_a_locked_database_is_503_and_the_next_try_succeeds(scene: Scene, http: httpx.Client) -> None:
    scene.store.close()
    for engine in (scene.store.engine, scene.store.durable):
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(scene.store.state_dir / "mailcrm.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = http.post(scene.path, data=ONE_CLICK)
    looking = http.get(scene.path)
    other.close()
    assert (answer.status_code, looking.status_code) == (503, 200)
    assert not scene.closed(scene.zhang, "newsletter")
    assert http.post(scene.path, data=ONE_CLICK).status_code == 200
    assert scene.closed(scene.zhang, "newsletter")


def test_a_short_lock_is_waited_for(scene: Scene, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def busy_once(session: Session, recipient_id: int, detail: str, now: datetime) -> bool:
        tries.append(recipient_id)
        if len(tries) == 1:
            raise StoreBusy
        return close_purpose(session, recipient_id, detail, now)

    monkeypatch.setattr("mailcrm.web.public.close_purpose", busy_once)
    assert http.post(scene.path, data=ONE_CLICK).status_code == 200
    assert len(tries) == 2
    assert scene.closed(scene.zhang, "newsletter")


def test_a_bug_is_a_page_with_all_headers_and_no_details(
    scene: Scene, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("mailcrm.web.public.find_opt_out", broken)
    before = scene.snapshot()
    answer = http.post(scene.path, data=ONE_CLICK)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert scene.snapshot() == before
