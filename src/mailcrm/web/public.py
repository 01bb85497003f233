"""What strangers may ask for: to be mailed no more (RFC 8058), and whether we are alive.

GET shows a page and changes nothing, since mail scanners follow every link; only POST acts. There is no cookie, no
session and no redirect: the signed link is all that is asked for. Tokens never reach a log.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mailcrm.errors import StoreBusy
from mailcrm.log import get_logger
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.retry import store_retry
from mailcrm.store.engine import database_now
from mailcrm.store.optouts import OptOut, close_everything, close_purpose, find_opt_out
from mailcrm.web.pages import PRIVATE, Choice, Trouble, opt_out_page, trouble_page
from mailcrm.web.texts import Language, choose_language

_log = get_logger("mailcrm.web")

MAX_BODY = 10_000
_BODY_SECONDS = 10
_RETRY_SECONDS = 60

_DETAILS = {
    None: "one-click link in the mail program",
    Choice.PURPOSE: "button on the unsubscribe page",
    Choice.EVERYTHING: "button on the unsubscribe page: all marketing mail",
}
"""How it was asked, kept as the proof of the withdrawal."""


@dataclass(frozen=True)
class PublicPages:
    """The handlers of the public endpoint."""

    app: App

    # --- unsubscribing -------------------------------------------------------------------------------------------

    async def unsubscribe(self, request: Request) -> Response:
        """GET /u/TOKEN shows what can be closed, or is closed already; POST closes it, however often it is asked."""
        acted = request.method == "POST"
        recipient_id = self.app.store.keys.links.read_unsubscribe(request.path_params["token"])
        if recipient_id is None:
            raise HTTPException(404)
        if acted:
            close = partial(self._close, recipient_id, read_choice(await read_body(request)))
            found = await asyncio.to_thread(store_retry, close)  # few mail programs ask a second time
        else:
            found = await asyncio.to_thread(self._look, recipient_id)
        if found is None:
            # A link of ours without its mail: somebody wants out whom this database does not know any more.
            _log.warning("an unsubscribe link names a mail that is not in this database", recipient=recipient_id)
            raise HTTPException(404)
        return opt_out_page(self._language(request), self.app.config.company, found, acted=acted)

    def _look(self, recipient_id: int) -> OptOut | None:
        with self.app.store.read() as session:
            return find_opt_out(session, recipient_id)

    def _close(self, recipient_id: int, choice: Choice | None) -> OptOut | None:
        """One transaction: the next mark sees it, whoever sends (docs/sending.md).

        Durable: the page says that it is done, and after a power cut nobody would click again.
        """
        close = close_everything if choice == Choice.EVERYTHING else close_purpose
        with self.app.store.write(Actor.public(), durable=True) as session:
            changed = close(session, recipient_id, _DETAILS[choice], database_now(session))
            found = find_opt_out(session, recipient_id)
        if found is not None:
            _log.info("opt-out", recipient=recipient_id, closed=found.closed.value, changed=changed)
        return found

    # --- being alive ---------------------------------------------------------------------------------------------

    async def health(self, _request: Request) -> Response:
        """GET /health: 200 while the database answers, for a watchdog or a load balancer."""
        try:
            await asyncio.to_thread(self._touch)
        except StoreBusy:
            return JSONResponse({"status": "store busy"}, 503, {**PRIVATE, "Retry-After": str(_RETRY_SECONDS)})
        return JSONResponse({"status": "ok"}, 200, PRIVATE)

    def _touch(self) -> None:
        with self.app.store.read() as session:
            database_now(session)

    # --- what goes wrong -----------------------------------------------------------------------------------------

    async def refused(self, request: Request, exc: Exception) -> Response:
        """No such page, or a request that cannot be read."""
        status = exc.status_code if isinstance(exc, HTTPException) else 400
        headers = exc.headers if isinstance(exc, HTTPException) else None
        trouble = Trouble.LOST if status == 404 else Trouble.REFUSED
        return trouble_page(self._language(request), self.app.config.company, trouble, status, headers)

    async def busy(self, request: Request, exc: Exception) -> Response:
        """The store cannot take it now: the mail program or the visitor must come back."""
        _log.error("an opt-out page could not be served", reason=str(exc))
        again = {"Retry-After": str(_RETRY_SECONDS)}
        return trouble_page(self._language(request), self.app.config.company, Trouble.BUSY, 503, again)

    async def broken(self, request: Request, _exc: Exception) -> Response:
        """A bug: the server logs its traceback."""
        return trouble_page(self._language(request), self.app.config.company, Trouble.BROKEN, 500)

    def _language(self, request: Request) -> Language:
        return choose_language(request.headers.get("accept-language", ""), self.app.config.language)


def read_choice(body: bytes) -> Choice | None:
    """The button that was pressed; None for everything else, which is the one-click of a mail program.

    RFC 8058 lets those post urlencoded or multipart, and some post nothing at all. Nobody posts to a signed link by
    accident, so the body does not decide whether it counts.
    """
    chosen = parse_qs(body.decode("latin-1")).get("choice", [""])[-1]
    return Choice(chosen) if chosen in set(Choice) else None


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The whole body. Raises HTTPException if it is too long, too slow, or never ends."""
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise HTTPException(413)
    except TimeoutError as exc:
        raise HTTPException(408) from exc
    except ClientDisconnect as exc:
        raise HTTPException(400) from exc
    return body
