"""Log lines of a command: they never get between its result and whoever reads that."""

import subprocess
import sys


def test_a_command_logs_to_standard_error() -> None:
    program = (
        "from mailcrm.log import get_logger; get_logger('test').warning('folder failed', folder_id=7); print('{}')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n"
    assert "folder failed" in done.stderr
    assert "folder_id" in done.stderr
