"""The daemon's main loop: a turn that fails does not end it, a dead endpoint does."""

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import structlog
import uvicorn
from structlog.testing import capture_logs

from mailcrm.config import LogSection
from mailcrm.service import daemon
from mailcrm.service.app import App
from mailcrm.service.leases import Claims
from mailcrm.service.listening import free_port
from mailcrm.service.logs import configure_logs
from tests.builders import a_config, a_store, an_app

SERVICE = {"cycle_seconds": 0.05, "grace_seconds": 5}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with a_store(tmp_path) as store:
        yield an_app(store, a_config(tmp_path, public={"port": free_port("127.0.0.1")}, service=SERVICE))


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_turn_that_fails_does_not_end_the_daemon(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, turns = threading.Event(), 0

    def broken(_claims: Claims) -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            stop.set()
        raise KeyError("zhang@example.com")

    monkeypatch.setattr(Claims, "cycle", broken)
    with capture_logs() as logs:
        assert daemon.run(app, None, stop=stop, chance=Random(1)) == 0
    assert turns == 3
    assert [line["event"] for line in logs].count("the turn failed") == 3


@pytest.mark.parametrize("ends", ["raises", "returns"])
def test_a_dead_endpoint_ends_the_daemon_loudly(app: App, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    def serve(_server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        assert sockets
        if ends == "raises":
            raise ZeroDivisionError("zhang@example.com")

    monkeypatch.setattr(uvicorn.Server, "run", serve)
    stop = threading.Event()
    timer = threading.Timer(20, stop.set)
    timer.start()
    with capture_logs() as logs:
        assert daemon.run(app, object(), stop=stop, chance=Random(1)) == 1
    timer.cancel()
    assert not stop.is_set()
    assert "the public endpoint has ended by itself" in [line["event"] for line in logs]


def test_the_endpoint_speaks_ipv6(app: App) -> None:
    config = a_config(app.store.state_dir, public={"listen": "::1", "port": free_port("::1")})
    web = daemon.PublicServer(an_app(app.store, config), object())
    assert web.address == f"http://[::1]:{config.public.port}"
    web.start()
    with socket.create_connection(("::1", config.public.port)):
        assert web.alive()
    web.stop()


def test_errors_of_the_endpoint_are_lines_like_ours(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSection(format="json"))
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")
    assert capsys.readouterr().err.startswith("{")
