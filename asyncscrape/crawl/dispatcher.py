"""The loop of the crawl: take in what has happened, start the next request, wait until something changes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from asyncscrape.crawl.brakes import Brakes, End
from asyncscrape.crawl.closing import BundleCloser
from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.events import Ended, Events
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.hosts import needs
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.news import News
from asyncscrape.crawl.scheduler import Scheduler, Turn
from asyncscrape.crawl.supply import Supply
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.crawl.turns import Turns

BREATH = 100
"""Turns taken in a row before the rest of the program gets a turn."""


class Dispatcher:
    """Runs until no work is left, a limit is reached, or somebody stops it."""

    def __init__(
        self,
        turns: Turns,
        news: News,
        brakes: Brakes,
        hosts: Scheduler,
        in_flight: InFlight,
        supply: Supply,
        files: FileQueue,
        closer: BundleCloser,
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
        self._closer = closer
        self._committer = committer
        self._tasks = tasks
        self._events = events
        self._now = now

    async def run(self) -> End:
        """Run the loop; the reason why it ended."""
        taken = 0
        while True:
            self._supply.heed()
            self._hear()
            now = self._now()
            turn = self._next_turn(now)
            if turn is not None:
                self._turns.take(turn)
                taken += 1
                if taken % BREATH == 0:
                    await asyncio.sleep(0)
                continue
            self._attend(now)
            end = self._over()
            if end is None:
                await self._events.wait(self._patience(now))
            elif end is not End.FINISHED or await self._supply.finished():
                return end
            elif self._in_flight.at_limit:
                return End.LIMIT
            else:
                await self._supply.look_again()

    def stop(self, end: End) -> None:
        """Start no more requests."""
        self._brakes.stop(end)

    @property
    def stopped(self) -> bool:
        """Whether somebody has called `stop`."""
        return self._brakes.end is not None

    async def drain(self, seconds: float) -> None:
        """Give open requests this long to end."""
        until = self._now() + seconds
        self._hear()
        while self._in_flight.by_kind.total() and (now := self._now()) < until:
            if (turn := self._visit(now)) is not None:
                self._turns.take(turn)
                continue
            await self._events.wait(min(until, self._hosts.visits.next_at(now)) - now)
            self._hear()

    async def abandon(self) -> None:
        """Drop what is still open; the next run asks for it again."""
        self._brakes.stop(End.STOPPED)
        await self._tasks.cancel()
        for event in self._events.take():
            if isinstance(event, Ended):
                self._news.ended(event)

    def _hear(self) -> None:
        for event in self._events.take():
            self._news.take_in(event)

    def _next_turn(self, now: float) -> Turn | None:
        if (visit := self._visit(now)) is not None:
            return visit
        if self._brakes.on or not self._has_quota(now):
            return None
        return self._hosts.take_turn(now)

    def _visit(self, now: float) -> Turn | None:
        """A turn for a page that is open already: no brake holds it, for the page would only stay open."""
        given = self._hosts.visits.take(now) if self._has_quota(now) else None
        return Turn(given[0], None, given[1]) if given else None

    def _has_quota(self, now: float) -> bool:
        return not self._in_flight.awaits_quota and self._in_flight.quota_at(now) <= now

    def _attend(self, now: float) -> None:
        """Start the work beside the loop that it is waiting for."""
        if self._brakes.end:
            return
        self._supply.attend()
        self._files.attend()
        self._closer.attend()
        self._brakes.attend()
        if self._in_flight.awaits_quota and min(self._hosts.next_at(), self._hosts.visits.next_at(now)) <= now:
            self._tasks.begin_once("quota", self._in_flight.until_quota)

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
            return End.WITHHELD if needs(self._hosts) else End.FINISHED
        return End.LIMIT if self._in_flight.at_limit else None

    def _patience(self, now: float) -> float:
        """Seconds until a request may start; infinite if something else must happen first.

        `now` is the time at which no turn was due: a host that has become due since needs no event.
        """
        some = self._hosts.visits.next_at(now)
        due = max(some if self._brakes.on else min(some, self._hosts.next_at()), self._in_flight.quota_at(now))
        return min(self._supply.patience, math.inf if due <= now else due - now)
