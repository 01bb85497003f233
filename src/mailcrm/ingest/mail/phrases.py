"""Tables of phrases, one regular expression a line, as the patterns that kinds, notices and reasons are told by."""

import re
from dataclasses import dataclass
from functools import cached_property

_CAPITAL = re.compile(r"(?<!\\)[A-Z]")  # but not that of \S, which means something else than \s


@dataclass(frozen=True)
class Phrases:
    """A pattern for text in any case; compiled when it is first asked: large tables are needed for few mails."""

    expression: str

    @cached_property
    def _any_case(self) -> re.Pattern[str]:
        return re.compile(self.expression, re.IGNORECASE)

    @cached_property
    def _lower_case(self) -> re.Pattern[str]:
        return re.compile(_CAPITAL.sub(lambda letter: letter[0].lower(), self.expression))

    def search(self, text: str) -> re.Match[str] | None:
        """As that of a compiled pattern, but what it finds may be in lower case.

        Most text is ASCII; to look for lower case in lower case takes a third of the time of looking for any case.
        """
        return self._lower_case.search(text.lower()) if text.isascii() else self._any_case.search(text)


def any_of(lines: str) -> Phrases:
    """A pattern that matches whatever any of the `lines` matches."""
    return Phrases(alternatives(lines))


def alternatives(lines: str) -> str:
    """The `lines` as one expression, to be put into a larger one."""
    return f"(?:{'|'.join(line.strip() for line in lines.splitlines() if line.strip())})"
