"""Public forms: GET shows one, POST takes what was typed; the answer never tells whether we know an address.

A browser is led on to a thank-you page, so that reloading sends nothing twice; a program is answered in JSON. What was
typed is never lost to a visitor and never reaches a log.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from mailcrm.errors import StoreBusy
from mailcrm.log import get_logger
from mailcrm.model.form import FormState, is_key
from mailcrm.model.form_answers import Answers, Given, read_answers
from mailcrm.model.submission import StoredForm
from mailcrm.model.token import FormToken
from mailcrm.service import forms as service
from mailcrm.service.app import App
from mailcrm.service.forms import Posted, Received
from mailcrm.service.retry import store_retry
from mailcrm.store import forms
from mailcrm.store.engine import database_now
from mailcrm.web import form_posts
from mailcrm.web.form_pages import Sheet, described_form, form_page, note_page
from mailcrm.web.form_posts import Sender, Unreadable, first
from mailcrm.web.form_texts import FORM_TEXTS, told
from mailcrm.web.pages import PRIVATE
from mailcrm.web.public import read_body
from mailcrm.web.texts import Language, choose_language

_log = get_logger("mailcrm.web")

FORM_PATH = "/f/"
MOST_BYTES = 100_000
_HOUR = 3600
_STATUS = {Received.AGAIN: 409, Received.TOO_MANY: 429}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for a form that is open."""

    form: StoredForm
    now: datetime
    language: Language
    sender: Sender
    json: bool
    host: str
    origin: str


