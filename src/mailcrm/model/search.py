"""The search language, as users of mail programs know it, parsed to a tree that the store turns into SQL.

    invoice acme                 both words
    "price list"  OR  报价单      a phrase; either
    from:zhang -to:list@x.org    by field; without
    subject:(offer OR 报价) in:sent has:attachment after:2026-01-31 before:7d is:unread filename:报价.xlsx
    发件人:张三 主题:退款         the same in Chinese

Words are found whole, without regard to case, accents and width; `invoic*` finds what begins so. Scripts without spaces are
found at any place. `before:` and `after:` take a day (of the reader's time zone; `after:` includes it) or an age (7d, 2w, 6m,
1y: that long ago).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from mailcrm.errors import SearchError
from mailcrm.model.pointing import pointed
from mailcrm.model.words import Phrase, phrase_of


class Field(StrEnum):
    """Where words are looked for."""

    FROM = "from"
    TO = "to"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that follow one another, in one field or anywhere. `text` is as it was typed."""

    phrase: Phrase
    text: str
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """Mail from before a moment, or of that moment and later (`before` False)."""

    when: date | timedelta
    before: bool

    def moment(self, now: datetime, zone: tzinfo | None) -> datetime:
        """The moment as an aware time; a day begins at midnight in `zone` (None: the machine's)."""
        if isinstance(self.when, timedelta):
            return now - self.when
        midnight = datetime(self.when.year, self.when.month, self.when.day)  # noqa: DTZ001 - gets its zone next
        return midnight.replace(tzinfo=zone) if zone else midnight.astimezone()


@dataclass(frozen=True, slots=True)
class In:
    """Mail in folders of a role, of a name, or of an account. `at` is the column where it was typed."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Attached:
    """Mail with attachments; with `name` one whose file name contains that."""

    name: str = ""


class Flag(StrEnum):
    """What a mail program noted of a mail. `unread` is the lack of a flag."""

    UNREAD = "unread"
    READ = "read"
    STARRED = "starred"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Marked:
    """Mail with such a flag."""

    flag: Flag


@dataclass(frozen=True, slots=True)
class Not:
    """All other mail."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of these hold."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these holds."""

    items: tuple["Node", ...]


Node = Words | Time | In | Attached | Marked | Not | And | Or


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for, with its tree."""

    text: str
    root: Node

    @property
    def wanted(self) -> tuple[Words, ...]:
        """The words that hits contain, for showing where; not those that they must not contain."""
        return tuple(_positive(self.root))

    @property
    def for_people(self) -> tuple[str, ...] | None:
        """The words, if there is nothing but words anywhere that must all be there; else None: nobody is meant."""
        items = self.root.items if isinstance(self.root, And) else (self.root,)
        words = [item.text for item in items if isinstance(item, Words) and item.field is None]
        return tuple(words) if len(words) == len(items) else None


def _positive(node: Node) -> Iterator[Words]:
    if isinstance(node, Words):
        yield node
    elif isinstance(node, And | Or):
        for item in node.items:
            yield from _positive(item)


def parse_search(text: str) -> Search:
    """Raises SearchError, pointing at the place, if `text` cannot be searched for."""
    parser = _Parser(text)
    root = parser.any_of(None)
    if parser.now.kind == "close":
        raise parser.fail("this bracket was never opened")
    if root is None:
        raise _error(text, 0, "there is nothing to search for; type a word, e.g.: invoice from:zhang after:30d")
    return Search(text, root)


# --- words and signs ---------------------------------------------------------------------------------------------


