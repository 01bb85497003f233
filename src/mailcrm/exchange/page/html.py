"""The page as one HTML file: no scripts, nothing loaded from anywhere, and no text of a customer that could become mark-up."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from mailcrm.exchange.page.document import Document, printable


def html_page(document: Document) -> str:
    """The file as text, to be written as UTF-8."""
    return _environment().get_template("archive.html").render(page=document, css=_css(), policy=_policy())


def _policy() -> str:
    """What a browser may do with the page (CSP 3): show it in our style. Should anything slip through, it neither runs nor
    loads nor sends."""
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _finalize(value: Any) -> Any:
    """Every value on its way into the page, but for our own style, which is mark-up already (and no `str` by type)."""
    return printable(value) if type(value) is str else value


def _read(name: str) -> str:
    return (resources.files("mailcrm.exchange.page") / "templates" / name).read_text("utf-8")


@cache
def _css() -> str:
    return _read("archive.css").strip()
