"""`mailcrm run`: the public endpoint and all standing work in one process, until SIGTERM.

A failing account backs off without harming the others; on SIGTERM or SIGINT mails in flight are finished, claims are
given back, and whatever does not end in time is left to its lease.
"""

import signal
import threading
from datetime import timedelta
from random import Random, SystemRandom
from types import FrameType
from typing import Any

import uvicorn

from mailcrm.errors import StoreBusy
from mailcrm.log import get_logger
from mailcrm.service.accounts import sync_accounts
from mailcrm.service.app import App
from mailcrm.service.holding import worker_name
from mailcrm.service.leases import Claims
from mailcrm.service.listening import free_port, listen, place
from mailcrm.service.systemd import notify
from mailcrm.service.works import all_works

__all__ = ["PublicServer", "free_port", "run"]

_log = get_logger("mailcrm.daemon")


def run(app: App, asgi: Any, *, stop: threading.Event | None = None, chance: Random | None = None) -> int:
    """Run until `stop` is set or a signal comes. Returns the exit code: 0, or 1 if work had to be left behind
    or the public endpoint broke down."""
    stop = stop or threading.Event()
    chance = chance or SystemRandom()
    _stop_on_signals(stop)
    sync_accounts(app, always=True)
    worker = worker_name()
    section = app.config.service
    claims = Claims(app.store, all_works(app, worker, chance), worker, timedelta(seconds=section.lease_seconds), chance)
    web = PublicServer(app, asgi) if asgi is not None and app.config.public.enabled else None
    if web is not None:
        web.start()
    dead = False
    try:
        claims.publish()
        notify("READY=1")
        _log.info("running", worker=worker, accounts=len(app.config.accounts), web=web.address if web else None)
        while not stop.is_set() and not dead:
            _cycle(claims)
            stop.wait(section.cycle_seconds)
            dead = web is not None and not web.alive()
    finally:
        notify("STOPPING=1")
        left = claims.close(section.grace_seconds)
        if web is not None:
            web.stop()
    _log.info("stopped", left_behind=left)
    if dead:  # people could not opt out any more: better to be started again than to go on half alive
        _log.error("the public endpoint has ended by itself")
    return 1 if left or dead else 0


def _cycle(claims: Claims) -> None:
    try:
        claims.cycle()
        notify("WATCHDOG=1")
    except StoreBusy as exc:
        _log.error("the store does not answer", reason=str(exc))
    except Exception:  # noqa: BLE001 - a bug: the work in hand goes on, and the next turn may do better
        _log.error("the turn failed", exc_info=True)


def _stop_on_signals(stop: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


class PublicServer:
    """The public endpoint on a thread of its own. Raises ConfigError if it cannot listen there."""

    def __init__(self, app: App, asgi: Any) -> None:
        public = app.config.public
        self.address = f"http://{place(public.listen, public.port)}"
        self._socket = listen(public.listen, public.port)
        config = uvicorn.Config(
            asgi, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def _serve(self) -> None:
        try:
            self._server.run([self._socket])
        except Exception:  # noqa: BLE001 - the daemon sees that the thread has ended
            _log.error("the public endpoint broke down", exc_info=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish what is being answered, then end."""
        self._server.should_exit = True
        self._thread.join(6)
        self._socket.close()
