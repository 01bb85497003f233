"""Where each room gets its logger. `service.logs` says where the daemon's lines go and how they look.

structlog takes as long to load as a short command takes to run, so it comes with the first line that is logged.
"""

import sys
from typing import Any


def get_logger(name: str) -> Any:
    """A logger for structured lines: `log.info("what happened", account_id=7)`. Never content, addresses or secrets."""
    return _Logger(name)


class _Logger:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        import structlog

        if not structlog.is_configured():  # a command: standard output is for its result
            structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
        return getattr(structlog.get_logger(self._name), method)
