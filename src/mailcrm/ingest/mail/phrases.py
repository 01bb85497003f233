"""Tables of phrases, one regular expression a line, as the patterns that kinds, notices and reasons are told by."""

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Phrases:
    """A pattern that is compiled when it is first asked: large tables are needed for few mails."""

    expression: str
    flags: re.RegexFlag

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.expression, self.flags)

    def search(self, text: str) -> re.Match[str] | None:
        """As that of a compiled pattern."""
        return self._pattern.search(text)


def any_of(lines: str, flags: re.RegexFlag = re.IGNORECASE) -> Phrases:
    """A pattern that matches whatever any of the `lines` matches."""
    return Phrases(alternatives(lines), flags)


def alternatives(lines: str) -> str:
    """The `lines` as one expression, to be put into a larger one."""
    return f"(?:{'|'.join(line.strip() for line in lines.splitlines() if line.strip())})"
