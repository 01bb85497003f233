"""The two consoles of rich. Only what shows more than lines of text loads it: it takes as long as a pass over a mailbox."""

from rich.console import Console
from rich.markup import escape

__all__ = ["err", "escape", "out"]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
