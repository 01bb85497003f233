"""Sockets: connecting them, keeping them alive, waiting on several at once."""

import select
import socket

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # seconds, seconds, probes


def prepare(sock: socket.socket) -> None:
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
