"""SIGKILL after every so many bytes received and sent, and before every so many SQL statements; then a whole pass.

MAILCRM_FAULT_STEP=1 kills at each of them; the default looks at a sample.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.dying import At, dies
from tests.faults.line import Way
from tests.faults.rig import LONG, Rig, trials

_STATEMENTS = 4000
"""More than any of these passes executes."""

_FEW = 53
"""Before every how many statements. Where much is tried, before each: there are but some hundred of them."""

pytestmark = pytest.mark.timeout(LONG)


@pytest.mark.parametrize("at", At)
def test_the_process_may_be_killed_anywhere(rig: Rig, at: At) -> None:
    died = []

    def at_every_step() -> Iterator[tuple[str, object]]:
        for limit in _limits(rig, at):
            yield f"SIGKILL after {limit} {at}", lambda limit=limit: died.append(dies(rig.instance.path, at, limit))
            if not died[-1]:
                return  # the pass has no more of them

    done = trials(rig, at_every_step())
    assert sum(died) >= 4, f"killed {sum(died)} of {done} passes"


def _limits(rig: Rig, at: At) -> range:
    step = int(os.environ.get("MAILCRM_FAULT_STEP", "0"))
    match at:
        case At.RECEIVED:
            total, few = rig.passed[Way.ANSWERS], 4
        case At.SENT:
            total, few = rig.passed[Way.COMMANDS], 4
        case At.STATEMENTS:
            return range(1, _STATEMENTS, 1 if step else _FEW)
    return range(1 if step else total // few // 2, total, step or max(total // few, 1))
