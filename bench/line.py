"""A line to a far server: each byte arrives half a round trip later, and not more of them a second than it carries."""

import asyncio
import contextlib
import threading
import time
from typing import Self

_CHUNK = 16 * 1024


class FarLine:
    """A TCP proxy to `port` on this machine, as a context manager; listens on its own `port`.

    `round_trip` in seconds; `rate` in bytes a second towards the client, 0 for no limit, for each of its connections.
    `carried` counts those bytes.
    """

    def __init__(self, port: int, round_trip: float, rate: float = 0) -> None:
        self._target, self._delay, self._rate = port, round_trip / 2, rate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.connections = self.carried = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self.port = int(server.result().sockets[0].getsockname()[1])
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _hang_up(self) -> None:
        ours = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not ours]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await asyncio.sleep(2 * self._delay)  # the handshake of TCP, which loopback does at once
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        with contextlib.suppress(asyncio.CancelledError):  # asyncio would complain of it
            await asyncio.gather(self._carry(reader, far_writer, 0), self._carry(far_reader, writer, self._rate))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=256)
        sending = asyncio.create_task(self._deliver(under_way, writer))
        free_at = 0.0
        data = b"-"
        while data:
            with contextlib.suppress(ConnectionError):
                data = await reader.read(_CHUNK)
            free_at = max(free_at, time.monotonic()) + (len(data) / rate if rate else 0)
            self.carried += len(data) if rate else 0
            await under_way.put((free_at + self._delay, data))
        await sending

    async def _deliver(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        data = b"-"
        with contextlib.suppress(ConnectionError):
            while data:
                due, data = await under_way.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                writer.write(data)
                await writer.drain()
            writer.close()
