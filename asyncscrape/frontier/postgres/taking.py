"""Taking requests of hosts: first the retries that are due, then untried URLs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from asyncscrape.frontier.base import Taken, Waiting
from asyncscrape.frontier.postgres.job_schema.transaction import JobWork, columns
from asyncscrape.frontier.postgres.team.most_pages import MostPages
from asyncscrape.frontier.states import REQUESTS, Event, Stage
from asyncscrape.frontier.stored_rows import request_of
from asyncscrape.model import Kind
from asyncscrape.politeness.clock import PATIENCE

if TYPE_CHECKING:
    from asyncpg import Record

NOTHING = Taken((), Waiting())


class TakenRows(NamedTuple):
    """What is taken of a host, and what waits there afterwards."""

    rows: list[Record]
    waiting: Waiting
    early: bool
    """Whether its next retry is so late that the time must have been wrong when it was stored."""


class Taking:
    """Leases requests of all hosts that want some, by two statements."""

    def __init__(self, *, newest_first: bool = False, most_pages: int | None = None) -> None:
        self._statement = "take_newest" if newest_first else "take_oldest"
        self._limit = MostPages(most_pages)

    async def take(self, work: JobWork, wants: Mapping[str, tuple[int | None, int]], now: float) -> dict[str, Taken]:
        """Lease up to so many requests for each host; nothing for hosts without an id, which belong to others."""
        limits = {host: most for host, most in wants.values() if host is not None}
        room = await self._limit.room(work) if limits else 0
        found: defaultdict[int, list[Record]] = defaultdict(list)
        for row in await work.rows(self._statement, *columns([*limits.items()])) if limits else ():
            found[row["host"]].append(row)
        chosen = within(room, {host: chosen_of(found[host], most, now) for host, most in limits.items()})
        await self._lease(work, [row for choice in chosen.values() for row in choice.rows])
        if early := [host for host, choice in chosen.items() if choice.early]:
            await work.run("retry_now", early, now)
        taken = {host: Taken([*map(request_of, choice.rows)], choice.waiting) for host, choice in chosen.items()}
        return {name: NOTHING if host is None else taken[host] for name, (host, _) in wants.items()}

    async def _lease(self, work: JobWork, rows: list[Record]) -> None:
        if rows:
            await work.run("lease", [row["id"] for row in rows], work.worker)
            kinds = [row["kind"] for row in rows]
            work.counting.moved_all(kinds, Stage.PENDING, REQUESTS[Stage.PENDING, Event.TAKEN])


def chosen_of(rows: list[Record], most: int, now: float) -> TakenRows:
    """Choose from what waits at a host; of both kinds there is one more than wanted, if there are as many."""
    retries = [row for row in rows if row["due"] > 0]
    due = [row for row in retries if row["due"] <= now][:most]
    untried = [row for row in rows if not row["due"]]
    some = untried[: most - len(due)]
    later: float | None = retries[len(due)]["due"] if len(retries) > len(due) else None
    early = later is not None and later > now + PATIENCE
    return TakenRows([*due, *some], Waiting(len(untried) > len(some), now if early else later), early)


def within(room: float, chosen: Mapping[int, TakenRows]) -> Mapping[int, TakenRows]:
    """What may be taken of it, if there is room for so many pages; a host without room has nothing waiting."""
    if room == math.inf:
        return chosen
    left = {}
    for host, choice in chosen.items():
        rows = []
        for row in choice.rows:
            is_page = Kind.counted(row["kind"]) is Kind.PAGE
            if not is_page or room > 0:
                rows.append(row)
                room -= is_page
        left[host] = choice._replace(rows=rows, waiting=choice.waiting if room > 0 else Waiting())
    return left
