"""The text of an answer becomes values, as tolerantly as can be (RFC 9051, 4 and 7.5.2)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

Chunk: TypeAlias = bytes | tuple[bytes, bytes]
"""What imaplib keeps of an answer: (text ending in {size}, literal), or the text that ends it."""

Value: TypeAlias = "bytes | list[Value] | None"
"""A string or atom, NIL, or a parenthesised list."""

# An atom; brackets may hold anything: BODY[HEADER.FIELDS ("To")]. (?>...) is never tried again in a shorter form, which
# would take for ever on a long answer that does not fit.
_ATOM = rb'(?>(?:[^\s()"{\[]+|\[[^\]]*\])+)'
_TOKEN = re.compile(
    rb'[ \r\n\t]+|(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|\{(?P<literal>\d+)\+?\}'
    rb"|(?P<atom>%b)|(?P<odd>.)" % _ATOM,
    re.DOTALL,
)
_FLAT = rb'(?>[^()"{\[]*(?:"(?:[^"\\]|\\.)*"[^()"{\[]*)*)'
_PAIR = re.compile(
    rb'(?P<name>%b) (?:(?P<atom>%b)|"(?P<quoted>[^"\\]*)"|\((?P<list>%b)\)|\{\d+\})(?: |\)\Z)' % (_ATOM, _ATOM, _FLAT),
    re.DOTALL,
)
"""An item of a FETCH answer with its value, if that is neither a list of lists nor a string with escapes."""

_NUMBERED = re.compile(rb"\d+ \(")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def parsed(chunks: Iterable[Chunk]) -> Iterator[list[Value]]:
    """The answers in what imaplib collected for one keyword, each as its sequence of values."""
    for text, literals in _joined(chunks):
        yield values_of(text, literals)


def fetched(chunks: Iterable[Chunk]) -> Iterator[dict[bytes, Value]]:
    """The items of each FETCH answer; an answer that is not pairs yields none."""
    for text, literals in _joined(chunks):
        if (items := items_of(text, literals)) is not None:
            yield items


def items_of(text: bytes, literals: Sequence[bytes]) -> dict[bytes, Value] | None:
    """The items of one FETCH answer by their upper-case names; None if they are not pairs.

    `text` is what follows the `*`, without FETCH; `literals` are those that are announced in it.
    """
    if items := _flat_items(text, literals):
        return items
    values = values_of(text, literals)
    pairs = values[1] if len(values) == 2 else None
    if not isinstance(pairs, list):
        return None
    return {upper(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=False)}


def _flat_items(text: bytes, literals: Iterable[bytes]) -> dict[bytes, Value] | None:
    """The same in a third of the time, for the answers that servers really give; None if there is anything else in it."""
    begin = _NUMBERED.match(text)
    at, waiting = begin.end() if begin else len(text), iter(literals)
    items: dict[bytes, Value] = {}
    while pair := _PAIR.match(text, at):
        name, atom, quoted, inner = pair.groups()
        value: Value
        if atom is not None:
            value = None if atom.upper() == b"NIL" else atom
        elif inner is not None:
            value = values_of(inner, ())
        else:
            value = next(waiting, None) if quoted is None else quoted
        items[name.upper()] = value
        at = pair.end()
    return items if at == len(text) and b"NIL" not in items else None


def _joined(chunks: Iterable[Chunk]) -> Iterator[tuple[bytes, list[bytes]]]:
    """The text of each answer, and the literals that are announced in it."""
    text, literals = b"", []
    for chunk in chunks:
        if isinstance(chunk, tuple):
            text += chunk[0]
            literals.append(chunk[1])
            continue
        yield text + chunk, literals
        text, literals = b"", []


def values_of(text: bytes, literals: Iterable[bytes]) -> list[Value]:
    """The values of one answer. Unbalanced parentheses are tolerated: what is open at the end is closed; but of a list in
    a list that was cut short nobody knows what it would have held, so it is NIL."""
    waiting = iter(literals)
    top: list[Value] = []
    open_lists = [top]
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                inner: list[Value] = []
                open_lists[-1].append(inner)
                open_lists.append(inner)
            case "close":
                open_lists = open_lists[:-1] or open_lists
            case "literal":
                open_lists[-1].append(next(waiting, None))
            case "quoted":
                open_lists[-1].append(_ESCAPED.sub(rb"\1", token["quoted"]))
            case "atom":
                open_lists[-1].append(None if token["atom"].upper() == b"NIL" else token["atom"])
    for outer in open_lists[1:-1]:
        outer[-1] = None
    return top


def upper(name: Value) -> bytes:
    """The name as it is compared; b"" for what is no name."""
    return name.upper() if isinstance(name, bytes) else b""
