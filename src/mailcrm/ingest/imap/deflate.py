"""COMPRESS=DEFLATE (RFC 4978): raw deflate in both directions, and when it is worth its processor time."""

import zlib

from mailcrm.model.provider import Compress

PORTION = 1024 * 1024
SLOW_ROUND_TRIP = 0.015
"""Seconds. Below it the server is near, and deflating would take longer than sending."""

_RAW = -15


def worth_it(wish: Compress, capabilities: frozenset[str], round_trip: float) -> bool:
    """Whether to compress; `round_trip` is the shortest wait for an answer so far, in seconds."""
    if "COMPRESS=DEFLATE" not in capabilities or wish == Compress.OFF:
        return False
    return wish == Compress.ON or round_trip > SLOW_ROUND_TRIP


class Deflate:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self._out = zlib.compressobj(wbits=_RAW)
        self._in = zlib.decompressobj(_RAW)
        self._more = False

    @property
    def more(self) -> bool:
        """Whether `inflate` may have more to give, or to raise, without new input."""
        return self._more

    def deflate(self, data: bytes) -> bytes:
        """What to send, so that the other side can read all of `data` at once."""
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)

    def inflate(self, data: bytes = b"") -> bytes:
        """At most a portion of what was sent: a megabyte of zeros is a kilobyte on the wire.

        Raises zlib.error if it is damaged, EOFError if the stream has ended.
        """
        if self._in.eof:
            raise EOFError
        inflated = self._in.decompress(self._in.unconsumed_tail + data, PORTION)
        # An ended stream has one thing more to tell: that it has ended.
        self._more = bool(self._in.unconsumed_tail) or len(inflated) == PORTION or self._in.eof
        return inflated
