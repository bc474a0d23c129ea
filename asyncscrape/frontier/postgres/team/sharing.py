"""How the workers of a team divide what belongs to the whole job, without a moment in which they take more than all.

Each worker divides by itself, with every beat of its heart: among how many, and which place is its own, in the order
in which all living workers have joined. These rules keep the parts of all together within the whole:

1. In its row each worker announces among how many it divides at least. More it announces only when it does so
   already, and what it has open is within that part; and less before it does so.
2. A worker takes a place only when all others have announced enough for everybody who is there. Whoever comes finds
   the others with too large parts, and so waits for two signs of life of each.
3. Workers join one after the other, and nobody joins while a worker is about to divide among fewer (`turn_lock`).
4. Dead workers count until they are fenced, and they send nothing from some time before that. Those that have
   concluded send nothing either, and do not count.

So every worker with a place divides among at least as many as have places, and its own is not before its rank among
these. Parts become smaller with both numbers, and with the number and the ranks as they are they sum up to the whole.

While those that are expected come, a worker divides as if all were there: whoever comes finds enough announced, and
takes its place at once. How many a worker expects counts until all of them have come, but no longer than for a lease
and some seconds after it has joined itself.

What others have sent counts for `Team.settling` seconds: so long a worker waits before it takes a place that was not
expected of it, or that one who has gone may have had; and so long it divides as before, with the same place, when
somebody has gone.

Hosts are divided among those who may ask them: who waits for its place leaves them to the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from asyncscrape.frontier.postgres.job_schema.transaction import JobWork
from asyncscrape.lease_clock import now
from asyncscrape.team import Share, Team

ARRIVAL = 5.0
"""Seconds, beyond a lease, in which those who are expected should have come: processes take a while to start."""
ENOUGH = 100_000
"""Hosts that are counted; with more of them, no worker runs out of hosts."""
COUNTED = 20_000
"""Hosts that are counted in a second, on average: many are counted less often."""


class Sharer(NamedTuple):
    """A living worker, as its row tells."""

    id: int
    among: int
    """Among how many it divides at least."""
    expected: int
    """Workers that it expects, itself included, as long as that counts."""
    most: int | None
    """Among more than so many, nothing can be divided."""
    placed: bool
    """Whether it has a place."""


class Division(NamedTuple):
    """How a worker would divide, by the rows of all."""

    workers: int
    rank: int
    """Its place, unless it is in reserve: then it is not before the number of workers."""
    hosted: int
    """Among how many the hosts are divided."""
    agreed: bool
    """Whether all others have announced enough for everybody."""
    expected: bool
    """Whether it is one of those whom the others expect, if there are any others."""
    complete: bool
    """Whether all who are expected have come."""


def division(sharers: Sequence[Sharer], own: int) -> Division:
    """How the worker with this id divides among all, who stand in the order in which they have joined."""
    most = min((sharer.most for sharer in sharers if sharer.most is not None), default=math.inf)
    expected = max(sharer.expected for sharer in sharers)
    workers = int(min(max(len(sharers), expected), most))
    rank = [sharer.id for sharer in sharers].index(own)
    placed = sum(sharer.placed or sharer.id == own for sharer in sharers)
    hosted = int(min(max(placed, expected), most))
    needed = min(len(sharers), most)
    others = [sharer for sharer in sharers if sharer.id != own]
    agreed = all(sharer.among >= needed for sharer in others)
    is_expected = rank < max((sharer.expected for sharer in others), default=expected)
    return Division(workers, rank, hosted, agreed, is_expected, len(sharers) >= expected)


class Sharing:
    """The share of one worker."""

    def __init__(self, team: Team, lease: float, clock: Callable[[], float] = now) -> None:
        self._clock = clock
        self._settling = team.settling
        self._arrival = timedelta(seconds=lease + ARRIVAL)
        self._known: set[int] = set()
        self._gone_at = -math.inf
        """When somebody was last found to have gone."""
        self._rank = 0
        """Its place in the order of all, before somebody has gone whose part it does not take yet."""
        self._hosts = HostCount(clock)
        self._agreed_at: float | None = None
        """Since when the others leave room for this worker, while it waits for its place."""
        self._kept_to = 0
        """Among how many it divided at least, what it had open included, when it took its share."""
        self.within: Callable[[Share], bool] = lambda share: True
        """Whether what it has open is within a share."""
        self.share = Share(place=None, hosts=0)

    @property
    def announced(self) -> tuple[int, bool]:
        """What it says with each sign of life: among how many it divides at least, and whether it has a place."""
        workers = self.share.workers
        return workers if self.within(self.share) else min(self._kept_to, workers), self.share.place is not None

    async def begin(self, work: JobWork) -> None:
        """Begin, in the transaction in which the worker joins; what it had under another id is lost."""
        self._known = set()
        found = await self._divided(work)
        await work.run("announce", work.worker, found.workers)
        self.share = Share(found.workers, place=None, hosts=0)
        self._rank = found.rank
        gone = await work.value("gone_for")
        at_once = found.agreed and found.expected and (gone is None or gone >= self._settling)
        self._agreed_at = -math.inf if at_once else None
        await self._keep(work, found, found.workers, may_begin=at_once)

    async def renew(self, work: JobWork) -> None:
        """Divide anew, in a transaction that has begun with a sign of life."""
        found = await self._divided(work)
        if found.complete:
            await work.run("expect_no_more", work.worker)
        among = self._among(found)
        if among < self.share.workers:
            await work.run("turn_lock")
            found = await self._divided(work)
            among = self._among(found)
            await work.run("announce", work.worker, min(among, self.announced[0]))
        await self._keep(work, found, among, may_begin=self._may_begin(found))

    def _settled(self) -> bool:
        """Whether it counts no more what those who have gone had sent."""
        return self._clock() - self._gone_at >= self._settling

    def _among(self, found: Division) -> int:
        """Among how many to divide: not fewer than before until all is settled."""
        return found.workers if self._settled() else max(found.workers, self.share.workers)

    def _may_begin(self, found: Division) -> bool:
        """Whether the worker may have its place, or has one already."""
        if self.share.place is not None:
            return True
        if found.rank >= found.workers or not found.agreed:
            self._agreed_at = None
        elif self._agreed_at is None:
            self._agreed_at = self._clock()
        return self._agreed_at is not None and self._clock() - self._agreed_at >= self._settling

    async def _divided(self, work: JobWork) -> Division:
        sharers = [Sharer(*row) for row in await work.rows("sharers", self._arrival, work.worker)]
        there = {sharer.id for sharer in sharers}
        if self._known - there:
            self._gone_at = self._clock()
        self._known = there
        return division(sharers, work.worker)

    async def _keep(self, work: JobWork, found: Division, among: int, *, may_begin: bool) -> None:
        """Take a share once the transaction is stored. Hosts of those who have gone are free at once."""
        rank = found.rank if self._settled() else self._rank
        wanted = tuple(row["name"] for row in await work.rows("wanted", work.worker))
        if may_begin and rank < among:
            share = Share(among, rank, await self._hosts.part(work, found.hosted), wanted)
        else:
            share = Share(among, None, 0, wanted)
        work.after.append(lambda: self._take(share, rank))

    def _take(self, share: Share, rank: int) -> None:
        self._kept_to = min(self.announced[0], share.workers)
        self.share, self._rank = share, rank


class HostCount:
    """The number of hosts of the job, which is counted now and then."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._hosts = 0
        self._workers = 0
        self._again_at = -math.inf

    async def part(self, work: JobWork, workers: int) -> int | None:
        """Of the hosts, those that each of so many workers may have; None for all."""
        if workers != self._workers or self._clock() >= self._again_at:
            self._hosts = await work.value("hosts_to_share", ENOUGH) if workers > 1 else 0
            self._workers, self._again_at = workers, self._clock() + self._hosts / COUNTED
        return max(1, math.ceil(self._hosts / workers)) if workers > 1 else None
