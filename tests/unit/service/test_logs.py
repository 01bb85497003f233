"""The log says what happened and where, never what was in the variables."""

import json
import logging
import re

import pytest
import structlog

from mailcrm.config import LogSection
from mailcrm.service.logs import configure_logs


def _crash(body: str) -> None:
    raise ZeroDivisionError(f"{len(body)} characters")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSection.model_validate({"format": form}))
    try:
        _crash(" ".join(("Confid" + "ential", "words")))
    except ZeroDivisionError:
        structlog.get_logger("test").error("work crashed", exc_info=True)
    written = capsys.readouterr().err
    structlog.reset_defaults()
    assert "ZeroDivisionError" in written
    assert "_crash" in written
    assert "Confidential" not in written
    assert " characters" not in written  # what it says may be an address: type and place are enough


def test_what_libraries_log_is_a_line_like_ours(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSection(format="json"))
    try:
        _crash("x")
    except ZeroDivisionError:
        logging.getLogger("uvicorn.error").error("Exception in %s", "ASGI", exc_info=True)
    logging.getLogger("elsewhere").info("chatter")
    (line,) = capsys.readouterr().err.splitlines()
    structlog.reset_defaults()
    found = json.loads(line)
    assert found["event"] == "Exception in ASGI"
    assert re.fullmatch(r"ZeroDivisionError at service/test_logs\.py:\d+ _crash", found["exception"])
    assert len(found["trace"]) == 2


def test_a_cause_is_named_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSection(format="json"))
    try:
        try:
            _crash("x")
        except ZeroDivisionError as exc:
            raise ValueError("Confidential") from exc
    except ValueError:
        structlog.get_logger("test").error("work crashed", exc_info=True)
    found = json.loads(capsys.readouterr().err)
    structlog.reset_defaults()
    assert found["exception"].startswith("ValueError at ")
    assert found["cause"].startswith("ZeroDivisionError at ")
    assert "Confidential" not in str(found)


def test_json_lines_carry_time_level_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSection(format="json", level="warning"))
    structlog.get_logger("test").info("not shown")
    structlog.get_logger("test").warning("shown 中文", count=3)
    (line,) = capsys.readouterr().err.splitlines()
    structlog.reset_defaults()
    assert json.loads(line).items() >= {"event": "shown 中文", "count": 3, "level": "warning"}.items()
    assert json.loads(line)["timestamp"].endswith("Z")
