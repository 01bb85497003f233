"""The segment language: text that a marketer can read, parsed to a tree that the store turns into SQL.

    tag = vip and not tag = "do not call"
    (domain = acme.example or name ~ 张) and last_in before 90d
    last_out is never
    tier = A and country in (DE, FR) and x.budget is empty
    all

`=` and `!=` compare, `~` contains, `in (a, b)` is any of; times take `before`, `after` and `is never`. A time is a
date (2026-01-31, UTC) or an age (30d, 2w, 6m, 1y: that long ago). `tag:vip` is short for `tag = vip`. `tag = interest:tea`
is a tag of a category, `tag = interest:*` any of them. Full-width punctuation means the same. Fields that begin with `x.` are
those of the team.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mailcrm.errors import SegmentError
from mailcrm.model.contact import OWN, SHOWN
from mailcrm.model.pointing import AROUND, pointed


class Op(StrEnum):
    """How a field is compared."""

    EQUALS = "="
    DIFFERS = "!="
    CONTAINS = "~"
    IN = "in"
    BEFORE = "before"
    AFTER = "after"
    NEVER = "is never"
    EMPTY = "is empty"


_TEXT = frozenset({Op.EQUALS, Op.DIFFERS, Op.CONTAINS, Op.IN, Op.EMPTY})
_CHOICE = frozenset({Op.EQUALS, Op.DIFFERS, Op.IN})
_TIME = frozenset({Op.BEFORE, Op.AFTER, Op.NEVER})

FIELDS: dict[str, frozenset[Op]] = {
    "tag": _CHOICE | {Op.EMPTY},
    "name": _TEXT,
    "given_name": _TEXT,
    "family_name": _TEXT,
    "salutation": _TEXT,
    "language": _TEXT,
    "email": _TEXT,
    "domain": _CHOICE,
    "number": _CHOICE,
    "kind": _CHOICE,
    "state": _CHOICE,
    "source": _CHOICE,
    "consent": _CHOICE,
    "last_in": _TIME,
    "last_out": _TIME,
    "last_contact": _TIME,
    "created": _TIME,
} | {field.value: _TEXT for field in SHOWN if field.value != "language"}

OWN_FIELDS = _TEXT
"""How the fields of a team's own are compared: `x.budget = 5000`."""


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. `values` holds strings, or for times one aware datetime or timedelta (an age)."""

    field: str
    op: Op
    values: tuple[str | datetime | timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class All:
    """Everybody."""


@dataclass(frozen=True, slots=True)
class Not:
    """Not that."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    items: tuple["Node", ...]


Node = Test | All | Not | And | Or


@dataclass(frozen=True, slots=True)
class Segment:
    """An expression with its tree."""

    text: str
    root: Node


def parse_segment(text: str) -> Segment:
    """Raises SegmentError, pointing at the place, if `text` is not a segment expression."""
    parser = _Parser(text)
    root = parser.expression()
    parser.expect_end()
    return Segment(text.strip(), root)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word | text | op | open | close | comma | end
    value: str
    at: int


_SPACE = r"[\s\u200b\ufeff]*"
_TOKENS = re.compile(
    r"""(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|“[^”]*”|‘[^’]*’|「[^」]*」)"""
    r"""|(?P<op>[!！][=＝]|[=＝≠~～:：])|(?P<open>[(（])|(?P<close>[)）])|(?P<comma>[,，、])"""
    r"""|(?P<word>[^\s\u200b\ufeff()（）,，、=＝≠~～!！:："'“”‘「」]+(?:'[^\s\u200b\ufeff()（）,，、=＝≠~～!！:："'“”]+)*))"""
    + _SPACE,
    re.DOTALL,
)
_OPS = {"=": Op.EQUALS, ":": Op.EQUALS, "!=": Op.DIFFERS, "≠": Op.DIFFERS, "~": Op.CONTAINS}
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_QUOTES = "\"'“‘「"
_RESERVED = ("and", "or", "not")
_AGE = re.compile(r"^(\d{1,5})([dwmy])$")
_AGE_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_OLDEST = timedelta(days=100 * 365)
_MAX_DEPTH = 50
_MAX_TESTS = 60  # PostgreSQL plans 70 in a second, 100 in seven, 200 in more than a minute
_MAX_VALUES = 5000
_MAX_LENGTH = 200_000


def _tokens(text: str) -> Iterator[_Token]:
    if len(text) > _MAX_LENGTH:
        raise SegmentError(f"the expression is longer than {_MAX_LENGTH} characters")
    at = next(re.finditer(_SPACE, text)).end()
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None or match.lastgroup is None:
            if text[at] in _QUOTES:
                raise _error(text, at, "this quotation mark is never closed")
            raise _error(text, at, f"{text[at]!r} makes no sense here; a value with such a character needs quotes")
        kind = match.lastgroup
        value = match.group(kind)
        bad = _UNSTORABLE.search(value)
        if bad:
            raise _error(text, at + bad.start(), "this character cannot be searched for")
        if kind == "text":
            value = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL) if value[0] in "\"'" else value[1:-1]
        yield _Token(kind, value, at)
        at = match.end()
    yield _Token("end", "", len(text))


def _error(text: str, at: int, what: str) -> SegmentError:
    return SegmentError(pointed(text, at, what))


