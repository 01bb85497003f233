"""Asks an authorization server: one POST, one JSON answer, through the proxy of the account if it has one."""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from mailcrm.errors import ConnectionLost, MailcrmError, Throttled
from mailcrm.ingest.imap.wire import connect
from mailcrm.model.proxy import Proxy

_LARGEST = 1024 * 1024
_SLOW_DOWN = 429


class Answer:
    """What came back, as authlib wants to be handed it."""

    def __init__(self, place: str, status_code: int, text: bytes) -> None:
        self.place, self.status_code, self._text = place, status_code, text

    def json(self) -> Any:
        """The JSON in it. Raises ValueError if there is none."""
        return json.loads(self._text)

    def raise_for_status(self) -> None:
        """Raises Throttled or ConnectionLost for an answer that is no answer to what was asked."""
        if self.status_code >= 400:
            raise self.unusable()

    def unusable(self) -> MailcrmError:
        """The error for an answer that says nothing of us: the server is in trouble, or it was not the server."""
        if self.status_code == _SLOW_DOWN:
            return Throttled(f"{self.place} asks us to slow down (HTTP {self.status_code})")
        return ConnectionLost(
            f"{self.place} does not answer as an authorization server (HTTP {self.status_code}); if it lasts, are the "
            "addresses in accounts.oauth right, and is there a proxy or a login page of the network in between?"
        )


class Web:
    """`timeout`, in seconds, holds for the connection and for each part of an answer."""

    def __init__(self, proxy: Proxy | None, timeout: float) -> None:
        self._proxy, self._timeout = proxy, timeout

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Answer:
        """`auth` is authlib's. Redirections are not followed. Raises ConnectionLost, PermanentError (the proxy)."""
        url, ready, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            return self._asked(host, port, parts.scheme == "https", path, body, ready)
        except (OSError, UnicodeError, http.client.HTTPException) as exc:
            raise ConnectionLost(f"cannot reach {host} for a token: {_words(exc)}") from exc

    def _asked(self, host: str, port: int, tls: bool, path: str, body: str, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = connect(host, port, self._timeout, self._proxy)
        try:
            if tls:
                connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
            connection.request("POST", path, body, {**headers, "Connection": "close"})
            reply = connection.getresponse()
            return Answer(host, reply.status, reply.read(_LARGEST))
        finally:
            connection.close()


def _words(exc: Exception) -> str:
    match exc:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {exc.verify_message}"
        case socket.gaierror() | UnicodeError():
            return "no such host; does name resolution work?"
        case TimeoutError():
            return "it does not answer"
        case OSError():
            return exc.strerror or str(exc) or type(exc).__name__
        case _:
            return "it does not speak HTTP"
