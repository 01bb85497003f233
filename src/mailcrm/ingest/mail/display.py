"""HTML of strangers made fit to be shown: no scripts, no forms, nothing that calls home; owner of nh3.

What is left is text, tables, links and pictures that came with the mail. Whoever shows it does so in a frame of its own with a
content security policy as well (`page`): two locks are better than one.
"""

import html as entities
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailcrm.ingest.mail.text import html_to_text
from mailcrm.model.text import clean_text

_LONGEST = 4_000_000
_TAGS = frozenset(
    (
        "a abbr acronym address b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em font "
        "h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q rp rt ruby s samp small span strike strong sub sup "
        "table tbody td tfoot th thead tr tt u ul var wbr"
    ).split()
)
_WITH_CONTENT = frozenset(
    (
        "script style title noscript template iframe frame object embed applet svg math audio video canvas select "
        "textarea button"
    ).split()
)
_EVERYWHERE = frozenset({"dir", "lang", "title", "align", "style"})
_CELL = frozenset({"bgcolor", "valign", "width", "height", "colspan", "rowspan", "nowrap"})
_ATTRIBUTES = {
    "*": set(_EVERYWHERE),
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "face", "size"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width", "height"},
    **{tag: set(_CELL) for tag in ("td", "th", "tr", "col", "colgroup")},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
}
_STYLES = frozenset(
    (
        "color background-color font font-family font-size font-style font-weight font-variant line-height letter-spacing "
        "text-align text-decoration text-transform vertical-align white-space word-break word-wrap overflow-wrap direction "
        "width height max-width min-width padding padding-top padding-right padding-bottom padding-left "
        "margin margin-top margin-right margin-bottom margin-left border border-top border-right border-bottom border-left "
        "border-color border-style border-width border-collapse border-spacing "
        "border-radius list-style-type table-layout display"
    ).split()
)
# url(...) and its kin fetch, escapes and comments hide them, negative margins lay one thing over another.
_UNSAFE_STYLE = re.compile(
    r"url|image|expression|import|attr\s*\(|var\s*\(|src\s*\(|[\\@<]|/\*|margin[^;:]{0,20}:[^;]{0,100}-\s*[.\d]"
    r"|display\s*:\s*(?!none|block|inline|table)",
    re.IGNORECASE,
)
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_SCHEME = re.compile(r"[\s\x00-\x20]*([a-z][a-z0-9+.-]*)\s*:", re.IGNORECASE)
_NESTING = re.compile(
    r"<(/?)(?!(?:p|li|td|th|tr|dt|dd|br|hr|img|col|wbr|input|meta|link|base|area|source|tbody|thead|tfoot|option)\b)[a-z]",
    re.IGNORECASE,
)
_DEEPEST = 500
_MOST_DISGUISED = 50_000
_LINKS = frozenset({"http", "https", "mailto", "tel"})


@dataclass(frozen=True, slots=True)
class Shown:
    """HTML that may be shown, and how many pictures it would have fetched from elsewhere."""

    html: str
    blocked: int


def nothing_inside(_content_id: str) -> str:
    """For mail whose own pictures are not at hand."""
    return ""


def display(html: str, inside: Callable[[str], str] = nothing_inside, *, remote: bool = False) -> Shown:
    """Sanitise the HTML of a mail. Never raises, whatever it is.

    `inside` gives the address under which the picture with this Content-ID is to be had ('' if there is none); it must be
    safe. Pictures from elsewhere, which tell the sender that he is read, are taken out and counted, unless `remote`.
    """
    import nh3

    if _is_hostile(html):
        return Shown(f"<pre>{entities.escape(html_to_text(html))}</pre>", 0)
    blocked: list[str] = []

    def allowed(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return None if _UNSAFE_STYLE.search(value) else value
        if tag == "img" and name == "src":
            return _picture(value, inside, blocked, remote=remote)
        if name == "href":
            scheme = _SCHEME.match(value)
            return value if scheme and scheme[1].lower() in _LINKS else None
        return value

    cleaned = nh3.clean(
        clean_text(html[:_LONGEST]),
        tags=set(_TAGS),
        clean_content_tags=set(_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=allowed,
        filter_style_properties=set(_STYLES),
        url_schemes={*_LINKS, "cid", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Shown(cleaned, len(blocked))


def _is_hostile(html: str) -> bool:
    """Whether it is made as no mail program does: the work grows with the square of depth, and of characters in disguise."""
    if html.count("&") > _MOST_DISGUISED:
        return True
    depth = 0
    for tag in _NESTING.finditer(html, 0, _LONGEST):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > _DEEPEST:
            return True
    return False


def _picture(source: str, inside: Callable[[str], str], blocked: list[str], *, remote: bool) -> str | None:
    plain = source.strip()
    if plain[:4].lower() == "cid:":
        return inside(plain[4:].strip("<> ")) or None
    if plain[:5].lower() == "data:":
        return plain if _DATA_PICTURE.fullmatch(plain) else None
    if plain[:8].lower().startswith(("http://", "https://")):
        if remote:
            return plain
        blocked.append(plain)
    return None


def page(shown: Shown, title: str, head: Iterable[tuple[str, str]] = (), *, remote: bool = False) -> str:
    """A whole document for a file: who wrote what (`head`: names and values), then the mail, behind a policy of its own."""
    pictures = "data: https: http:" if remote else "data:"
    rows = "".join(f"<div><b>{entities.escape(n)}:</b> {entities.escape(v)}</div>" for n, v in head if v)
    note = f"<div><i>{shown.blocked} pictures from elsewhere are not shown</i></div>" if shown.blocked else ""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'\">"
        f"<title>{entities.escape(title)}</title></head><body>{rows}{note}<hr>{shown.html}</body></html>\n"
    )
