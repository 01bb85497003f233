"""The links that let a recipient stop our mail, and the headers that carry them (RFC 2369, RFC 8058)."""

import re
from urllib.parse import quote

from mailcrm.errors import UserError

UNSUBSCRIBE_PATH = "/u/"
"""Below the public base URL; the token follows. GET shows a page, only POST acts."""

UNSUBSCRIBE_WORD = "unsubscribe"
"""The subject of an unsubscribe mail is this word and the token."""

_BASE_URL = re.compile(r"(https://[^\s/?#@<>]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)(/[^\s?#<>]*)?", re.ASCII)


def unsubscribe_url(base_url: str, token: str) -> str:
    """The link of one recipient. Raises UserError unless `base_url` is https, or http on this machine (the demo)."""
    if not _BASE_URL.fullmatch(base_url) or not base_url.isascii():
        raise UserError(f"{base_url!r} cannot carry unsubscribe links: it must start with https:// and have no query")
    return f"{base_url.rstrip('/')}{UNSUBSCRIBE_PATH}{quote(token, safe='')}"


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