@dataclass(frozen=True)
class FormPages:
    """The handlers of public forms."""

    app: App

    async def answer(self, request: Request) -> Response:
        """What is at the address of a form."""
        match request.method:
            case "POST":
                return await self._post(request)
            case "OPTIONS":
                return await self._preflight(request)
            case _:
                return await self._form(request)

    async def _form(self, request: Request) -> Response:
        """GET /f/KEY: the form, as a page or (Accept: application/json) described for a program."""
        found = await self._asked(request)
        if not isinstance(found, _Asked):
            return found
        sheet = Sheet(found.form.spec, found.language, self._token(found), {}, {})
        if not found.json:
            return form_page(self.app.config.company, found.host, sheet)
        return _json(found, described_form(sheet))

    async def _post(self, request: Request) -> Response:
        """POST /f/KEY: what was typed, url-encoded or as a flat JSON object."""
        found = await self._asked(request)
        if not isinstance(found, _Asked):
            return found
        if found.json and found.sender is Sender.FOREIGN:
            return JSONResponse({"status": "refused"}, 403, PRIVATE)
        content_type = request.headers.get("content-type", "")
        try:
            given = form_posts.read_post(content_type, await read_body(request, MOST_BYTES))
        except (Unreadable, HTTPException) as exc:
            return self._unread(found, exc.status if isinstance(exc, Unreadable) else exc.status_code)
        found = replace(found, language=_language(found.form, request, self.app, given))
        answers = read_answers(found.form.spec, given)
        if answers.problems:
            return self._wrong(found, given, answers)
        received, ready = await asyncio.to_thread(
            store_retry, partial(service.receive, self.app.store, self._posted(request, found, given, answers))
        )
        if received is not Received.THANKS:
            return self._again(found, given, received)
        answer = self._thanks(found)
        if ready is not None:  # only then: how long it takes would tell whether the address is known
            answer.background = BackgroundTask(asyncio.to_thread, self._file, ready)
        return answer

    async def thanks(self, request: Request) -> Response:
        """GET /f/KEY/thanks: where a browser ends; it says the same to everybody."""
        found = await self._asked(request, closed=True)
        if not isinstance(found, _Asked):
            return found
        texts, spec = FORM_TEXTS[found.language], found.form.spec
        text = spec.thanks.in_(found.language) or texts.thanks_lead
        return note_page(
            self.app.config.company, found.host, found.language, texts.thanks_title, text, 200, found.form.spec
        )

    async def _preflight(self, request: Request) -> Response:
        """OPTIONS /f/KEY: whether a script of another site may post (Fetch Standard, CORS protocol)."""
        found = await self._asked(request)
        if not isinstance(found, _Asked) or found.sender is not Sender.ALLOWED:
            return Response(None, 403, PRIVATE)
        allows = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Content-Type, Accept",
            "Access-Control-Max-Age": str(_HOUR),
        }
        return Response(None, 204, {**PRIVATE, **_cors(found), **allows})

    # --- what is asked for -------------------------------------------------------------------------------------------

    async def _asked(self, request: Request, *, closed: bool = False) -> _Asked | Response:
        """The form, or the page that says why there is none; `closed` ones count, too."""
        form, now = await asyncio.to_thread(self._look, request.path_params["key"])
        company, host = self.app.config.company, request.url.hostname or ""
        language = _language(form, request, self.app)
        texts = FORM_TEXTS[language]
        if form is None:
            return note_page(company, host, language, texts.lost_title, texts.lost_lead, 404)
        if form.state is FormState.CLOSED and not closed:
            return note_page(company, host, language, texts.closed_title, texts.closed_lead, 410, form.spec)
        origin = request.headers.get("origin", "")
        base_url = self.app.config.public.base_url
        sender = form_posts.sender_of(origin, request.headers.get("host", ""), base_url, form.spec.origins)
        as_json = form_posts.is_json(request.headers.get("content-type", ""))
        as_json |= form_posts.wants_json(request.headers.get("accept", ""))
        return _Asked(form, now, language, sender, as_json, host, origin)

    def _look(self, key: str) -> tuple[StoredForm | None, datetime]:
        with self.app.store.read() as session:
            return forms.find_form(session, key) if is_key(key) else None, database_now(session)

    def _token(self, asked: _Asked) -> str:
        """Of a page of its own: whoever copies the page has one submission with it."""
        token = FormToken(asked.form.spec.key, asked.now, secrets.token_urlsafe(12))
        return self.app.store.keys.links.form_token(token)

    def _posted(self, request: Request, asked: _Asked, given: Given, answers: Answers) -> Posted:
        text = first(given, form_posts.TOKEN)[:500]
        signed = self.app.store.keys.links.read_form(text) if text else None
        return Posted(
            form=asked.form,
            answers=answers,
            language=asked.language,
            token=text,
            signed=signed if signed is not None and signed.form == asked.form.spec.key else None,
            proof=first(given, form_posts.PROOF)[:20],
            honeypot=first(given, form_posts.HONEYPOT)[:100],
            foreign_site=asked.sender is Sender.FOREIGN,
            ip=request.client.host if request.client else "",
            user_agent=form_posts.visitor_kind(request.headers),
        )

    def _file(self, submission_id: int) -> None:
        try:
            service.file_one(self.app, submission_id)
        except StoreBusy:
            _log.warning("a submission is filed later", submission=submission_id)

    # --- what is answered --------------------------------------------------------------------------------------------

    def _wrong(self, asked: _Asked, given: Given, answers: Answers) -> Response:
        """The page again with each problem at its field. Its token was not used, and stays."""
        language = asked.language
        if asked.json:
            problems = {key: told(language, problem) for key, problem in answers.problems.items()}
            return _json(asked, {"status": "problems", "problems": problems}, 422)
        token, proof = first(given, form_posts.TOKEN), first(given, form_posts.PROOF)
        sheet = Sheet(
            asked.form.spec,
            language,
            token or self._token(asked),
            given,
            answers.problems,
            proof=proof if token else "",
        )
        return form_page(self.app.config.company, asked.host, sheet, 422)

    def _again(self, asked: _Asked, given: Given, received: Received) -> Response:
        """The page again with a new token, and all that was typed."""
        texts, status = FORM_TEXTS[asked.language], _STATUS[received]
        notice = texts.again if received is Received.AGAIN else texts.often
        token = self._token(asked)
        if asked.json:
            return _json(asked, {"status": received.value, "message": notice, "token": token}, status)
        sheet = Sheet(asked.form.spec, asked.language, token, given, {}, notice)
        answer = form_page(self.app.config.company, asked.host, sheet, status)
        if received is Received.TOO_MANY:
            answer.headers["Retry-After"] = str(_HOUR)
        return answer

    def _thanks(self, asked: _Asked) -> Response:
        spec, language = asked.form.spec, asked.language
        if asked.json:
            text = spec.thanks.in_(language) or FORM_TEXTS[language].thanks_lead
            return _json(asked, {"status": "received", "message": text})
        # Seen from the form's own address, so that it is right whatever path a proxy puts in front.
        own = f"{spec.key}/thanks?{urlencode({'lang': language})}"
        return RedirectResponse(spec.redirect_url or own, 303, PRIVATE)

    def _unread(self, asked: _Asked, status: int) -> Response:
        texts = FORM_TEXTS[asked.language]
        if asked.json:
            return _json(asked, {"status": "unreadable", "message": texts.unread_lead}, status)
        return note_page(
            self.app.config.company, asked.host, asked.language, texts.unread_title, texts.unread_lead, status,
            asked.form.spec,
        )  # fmt: skip


def _language(form: StoredForm | None, request: Request, app: App, given: Given | None = None) -> Language:
    """The form's own, else the one that the visitor chose, else that of the browser."""
    if form is not None and form.spec.language:
        return form.spec.language
    chosen = first(given or {}, form_posts.LANGUAGE) or request.query_params.get("lang", "")
    if chosen in ("en", "zh-CN"):
        return "zh-CN" if chosen == "zh-CN" else "en"
    return choose_language(request.headers.get("accept-language", ""), app.config.language)


def _cors(asked: _Asked) -> dict[str, str]:
    """Only for sites that the form names; a script of any other cannot read the answer."""
    if asked.sender is not Sender.ALLOWED:
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": asked.origin, "Vary": "Origin"}


def _json(asked: _Asked, value: Mapping[str, object], status: int = 200) -> JSONResponse:
    return JSONResponse(dict(value), status, {**PRIVATE, **_cors(asked)})
