"""However the bytes of a pass are cut on their way, what comes of them is the same.

In TCP segments and in TLS records, of one byte or of odd sizes, compressed or not; with TLS the records are cut into
segments once more, so that none of them arrives whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path
from random import Random

import pytest

from mailcrm.ingest.imap import transport
from tests.faults.line import ChoppedLine, Way
from tests.faults.rig import PLACES, Rig, rig_on
from tests.unit.ingest.imap.peer import Authority


@pytest.fixture(scope="module", params=PLACES)
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    name, scenario = request.param
    server = request.getfixturevalue("compressing_dovecot" if name == "dovecot" else name)
    yield from rig_on(server, tmp_path_factory.mktemp("pieces"), scenario)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


def of_one_byte(_seed: int) -> Iterator[int]:
    return repeat(1)


def of_odd_sizes(seed: int) -> Iterator[int]:
    chance = Random(seed)
    while True:
        yield chance.choice((1, 2, 3, 5, 17, 83, 400, 1459))


@pytest.mark.parametrize("compress", ["off", "on"])
@pytest.mark.parametrize("security", ["none", "tls"])
@pytest.mark.parametrize("sizes", [of_one_byte, of_odd_sizes])
def test_a_pass_in_pieces_is_the_same_pass(
    rig: Rig,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sizes: type[Iterator[int]],
    security: str,
    compress: str,
) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with ExitStack() as lines:
        line = first = lines.enter_context(
            ChoppedLine(rig.server.port, sizes(1), authority.server if security == "tls" else None)
        )
        if security == "tls":
            line = lines.enter_context(ChoppedLine(first.port, of_odd_sizes(2)))
        imap = {"host": "127.0.0.1", "port": line.port, "security": security, "compress": compress}
        imap |= {"ca_file": str(tmp_path / "ca.pem")} if security == "tls" else {}
        if sizes is of_one_byte:  # the kernel may put segments together again
            monkeypatch.setattr(transport, "_RECEIVE", 1)
        rig.put_back()
        with rig.through(imap):
            assert rig.a_pass()
        rig.check()
        assert first.pieces > first.passed[Way.ANSWERS] / 300
        assert (first.passed[Way.ANSWERS] < 0.9 * rig.passed[Way.ANSWERS]) == (compress == "on")
