"""Rigs that several tests use: building one takes longer than a trial on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.faults.rig")  # its judges assert

from tests.faults.rig import PLACES, Rig, rig_on  # noqa: E402


@pytest.fixture(scope="module", params=PLACES)
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """On a server, before a first pass or before a later one."""
    server, scenario = request.param
    yield from rig_on(request.getfixturevalue(server), tmp_path_factory.mktemp("rig"), scenario)
