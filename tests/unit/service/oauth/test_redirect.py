"""What comes back from the browser, also what no browser would send."""

import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from mailcrm.errors import UserError
from mailcrm.service.oauth.redirect import Listener, read_redirect


@pytest.mark.parametrize(
    "address", ["http://[x", "", "code", "http://127.0.0.1:1/?code=c", "http://h/?state=no&code=c"]
)
def test_what_is_not_our_address_is_said_to_be_so(address: str) -> None:
    with pytest.raises(UserError, match="copy the whole address"):
        read_redirect(address, "state")


def test_our_address_holds_the_code() -> None:
    assert read_redirect(" http://127.0.0.1:1/?state=state&code=c \n", "state") == "c"


def ask(port: int, target: str, *, reset: bool = False) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        if reset:  # closing ends it with a reset (SO_LINGER of no time)
            connection.sendall(b"GET")
            time.sleep(0.2)  # the handler waits for the rest of the line
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return b""
        connection.sendall(f"GET {target} HTTP/1.0\r\n\r\n".encode())
        return connection.makefile("rb").read()


def test_strange_visitors_of_the_listener_are_passed_over(capfd: pytest.CaptureFixture[str]) -> None:
    found = []
    with Listener() as listener:
        waiting = threading.Thread(target=lambda: found.append(listener.wait("state", 20)))
        waiting.start()
        while not listener._state:
            time.sleep(0.01)
        ask(listener.port, "", reset=True)
        assert b" 404 " in ask(listener.port, "http://[x?state=state&code=c")
        assert b" 200 " in ask(listener.port, "/?state=state&code=c")
        waiting.join()
    assert found == ["/?state=state&code=c"]
    assert capfd.readouterr().err == ""


def test_the_browser_has_its_page_before_anybody_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command may end at once, when the sign-in was refused; its listener ends with it."""
    sent = threading.Event()
    send = BaseHTTPRequestHandler.end_headers

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        send(handler)
        sent.set()

    monkeypatch.setattr(BaseHTTPRequestHandler, "end_headers", slowly)
    with Listener() as listener:
        listener._state = "state"
        browser = threading.Thread(target=ask, args=(listener.port, "/?state=state&error=access_denied"))
        browser.start()
        listener.wait("state", 20)
        assert sent.is_set()
        browser.join()
