"""Tells systemd that we are ready, alive and stopping (sd_notify(3)); silent where there is no systemd."""

import os
import socket


def notify(state: str) -> bool:
    """Send e.g. `READY=1`. Returns whether anybody was listening."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return False
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        try:
            out.sendto(state.encode(), address)
        except OSError:
            return False
    return True
