"""The log says what happened and where, never what was in the variables."""

import json

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


def test_json_lines_carry_time_level_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSection(format="json", level="warning"))
    structlog.get_logger("test").info("not shown")
    structlog.get_logger("test").warning("shown 中文", count=3)
    (line,) = capsys.readouterr().err.splitlines()
    structlog.reset_defaults()
    assert json.loads(line).items() >= {"event": "shown 中文", "count": 3, "level": "warning"}.items()
    assert json.loads(line)["timestamp"].endswith("Z")
