"""Hands one mail at a time to a mail server, or to a directory, and tells exactly how far it came.

A connection never raises for what a server says or does; the `Attempt` tells. That is what decides between "sent", "try
again" and "in doubt" (campaigns.md section 2), so each way in which a conversation can end has its own stage.
"""

import asyncio
import contextlib
import os
import re
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import aiosmtplib

from mailcrm.campaigns.content.mime import ascii_address
from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.connect import SmtpLogin, drop, open_client, tls_context
from mailcrm.errors import PermanentError, UserError
from mailcrm.model.provider import Security

__all__ = ["Attempt", "Connection", "FileTransport", "SmtpLogin", "SmtpTransport", "Stage", "Transport"]

BeforeData = Callable[[], Awaitable[bool]]
"""Awaited when the server has accepted the recipient and nothing of the mail is written: the durable mark."""

_QUIT_SECONDS = 2.0
_SERVICE_CLOSES = 421
_GO_ON = 354
_ACCEPTED = 250
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LEADING_DOT = re.compile(rb"(?m)^\.")
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*<([^>\r\n]+)>")


class Connection(Protocol):
    """One mail after the other, never two at a time."""

    @property
    def usable(self) -> bool:
        """Whether another mail may be tried here."""
        ...

    async def deliver(self, mail_from: str, rcpt_to: str, content: bytes, before_data: BeforeData) -> Attempt:
        """Offers the recipient, awaits `before_data`, and only then hands the mail over (False: it is not, `held`).

        Raises only what `before_data` raises, or UserError for a `mail_from` that is no address; the connection is
        unusable then, and nothing of the mail was written.
        """
        ...

    async def close(self) -> None:
        """Says good-bye, briefly. May be called twice."""
        ...


class Transport(Protocol):
    """Where mail goes."""

    async def connect(self) -> Connection:
        """Raises ConnectionLost, Throttled, LoginRefused, SenderRefused, or PermanentError (TLS), saying what to do."""
        ...


# --- SMTP --------------------------------------------------------------------------------------------------------


class SmtpTransport:
    """A submission server. Keep it: reading the certificate authorities takes 50 ms, once."""

    def __init__(self, login: SmtpLogin) -> None:
        self._login = login
        self._context: ssl.SSLContext | None = None

    async def connect(self) -> Connection:
        """A signed-in connection."""
        if self._context is None and self._login.security is not Security.NONE:
            self._context = tls_context(self._login)
        return _SmtpConnection(await open_client(self._login, self._context), self._login.reply_timeout)


class _SmtpConnection:
    """MAIL, RCPT, the mark, DATA, the mail: a round trip each. `_open`: the server may still hold a transaction of ours."""

    def __init__(self, client: aiosmtplib.SMTP, reply_timeout: float) -> None:
        self._client = client
        self._reply_timeout = reply_timeout
        self._open = False

    @property
    def usable(self) -> bool:
        return self._client.is_connected

    async def deliver(self, mail_from: str, rcpt_to: str, content: bytes, before_data: BeforeData) -> Attempt:
        try:
            return await self._deliver(ascii_address(mail_from), rcpt_to, content, before_data)
        except (
            BaseException
        ):  # also a cancelled task: what the server thinks of this conversation is not known any more
            drop(self._client)
            raise

    async def _deliver(self, mail_from: str, rcpt_to: str, content: bytes, before_data: BeforeData) -> Attempt:
        refusal = self._unsendable(rcpt_to, content)
        refusal = refusal or await self._refusal(Stage.MAIL, self._mail(mail_from, len(content)))
        refusal = refusal or await self._refusal(Stage.RCPT, self._client.rcpt(ascii_address(rcpt_to)))
        if refusal is not None:
            return refusal
        if not await before_data():
            await self._refusal(Stage.HELD, self._reset())
            return Attempt(Stage.HELD, text="held back before it was handed over")
        if not self.usable:
            return Attempt(Stage.HELD, text="connection lost before the mail was handed over", lost=True)
        return await self._data(content)

    def _unsendable(self, rcpt_to: str, content: bytes) -> Attempt | None:
        """What is known without asking: the connection is gone, the address has no wire form, the mail is too large."""
        if not self.usable:
            return Attempt(Stage.MAIL, text="the connection was already lost", lost=True)
        try:
            ascii_address(rcpt_to)
        except UserError as exc:
            return Attempt.of_reply(Stage.RCPT, 553, f"5.1.3 {exc.message}")
        size = self._client.esmtp_extensions.get("size", "")
        if size.isdecimal() and 0 < int(size) < len(content):
            return Attempt.of_reply(Stage.MAIL, 552, f"5.3.4 {len(content)} bytes; the server takes {size} (RFC 1870)")
        return None

    async def _mail(self, mail_from: str, size: int) -> None:
        if self._open:  # after any refusal; a server keeps the transaction that it refused a recipient or the data of
            await self._reset()
        self._open = True
        options = [f"SIZE={size}"] if self._client.supports_extension("size") else []
        await self._client.mail(mail_from, options=options)

    async def _reset(self) -> None:
        try:
            await self._client.rset()
        except aiosmtplib.SMTPResponseException as exc:
            raise aiosmtplib.SMTPServerDisconnected(f"RSET was refused: {exc.code} {exc.message}") from exc
        self._open = False

    async def _data(self, content: bytes) -> Attempt:
        """Not `client.data`: it does not tell a refusal of the command from one of the mail."""
        reply: list[aiosmtplib.SMTPResponse] = []

        async def hand_over() -> None:
            self._write(_dotted(content))
            reply.append(await self._client.execute_command(b".", timeout=self._reply_timeout))
            _require(_ACCEPTED, reply[0])

        refusal = await self._refusal(Stage.DATA, self._begin())
        refusal = refusal or await self._refusal(Stage.DOT, hand_over())
        if refusal is not None:
            return refusal
        self._open = False
        return Attempt.of_reply(Stage.DONE, reply[0].code, reply[0].message)

    async def _begin(self) -> None:
        _require(_GO_ON, await self._client.execute_command(b"DATA"))
        if not self.usable:  # it hung up behind its "go on": nothing was written
            raise aiosmtplib.SMTPServerDisconnected("connection lost before the mail was written")

    def _write(self, content: bytes) -> None:
        if self._client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        self._client.protocol.write(content)

    async def _refusal(self, stage: Stage, step: Awaitable[object]) -> Attempt | None:
        """None if the server said yes. Whatever is neither yes nor a clear no ends the connection."""
        try:
            await step
        except aiosmtplib.SMTPResponseException as exc:
            clear = 400 <= exc.code < 600
            if not clear or exc.code == _SERVICE_CLOSES:
                drop(self._client)
            return Attempt.of_reply(stage, max(exc.code, 0), exc.message, lost=not clear)
        except (aiosmtplib.SMTPException, OSError) as exc:
            drop(self._client)
            return Attempt(stage, text=str(exc) or type(exc).__name__, lost=True)
        return None

    async def close(self) -> None:
        if self.usable:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await self._client.quit(timeout=_QUIT_SECONDS)
        drop(self._client)
        await asyncio.sleep(0)  # lets the event loop close the socket


