"""The public endpoint as an ASGI application: which address leads to which handler, and nothing else."""

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from mailcrm.campaigns.content.links import UNSUBSCRIBE_PATH
from mailcrm.errors import StoreBusy
from mailcrm.service.app import App
from mailcrm.web.forms import FORM_PATH, FormPages
from mailcrm.web.public import PublicPages


def build_asgi(app: App) -> Starlette:
    """What `mailcrm run` serves at `public.listen`:`public.port`; a proxy in front of it brings TLS."""
    pages, forms = PublicPages(app), FormPages(app)
    routes = [Route("/health", pages.health)]
    for prefix in _prefixes(app.config.public.base_url):
        routes.append(Route(f"{prefix}{UNSUBSCRIBE_PATH}{{token}}", pages.unsubscribe, methods=["GET", "POST"]))
        routes += _of_forms(f"{prefix}{FORM_PATH}{{key}}", forms)
    asgi = Starlette(
        routes=routes,
        exception_handlers={HTTPException: pages.refused, StoreBusy: pages.busy, Exception: pages.broken},
    )
    asgi.router.redirect_slashes = False  # a redirected POST arrives as GET, which closes nothing (RFC 8058, 3.1)
    return asgi


def _of_forms(path: str, forms: FormPages) -> list[Route]:
    return [
        Route(path, forms.answer, methods=["GET", "POST", "OPTIONS"]),
        Route(f"{path}/thanks", forms.thanks),
    ]


def _prefixes(base_url: str | None) -> list[str]:
    """Where links may lead: some proxies pass the path of the base URL on, others take it off."""
    path = urlsplit(base_url or "").path.rstrip("/")
    return [""] if not path else ["", path]
