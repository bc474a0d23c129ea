"""The loop of the crawl: takes in what has happened, starts whose turn it is, waits until something changes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from asyncscrape.crawl.brakes import Brakes, End
from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.events import Ended, Events
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.news import News
from asyncscrape.crawl.scheduler import Scheduler, Turn
from asyncscrape.crawl.supply import Supply
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.crawl.turns import Turns

BREATH = 100
"""Turns taken in a row before the rest of the program gets its own."""


class Dispatcher:
    """Runs until nothing is left to do, a limit is reached, or somebody stops it."""

    def __init__(
        self,
        turns: Turns,
        news: News,
        brakes: Brakes,
        hosts: Scheduler,
        in_flight: InFlight,
        supply: Supply,
        files: FileQueue,
        committer: Committer,
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._turns = turns
        self._news = news
        self._brakes = brakes
        self._hosts = hosts
        self._in_flight = in_flight
        self._supply = supply
        self._files = files
        self._committer = committer
        self._tasks = tasks
        self._events = events
        self._now = now

    async def run(self) -> End:
        """The loop; why it ended."""
        taken = 0
        while True:
            self._hear()
            turn = self._next_turn()
            if turn is not None:
                self._turns.take(turn)
                taken += 1
                if taken % BREATH == 0:
                    await asyncio.sleep(0)
                continue
            self._attend()
            end = self._over()
            if end is None:
                await self._events.wait(self._patience())
            elif end is not End.FINISHED or await self._supply.exhausted():
                return end

    def stop(self, end: End) -> None:
        """Start nothing more."""
        self._brakes.stop(end)

    @property
    def stopped(self) -> bool:
        """Whether somebody has called `stop`."""
        return self._brakes.end is not None

    async def drain(self, seconds: float) -> None:
        """Let what is open come to its end, for so long."""
        until = self._now() + seconds
        self._hear()
        while self._in_flight.by_kind.total() and self._now() < until:
            await self._events.wait(until - self._now())
            self._hear()

    async def abandon(self) -> None:
        """Drop what is still open, to be asked for again by the next run. What is stored later starts nothing."""
        self._brakes.stop(End.STOPPED)
        await self._tasks.cancel()
        for event in self._events.take():
            if isinstance(event, Ended):
                self._news.ended(event)

    def _hear(self) -> None:
        for event in self._events.take():
            self._news.take_in(event)

    def _next_turn(self) -> Turn | None:
        now = self._now()
        if self._brakes.on or self._in_flight.lacks_place or self._in_flight.quota_at(now) > now:
            return None
        return self._hosts.take_turn(now)

    def _attend(self) -> None:
        """Have brought, beside the loop, what it waits for."""
        self._supply.attend()
        if self._brakes.end:
            return
        self._files.attend()
        self._brakes.attend()
        if self._in_flight.lacks_place and self._hosts.next_at() <= self._now():
            self._tasks.begin_once("place", self._in_flight.place())

    def _over(self) -> End | None:
        """Why the loop ends, if it does."""
        if self._brakes.end:
            return self._brakes.end
        if self._in_flight.open:
            return None
        if self._committer.busy:
            self._committer.hurry()
            return None
        if not (self._tasks or self._files or self._hosts.waits):
            return End.FINISHED
        return End.LIMIT if self._in_flight.at_limit else None

    def _patience(self) -> float:
        """Seconds until something may start by itself; infinite where something must happen first."""
        now = self._now()
        due = max(self._hosts.next_at(), self._in_flight.quota_at(now))
        return math.inf if due <= now or self._brakes.on else due - now
