"""The public pages as responses: the right words in the layout, with headers that let a browser do nothing else."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import HTMLResponse

from mailcrm.config import Company
from mailcrm.store.optouts import Closed, OptOut
from mailcrm.web.texts import TEXTS, Language

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""For every answer: a page behind a signed link belongs to one person, and its address must not travel on."""


class Choice(StrEnum):
    """What a visitor can ask for; the values of the buttons."""

    PURPOSE = "purpose"
    EVERYTHING = "everything"


class Trouble(StrEnum):
    """Why a visitor gets no page behind his link."""

    LOST = "lost"
    BUSY = "busy"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class View:
    """What the page of a link says and offers. `text` is the prefix of its title and lead."""

    text: str
    lead: str
    first: Choice | None = None
    second: Choice | None = None
    done: bool = False


def view_of(found: OptOut, *, acted: bool) -> View:
    """The same for a visitor who comes back as for one who has just pressed the button: it shows what holds now."""
    if found.is_test and acted:
        return View("test", "test_lead", done=True)
    match found.closed:
        case Closed.EVERYTHING:
            return View("everything", "everything_lead", done=True)
        case Closed.PURPOSE:
            return View("purpose", "purpose_lead", second=Choice.EVERYTHING, done=True)
        case Closed.NOTHING if found.purpose:
            return View("open", "open_purpose_lead", Choice.PURPOSE, Choice.EVERYTHING)
        case Closed.NOTHING:
            return View("open", "open_everything_lead", Choice.EVERYTHING)


def opt_out_page(language: Language, company: Company, found: OptOut, *, acted: bool) -> HTMLResponse:
    """The page behind a link that we signed."""
    view = view_of(found, acted=acted)
    name = company.name or found.sender_domain
    words = _words(language, name)
    values = {
        "title": words[f"{view.text}_title"],
        "lead": words[view.lead],
        "found": found,
        "view": view,
        "texts": TEXTS[language],
        "say": words.__getitem__,
    }
    return page("optout.html", language, company, name, values)


def trouble_page(
    language: Language, company: Company, trouble: Trouble, status: int, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page that says what went wrong and what the visitor can do."""
    name = company.name or TEXTS[language].some_company
    words = _words(language, name)
    paragraphs = [words[key] for key in (f"{trouble}_lead", f"{trouble}_help") if key in words]
    values = {"title": words[f"{trouble}_title"], "paragraphs": paragraphs}
    return page("message.html", language, company, name, values, status, headers)


def _words(language: Language, company: str) -> dict[str, str]:
    """All texts, naming the company."""
    return {key: text.replace("{company}", company) for key, text in asdict(TEXTS[language]).items()}


def page(
    template: str,
    language: Language,
    company: Company,
    name: str,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A template in the layout, with the headers of every page; `headers` add to them, or replace them."""
    html = _environment().get_template(template).render(
        **values, language=language, company=name, postal_address=company.postal_address, css=_css()
    )  # fmt: skip
    own = {"Content-Language": language, "Content-Security-Policy": policy(), "Vary": "Accept-Language"}
    return HTMLResponse(html, status, {**PRIVATE, **own, **(headers or {})})


# --- built once, when the first page is asked for ------------------------------------------------------------------


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _read(name: str) -> str:
    return (resources.files("mailcrm.web") / "templates" / name).read_text("utf-8")


@cache
def _css() -> str:
    return _read("page.css")


@cache
def script() -> str:
    """What a form runs in the browser: it works without."""
    return _read("form.js")


def policy(*, scripts: bool = False, leads_to: str = "", framed_by: Sequence[str] = ()) -> str:
    """Nothing but our own style sheet, known by its hash, and a form that leads back to us (W3C CSP level 3).

    `scripts`: our one script, too. `leads_to`: an origin that the form may end at. `framed_by`: origins that may show it.
    """
    framed = " ".join(framed_by) or "'none'"
    parts = ["default-src 'none'", f"style-src {_digest(_css())}", "img-src data:"]
    if scripts:
        parts.append(f"script-src {_digest(script())}")
    parts.append(" ".join(["form-action 'self'", leads_to]).rstrip())
    parts.append(f"frame-ancestors {framed}")
    return "; ".join([*parts, "base-uri 'none'"])


@cache
def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
