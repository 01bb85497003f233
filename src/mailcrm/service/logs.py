"""Structured logs: one line an event, to standard error, without message content, addresses or secrets."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from mailcrm.config import LogSection
from mailcrm.errors import described, frames


def configure_logs(section: LogSection) -> None:
    """Lines for people on a terminal, JSON everywhere else, unless the configuration says otherwise."""
    console = section.format == "console" or (section.format == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_words,
    ]
    last = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(ensure_ascii=False)
    level = logging.getLevelNamesMapping()[section.level.upper()]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _adopt_the_libraries(shared, last)


def without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Instead of a traceback, which ends with what the exception says: its type and the places it came through."""
    given = event.pop("exc_info", None)
    exc = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(exc, BaseException):
        event["exception"] = described(exc)
        event["trace"] = frames(exc.__traceback__)
        cause = exc.__cause__ or exc.__context__
        if cause is not None:
            event["cause"] = described(cause)
    return event


# --- what libraries log --------------------------------------------------------------------------------------------


class _StandardError(logging.StreamHandler[TextIO]):
    """Standard error as it is when a line comes, not as it was at the start."""

    def __init__(self) -> None:
        logging.Handler.__init__(self, logging.WARNING)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _adopt_the_libraries(shared: list[Processor], last: Processor) -> None:
    """Their warnings and errors become lines like ours: uvicorn would write tracebacks between the JSON."""
    handler = _StandardError()
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, last])
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _StandardError)]:
        root.removeHandler(old)
    root.addHandler(handler)
    # imapclient logs commands, uvicorn request paths with tokens: neither belongs in ours.
    for noisy in ("imapclient", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
