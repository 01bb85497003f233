"""Which parts of a message are its text, and that text as a human would read it: lines, no markup, no charset."""

import re
from typing import NamedTuple

from resiliparse.extract.html2text import extract_plain_text

from mailcrm.ingest.mail import armour
from mailcrm.ingest.mail.charset import decode_text
from mailcrm.ingest.mail.containers import is_container, open_container
from mailcrm.ingest.mail.parts import Part, read_tree
from mailcrm.model.text import clean_text

# A mail with more text parts than this is a digest or an attack; the others are kept as attachments.
_TEXT_PARTS = 100
_TEXT_TYPES = frozenset({"text/plain", "text/html"})
_OTHER_SPELLINGS = frozenset({"text/x-amp-html", "text/watch-html"})  # of a text that is also there as HTML
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s?=\s?[\"']?\s?([\w.:-]{2,40})", re.IGNORECASE)
_CONTAINERS = 3
_META_WITHIN = 2_048
_HTML_LIMIT = 4_000_000
_LIST_TAG = re.compile(r"<(/?)(?:ul|ol|menu|dir)\b", re.IGNORECASE)
_LIST_DEPTH = 100
_MANY_BLANK_LINES = re.compile(r"\n{3,}")


class Piece(NamedTuple):
    """One stretch of text in one or both of its forms."""

    plain: str
    html: str

    def text(self) -> str:
        """The plain form; the HTML form as text where there is no other."""
        return self.plain if self.plain.strip() or not self.html else html_to_text(self.html)


class Body:
    """What a message says, piece by piece, and the parts that are not its text.

    With `nested` also what the messages in it say, so many levels deep. `depth` counts the containers around it.
    """

    def __init__(self, root: Part, *, is_whole: bool = True, nested: int = 0, depth: int = 0) -> None:
        self.attachments: list[Part] = []
        self.defects: list[str] = []
        self._pieces: list[Piece] = []
        self._nested = nested
        self._depth = depth
        if is_whole and not root.children and root.mime_type.startswith("text/"):
            self.defects += root.defects
            self._pieces.append(self._decode(root))  # of whatever sort and disposition: there is nothing else
        else:
            self._read(root)

    @property
    def text(self) -> str:
        """All text, one piece below the other."""
        pieces = [piece.text().strip("\n").rstrip() for piece in self._pieces]
        return clean_text("\n\n".join(filter(None, pieces)))

    @property
    def html(self) -> str:
        """All HTML, as it was sent: not fit for display before it is sanitised."""
        return clean_text("\n".join(piece.html for piece in self._pieces if piece.html))

    @property
    def html_is_whole(self) -> bool:
        """Whether the HTML holds all that the text does: a mail may have pieces of either."""
        return all(piece.html or not piece.plain.strip() for piece in self._pieces)

    def _read(self, part: Part) -> None:
        self.defects += part.defects
        if part.children and part.mime_type == "multipart/alternative":
            self._read_alternative(part)
        elif part.children and part.mime_type == "multipart/related":
            self._read(part.children[0])  # RFC 2387: the others are what the first one shows
            self.attachments += [leaf for child in part.children[1:] for leaf in _leaves(child)]
        elif part.children:
            for child in part.children:
                self._read(child)
        elif self._is_text(part):
            self._pieces.append(self._decode(part))
        elif is_container(part) and self._depth < _CONTAINERS:
            self._read_container(part)
        elif part.mime_type not in _OTHER_SPELLINGS:
            self._note_encrypted(part)
            self.attachments.append(part)
            if self._nested and part.mime_type == "message/rfc822":
                self._pieces.append(Piece(Body(read_tree(part.content()), nested=self._nested - 1).text, ""))

    def _read_container(self, part: Part) -> None:
        """What is in it takes its place; if it cannot be opened, it is an attachment."""
        inside, defects = open_container(part)
        self.defects += defects
        if not inside:
            self.attachments.append(part)
        self._depth += 1
        for child in inside:
            if (
                not self._pieces
                or child.children
                or child.has_filename
                or part.mime_type.startswith("application/pkcs7")
            ):
                self._read(child)  # what Outlook says twice is said once
        self._depth -= 1

    def _note_encrypted(self, part: Part) -> None:
        if part.mime_type == "application/pgp-encrypted":  # RFC 3156
            self.defects.append(armour.ENCRYPTED)

    def _read_alternative(self, part: Part) -> None:
        """RFC 2046 section 5.1.4: the same text in several forms. Plain is the text, HTML is kept beside it."""
        found = [Body(child, is_whole=False, nested=self._nested, depth=self._depth) for child in part.children]
        plain = html = None
        for body in found:
            self.attachments += body.attachments
            self.defects += body.defects
            plain = body if any(piece.plain.strip() for piece in body._pieces) else plain
            html = body if any(piece.html for piece in body._pieces) else html
        if plain or html:
            text = plain.text if plain else ""
            self._pieces.append(Piece(text, html.html if html else ""))

    def _is_text(self, part: Part) -> bool:
        if len(self._pieces) >= _TEXT_PARTS:
            return False
        if part.mime_type.startswith("multipart/"):  # it could not be taken apart, so that all there is is text
            return True
        if part.mime_type not in _TEXT_TYPES or part.disposition == "attachment":
            return False
        return not self._pieces or not part.has_filename

    def _decode(self, part: Part) -> Piece:
        data, charset = part.content(), part.fields.charset
        is_html = part.mime_type == "text/html"
        if is_html and not charset:
            declared = _META_CHARSET.search(data[:_META_WITHIN])
            charset = declared[1].decode("ascii", "replace") if declared else ""
        text, defect = decode_text(data, charset, part.fields.guesser)
        if defect:
            self.defects.append(defect)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if is_html:
            return Piece("", text)
        if armour.is_encrypted(text):
            self.defects.append(armour.ENCRYPTED)
        content_type = part.fields.content_type
        if content_type.plain("format").lower() == "flowed":
            text = unflow(text, delete_space=content_type.plain("delsp").lower() == "yes")
        return Piece(text, "")


def _leaves(part: Part) -> list[Part]:
    return [leaf for child in part.children for leaf in _leaves(child)] if part.children else [part]


def unflow(text: str, *, delete_space: bool = False) -> str:
    """RFC 3676: join the lines that a space at the end marks as flowing on. Quoted lines stay as they are."""
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        is_quote = line.startswith(">")
        line = line[1:] if line.startswith(" ") else line  # space-stuffed
        if flows and not is_quote and line != "-- ":
            lines[-1] = (lines[-1][:-1] if delete_space else lines[-1]) + line
        else:
            lines.append(line)
        flows = line.endswith(" ") and line != "-- " and not is_quote
    return "\n".join(lines)


def html_to_text(html: str) -> str:
    """The visible text of an HTML mail, with the lines that its blocks make."""
    html = html[:_HTML_LIMIT]
    if _list_depth(html) > _LIST_DEPTH:  # each level indents each line of its own: 50 kB would become a gigabyte
        html = _LIST_TAG.sub(r"<\1div", html)
    text = str(extract_plain_text(clean_text(html), main_content=False, alt_texts=False))
    lines = (line.rstrip() for line in text.replace("\xa0", " ").split("\n"))
    return _MANY_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _list_depth(html: str) -> int:
    depth = deepest = 0
    for tag in _LIST_TAG.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest
