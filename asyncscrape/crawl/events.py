"""What happens beside the loop: every part puts it on one queue, and the dispatcher alone takes it off."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from asyncscrape.crawl.exchange import HostNews, Result
from asyncscrape.crawl.hosts import Host, Sent
from asyncscrape.frontier.base import Committed, Grant, Taken
from asyncscrape.model import Kind, Outcome


class OnTheWire(NamedTuple):
    """A request has left for a host whose next turn depends on when it did."""

    host: Host


class Ended(NamedTuple):
    """A request is over."""

    host: Host
    sent: Sent
    news: HostNews
    kind: Kind | None = None
    """None for one that is not in the frontier, as those for robots.txt."""
    result: Result | None = None
    """What became of it; None if it was dropped, and for one that is not in the frontier."""


class RobotsRead(NamedTuple):
    """An origin was asked for its robots.txt, whatever came of it."""

    host: Host
    origin: str


class Refilled(NamedTuple):
    """The frontier gave requests for hosts that had run out of them."""

    taken: Mapping[str, Taken]


class Granted(NamedTuple):
    """Hosts have become ours."""

    grants: Sequence[Grant]


class Stored(NamedTuple):
    """A group was committed."""

    committed: Committed
    outcomes: Sequence[Outcome]


class FilesWelcome(NamedTuple):
    """Files that had to wait may be stored again, or one of them is to find out."""


class Woken(NamedTuple):
    """Something that kept the loop waiting is over."""


class Failed(NamedTuple):
    """A part of the run has failed, and the run with it."""

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
        """All that has happened so far, the oldest first."""
        while self._waiting:
            yield self._waiting.popleft()
        self._some.clear()

    async def wait(self, seconds: float = math.inf) -> None:
        """Until something happens, but not longer."""
        timer = None
        if seconds < math.inf:
            timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._some.set)
        await self._some.wait()
        if timer is not None:
            timer.cancel()
