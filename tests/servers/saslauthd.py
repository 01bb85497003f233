"""What Cyrus asks whether a password is right: saslauthd's part, for one password and any user."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class Saslauthd:
    """Answers at a socket in the file system, in a thread of the tests, until `stop`.

    The question is four strings (user, password, service, realm), the answer is one; each has two bytes of length before
    it.
    """

    def __init__(self, path: Path, password: str) -> None:
        self._password = password.encode()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o666)  # whoever Cyrus runs as
        self._listener.listen(20)
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """No more answers."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # stopped
            while True:
                asking, _ = self._listener.accept()
                with asking, asking.makefile("rwb") as stream:
                    words = [stream.read(int.from_bytes(stream.read(2))) for _ in range(4)]
                    answer = b"OK" if words[1] == self._password else b"NO"
                    stream.write(len(answer).to_bytes(2) + answer)
