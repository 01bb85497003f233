"""What the browser brings back from the provider's page: read from an address, or caught by listening for it."""

import hmac
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from mailcrm.errors import UserError

_HOST = "127.0.0.1"
_LOOK_SECONDS = 0.2
_REQUEST_SECONDS = 10
_PAGE = """<!doctype html><meta charset="utf-8"><title>mailcrm</title>
<p>You can close this page and go back to mailcrm.</p><p lang="zh-CN">可以关闭此页面，回到 mailcrm。</p>
"""


def read_redirect(url: str, state: str) -> str:
    """The code in the address to which the browser was sent. Raises UserError: not ours, refused, or no code in it."""
    fields = _fields(url.strip())
    if not hmac.compare_digest(fields.get("state", "").encode(), state.encode()):
        raise UserError(
            "this is not the address that this sign-in ends at; copy the whole address of the last page, and sign in "
            "by the page that was shown just now"
        )
    if fields.get("error") == "access_denied":
        raise UserError("the sign-in was refused in the browser; if that was a mistake, begin again")
    if "error" in fields:
        words = " ".join(f"{fields['error']} {fields.get('error_description', '')}".split())[:300]
        raise UserError(f"the provider's page ended with an error: {words}. Check accounts.oauth")
    if not fields.get("code"):
        raise UserError("there is no code in this address; copy the whole address of the last page")
    return fields["code"]


def _fields(url: str) -> dict[str, str]:
    """What an address carries; nothing if it is none."""
    try:
        query = urlsplit(url).query
        return {key: values[0] for key, values in parse_qs(query).items()}
    except ValueError:
        return {}


class _Server(ThreadingHTTPServer):
    """One thread for each connection: browsers open some and say nothing."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing for a connection that the browser broke off: it comes again."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Listener:
    """Listens on this machine for the browser, as a context manager; `port` is where."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._state = ""
        self._came = threading.Event()
        self._server = _Server((_HOST, 0), self._handler())
        self._server.timeout = _LOOK_SECONDS
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait(self, state: str, seconds: float) -> str:
        """The address that the browser came to with this `state`. Raises UserError if it does not come in time."""
        self._state = state
        deadline = time.monotonic() + seconds
        while not self._came.is_set():
            if time.monotonic() > deadline:
                raise UserError(
                    "nobody came back from the sign-in page in time. Does the browser run on this machine? If not: --paste"
                )
            self._server.handle_request()
        return self._found[0]

    def _is_ours(self, path: str) -> bool:
        """Whether that is what is waited for, and not e.g. the browser's wish for an icon, or somebody's guess."""
        given = _fields(path).get("state", "")
        return bool(self._state) and hmac.compare_digest(given.encode(), self._state.encode())

    def _take(self, path: str) -> None:
        self._found.append(path)
        self._came.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        is_ours, take = self._is_ours, self._take

        class Handler(BaseHTTPRequestHandler):
            timeout = _REQUEST_SECONDS

            def do_GET(self) -> None:
                ours = is_ours(self.path)
                try:
                    self._answer(ours=ours)
                finally:  # only now: who waits for it may end the process
                    if ours:
                        take(self.path)

            def _answer(self, *, ours: bool) -> None:
                page = _PAGE.encode() if ours else b""
                self.send_response(200 if ours else 404)
                for name, value in (
                    ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page))),
                    ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("Connection", "close"),
                ):  # fmt: skip
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the code would stand in it."""

        return Handler
