"""A real SMTP server (aiosmtpd) inside the test's event loop, whose mood depends on who is written to."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
SILENCE = "(silence)"
USER, SECRET = "sales@shop.example", "pässwörd"


@dataclass
class Mail:
    """One mail that the server took."""

    sender: str
    recipient: str
    content: bytes


@dataclass
class Mood:
    """Handler of aiosmtpd: `<mood>@...` is answered at MAIL or RCPT or after the dot as `ANSWERS` say; else 250."""

    taken: list[Mail] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    resets: int = 0
    options: list[str] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, _s: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self.options = options
        envelope.mail_from = address
        return await self._answer(server, "mail", address)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _s: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = await self._answer(server, "rcpt", address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, _server: SMTP, _s: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.resets += 1
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        [recipient] = envelope.rcpt_tos
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        mood = recipient.partition("@")[0]
        if mood not in ("data-refused", "data-later"):
            self.taken.append(Mail(envelope.mail_from, recipient, envelope.content))
            self.sessions.append(session)
        return await self._answer(server, "data", recipient)

    async def _answer(self, server: SMTP, stage: str, address: str) -> str:
        mood = address.partition("@")[0]
        if mood == f"{stage}-drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if mood in (f"{stage}-drop", f"{stage}-silent"):
            await asyncio.Event().wait()  # until the connection is gone
        return ANSWERS.get(mood, "250 2.0.0 OK") if mood.startswith(f"{stage}-") else "250 2.0.0 OK"

    def authenticate(self, _server: SMTP, _s: Session, _e: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(mechanism)
        if data.login == b"busy":
            return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")
        right = data.login == USER.encode() and data.password == SECRET.encode()
        return AuthResult(
            success=right, handled=False, message=None if right else f"535 5.7.8 not {data.password.decode()}"
        )

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        self.logins.append("XOAUTH2")
        said = base64.b64decode(args[1]).decode()
        right = said == f"user={USER}\x01auth=Bearer {SECRET}\x01\x01"
        return AuthResult(success=right, handled=False, message=None if right else "535 5.7.8 no such token")


ANSWERS = {
    "mail-refused": "550 5.7.1 we do not like you",
    "mail-later": "451 4.7.1 not now",
    "mail-closing": "421 4.3.2 shutting down",
    "rcpt-refused": "550 5.1.1 user unknown",
    "rcpt-later": "451 4.7.1 greylisted",
    "rcpt-closing": "421 4.7.0 too much",
    "rcpt-odd": "999 what?",
    "data-refused": "554 5.7.1 spam",
    "data-later": "452 4.3.1 disk full",
    "data-closing": "421 4.3.2 shutting down after all",
    "data-relay": "451 4.4.2 the next server went away",
    "data-odd": "354 go on",
    "data-garbage": "gone fishing",
}


@dataclass(frozen=True)
class Door:
    """Where a server listens; `cut` ends all its connections at once."""

    port: int
    cut: Callable[[], None]
    mood: Mood = field(default_factory=Mood)


@contextlib.asynccontextmanager
async def moody_server(
    *, implicit: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, size: int | None = None
) -> AsyncIterator[Door]:
    """Without a context it talks in plain text and offers no login."""
    mood = Mood()

    def session() -> SMTP:
        return SMTP(
            mood,
            hostname="moody.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=mood.authenticate,
            auth_require_tls=implicit is None,
            data_size_limit=size,
            loop=asyncio.get_running_loop(),
        )

    async with _listening(session, implicit) as door:
        yield replace(door, mood=mood)


@contextlib.asynccontextmanager
async def scripted_server(*lines: str, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Door, list[str]]]:
    """A server that says its lines, one for each line it hears, and hangs up. What it heard is in the list."""
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for line in lines:
                if line == SILENCE:
                    await asyncio.Event().wait()
                writer.write(line.encode("latin-1") + b"\r\n")
                await writer.drain()
                heard.append((await reader.readline()).decode().strip())
        writer.transport.abort()

    def session() -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), serve)

    async with _listening(session, context) as door:
        yield door, heard


@contextlib.asynccontextmanager
async def _listening(
    session: Callable[[], asyncio.StreamReaderProtocol], context: ssl.SSLContext | None = None
) -> AsyncIterator[Door]:
    sessions: list[asyncio.StreamReaderProtocol] = []

    def remembered() -> asyncio.StreamReaderProtocol:
        sessions.append(session())
        return sessions[-1]

    def cut() -> None:
        for protocol in sessions:
            for name in ("transport", "_transport", "_original_transport"):  # the last one lies below STARTTLS
                transport = getattr(protocol, name, None)
                if isinstance(transport, asyncio.WriteTransport):
                    transport.abort()

    server = await asyncio.get_running_loop().create_server(remembered, HOST, 0, ssl=context)
    try:
        yield Door(server.sockets[0].getsockname()[1], cut)
    finally:
        server.close()
        cut()
        await server.wait_closed()
        await asyncio.sleep(0.01)
