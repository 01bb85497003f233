"""An export is there as a whole, or not at all."""

import errno
import hashlib
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.errors import UserError
from mailcrm.exchange.writing.files import ExportFormat, open_whole, write_file
from mailcrm.exchange.writing.sheets import SheetName
from mailcrm.model.record import CustomerRecord
from tests.unit.exchange.writing.sample import ZHANG


@pytest.mark.parametrize("wanted", ExportFormat)
def test_file_has_the_digest_that_is_told(tmp_path: Path, wanted: ExportFormat) -> None:
    path = tmp_path / "out"
    written = write_file(path, wanted, [ZHANG, ZHANG])
    assert written.rows == 2
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_any_table_can_be_csv(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    assert write_file(path, ExportFormat.CSV, [ZHANG], sheet=SheetName.ORDER_LINES, bom=True).rows == 2
    assert path.read_bytes().startswith(b"\xef\xbb\xbfCustomer number,")


def _breaking() -> Iterator[CustomerRecord]:
    yield from [ZHANG] * 3
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("wanted", [ExportFormat.CSV, ExportFormat.JSON, ExportFormat.VCARD, ExportFormat.PARQUET])
def test_full_disk_leaves_the_former_file_and_nothing_else(tmp_path: Path, wanted: ExportFormat) -> None:
    path = tmp_path / "out"
    path.write_text("former")
    with pytest.raises(UserError, match="No space left on device; nothing was left behind"):
        write_file(path, wanted, _breaking())
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def _killed(path: Path) -> None:
    with open_whole(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_interrupted_export_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _killed(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name another place"):
        write_file(tmp_path / "no" / "out", ExportFormat.CSV, [])


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file grows beyond 100 kB, which the libraries meet as they meet a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, former)


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("wanted", [ExportFormat.CSV, ExportFormat.JSON, ExportFormat.VCARD, ExportFormat.XLSX])
def test_disk_that_fills_up_is_told_in_a_line(tmp_path: Path, wanted: ExportFormat) -> None:
    with pytest.raises(UserError, match=r"cannot be written"):
        write_file(tmp_path / "out", wanted, [ZHANG] * 1500)
    assert list(tmp_path.iterdir()) == []
