"""The servers of the demo, inside this process: an IMAP mailbox (pymap) and a mail server that answers (aiosmtpd)."""

import asyncio
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC
from types import TracebackType
from typing import Any, Self

from mailcrm.cli.demo.mails import SampleMail
from mailcrm.errors import UserError

try:
    from aiosmtpd.smtp import SMTP, Envelope, Session
    from proxyprotocol.reader import ProxyProtocolReader
    from proxyprotocol.version import ProxyProtocolVersion
    from pymap.backend.dict import Config, DictBackend, Login
    from pymap.imap import IMAPServer
    from pymap.parsing.message import AppendMessage
    from pymap.parsing.specials.flag import Seen
    from pymap.user import Passwords, UserMetadata
    from pysasl.creds.plain import PlainCredentials
except ModuleNotFoundError as exc:
    raise UserError(f"the demo needs its servers ({exc.name}); install them with: pip install 'mailcrm[demo]'") from exc

Answer = Callable[[str, bytes], str]
"""Called with recipient and content of each mail that arrives; returns the SMTP reply."""

_HOST = "127.0.0.1"


class DemoServers:
    """Both servers on one event loop in one thread; everything is in memory and gone at the end."""

    def __init__(self, user: str, password: str, refuse: Callable[[str], str | None], answer: Answer) -> None:
        self.user, self.password = user, password
        self._refuse, self._answer = refuse, answer
        self.imap_port = self.smtp_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-servers", daemon=True)
        self._stack = AsyncExitStack()
        self._mailbox: Any = None
        self._folders = {"INBOX"}

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def deliver(self, mails: Sequence[SampleMail]) -> None:
        """Put mails into the mailbox, in order; folders are made as needed."""
        self._do(self._append(mails))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    # --- in the loop ---------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None, inherited_sockets=None),
            host=_HOST, port=0, demo_data=False, demo_user=self.user, demo_password=self.password,
            secure_auth=False, tls_enabled=False, reject_dnsbl=False, bad_command_limit=None,
        )  # fmt: skip
        config.apply_context()
        login = Login(config)
        secret = await Passwords(config).hash_password(self.password)
        await login.demo_user_identity.set(UserMetadata(config, self.user, password=secret))
        backend = DictBackend(login, config)
        reader = ProxyProtocolReader(ProxyProtocolVersion.get(None))
        imap = await asyncio.start_server(reader.get_callback(IMAPServer(backend.login, config)), _HOST, 0)
        smtp = await self._loop.create_server(
            lambda: SMTP(_Inbox(self._refuse, self._answer), hostname="demo"), _HOST, 0
        )
        for server in (imap, smtp):
            await self._stack.enter_async_context(server)
        self.imap_port = imap.sockets[0].getsockname()[1]
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        identity = await login.authenticate(PlainCredentials(self.user, self.password))
        self._mailbox = await self._stack.enter_async_context(identity.new_session())

    async def _append(self, mails: Sequence[SampleMail]) -> None:
        for folder in sorted({mail.folder for mail in mails} - self._folders):
            await self._mailbox.create_mailbox(folder)
            self._folders.add(folder)
        for mail in mails:
            flags = frozenset({Seen}) if mail.seen else frozenset()
            message = AppendMessage(mail.raw, mail.at.astimezone(UTC), flags)
            await self._mailbox.append_messages(mail.folder, [message])

    async def _stop(self) -> None:
        await self._stack.aclose()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Inbox:
    """What the world's mail servers do with our mail, as aiosmtpd calls it."""

    def __init__(self, refuse: Callable[[str], str | None], answer: Answer) -> None:
        self._refuse, self._answer = refuse, answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = self._refuse(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        return self._answer(envelope.rcpt_tos[0], content if isinstance(content, bytes) else content.encode())
