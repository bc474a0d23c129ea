"""Events: every part puts on one queue what happens beside the loop, and the dispatcher alone takes it off."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from asyncscrape.crawl.exchange import HostNews, Result
from asyncscrape.crawl.hosts import Host, Sent
from asyncscrape.frontier.base import Committed, Grant, Taken
from asyncscrape.model import Kind, Outcome, Request


class OnTheWire(NamedTuple):
    """A request has left; the host's next turn depends on when it did."""

    host: Host


class Ended(NamedTuple):
    """A request has ended."""

    host: Host
    sent: Sent
    news: HostNews
    kind: Kind | None = None
    """None for one that is not in the frontier, as those for robots.txt."""
    result: Result | None = None
    """Its outcome; None if it was dropped, or is not in the frontier."""


class RobotsRead(NamedTuple):
    """The verdict of robots.txt on a URL is known, or its robots.txt cannot be read."""

    host: Host
    sitemaps: Sequence[Request]
    """Those that it names, if they are to be read."""


class Refilled(NamedTuple):
    """The frontier gave requests to hosts that were running out of them."""

    taken: Mapping[str, Taken]
    term: int
    """That of the worker's lease."""


class Granted(NamedTuple):
    """The frontier granted hosts to this worker."""

    grants: Sequence[Grant]
    term: int
    """That of the worker's lease."""


class Stored(NamedTuple):
    """A group was committed."""

    committed: Committed
    outcomes: Sequence[Outcome]
    term: int
    """That of the worker's lease."""


class FilesWelcome(NamedTuple):
    """Waiting files may be stored again, or one of them may try."""


class Woken(NamedTuple):
    """Something has changed that needs no more explanation."""


class Failed(NamedTuple):
    """A part of the run has failed; this ends the run."""

    error: BaseException


Event = OnTheWire | Ended | RobotsRead | Refilled | Granted | Stored | FilesWelcome | Woken | Failed


class Events:
    """The queue."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._some = asyncio.Event()

    def put(self, event: Event) -> None:
        """Tell the loop."""
        self._waiting.append(event)
        self._some.set()

    def take(self) -> Iterator[Event]:
        """All events so far, the oldest first."""
        while self._waiting:
            yield self._waiting.popleft()
        self._some.clear()

    async def wait(self, seconds: float = math.inf) -> None:
        """Wait until something happens, but not longer than this."""
        timer = None
        if seconds < math.inf:
            timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._some.set)
        await self._some.wait()
        if timer is not None:
            timer.cancel()
