"""A command on a pseudo-terminal, and somebody who answers its questions."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from typing import Self

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """`mailcrm ARGS` on a terminal of its own; a context manager."""

    def __init__(self, *args: str, env: dict[str, str]) -> None:
        self._ours, theirs = os.openpty()
        self._text = ""
        self._read_to = 0
        # Who starts the tests in the background of a script has Ctrl-C ignored, and a child would take that over.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailcrm", *args],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=env,
        )  # fmt: skip
        signal.signal(signal.SIGINT, before)
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)

    @property
    def text(self) -> str:
        """All that was shown so far, without colours and movements."""
        return _ESCAPES.sub("", self._text).replace("\r", "")

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Until `words` are shown after those waited for last."""
        end = time.monotonic() + seconds
        while words not in self._text[self._read_to :]:
            assert time.monotonic() < end, f"{words!r} did not come:\n{self.text}"
            self._take(0.1)
        self._read_to = self._text.index(words, self._read_to) + len(words)

    def answer(self, question: str, answer: str, *, hidden: bool = False) -> None:
        """Wait for a question and type. A hidden one is answered when the terminal no longer shows what is typed."""
        self.wait_for(question)
        end = time.monotonic() + 10
        while hidden and termios.tcgetattr(self._ours)[3] & termios.ECHO:
            assert time.monotonic() < end, "what is typed would show"
            time.sleep(0.01)
        os.write(self._ours, f"{answer}\n".encode())

    def interrupt(self, tries: int = 5) -> None:
        """Ctrl-C, as often as a human would: a signal just before a read blocks is noticed after the next one only."""
        shown = -1
        while shown != len(self._text):  # the question itself has to end first
            shown = len(self._text)
            self._take(0.3)
        for _ in range(tries):
            self.process.send_signal(signal.SIGINT)
            end = time.monotonic() + 4
            while time.monotonic() < end:
                self._take(0.1)
                if len(self._text) > shown or self.process.poll() is not None:
                    return

    def end(self, seconds: float = 60) -> int:
        """Read to the end. Returns the exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self._take(0.1)
        self._take(0)
        return self.process.wait()

    def _take(self, seconds: float) -> None:
        with contextlib.suppress(OSError):  # EIO: the other side is gone
            for piece in self._pieces(seconds):
                self._text += piece.decode("utf-8", "replace")

    def _pieces(self, seconds: float) -> Iterator[bytes]:
        while select.select([self._ours], [], [], seconds)[0]:
            piece = os.read(self._ours, 65536)
            if not piece:
                return
            yield piece
            seconds = 0
