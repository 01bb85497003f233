"""Address lists of received mail (RFC 5322 section 3.4), read in linear time and without ever refusing one.

Real headers hold groups, routes, names with bare commas, addresses without a domain, unbalanced quotes and tens of
thousands of recipients; each mailbox that can be seen in them is found.
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<word>=\?[^?\s]*\?[bBqQ]\?[^?\s]*\?=)      # an encoded word may hold what would be a delimiter
      | "(?P<quoted>(?:[^"\\]|\\.)*)(?P<closed>"?)
      | <(?P<angle>[^<>]*)>
      | (?P<literal>\[[^\[\]<>"]*\])                  # user@[IPv6:...]
      | (?P<special>[,;:()<>\[\]])
      | (?P<atom>[^\s",;:()<>\[\]]+)""",
    re.VERBOSE | re.DOTALL,
)
# Nearly all lists consist of these; they need no tokens.
_SIMPLE = re.compile(
    r"""\s*+(?:(?:"(?P<quoted>[^"\\]*+)"\s*+|(?P<phrase>[^"<>(),:;@\[\]\\]*+))<(?P<angle>[^<>\s@,:;"]++@[^<>\s@,:;"]++)>"""
    r"""|(?P<bare>[^\s<>"(),:;@\[\]\\]++@[^\s<>"(),:;@\[\]\\]++))\s*+(?:,|\Z)"""
)
_ESCAPED = re.compile(r'\\(["\\])')
_AROUND_AT = re.compile(" ?@ ?")
_WORD = re.compile(r'(?:"[^"]*"|[^ "])+')
_SPACES = re.compile(r"\s+")


class Mailbox(NamedTuple):
    """A name and an address as they stand in a header; the name is not decoded yet. One of them may be empty."""

    name: str
    address: str


class _Found(NamedTuple):
    mailbox: Mailbox
    is_bare_phrase: bool = False  # words before a comma: a local name, or the first half of "Smith, John <...>"
    is_angled: bool = False


def split_addresses(value: str) -> list[Mailbox]:
    """All mailboxes of an address header, groups opened, in order."""
    return _simple_list(value) or _read_tokens(value)


def _simple_list(value: str) -> list[Mailbox]:
    """The mailboxes of a list in which each is simple; nothing where one is not."""
    mailboxes: list[Mailbox] = []
    end = 0
    while end < len(value):
        simple = _SIMPLE.match(value, end)
        if simple is None:
            return []
        quoted, phrase, angle, bare = simple.groups()
        mailboxes.append(Mailbox((quoted or phrase or "").strip(), angle or bare))
        end = simple.end()
    return mailboxes


def _read_tokens(value: str) -> list[Mailbox]:
    reader = _Reader()
    while value:
        value = reader.read(value)
    reader.end_mailbox()
    return _joined(reader.found)


def _joined(found: list[_Found]) -> list[Mailbox]:
    """`found` with the halves of names that an unquoted comma tore apart put together again."""
    mailboxes: list[Mailbox] = []
    waiting: list[Mailbox] = []
    for mailbox, is_bare_phrase, is_angled in found:
        if is_bare_phrase:
            waiting.append(mailbox)
            continue
        if waiting and is_angled and mailbox.name:
            mailbox = mailbox._replace(name=", ".join([*(held.name for held in waiting), mailbox.name]))
            waiting = []
        mailboxes += [*map(_local, waiting), mailbox]
        waiting = []
    return [*mailboxes, *map(_local, waiting)]


def _local(phrase: Mailbox) -> Mailbox:
    """A bare word is an address without a domain ("root", "MAILER-DAEMON"); several words are only a name."""
    return phrase if " " in phrase.name else Mailbox("", phrase.name)


class _Reader:
    """Collects the pieces of one mailbox until a delimiter ends it."""

    def __init__(self) -> None:
        self.found: list[_Found] = []
        self._start_mailbox()

    def _start_mailbox(self, pieces: list[str] | None = None) -> None:
        self._pieces = pieces or []
        self._raw: list[str] = []
        self._comments: list[str] = []
        self._angle: str | None = None
        self._before_angle = 0

    def read(self, value: str) -> str:
        """Take in `value`; what comes back stood behind an unbalanced quote or parenthesis and is to be read again."""
        comment_at, depth = 0, 0
        for token in _TOKEN.finditer(value):
            kind, text = token.lastgroup, token[0]
            if kind == "closed" and not token["closed"]:
                return value[token.start() + 1 :].replace('"', " ")
            if depth or text == "(":
                depth += (text == "(") - (text == ")")
                if depth == 1 and text == "(":
                    comment_at = token.end()
                elif not depth:
                    self._comments.append(value[comment_at : token.start()].strip())
            else:
                self._take(kind, token, text)
        return value[comment_at:].replace("(", " ").replace(")", " ") if depth else ""

    def _take(self, kind: str | None, token: re.Match[str], text: str) -> None:
        if kind == "angle":
            self._take_angle(token["angle"])
        elif kind == "closed":
            self._raw.append(text)
            self._pieces.append(_ESCAPED.sub(r"\1", token["quoted"]))
        elif kind != "special" or text in "[]":
            self._raw.append(text)
            self._pieces.append(text)
        elif text in ",;":
            self.end_mailbox()
        elif text == ":":  # the name of a group, or a "mailto:"
            self._start_mailbox()
        else:
            self._raw.append(" ")
            self._pieces.append(" ")

    def _take_angle(self, content: str) -> None:
        if self._angle and "@" in self._angle and "@" in content:  # a comma is missing between two mailboxes
            rest = self._pieces[self._before_angle :]
            self._pieces = self._pieces[: self._before_angle]
            self.end_mailbox()
            self._start_mailbox(rest)
        if not self._angle or "@" in content:
            self._angle, self._before_angle = content, len(self._pieces)

    def end_mailbox(self) -> None:
        """Close the mailbox that the pieces make up, if any."""
        phrase = _SPACES.sub(" ", "".join(self._pieces)).strip()
        comment = " ".join(filter(None, self._comments))
        if self._angle is not None and (address := _clean_angle(self._angle)):
            self.found.append(_Found(Mailbox(phrase or comment, address), is_angled=True))
        elif "@" in phrase:
            self.found.append(_Found(_bare_mailbox("".join(self._raw), phrase, comment)))
        elif phrase:
            # Beside an empty <> it is the name of somebody without an address.
            self.found.append(_Found(Mailbox(phrase, ""), is_bare_phrase=self._angle is None))
        self._start_mailbox()


def _clean_angle(text: str) -> str:
    """What stands in <...>, without white space, "mailto:" and an obsolete source route (RFC 5322 section 4.4)."""
    address = text.strip() if '"' in text else _SPACES.sub("", text)
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    return address[7:] if address[:7].lower() == "mailto:" else address


def _bare_mailbox(raw: str, phrase: str, comment: str) -> Mailbox:
    """A mailbox without <...>: the last word that looks like an address, and whatever stands beside it."""
    words = _WORD.findall(_AROUND_AT.sub("@", _SPACES.sub(" ", raw)))
    for index in reversed(range(len(words))):
        local, at, domain = words[index].strip('"' if words[index].endswith('"') else "").rpartition("@")
        if at and local and domain:
            beside = " ".join([*words[:index], *words[index + 1 :]]).replace('"', "")
            return Mailbox(beside or comment, f"{local}@{domain}")
    return Mailbox("", _SPACES.sub("", phrase))
