"""Links and handles in a signature: whose site it is, and where he is in other networks."""

import re
from typing import NamedTuple

from mailcrm.model.contact import ContactField

EMAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(
    r"(?:https?://|www\.)[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}(?::\d{2,5})?(?:/[^\s<>|,;，；。）)]{0,300})?", re.IGNORECASE
)
_BARE_URL = re.compile(r"[a-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){0,4}\.[a-z]{2,12}(?:/[\w./?=&%-]{0,200})?", re.IGNORECASE)
_NO_SITE = re.compile(
    r"mailman|listinfo|unsubscribe|subscri|zoom\.us|teams\.microsoft|aka\.ms|[?&]\w+=.*[?&]\w+=|youtube\.com/watch|youtu\.be"
    r"|calendly\.com|g\.page|goo\.gl|bit\.ly|maps\.google|google\.\w+/maps",
    re.IGNORECASE,
)
_BESIDE_LINK = 3
_DEEP = 2
"""Steps below somebody else's domain from which on a link is not his home page."""
_SOCIAL = (
    (ContactField.LINKEDIN, re.compile(r"(?:[a-z]{2,3}\.|www\.)?linkedin\.[a-z]{2,3}/", re.IGNORECASE)),
    (ContactField.X, re.compile(r"(?:www\.)?(?:twitter|x)\.com/", re.IGNORECASE)),
    (ContactField.FACEBOOK, re.compile(r"(?:www\.)?facebook\.com/", re.IGNORECASE)),
    (ContactField.INSTAGRAM, re.compile(r"(?:www\.)?instagram\.com/", re.IGNORECASE)),
    (ContactField.WHATSAPP, re.compile(r"wa\.me/", re.IGNORECASE)),
    (ContactField.TELEGRAM, re.compile(r"t\.me/", re.IGNORECASE)),
)
_HANDLES = {
    ContactField.WECHAT: re.compile(r"[A-Za-z][\w-]{4,19}(?![\w-])|(?<!\d)1[3-9]\d{9}(?!\d)|\+?\d[\d -]{7,16}\d"),
    ContactField.QQ: re.compile(r"(?<!\d)[1-9]\d{4,10}(?!\d)"),
    ContactField.TELEGRAM: re.compile(r"@?[A-Za-z]\w{4,31}|\+\d[\d -]{7,16}\d"),
    ContactField.SKYPE: re.compile(r"(?:live:)?[A-Za-z.][\w.,:-]{5,31}"),
    ContactField.LINKEDIN: re.compile(r"\S{3,200}"),
    ContactField.X: re.compile(r"@?\w{2,30}(?!\S)"),
    ContactField.FACEBOOK: re.compile(r"@?[\w./-]{3,100}(?!\S)"),
    ContactField.INSTAGRAM: re.compile(r"@?[\w.]{3,30}(?!\S)"),
}
_BEHIND_HANDLE = re.compile(r"[ \u3000]*(?:$|[(（/,;，、；。])")


class Link(NamedTuple):
    """A link as written, the field that it is for, and how sure that is."""

    field: ContactField
    link: str
    confidence: float


def find_links(value: str, domain: str) -> list[Link] | None:
    """The links in a segment of somebody whose address is in `domain` ('' if unknown), without those that are not his own.

    None where there is no link at all.
    """
    links = [match[0].rstrip(".,;]'\"") for match in _URL.finditer(value) if not _NO_SITE.search(match[0])]
    if links and len(_URL.sub("", EMAIL_ADDRESS.sub("", value)).split()) > _BESIDE_LINK:
        return []  # a sentence that recommends something
    if not links and " " not in value and ("/" in value or _is_site_of(domain, value)) and _BARE_URL.fullmatch(value):
        links = [value]
    return [found for link in links[:5] if (found := _link(link, domain))] if links else None


def _link(link: str, domain: str) -> Link | None:
    plain = re.sub("^https?://", "", link, flags=re.IGNORECASE)
    field = next((field for field, social in _SOCIAL if social.match(plain)), ContactField.URL)
    if field != ContactField.URL or (domain and domain in plain.lower()):
        return Link(field, link, 0.9)
    # With more steps it is an article, a film, a form to book somebody.
    return Link(field, link, 0.75) if plain.rstrip("/").count("/") < _DEEP else None


def _is_site_of(domain: str, value: str) -> bool:
    return bool(domain) and value.lower().removeprefix("www.") == domain


def site_in(value: str) -> str:
    """The address of a site without its scheme, at the beginning of what a label calls one; ''."""
    bare = _BARE_URL.match(value)
    return bare[0] if bare else ""


def handle_in(field: ContactField, value: str) -> str:
    """The handle that is all that stands behind its label; '' if it is the first word of something."""
    handle = _HANDLES[field].match(value)
    return handle[0] if handle and _BEHIND_HANDLE.match(value, handle.end()) else ""
