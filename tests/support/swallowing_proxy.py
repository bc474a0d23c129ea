"""A way to a server that can be cut: while it is, nothing comes through, and neither side is told.

What was sent meanwhile is lost, as behind a firewall that forgets; or it comes late, as over a cable that is plugged
in again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

PIECE = 65536


class SwallowingProxy:
    """Passes bytes on, both ways, in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._swallows = False
        self._through = asyncio.Event()
        self._through.set()
        self._ends: set[asyncio.StreamWriter] = set()
        """Those of all connections."""
        self._lossy: set[asyncio.StreamWriter] = set()
        """Those of connections that have lost something, and so are of no use any more."""
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self.swallowed = 0
        """Bytes that did not come through."""

    @property
    def url(self) -> str:
        """The address of the server, by this way."""
        assert self._server is not None
        user, at, _ = self._url.netloc.rpartition("@")
        port = self._server.sockets[0].getsockname()[1]
        return self._url._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()

    def cut(self, *, late: bool = False) -> None:
        """Let nothing through; what is sent is lost, or it comes late."""
        if late:
            self._loop.call_soon_threadsafe(self._through.clear)
        else:
            self._swallows = True

    def mend(self) -> None:
        """Let everything through. Connections that have lost something are reset."""
        self._swallows = False
        self._loop.call_soon_threadsafe(self._reset, self._lossy)
        self._loop.call_soon_threadsafe(self._through.set)

    def _reset(self, ends: set[asyncio.StreamWriter]) -> None:
        while ends:
            ends.pop().transport.abort()

    @contextmanager
    def running(self) -> Iterator[SwallowingProxy]:
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", 0))
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        self._through.set()
        self._reset(self._ends)
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection(self._url.hostname, self._url.port)
        except OSError:  # the server is away
            to_client.transport.abort()
            return
        ends = (to_client, to_server)
        self._ends.update(ends)
        await asyncio.gather(self._carry(client, to_server, ends), self._carry(server, to_client, ends))

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, ends: tuple[asyncio.StreamWriter, ...]
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(PIECE):
                await self._through.wait()
                if self._swallows or self._lossy.issuperset(ends):
                    self.swallowed += len(piece)
                    self._lossy.update(ends)
                else:
                    target.write(piece)
        if not self._swallows:
            target.close()


@contextmanager
def swallowing_proxy(url: str) -> Iterator[SwallowingProxy]:
    """Such a way to the server at a URL, until the end of the context."""
    with SwallowingProxy(url).running() as proxy:
        yield proxy
