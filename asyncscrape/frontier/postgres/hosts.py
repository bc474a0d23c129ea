"""The hosts of a job: their ids, and the leases that give them to workers."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from asyncscrape.frontier.base import Grant, Waiting
from asyncscrape.frontier.postgres.experience_table import experience_there
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.postgres.team.recovery import recover
from asyncscrape.frontier.states import REQUESTS, Event, Stage

if TYPE_CHECKING:
    from asyncpg import Record


WISH = timedelta(seconds=3)
"""How long a host is kept for a worker that needs it and does not say so again."""


class HostLeases:
    """Grants hosts that have something to fetch and no worker, and takes them back from dead workers."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        """Those that are certainly stored."""

    # Ids

    async def ids(self, work: JobWork, names: Iterable[str]) -> Mapping[str, int]:
        """The ids of hosts; adds unknown ones."""
        known = ChainMap(work.hosts, self._ids)
        if unknown := [name for name in dict.fromkeys(names) if name not in known]:
            await self._find(work, unknown)
            if missing := [name for name in unknown if name not in work.hosts]:
                await work.run("add_hosts", missing)
                await self._find(work, missing)
            work.after.append(lambda: self._ids.update(work.hosts))
        return known

    async def _find(self, work: JobWork, names: Sequence[str]) -> None:
        work.hosts.update({row["name"]: row["id"] for row in await work.rows("host_ids", names)})

    # Grants

    async def acquire(self, work: JobWork, most: int | None, needed: Collection[str]) -> list[Grant]:
        """Up to `most` hosts that have something to fetch, and those that are needed, as far as they are free."""
        await recover(work)
        grants = [*await self._needed(work, needed), *await self._busy(work, most)]
        learned = await experience_there(work, [grant.host for grant in grants]) if grants else {}
        return [msgspec.structs.replace(grant, experience=tuple(learned[grant.host])) for grant in grants]

    async def _needed(self, work: JobWork, names: Collection[str]) -> list[Grant]:
        """Those of these hosts that are free. The others are kept for this worker when they become free."""
        if not names:
            return []
        known = await self.ids(work, names)
        ids = [known[name] for name in names]
        rows = await work.rows("needed", ids, work.worker)
        await work.run("grant", [row["id"] for row in rows], work.worker)
        await work.run("wish", ids, work.worker, WISH)
        return [*map(grant_of, rows)]

    async def _busy(self, work: JobWork, most: int | None) -> list[Grant]:
        """Up to `most` hosts that have something to fetch."""
        grants: list[Grant] = []
        while most is None or len(grants) < most:
            rows = await work.rows("free", None if most is None else most - len(grants), work.worker)
            busy = [row for row in rows if row["fresh"] or row["next_retry"] is not None]
            if idle := [row["id"] for row in rows if row not in busy]:
                await work.run("close_hosts", idle)
            await work.run("grant", [row["id"] for row in busy], work.worker)
            grants += map(grant_of, busy)
            if most is None or not rows:
                break
        return grants

    async def give_back(self, work: JobWork, names: Collection[str]) -> None:
        """Let others have these hosts; what was leased there goes back to the queue."""
        ids = [row["id"] for row in await work.rows("owned", [*names], work.worker)]
        after = REQUESTS[Stage.LEASED, Event.RELEASED]
        for row in await work.rows("give_back", ids, work.worker):
            work.counting.moved(row["kind"], Stage.LEASED, after, row["n"])
        await work.run("disown", ids)

    async def reopen(self, work: JobWork, ids: Collection[int]) -> None:
        """Note that something may wait at these hosts."""
        strange = sorted(set(ids) - work.own_hosts)
        rows = await work.rows("reopen_hosts", strange, work.worker) if strange else ()
        if closed := [row["id"] for row in rows if not row["open"]]:
            await work.run("open_hosts", closed)

    # State that travels with a host

    async def save(self, work: JobWork, clocks: Mapping[str, bytes], robots: Mapping[str, bytes]) -> None:
        """Store clocks by host, and robots.txt by origin."""
        if clocks:
            ids = await self.ids(work, clocks)
            await work.run("save_clocks", *columns(sorted((ids[name], clock) for name, clock in clocks.items())))
        if robots:
            await work.run("save_robots", *columns([*robots.items()]))


def grant_of(row: Record) -> Grant:
    """The grant of a host, from its row."""
    return Grant(row["name"], row["clock"], row["unclean"], Waiting(row["fresh"], row["next_retry"]))
