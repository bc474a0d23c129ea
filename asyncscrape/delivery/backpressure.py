"""How much waits in the journal for the stores, and whether the crawl must wait for them.

It is counted with every commit and every step of a store, because measuring a long journal takes a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from asyncscrape.frontier.base import Advance, Backlog
from asyncscrape.quality.shown_values import counted


class Backpressure:
    """Counts the records on their way to the stores."""

    def __init__(self, stores: Mapping[str, Sequence[str]], limit: int) -> None:
        """`stores` by id, with the names the config has for them. `limit` are the bytes that may wait before the
        crawl waits too.
        """
        self._stores = stores
        self._limit = limit
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self.lags = {name: 0 for names in stores.values() for name in names}
        """Records that each store has yet to take, by the names the config has for it."""

    def measured(self, backlog: Backlog) -> None:
        """Start again from a measured journal."""
        self.lags = dict(backlog.lags)
        self._set_waiting(backlog.bytes)

    def added(self, records: int, size: int) -> None:
        """The journal has grown."""
        for name in self.lags:
            self.lags[name] += records
        self._set_waiting(self._waiting + size)

    def taken(self, store: str, step: Advance) -> None:
        """A store has taken some records."""
        for name in self._stores.get(store, ()):
            self.lags[name] -= step.records
        self._set_waiting(self._waiting - step.freed)

    def _set_waiting(self, size: int) -> None:
        self._waiting = size
        if self.full:
            self._room.clear()
        else:
            self._room.set()

    @property
    def full(self) -> bool:
        """Whether more waits than the limit allows."""
        return self._waiting > self._limit

    async def room(self) -> None:
        """Wait until there is room."""
        await self._room.wait()

    def told(self) -> str:
        """Why the crawl must wait for the stores, for people; empty while the journal has room."""
        if not self.full:
            return ""
        most = max(self.lags.values(), default=0)
        behind = [name for name, lag in self.lags.items() if lag > most / 2]
        names, told = ", ".join(behind) or "a store", counted(most, "record")
        if len(behind) > 1:
            return f"{names} still have to take up to {told}; the crawl waits for them"
        return f"{names} still has to take {told}; the crawl waits for it"
