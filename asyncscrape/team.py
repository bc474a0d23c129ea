"""What the workers of a job tell one another: how long each has its hosts, what it may take, and who is last."""

from __future__ import annotations

import math
from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

import msgspec


class Lease(NamedTuple):
    """The time for which a worker certainly has its hosts.

    Who looks at it right before sending sends nothing for a lost host, unless the process is stopped in between: then
    the requests that it was about to send may reach a host beside those of its new worker.
    """

    term: int = 0
    """Which lease it is: hosts that were granted in an earlier one are lost."""
    ends: float = math.inf
    """By `lease_clock`. After this moment nothing may be sent, until another call has renewed the lease."""


class Team(msgspec.Struct, frozen=True):
    """What a worker that others may join says of itself, and of what they have to share."""

    name: str
    """For people: "2 on example (process 4711)"."""
    expected: int = 1
    """Workers that are about to take part; from the first on, each takes no more than if all were there."""
    most: int | None = None
    """Among more than so many, what belongs to the whole job cannot be divided: the others wait in reserve."""
    settling: float = 0.0
    """Seconds after which what the others have sent counts no more; one that was not expected waits so long."""
    most_pages: int | None = None
    """Pages that the whole job may finish: not more than these are leased."""


class Share(msgspec.Struct, frozen=True):
    """What a worker may take of what belongs to the whole job, as of its last sign of life."""

    workers: int = 1
    """Those among whom everything is divided."""
    place: int | None = 0
    """Its place among them, from 0; None if it has no share, or none yet, and so may ask nothing."""
    hosts: int | None = None
    """Hosts with work that it may have, of those that there are; None for all."""
    wanted: Collection[str] = ()
    """Hosts of its own that another worker needs: it gives them back when their open requests have ended."""

    def part(self, total: int) -> int:
        """Its part of a number: the parts of all workers together are never more than the total."""
        if self.place is None:
            return 0
        return total // self.workers + (self.place < total % self.workers)


class Last(Enum):
    """What a worker does that has nothing left to do, when its stores have everything."""

    LEAD = "lead"
    """Make the finished tables, and then tell the others with `concluded`."""
    WAIT = "wait"
    """Another worker makes the tables, or is about to: ask again in a moment, and deliver what dead ones leave."""
    OTHERS = "others"
    """The same, while others still have something to do: one that has no time left may go."""
    OVER = "over"
    """The tables are made."""
