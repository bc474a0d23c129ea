"""The limit of connections that are open at once to one public address.

Politeness is kept for each name, but twenty thousand names may be one server. So each connection to a public address
takes a place there from the moment its socket is made until that is closed. If there is none, the exchange waits,
first come, first served, with its clock stopped; and a connection there that only waits for its next request is
closed for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from functools import partial
from typing import Protocol
from weakref import WeakSet

from asyncscrape.addresses import public_server


class Pooled(Protocol):
    """A connection of the pool."""

    @property
    def idle(self) -> bool:
        """Whether it waits for its next request."""

    def abort(self) -> None:
        """Close it at once."""


class CountedSocket(socket.socket):
    """A socket that tells when it ends: asyncio closes it, uvloop detaches it."""

    def __init__(self, family: int, kind: int, protocol: int, ended: Callable[[], None]) -> None:
        super().__init__(family, kind, protocol)
        self._ended: Callable[[], None] | None = ended

    def close(self) -> None:
        """Close it."""
        super().close()
        self._tell()

    def detach(self) -> int:
        """Hand its descriptor to somebody who closes that."""
        descriptor = super().detach()
        self._tell()
        return descriptor

    def _tell(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()


class AddressLimit:
    """The places at each server, and those who wait for one."""

    def __init__(
        self,
        most: int,
        server: Callable[[str], str] = public_server,
        part: Callable[[int], int] | None = None,
    ) -> None:
        """`server` names the server at an address; "" if its connections do not count. Of several processes, each
        takes its `part` of the places."""
        self.server = server
        self._all = most
        self._part = part
        self._open: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        # Weak, for not all are removed: inside a proxy's tunnel aiohttp begins a second connection for TLS, and the
        # first never hears of its end.
        self._pooled: defaultdict[str, WeakSet[Pooled]] = defaultdict(WeakSet)

    @property
    def _most(self) -> int:
        return self._part(self._all) if self._part else self._all

    def socket(self, family: int, kind: int, protocol: int, server: str, *, first: bool) -> socket.socket | None:
        """A socket for one more connection there; None if it has to wait. `first` overtakes those who wait."""
        if self._open[server] >= self._most or (server in self._waiting and not first):
            return None
        made = CountedSocket(family, kind, protocol, partial(self._leave, server))
        self._open[server] += 1
        return made

    async def room(self, server: str, *, first: bool) -> None:
        """Wait until a connection there may be tried again."""
        waiter = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(server, deque())
        (queue.appendleft if first else queue.append)(waiter)
        # The last connection may have been closed since there was no room: nobody else would wake the waiter then.
        self.wake(server)
        self.make_room(server)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self._forget(server, waiter)
            else:
                self.wake(server)
            raise

    def wake(self, server: str) -> None:
        """Let the first one who waits try again, if there is room."""
        if server in self._waiting and self._open[server] < self._most:
            waiter = self._waiting[server][0]
            self._forget(server, waiter)
            waiter.set_result(None)

    def make_room(self, server: str) -> None:
        """If anybody waits, close a connection that waits for its next request."""
        if server in self._waiting:
            spare = next((pooled for pooled in self._pooled.get(server, ()) if pooled.idle), None)
            if spare is not None:
                spare.abort()

    def add(self, server: str, pooled: Pooled) -> None:
        """Remember a connection."""
        if server:
            self._pooled[server].add(pooled)

    def remove(self, server: str, pooled: Pooled) -> None:
        """Forget it."""
        if server:
            self._pooled[server].discard(pooled)
            if not self._pooled[server]:
                del self._pooled[server]

    def _forget(self, server: str, waiter: asyncio.Future[None]) -> None:
        queue = self._waiting[server]
        queue.remove(waiter)
        if not queue:
            del self._waiting[server]

    def _leave(self, server: str) -> None:
        self._open[server] -= 1
        if not self._open[server]:
            del self._open[server]
        self.wake(server)
