"""`mailcrm run`: the public endpoint and all standing work in one process, until SIGTERM.

A failing account backs off without harming the others; on SIGTERM or SIGINT mails in flight are finished, claims are
given back, and whatever does not end in time is left to its lease.
"""

import os
import secrets
import signal
import socket
import threading
from datetime import timedelta
from random import Random, SystemRandom
from types import FrameType
from typing import Any

import structlog
import uvicorn

from mailcrm.errors import ConfigError, StoreBusy
from mailcrm.service.app import App
from mailcrm.service.leases import Claims
from mailcrm.service.systemd import notify
from mailcrm.service.works import all_works

_log = structlog.get_logger("mailcrm.daemon")


def run(app: App, asgi: Any, *, stop: threading.Event | None = None, chance: Random | None = None) -> int:
    """Run until `stop` is set or a signal comes. Returns the exit code: 0, or 1 if work had to be left behind."""
    stop = stop or threading.Event()
    chance = chance or SystemRandom()
    _stop_on_signals(stop)
    worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(3)}"
    section = app.config.service
    claims = Claims(app.store, all_works(app, worker, chance), worker, timedelta(seconds=section.lease_seconds), chance)
    web = PublicServer(app, asgi) if asgi is not None and app.config.public.enabled else None
    if web is not None:
        web.start()
    try:
        claims.publish()
        notify("READY=1")
        _log.info("running", worker=worker, accounts=len(app.config.accounts), web=web.address if web else None)
        while not stop.is_set():
            _cycle(claims)
            stop.wait(section.cycle_seconds)
    finally:
        notify("STOPPING=1")
        left = claims.close(section.grace_seconds)
        if web is not None:
            web.stop()
    _log.info("stopped", left_behind=left)
    return 1 if left else 0


def _cycle(claims: Claims) -> None:
    try:
        claims.cycle()
        notify("WATCHDOG=1")
    except StoreBusy as exc:
        _log.error("the store does not answer", reason=str(exc))


def _stop_on_signals(stop: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


class PublicServer:
    """The public endpoint on a thread of its own. Raises ConfigError if the port is taken."""

    def __init__(self, app: App, asgi: Any) -> None:
        public = app.config.public
        self.address = f"http://{public.listen}:{public.port}"
        self._socket = _listen(public.listen, public.port)
        config = uvicorn.Config(
            asgi, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being answered, then end."""
        self._server.should_exit = True
        self._thread.join(6)
        self._socket.close()


def _listen(host: str, port: int) -> socket.socket:
    """Bound before anything else starts, so that a taken port is a clear message and not a half-started daemon."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as exc:
        raise ConfigError(
            f"public.port: cannot listen on {host}:{port}: {exc.strerror}; is mailcrm running already?"
        ) from exc


def free_port(host: str) -> int:
    """A port that nobody listens on right now, for demos and tests."""
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
