"""Tables of phrases, one regular expression a line, as the patterns that kinds, notices and reasons are told by."""

import re


def any_of(lines: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """A pattern that matches whatever any of the `lines` matches."""
    return re.compile(alternatives(lines), flags)


def alternatives(lines: str) -> str:
    """The `lines` as one expression, to be put into a larger one."""
    return f"(?:{'|'.join(line.strip() for line in lines.splitlines() if line.strip())})"
