"""Where a form is on the web, and the HTML that brings it into somebody's site."""

from html import escape

from mailcrm.config.settings import PublicSection
from mailcrm.model.form import FormSpec, Kind
from mailcrm.service.listening import place

_ABOVE, _BELOW, _LINE = 280, 340, 92
"""Pixels of a frame: title and lead, button and notes, one question."""


def address_of(public: PublicSection, key: str) -> str:
    """The address of a form; without `public.base_url` the one on this machine."""
    base = public.base_url or f"http://{place(public.listen, public.port)}"
    return f"{base.rstrip('/')}/f/{key}"


def linked(spec: FormSpec, address: str) -> str:
    """A link to the page of a form."""
    language = f' hreflang="{spec.language}"' if spec.language else ""
    return f'<a href="{escape(address)}"{language}>{escape(spec.title.in_(spec.language or "en"))}</a>'


def framed(spec: FormSpec, address: str) -> str:
    """A frame with the form. It may do no more than show it, run its script and be sent (HTML, sandbox)."""
    height = _ABOVE + _BELOW + sum(_height(each.kind, len(each.options)) for each in spec.fields)
    allowed = "allow-forms allow-scripts allow-same-origin allow-popups"
    title = escape(spec.title.in_(spec.language or "en"))
    return (
        f'<iframe src="{escape(address)}" title="{title}" sandbox="{allowed}"\n'
        f'  style="width: 100%; max-width: 32rem; height: {height}px; border: 0" loading="lazy"></iframe>'
    )


def _height(kind: Kind, options: int) -> int:
    return {Kind.LONG_TEXT: 230, Kind.MULTI: 40 + 36 * options}.get(kind, _LINE)
