"""Sockets: connecting them, keeping them alive, waiting on several at once."""

import select
import socket

from mailcrm.ingest.imap.proxy import connect_through
from mailcrm.model.proxy import Proxy

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # seconds, seconds, probes


def connect(host: str, port: int, timeout: float | None, proxy: Proxy | None) -> socket.socket:
    """A connection, perhaps through a proxy. `timeout` in seconds is for each address, and stays set.

    Raises OSError; with a proxy also ConnectionLost and PermanentError, which are about the proxy.
    """
    sock = connect_through(proxy, host, port, timeout) if proxy else socket.create_connection((host, port), timeout)
    try:
        _prepare(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def _prepare(sock: socket.socket) -> None:
    """Small commands go out at once; a peer that vanished is noticed even when nobody speaks."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if option := getattr(socket, name, None):  # macOS lacks some
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def poll(sources: dict[int, int], seconds: float) -> bool:
    """Whether one of the file descriptors has one of its events within `seconds`."""
    waiting = select.poll()
    for descriptor, events in sources.items():
        waiting.register(descriptor, events)
    return bool(waiting.poll(max(0.0, seconds) * 1000))
