"""What the HTML of mail programs says about quotes: the wrappers that they put around them.

The wrappers are marked in the source with characters that no text may contain, then the whole becomes text as any other
HTML, and the marks become those of the lines. So one cutter reads both forms of a mail.
"""

import re

from mailcrm.ingest.mail.reply.lines import Line, Lines, Mark, known_lines, read_line, readable
from mailcrm.ingest.mail.text import html_to_text

# Parts of the ids, classes and names that programs give their wrappers, in lower case; the first that fits counts.
# Outlook, OWA, Hotmail, Zimbra and 163 mark where the quote begins, the others mark it as a whole. Gmail's "gmail_quote"
# around a quote is not here: what is answered between the lines stands in it, too. Its <blockquote> is what is quoted.
_WRAPPERS = {
    Mark.END: (
        *("divrplyfwdmsg", "appendonsend", "mail-editor-reference-message", "outlookholder", "olk_src_body_section"),
        *("stopspelling", "zwchr", "__quoted_text__", "isforwardcontent", "ms-outlook-mobile-body-separator"),
    ),
    Mark.ATTRIBUTION: ("gmail_attr", "moz-cite-prefix"),
    Mark.SIGNATURE: (
        *("gmail_signature", "moz-signature", "applemailsignature", "ms-outlook-mobile-signature", "mail-signature"),
        *(
            "protonmail_signature_block",
            "__aliyun_signature",
            "ntes-pcmail-signature",
            "zmail_signature",
            "spneditorsign",
        ),
        *("composer_signature", "tutanota_signature", 'id="signature"', 'id="x_signature"', "id=signature"),
    ),
    Mark.CITED: (
        *(
            "yahoo_quoted",
            "yahooquoted",
            "protonmail_quote",
            "tutanota_quote",
            "isreplycontent",
            "__aliyun_previous_quoted",
        ),
        *("ntes-mailmaster-quote", "zmail_extra", "front-blockquote", "messagereplysection", "history-quote-wrapper"),
        *("lark-mail-quote", "blue_quote", "hs_reply"),
    ),
    Mark.RULE: ("border-top:solid #",),
}
_NAMES = tuple((name, mark) for mark, names in _WRAPPERS.items() for name in names)
_HINTS = tuple(dict.fromkeys(("<blockquote", *(name for name, _ in _NAMES))))
# Letters that most of the hints share, and the hints that share none: to look for so few is quick.
_ROOTS = ("quote", "sign", "reply", "forward", "outlook", "mail-")
_SHORT_HINTS = (*_ROOTS, *(hint for hint in _HINTS if not any(root in hint for root in _ROOTS)))
# Without one of these there is none of the others; most HTML of people is as plain as that.
_WHERE = ("<blockquote", "class=", "id=", "name=", "border-top:solid")
_CITED = re.compile(r"type\s?=\s?[\"']?cite|gmail_quote|isreplycontent|_quote", re.IGNORECASE)
# As Gmail and Outlook write what is only indented.
_INDENTED = re.compile(r"border:\s?(?:none|0)|margin:\s?0(?:px|pt)?\s0(?:px|pt)?\s0(?:px|pt)?\s40px", re.IGNORECASE)

_TAG = re.compile(r"<(/?)(div|blockquote|hr|span|section|table)\b([^<>]{0,4000}+)>", re.IGNORECASE)
_DEEPEST = 200

_OPEN = {Mark.QUOTED: "\ufdd0", Mark.CITED: "\ufdd1", Mark.ATTRIBUTION: "\ufdd2", Mark.SIGNATURE: "\ufdd3"}
_CLOSE = {Mark.QUOTED: "\ufdd4", Mark.CITED: "\ufdd5", Mark.ATTRIBUTION: "\ufdd6", Mark.SIGNATURE: "\ufdd7"}
_POINT = {Mark.RULE: "\ufdd8", Mark.END: "\ufdd9"}
_SIGNS = re.compile("[\ufdd0-\ufdd9]")
_OPENED = {sign: mark for mark, sign in _OPEN.items()}
_CLOSED = {sign: mark for mark, sign in _CLOSE.items()}
_POINTED = {sign: mark for mark, sign in _POINT.items()}


def marked_lines(html: str) -> Lines | None:
    """The lines of an HTML mail with what its wrappers say; None where there are none that we know."""
    if not html:
        return None
    lowered = html.lower()
    if not all(any(hint in lowered for hint in hints) for hints in (_WHERE, _SHORT_HINTS, _HINTS)):
        return None
    return known_lines(_read(html_to_text(_with_signs(_SIGNS.sub("", html)))))


def _with_signs(html: str) -> str:
    """The source with a sign where a wrapper begins, and one where it ends."""
    out: list[str] = []
    open_tags: list[tuple[str, Mark | None]] = []
    written = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        before = after = ""
        if tag[1]:
            before = _closing_signs(open_tags, name)
        else:
            mark = _mark_of(name, tag[3])
            if mark is not None:
                before, after = _POINT.get(mark, ""), _OPEN.get(mark, "")
            if name != "hr" and len(open_tags) < _DEEPEST:
                open_tags.append((name, mark if after else None))
            else:
                after = ""
        if before or after:
            out += (html[written : tag.start()], before, tag[0], after)
            written = tag.end()
    out.append(html[written:])
    return "".join(out)


def _closing_signs(open_tags: list[tuple[str, Mark | None]], name: str) -> str:
    """The signs of what ends with this tag. A closing tag that nothing opened ends nothing."""
    for depth in range(len(open_tags) - 1, -1, -1):
        if open_tags[depth][0] == name:
            ended = [mark for _, mark in open_tags[depth:] if mark is not None]
            del open_tags[depth:]
            return "".join(_CLOSE[mark] for mark in reversed(ended))
    return ""


def _mark_of(name: str, attributes: str) -> Mark | None:
    if name == "blockquote":
        if _CITED.search(attributes):
            return Mark.CITED
        return None if _INDENTED.search(attributes) else Mark.QUOTED
    if "=" not in attributes:
        return None
    attributes = attributes.lower()
    return next((mark for part, mark in _NAMES if part in attributes), None)


def _read(text: str) -> list[Line]:
    """The lines of a text with signs in it, without them."""
    lines: list[Line] = []
    depth = dict.fromkeys(_OPEN, 0)
    for raw in text.split("\n"):
        signs = _SIGNS.findall(raw)
        mark = _innermost(depth)
        for sign in signs:
            if sign in _POINTED:
                lines.append(Line("", "", _POINTED[sign]))
            elif sign in _CLOSED:
                depth[_CLOSED[sign]] -= 1
            else:
                depth[_OPENED[sign]] += 1
                mark = _innermost(depth)
        text = _SIGNS.sub("", raw).rstrip() if signs else raw
        if mark is Mark.PLAIN:
            lines.append(read_line(text))
        else:
            lines.append(Line(text, readable(text.strip(" \t*>")), mark))
    return lines


def _innermost(depth: dict[Mark, int]) -> Mark:
    for mark in (Mark.CITED, Mark.QUOTED, Mark.ATTRIBUTION, Mark.SIGNATURE):
        if depth[mark] > 0:
            return mark
    return Mark.PLAIN
