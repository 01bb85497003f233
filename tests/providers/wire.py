"""Reads IMAP commands with their quoted strings, lists and literals, as a server does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")
_ARGUMENT = re.compile(
    rb'"(?P<quoted>(?:[^"\\]|\\.)*)"|\{(?P<literal>\d+)\+?\}(?:\r\n)?'
    rb'|(?P<list>\((?:[^()]|\([^()]*\))*\))|(?P<atom>(?:[^\s"({\[]|\[[^\]]*\])+)'
)


@dataclass(frozen=True)
class Command:
    """One command: its name in upper case ("UID FETCH" is one), all after it as text, and as arguments."""

    tag: bytes
    name: str
    text: str
    arguments: list[bytes]


def read_commands(source: Callable[[], BinaryIO], go_on: Callable[[], None]) -> Iterator[Command]:
    """Commands until the client leaves; `go_on` is called before a literal that waits for it."""
    while line := source().readline():
        literals: list[bytes] = []
        while found := _LITERAL.search(line):
            if not found[2]:
                go_on()
            literals.append(source().read(int(found[1])))
            line += source().readline()
        yield _command(line, literals)


def _command(line: bytes, literals: list[bytes]) -> Command:
    tag, _, rest = line.partition(b" ")
    word, _, rest = rest.rstrip(b"\r\n").partition(b" ")
    name = word.decode("latin-1").upper()
    if name == "UID":
        word, _, rest = rest.partition(b" ")
        name += f" {word.decode('latin-1').upper()}"
    return Command(tag, name, rest.decode("utf-8", "replace"), list(_arguments(rest, iter(literals))))


def _arguments(text: bytes, literals: Iterator[bytes]) -> Iterator[bytes]:
    for match in _ARGUMENT.finditer(text):
        if match["literal"] is not None:
            yield next(literals)
        elif match["quoted"] is not None:
            yield re.sub(rb"\\(.)", rb"\1", match["quoted"])
        else:
            yield match["list"] or match["atom"]
