"""A way to a Postgres server that breaks at a COMMIT, before the server hears of it or before its answer is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

PIECE = 65536
COMMITS = (b"COMMIT\0", b"COMMIT;\0")


class CutConnection:
    """Passes bytes on, both ways, until it is told to cut at the next COMMIT."""

    def __init__(self, dsn: str) -> None:
        self._dsn = urlsplit(dsn)
        self._server: asyncio.Server | None = None
        self.heard: bool | None = None
        """Whether the server hears of the next COMMIT before the connection breaks; None to break nothing."""

    @property
    def dsn(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return self._dsn._replace(netloc=f"{self._dsn.username}@127.0.0.1:{port}").geturl()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)

    def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(self._dsn.hostname, self._dsn.port)
        back = asyncio.create_task(_pass_on(server, to_client))
        while piece := await client.read(PIECE):
            cut = self.heard is not None and any(word in piece for word in COMMITS)
            if cut:
                back.cancel()
            if self.heard or not cut:
                to_server.write(piece)
            if cut:
                if self.heard:
                    await server.read(PIECE)
                break
        to_server.close()
        to_client.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
    writer.close()


@asynccontextmanager
async def cut_connection(dsn: str) -> AsyncIterator[CutConnection]:
    """Such a way to the database, until the end of the context."""
    way = CutConnection(dsn)
    await way.listen()
    try:
        yield way
    finally:
        way.close()