def _shown(value: str) -> str:
    return repr(value if len(value) <= AROUND else value[:AROUND] + "…")


class _Parser:
    """Recursive descent: expression := term (or term)*; term := factor (and factor)*."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.index = 0
        self.depth = 0
        self.tests = 0
        self.values_read = 0
        self.with_category = False

    @property
    def now(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        token = self.now
        self.index += token.kind != "end"
        return token

    def word(self, *words: str) -> bool:
        if self.now.kind == "word" and self.now.value.lower() in words:
            self.index += 1
            return True
        return False

    def fail(self, what: str, token: _Token | None = None) -> SegmentError:
        return _error(self.text, (token or self.now).at, what)

    def expect_end(self) -> None:
        if self.now.kind == "close":
            raise self.fail("this bracket was never opened")
        if self.now.kind != "end":
            raise self.fail(f"'and' or 'or' expected before {_shown(self.now.value)}")

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self.fail("too many brackets inside one another")
        items = [self.term()]
        while self.word("or"):
            items.append(self.term())
        self.depth -= 1
        return items[0] if len(items) == 1 else Or(tuple(items))

    def term(self) -> Node:
        items = [self.factor()]
        while self.word("and"):
            items.append(self.factor())
        return items[0] if len(items) == 1 else And(tuple(items))

    def factor(self) -> Node:
        negations = 0
        while self.word("not"):
            negations += 1
        node = self.atom()
        return Not(node) if negations % 2 else node

    def atom(self) -> Node:
        if self.now.kind == "open":
            opened = self.take()
            node = self.expression()
            if self.now.kind == "end":
                raise self.fail("this bracket is never closed", opened)
            if self.now.kind != "close":
                self.expect_end()
            self.take()
            return node
        if self.word("all"):
            return All()
        return self.test()

    def test(self) -> Test:
        name = self.take()
        if name.kind != "word":
            raise self.fail("a field name is expected here, e.g. tag", name)
        own = name.value.lower().startswith(OWN)
        ops = OWN_FIELDS if own else FIELDS.get(name.value.lower())
        if ops is None:
            raise self.fail(f"unknown field {_shown(name.value)}; there are: {', '.join(FIELDS)}", name)
        self.tests += 1
        if self.tests > _MAX_TESTS:
            raise self.fail(f"more than {_MAX_TESTS} conditions; use tags, or 'in' with a list", name)
        at = self.now
        op = self.operator()
        if op not in ops:
            raise self.fail(f"{name.value!r} cannot be compared with '{op}'; use: {', '.join(sorted(ops))}", at)
        self.with_category = name.value.lower() == "tag"
        return Test(name.value.lower(), op, self.values(op))

    def operator(self) -> Op:
        token = self.take()
        if token.kind == "op":
            return _OPS[unicodedata.normalize("NFKC", token.value)]
        word = token.value.lower()
        if token.kind == "word" and word in ("in", "before", "after"):
            return Op(word)
        if token.kind == "word" and word == "is":
            if self.word("never"):
                return Op.NEVER
            if self.word("empty"):
                return Op.EMPTY
            raise self.fail("'is never' or 'is empty' expected")
        raise self.fail("a comparison is expected here: = != ~ in before after is", token)

    def values(self, op: Op) -> tuple[str | datetime | timedelta, ...]:
        if op in (Op.NEVER, Op.EMPTY):
            return ()
        if op == Op.IN:
            return self.listed()
        if op in (Op.BEFORE, Op.AFTER):
            return (self.time(self.take()),)
        return (self.value(),)

    def value(self) -> str:
        token = self.take()
        self.values_read += 1
        if self.values_read > _MAX_VALUES:
            raise self.fail(f"more than {_MAX_VALUES} values", token)
        if token.kind == "text" and not token.value.strip():
            raise self.fail("this value is empty; 'is empty' asks for what is not there", token)
        if token.kind == "text" or (token.kind == "word" and token.value.lower() not in _RESERVED):
            return f"{token.value}:{self.take().value}" if self.in_category() else token.value
        hint = "; put the word in quotes if it is meant" if token.kind == "word" else ""
        raise self.fail(f"a value is expected here{hint}", token)

    def in_category(self) -> bool:
        """Whether `:` and a value follow a value: interest:tea."""
        if not self.with_category or self.now.kind != "op" or self.now.value not in ":：":
            return False
        self.take()
        if self.now.kind not in ("word", "text"):
            raise self.fail("the name of a tag is expected here, e.g. interest:tea")
        return True

    def listed(self) -> tuple[str, ...]:
        opened = self.take()
        if opened.kind != "open":
            raise self.fail("'in' needs a list: in (a, b)", opened)
        found = []
        while True:
            found.append(self.value())
            token = self.take()
            if token.kind == "close":
                return tuple(found)
            if token.kind != "comma":
                raise self.fail("',' or ')' expected here", token)

    def time(self, token: _Token) -> datetime | timedelta:
        age = _AGE.match(token.value.lower())
        if age:
            ago = timedelta(days=int(age[1]) * _AGE_DAYS[age[2]])
            if ago > _OLDEST:
                raise self.fail("an age of at most 100y is expected here", token)
            return ago
        try:
            return datetime.strptime(token.value, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as exc:
            raise self.fail("a date like 2026-01-31 or an age like 30d, 2w, 6m, 1y is expected here", token) from exc