def _dotted(content: bytes) -> bytes:
    """As it goes over the wire (RFC 5321 section 4.5.2), without the final dot; only CRLF ends a line."""
    lines = _LINE_END.sub(b"\r\n", content)
    return _LEADING_DOT.sub(b"..", lines if lines.endswith(b"\r\n") else lines + b"\r\n")


def _require(code: int, reply: aiosmtplib.SMTPResponse) -> None:
    if reply.code != code:
        raise aiosmtplib.SMTPDataError(reply.code, reply.message)


# --- a directory -------------------------------------------------------------------------------------------------


class FileTransport:
    """One .eml file a mail, to try a campaign without sending it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def connect(self) -> Connection:
        """Makes the directory. Raises PermanentError if that cannot be."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise PermanentError(f"cannot write mails to {self._directory}: {exc.strerror}") from exc
        return _FileConnection(self._directory)


class _FileConnection:
    """Blocks for the moment of an fsync: this is for trying things, not for speed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.usable = True

    async def deliver(self, mail_from: str, rcpt_to: str, content: bytes, before_data: BeforeData) -> Attempt:
        try:
            ascii_address(mail_from)
            return await self._deliver(rcpt_to, content, before_data)
        except BaseException:
            self.usable = False
            raise

    async def _deliver(self, rcpt_to: str, content: bytes, before_data: BeforeData) -> Attempt:
        if not self.usable:
            return Attempt(Stage.MAIL, text="the connection was already closed", lost=True)
        try:
            ascii_address(rcpt_to)
        except UserError as exc:
            return Attempt.of_reply(Stage.RCPT, 553, f"5.1.3 {exc.message}")
        if not await before_data():
            return Attempt(Stage.HELD, text="held back before it was handed over")
        try:
            path = self._write(content)
        except OSError as exc:  # a full disk: nothing has its final name yet, so the mail is certainly not delivered
            return Attempt.of_reply(Stage.DATA, 452, f"4.3.1 {self._directory}: {exc.strerror}")
        return Attempt.of_reply(Stage.DONE, 250, f"2.0.0 written to {path.name}")

    def _write(self, content: bytes) -> Path:
        found = _MESSAGE_ID.search(content)
        stem = re.sub(rb"[^A-Za-z0-9.@_-]", b"_", found[1][:150] if found else b"mail").decode("ascii")
        path = _unused(self._directory, stem)
        draft = path.with_suffix(".part")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_directory(self._directory)
        return path

    async def close(self) -> None:
        self.usable = False


def _unused(directory: Path, stem: str) -> Path:
    """A second mail with the same Message-ID gets a name of its own: duplicates must show."""
    path, number = directory / f"{stem}.eml", 1
    while path.exists():
        number += 1
        path = directory / f"{stem}-{number}.eml"
    return path


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
