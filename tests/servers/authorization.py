"""An authorization server for tests: consents at once as whom it is told, and can be told to refuse, expire and forget."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.servers.server import HOST

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class _Grant:
    """What was granted to a client: by whom, and what its codes and tokens are worth."""

    user: str
    redirect: str = ""
    challenge: str = ""
    device: str = ""
    approved: bool = True
    refresh_tokens: list[str] = field(default_factory=list)
    revoked: bool = False


class AuthorizationServer:
    """OAuth 2.0 on this machine, as a context manager: code with PKCE, refresh (rotating), device, introspection.

    Whoever comes to /authorize is `user`, and consents, or is sent back with the error `refusal`. Access tokens are good
    for `lifetime` seconds as the client is told (None: it is not told); really until `expire()`. With `rotate` a refresh
    token is good once, and its second use revokes the grant, as it would for a thief. `broken` is an HTTP status (or bytes,
    the body of a 200) instead of an answer at /token. `asked` lists the grant types of all requests for tokens.
    """

    def __init__(self, user: str = "me@own.example", *, client_id: str = "mailcrm", client_secret: str = "") -> None:
        self.user, self.client_id, self.client_secret = user, client_id, client_secret
        self.lifetime: int | None = 3600
        self.rotate = True
        self.refusal = ""
        self.broken: int | bytes | None = None
        self.without_refresh_token = False
        self.delay = 0.0
        self.device_approved = True
        self.device_lifetime = 600
        self.asked: list[str] = []
        self.pages: list[dict[str, str]] = []
        self.said: set[str] = set()
        self._codes: dict[str, _Grant] = {}
        self._devices: dict[str, _Grant] = {}
        self._refresh: dict[str, _Grant] = {}
        self._access: dict[str, _Grant] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer((HOST, 0), _handler(self))
        self.port = int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.shutdown()
        self._thread.join(5)
        self._http.server_close()

    def url(self, path: str) -> str:
        """The address of an endpoint: authorize, token, device, introspect."""
        return f"http://{HOST}:{self.port}/{path}"

    def section(self, **more: Any) -> dict[str, Any]:
        """The table `accounts.oauth` for it."""
        return {
            "client_id": self.client_id,
            "authorization_url": self.url("authorize"),
            "token_url": self.url("token"),
            "device_url": self.url("device"),
            "scopes": ["mail", "offline_access"],
            **more,
        }

    def expire(self) -> None:
        """No access token is good any more; refresh tokens are."""
        with self._lock:
            self._access.clear()

    def revoke(self) -> None:
        """Somebody took our access away: nothing is good any more."""
        with self._lock:
            self._access.clear()
            for grant in self._refresh.values():
                grant.revoked = True

    def active(self, token: str) -> str | None:
        """Whose access token that is; None if it is none, or not any more."""
        with self._lock:
            grant = self._access.get(token)
        return None if grant is None else grant.user

    def give(self, user: str | None = None) -> dict[str, Any]:
        """Tokens as after a sign-in."""
        with self._lock:
            return self._tokens(_Grant(user or self.user))

    # --- requests

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent."""
        self.pages.append(query)
        back = {"state": query["state"]}
        if self.refusal:
            back |= {"error": self.refusal, "error_description": "the user said no"}
        else:
            code = self._secret("code")
            grant = _Grant(self.user, query["redirect_uri"], query["code_challenge"])
            assert (query["code_challenge_method"], query["client_id"]) == ("S256", self.client_id)
            self._codes[code] = grant
            back["code"] = code
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any] | bytes]:
        """Status and body."""
        self.asked.append(form.get("grant_type", ""))
        time.sleep(self.delay)
        if isinstance(self.broken, bytes):
            return 200, self.broken
        if self.broken:
            return self.broken, b"<html>out of order</html>"
        with self._lock:
            return self._token(form)

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any] | bytes]:
        if (form.get("client_id"), form.get("client_secret", "")) != (self.client_id, self.client_secret):
            return 401, {
                "error": "invalid_client",
                "error_description": f'AADSTS7000215: "bad"\r\n{form.get("client_secret")}',
            }
        grant: _Grant | None
        match form["grant_type"]:
            case "authorization_code":
                grant = self._codes.pop(form["code"], None)
                if grant and (
                    grant.redirect != form["redirect_uri"] or grant.challenge != _challenge(form["code_verifier"])
                ):
                    grant = None
            case "refresh_token":
                grant = self._spent(form["refresh_token"])
            case _:
                assert form["grant_type"] == DEVICE_GRANT
                grant = self._devices[form["device_code"]]
                if not grant.approved:
                    return 400, {"error": "authorization_pending"}
                if self.refusal:
                    return 400, {"error": self.refusal}
        if grant is None or grant.revoked:
            # As Microsoft writes it, with line breaks, and worse: with the token.
            words = f"AADSTS70008: it has expired.\r\nTrace ID: 1 {form.get('refresh_token', '')}"
            return 400, {"error": "invalid_grant", "error_description": words}
        return 200, self._tokens(grant)

    def _spent(self, token: str) -> _Grant | None:
        grant = self._refresh.get(token)
        if grant is not None and self.rotate and grant.refresh_tokens[-1] != token:
            grant.revoked = True
        return grant

    def _tokens(self, grant: _Grant) -> dict[str, Any]:
        access = self._secret("access")
        self._access[access] = grant
        found: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "id_token": _id_token(grant.user)}
        if self.lifetime is not None:
            found["expires_in"] = self.lifetime
        if (self.rotate or not grant.refresh_tokens) and not self.without_refresh_token:
            found["refresh_token"] = self._secret("refresh")
            grant.refresh_tokens.append(found["refresh_token"])
            self._refresh[found["refresh_token"]] = grant
        return found

    def device(self, form: dict[str, str]) -> dict[str, Any]:
        """A sign-in that begins on another device."""
        assert form["client_id"] == self.client_id
        code = self._secret("device")
        self._devices[code] = _Grant(self.user, approved=self.device_approved)
        return {
            "device_code": code, "user_code": "ABCD-EFGH", "verification_uri": self.url("activate"),
            "expires_in": self.device_lifetime, "interval": 0,
        }  # fmt: skip

    def approve_devices(self) -> None:
        """Somebody typed the code in."""
        for grant in self._devices.values():
            grant.approved = True

    def introspect(self, token: str) -> dict[str, Any]:
        """What Dovecot asks (RFC 7662)."""
        user = self.active(token)
        return {"active": False} if user is None else {"active": True, "username": user, "scope": "mail"}

    def _secret(self, kind: str) -> str:
        made = f"{kind}-{secrets.token_urlsafe(24)}"
        self.said.add(made)
        return made


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _id_token(user: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"email": user}).encode()).rstrip(b"=").decode()
    return f"e30.{claims}.c2ln"


def _handler(server: AuthorizationServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = _flat(parts.query)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", server.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._answer(200, server.introspect(query["token"]))

        def do_POST(self) -> None:
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            match urlsplit(self.path).path:
                case "/token":
                    self._answer(*server.token(form))
                case "/device":
                    self._answer(200, server.device(form))
                case _:
                    self._answer(200, server.introspect(form["token"]))

        def _answer(self, status: int, body: dict[str, Any] | bytes) -> None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            pass

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()}
