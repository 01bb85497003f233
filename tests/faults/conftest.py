"""Rigs that several tests use: building one takes longer than a trial on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.faults.rig")  # its judges assert

from tests.faults.rig import SCENARIOS, Rig, dovecot_rig  # noqa: E402
from tests.servers.dovecot import Dovecot  # noqa: E402


@pytest.fixture(scope="module", params=SCENARIOS)
def rig(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """On a Dovecot, before a first pass and before a later one."""
    yield from dovecot_rig(dovecot, tmp_path_factory.mktemp("rig"), request.param)
