"""A mail template as it is written: one file, its head lines and its body."""

import re
from dataclasses import dataclass

from mailcrm.errors import TemplateError
from mailcrm.model.text import clean_text

_HTML_NAMES = (".html", ".htm")
_LOOKS_LIKE_HTML = re.compile(
    r"<(!doctype|html|head|body|div|p|br|table|a|h[1-6]|ul|ol|span|img|strong|b)\b[^<>]*>", re.I
)
_HEAD_LINE = re.compile(r"([A-Za-z][A-Za-z-]*):[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template as written, taken apart; the lines say where each part began in the file."""

    name: str
    subject: str
    body: str
    is_html: bool
    preheader: str = ""
    subject_line: int = 1
    preheader_line: int = 1
    body_line: int = 1


def parse_template(source: str, name: str) -> TemplateSource:
    """A template file: `Subject:` and perhaps `Preheader:`, an empty line or `---`, then the body.

    HTML if the name ends with .html or the body looks like it. Raises TemplateError naming file and line.
    """
    lines = clean_text(source).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head, body_line = _head(lines, name)
    if "subject" not in head:
        raise TemplateError(f"{name} line 1: a template begins with a line 'Subject: ...'")
    subject, subject_line = head["subject"]
    preheader, preheader_line = head.get("preheader", ("", 1))
    body = "\n".join(lines[body_line - 1 :])
    if not subject or not body.strip():
        raise TemplateError(f"{name}: the {'body' if subject else 'subject'} is empty")
    is_html = name.lower().endswith(_HTML_NAMES) or (not name.lower().endswith(".txt") and _has_tags(body))
    return TemplateSource(name, subject, body, is_html, preheader, subject_line, preheader_line, body_line)


def _has_tags(body: str) -> bool:
    return _LOOKS_LIKE_HTML.search(body) is not None


def _head(lines: list[str], name: str) -> tuple[dict[str, tuple[str, int]], int]:
    """The head lines by lower-case name with their line, and the line the body begins on."""
    head: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.strip() == "---":
            return head, number + 1
        found = _HEAD_LINE.fullmatch(line.rstrip())
        if found is None or found[1].lower() not in ("subject", "preheader"):
            raise TemplateError(
                f"{name} line {number}: expected 'Subject: ...' or 'Preheader: ...', then an empty line, then the body"
            )
        head[found[1].lower()] = (found[2].strip(), number)
    return head, len(lines) + 1
