"""A host in memory: its clock, its queue, and what the frontier holds of it beyond that."""

from __future__ import annotations

import math
from asyncio import Future, Task
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, NamedTuple

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import GivenUp, Waiting
from asyncscrape.model import Request
from asyncscrape.politeness.clock import PATIENCE, HostClock
from asyncscrape.units import in_words

Sent = Callable[[], None]
"""To be called, as often as one likes, once a request is on the wire or will never be."""


class Started(NamedTuple):
    """A request that has its turn."""

    host: Host
    sent: Sent
    """To be called once it is on the wire."""


Errand = Future[Started]
"""A request that is not in the frontier: it waits for its turn. It fails when its host was given up, and with
`HostMoved` when that is another worker's now."""


class HostMoved(Exception):
    """The host belongs to another worker now."""


class Stay(Enum):
    """How long a host stays with this worker."""

    OURS = "ours"
    LEAVING = "leaving"
    """It will be given back, so nothing of it starts any more."""
    LOST = "lost"
    """It is not this worker's any more; what still ends of it counts for nothing."""


class Host:
    """One host."""

    __slots__ = (
        "clock",
        "errands",
        "held",
        "listed",
        "more",
        "name",
        "next_retry",
        "queue",
        "refilling",
        "stay",
        "withheld",
        "work",
    )

    def __init__(self, name: str, clock: HostClock) -> None:
        self.name = name
        self.clock = clock
        self.queue: deque[Request] = deque()
        self.errands: deque[Errand] = deque()
        """Requests that are not in the frontier and go first: robots.txt and its redirects."""
        self.held = False
        """Its queue waits until its robots.txt has been read."""
        self.more = False
        """The frontier has untried URLs beyond those in `queue`."""
        self.next_retry: float | None = None
        self.listed = math.inf
        """Where it stands on the heap; an entry for any other time is out of date."""
        self.refilling = False
        self.withheld = ""
        """Why its queue waits for the user, if it does."""
        self.stay = Stay.OURS
        self.work: set[Task[Any]] = set()
        """What is under way for it: open requests, the reading of its robots.txt."""

    @property
    def given_up(self) -> GivenUp | None:
        """Why the host is not asked any more in this run; None while it is."""
        clock = self.clock
        if clock.gave_up:
            return GivenUp(Reason.BLOCKED if clock.challenges else Reason.HOST_GIVEN_UP, clock.gave_up)
        if clock.crawl_delay > PATIENCE:
            asked = in_words(round(clock.crawl_delay))
            return GivenUp(Reason.HOST_GIVEN_UP, f"its robots.txt asks for {asked} between two requests")
        return None

    def note_waiting(self, waiting: Waiting) -> None:
        """Note what the frontier holds of it."""
        self.more, self.next_retry = waiting.fresh, waiting.next_retry

    def expect_nothing(self) -> None:
        """It was given up: nothing of it waits in the frontier any more."""
        self.more, self.next_retry = False, None

    @property
    def waits(self) -> bool:
        """Whether anything is left to fetch, now or later."""
        return bool(self.errands or self.refilling or (self._queued and not self.withheld))

    @property
    def waits_for_user(self) -> bool:
        """Whether anything is left that only the user can set going."""
        return bool(self._queued and self.withheld)

    @property
    def _queued(self) -> bool:
        return bool(self.queue or self.more or self.next_retry is not None)


def needs(hosts: Iterable[Host]) -> tuple[str, ...]:
    """What those hosts that wait for the user need, each told once."""
    return tuple(dict.fromkeys(host.withheld for host in hosts if host.waits_for_user))
