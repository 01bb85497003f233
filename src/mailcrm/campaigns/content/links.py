"""The links that let a recipient stop our mail, and the headers that carry them (RFC 2369, RFC 8058)."""

from urllib.parse import quote

from mailcrm.errors import UserError
from mailcrm.model.base_url import parse_base_url

UNSUBSCRIBE_PATH = "/u/"
"""Below the public base URL; the token follows. GET shows a page, only POST acts."""

UNSUBSCRIBE_WORD = "unsubscribe"
"""The subject of an unsubscribe mail is this word and the token."""


def unsubscribe_url(base_url: str, token: str) -> str:
    """The link of one recipient. Raises UserError unless `base_url` is https, or http on this machine (the demo)."""
    try:
        base = parse_base_url(base_url)
    except UserError as exc:
        raise UserError(f"{base_url!r} cannot carry unsubscribe links: public.base_url {exc.message}") from exc
    return f"{base}{UNSUBSCRIBE_PATH}{quote(token, safe='')}"


def unsubscribe_mailto(address: str, token: str) -> str:
    """A mailto link (RFC 6068) whose mail, sent to a mailbox that we poll, does the same."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(f'{UNSUBSCRIBE_WORD} {token}', safe='')}"


def list_unsubscribe_headers(base_url: str | None, mailto_address: str, token: str) -> dict[str, str]:
    """The headers behind the unsubscribe button of mail programs.

    One-click (RFC 8058) needs an https link; without a base URL only the mailto remains, and no List-Unsubscribe-Post.
    """
    mailto = f"<{unsubscribe_mailto(mailto_address, token)}>"
    if base_url is None:
        return {"List-Unsubscribe": mailto}
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(base_url, token)}>, {mailto}",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