_FIELDS: dict[str, str] = {
    "from": "from", "发件人": "from", "寄件人": "from", "發件人": "from",
    "to": "to", "cc": "to", "收件人": "to",
    "subject": "subject", "主题": "subject", "主旨": "subject", "主題": "subject",
    "in": "in", "文件夹": "in", "邮箱": "in", "資料夾": "in",
    "has": "has", "有": "has", "包含": "has",
    "filename": "filename", "附件": "filename", "文件名": "filename",
    "is": "is", "是": "is",
    "before": "before", "older_than": "before", "之前": "before", "早于": "before",
    "after": "after", "newer_than": "after", "之后": "after", "之後": "after", "晚于": "after",
}  # fmt: skip
_NAMES = "from: to: subject: in: has: filename: is: before: after:"
_ATTACHMENT = ("attachment", "attachments", "附件")
_FLAGS = {
    "unread": Flag.UNREAD, "未读": Flag.UNREAD, "未讀": Flag.UNREAD,
    "read": Flag.READ, "已读": Flag.READ, "已讀": Flag.READ,
    "starred": Flag.STARRED, "flagged": Flag.STARRED, "星标": Flag.STARRED, "星標": Flag.STARRED,
    "answered": Flag.ANSWERED, "replied": Flag.ANSWERED, "已回复": Flag.ANSWERED, "已回覆": Flag.ANSWERED,
}  # fmt: skip
_LONGEST = 1000
_MAX_TERMS = 50
_MAX_DEPTH = 20
_AGE = re.compile(r"^(\d{1,4})([dwmy])$")
_AGE_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MOST_DAYS = 100 * 365
_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_FIELD_NAME = re.compile(r"[A-Za-z_]{2,}[:：](?=[^\s/])")
_UNSEARCHABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_TOKENS = re.compile(
    r"""(?P<text>["“”„＂][^"“”„＂]*["“”„＂]|«[^»]*»|「[^」]*」|『[^』]*』)(?P<star>\*?)"""
    r"""|(?P<open>[(（])|(?P<close>[)）])"""
    r"""|(?P<minus>[-－−–](?=[^\s)）\-－−–]))"""
    rf"""|(?P<field>(?:{"|".join(_FIELDS)})[:：]\s*)"""
    r"""|(?P<word>[^\s()（）"“”„«»「」『』＂]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # text | open | close | minus | field | word | end
    value: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    if len(text) > _LONGEST:
        raise SearchError(f"the search is longer than {_LONGEST} characters")
    bad = _UNSEARCHABLE.search(text)
    if bad:
        raise _error(text, bad.start(), "this character cannot be searched for")
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKENS.match(text, at)
        if match is None or match.lastgroup is None:
            raise _error(text, at, "this quotation mark is never closed")
        kind = "text" if match["text"] else match.lastgroup
        yield _Token(kind, match[0], at)
        at = match.end()
    yield _Token("end", "", len(text))


class _Parser:
    """Recursive descent: any := all (OR all)*; all := item+; item := -item | field value | ( any ) | words."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.index = 0
        self.depth = 0
        self.terms = 0

    @property
    def now(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        token = self.now
        self.index += token.kind != "end"
        return token

    def fail(self, what: str, token: _Token | None = None) -> SearchError:
        return _error(self.text, (token or self.now).at, what)

    def any_of(self, field: Field | None) -> Node | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self.fail("too many brackets inside one another")
        found: list[Node] = []
        while True:
            node = self.all_of(field)
            joined = self.now.kind == "word" and self.now.value in ("OR", "|", "||")
            if node is not None:
                found.append(node)
            elif joined or found:
                raise self.fail("OR stands between two things to search for", self.now)
            if not joined:
                break
            self.take()
        self.depth -= 1
        return Or(tuple(found)) if len(found) > 1 else found[0] if found else None

    def all_of(self, field: Field | None) -> Node | None:
        found = []
        while self.now.kind not in ("end", "close") and self.now.value not in ("OR", "|", "||"):
            if self.now.value in ("AND", "&", "&&"):
                self.take()
                continue
            node = self.item(field)
            if node is not None:
                found.append(node)
        return And(tuple(found)) if len(found) > 1 else found[0] if found else None

    def item(self, field: Field | None) -> Node | None:
        token = self.take()
        if token.kind == "minus" or token.value == "NOT":
            if self.now.kind == "end":
                raise self.fail("what must not be there is missing", token)
            node = self.item(field)
            return None if node is None else Not(node)
        if token.kind == "open":
            return self.bracket(field, token)
        if token.kind == "field":
            return self.field(token)
        return self.words(token, field)

    def bracket(self, field: Field | None, opened: _Token) -> Node | None:
        node = self.any_of(field)
        if self.take().kind != "close":
            raise self.fail("this bracket is never closed", opened)
        return node

    def field(self, token: _Token) -> Node | None:
        name = _FIELDS[token.value.rstrip().rstrip(":：").casefold()]
        if name in (Field.FROM, Field.TO, Field.SUBJECT) and self.now.kind == "open":
            return self.bracket(Field(name), self.take())
        value = self.take()
        if value.kind not in ("word", "text") or not _unquoted(value):
            raise self.fail(f"{token.value.strip()} what? A value follows without a space", token)
        if name in (Field.FROM, Field.TO, Field.SUBJECT):
            node = self.words(value, Field(name))
            if node is None:
                raise self.fail("there is no word to search for in this", value)
            return node
        self.count(value)
        return self.test(name, value)

    def test(self, name: str, value: _Token) -> Node:
        text = _unquoted(value)
        if name == "in":
            return In(text, value.at)
        if name == "filename":
            return Attached(text)
        if name == "has":
            if text.casefold() not in _ATTACHMENT:
                raise self.fail("has:attachment is what can be asked", value)
            return Attached()
        if name == "is":
            flag = _FLAGS.get(text.casefold())
            if flag is None:
                raise self.fail(f"is: what? There are: {', '.join(Flag)}", value)
            return Marked(flag)
        return Time(self.time(value), before=name == "before")

    def time(self, token: _Token) -> date | timedelta:
        text = _unquoted(token)
        age, day = _AGE.match(text.lower()), _DAY.match(text)
        if age and int(age[1]) * _AGE_DAYS[age[2]] <= _MOST_DAYS:
            return timedelta(days=int(age[1]) * _AGE_DAYS[age[2]])
        try:
            if day and int(day[1]) > 1900:
                return date(int(day[1]), int(day[2]), int(day[3]))
        except ValueError:
            pass
        raise self.fail("a day like 2026-01-31 or an age like 7d, 2w, 6m, 1y is expected here", token)

    def words(self, token: _Token, field: Field | None) -> Node | None:
        self.count(token)
        if token.kind == "word" and field is None and _FIELD_NAME.match(token.value):
            name = token.value.replace("：", ":").partition(":")[0]
            raise self.fail(f"there is no field {name!r}, but {_NAMES}; in quotes it is searched for as text", token)
        text = _unquoted(token)
        prefix = token.value.endswith("*")
        phrase = phrase_of(text, prefix=prefix)
        return None if phrase is None else Words(phrase, text.rstrip("*"), field)

    def count(self, token: _Token) -> None:
        self.terms += 1
        if self.terms > _MAX_TERMS:
            raise self.fail(f"more than {_MAX_TERMS} things to search for at once", token)


def _unquoted(token: _Token) -> str:
    return token.value.rstrip("*")[1:-1].strip() if token.kind == "text" else token.value


def search_error(search: Search, at: int, what: str) -> SearchError:
    """That a part of the search, at this column, means nothing here."""
    return _error(search.text, at, what)


def _error(text: str, at: int, what: str) -> SearchError:
    return SearchError(pointed(text, at, what))
