"""The keyboard, or the lack of one: asks what no flag said, or says which flag is missing."""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from mailcrm.cli.context import warn
from mailcrm.errors import UserError

T = TypeVar("T")


class Questions:
    """Asks on a terminal. Elsewhere, or with --yes, it takes defaults, and a question without one is an error.

    Without a terminal a default is taken only with --yes: what is kept of somebody's mail is not to be decided by silence.
    """

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes
        self.on_terminal = sys.stdin.isatty()

    def ask(self, question: str, flag: str, default: str | None = None) -> str:
        """A line of text. Raises UserError if there is nobody to ask."""
        if self._yes and default is not None:
            return default
        self._require_terminal(question, flag, default)
        plain = None if default is None else str(default)  # typer would ask for an enum in its own way
        return str(_typed(lambda: typer.prompt(question, default=plain, show_default=bool(plain)))).strip()

    def ask_until(self, question: str, flag: str, default: str | None, read: Callable[[str], T]) -> T:
        """A line that `read` understands; whatever UserError it raises is shown, and the question asked again."""
        while True:
            answer = self.ask(question, flag, default)
            try:
                return read(answer)
            except UserError as exc:
                if self._yes or not self.on_terminal:
                    raise
                warn(exc.message)

    def choose(self, question: str, flag: str, options: Sequence[str], default: str) -> str:
        """One of `options`."""

        def read(answer: str) -> str:
            if answer not in options:
                raise UserError(f"{answer!r} is none of: {', '.join(options)}")
            return answer

        return self.ask_until(f"{question} ({', '.join(options)})", flag, default, read)

    def secret(self, question: str, flag: str) -> str:
        """A line that does not show while it is typed. Asked even with --yes, since it has no default."""
        self._require_terminal(question, flag, None)
        return str(_typed(lambda: typer.prompt(question, hide_input=True))).strip()

    def agree(self, question: str, flag: str) -> bool:
        """Yes or no; no by default, and never by --yes: only `flag` says it beforehand."""
        self._require_terminal(question, flag, None)
        return _typed(lambda: typer.confirm(question, default=False))

    def count(self, question: str, flag: str) -> int:
        """A whole number. A slip of the finger is asked again."""
        self._require_terminal(question, flag, None)
        return int(_typed(lambda: typer.prompt(question, type=int)))

    def _require_terminal(self, question: str, flag: str, default: str | None) -> None:
        if not self.on_terminal:
            or_default = "" if default is None else f", or --yes for the default ({default or 'none'})"
            raise UserError(f"{question}: there is no terminal to ask on; give {flag}{or_default}")


def _typed(prompt: Callable[[], T]) -> T:
    """What is typed; Ctrl-C at a question is Ctrl-C as everywhere (exit code 130), and not a no."""
    try:
        return prompt()
    except typer.Abort:
        raise KeyboardInterrupt from None


def require_yes(question: str, *, yes: bool) -> None:
    """Go on after a yes only, or with --yes. Raises UserError if there is nobody to ask, typer.Abort after a no."""
    if not yes and not Questions(yes=False).agree(question, "--yes"):
        raise typer.Abort
