"""Where the public endpoint listens: the same for the daemon that does it and the check that tries it."""

import errno
import socket

from mailcrm.errors import ConfigError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; IPv6 where the host is such an address. Raises ConfigError by the key that is to blame.

    Its connections send at once what is written: asyncio sets that only where it made the socket, and else each page waits 40
    ms for the other side to acknowledge its headers (Nagle's algorithm and delayed acknowledgements, RFC 9293, 3.7.4).
    """
    try:
        found = socket.create_server((host, port), family=_family(host), backlog=128)
    except OSError as exc:
        raise ConfigError(_refusal(exc, host, port)) from exc
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def place(host: str, port: int) -> str:
    """Host and port as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def free_port(host: str) -> int:
    """A port that nobody listens on right now, for demos and tests."""
    with socket.create_server((host, 0), family=_family(host)) as probe:
        return int(probe.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _refusal(exc: OSError, host: str, port: int) -> str:
    where = f"cannot listen on {place(host, port)}"
    if exc.errno == errno.EADDRINUSE:
        return f"public.port: {where}: another program does; is mailcrm running already?"
    if exc.errno in (errno.EACCES, errno.EPERM):
        return f"public.port: {where}: {exc.strerror}; ports below 1024 need rights that mailcrm should not have"
    return f"public.listen: {where}: {exc.strerror or exc}; give an address of this machine, as 127.0.0.1 or ::1"
