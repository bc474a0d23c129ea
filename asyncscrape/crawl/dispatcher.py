"""The loop of the crawl: hears what has happened, starts whose turn it is, waits until something changes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from enum import Enum

import msgspec

from asyncscrape.crawl.admission import Admission, Step
from asyncscrape.crawl.committer import GATHER, Committer
from asyncscrape.crawl.events import (
    Ended,
    Event,
    Events,
    Failed,
    FilesWelcome,
    Granted,
    OnTheWire,
    Refilled,
    RobotsRead,
    Stored,
    Woken,
)
from asyncscrape.crawl.exchange import Result
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.robots_reader import RobotsReader
from asyncscrape.crawl.scheduler import Errand, Host, Scheduler, Turn
from asyncscrape.crawl.supply import Supply
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.delivery.backpressure import Backpressure
from asyncscrape.errors import FetchError
from asyncscrape.frontier.base import GivenUp
from asyncscrape.model import Kind, Outcome, Request, State
from asyncscrape.urls import authority, origin

BREATH = 100
"""Turns taken in a row before the rest of the program gets its own."""
FEW = 16
"""Open requests with which a run still waits for the answer to one."""


class End(Enum):
    """Why the loop ended."""

    FINISHED = "finished"
    LIMIT = "limit"
    STOPPED = "stopped"


class Dispatcher:
    """Starts requests when their host is due, and takes in how each went."""

    def __init__(
        self,
        admission: Admission,
        hosts: Scheduler,
        in_flight: InFlight,
        robots: RobotsReader,
        files: FileQueue,
        supply: Supply,
        committer: Committer,
        backpressure: Backpressure,
        tasks: Tasks,
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self._admission = admission
        self._hosts = hosts
        self._in_flight = in_flight
        self._robots = robots
        self._files = files
        self._supply = supply
        self._committer = committer
        self._backpressure = backpressure
        self._tasks = tasks
        self._events = events
        self._now = now
        self._end: End | None = None

    # The loop

    async def run(self) -> End:
        """Dispatch until nothing is left to do, a limit is reached, or `stop` is called."""
        turns = 0
        while True:
            self._hear()
            turn = self._next_turn()
            if turn is not None:
                self._take(turn)
                turns += 1
                if turns % BREATH == 0:
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
        self._end = self._end or end
        self._events.put(Woken())

    @property
    def stopped(self) -> bool:
        """Whether somebody has called `stop`."""
        return self._end is not None

    async def drain(self, seconds: float) -> None:
        """Let what is open come to its end, for so long."""
        until = self._now() + seconds
        self._hear()
        while self._in_flight.by_kind.total() and self._now() < until:
            await self._events.wait(until - self._now())
            self._hear()

    async def abandon(self) -> None:
        """Drop what is still open, to be asked for again by the next run. What is stored later starts nothing."""
        self._end = self._end or End.STOPPED
        await self._tasks.cancel()
        for event in self._events.take():
            if isinstance(event, Ended):
                self._ended(event)

    def _held_back(self) -> bool:
        """Whether something must happen before anything may start, whatever the clocks say."""
        return bool(
            self._end or self._in_flight.full or self._committer.full or self._backpressure.full or self._files.full
        )

    def _next_turn(self) -> Turn | None:
        now = self._now()
        if self._held_back() or self._in_flight.lacks_place or self._in_flight.quota_at(now) > now:
            return None
        return self._hosts.take_turn(now)

    def _attend(self) -> None:
        """Have brought, beside the loop, what it waits for."""
        self._supply.attend()
        if self._end:
            return
        self._files.attend()
        if self._backpressure.full:
            self._tasks.begin_once("room", self._backpressure.room())
        if self._in_flight.lacks_place and self._hosts.next_at() <= self._now():
            self._tasks.begin_once("place", self._in_flight.place())

    def _over(self) -> End | None:
        """Why the loop ends, if it does."""
        if self._end:
            return self._end
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
        return math.inf if due <= now or self._held_back() else due - now

    # One turn

    def _take(self, turn: Turn) -> None:
        host, request, errand = turn
        if request is not None:
            self._admit(host, request)
        elif errand is not None:
            self._run_errand(host, errand)
        elif host.given_up:
            self._give_up(host, host.given_up)
        self._hosts.relist(host, self._now())

    def _admit(self, host: Host, request: Request) -> None:
        """Step 3: start the request, or say why not."""
        ruling = self._admission.judge(host, request, files_welcome=self._files.welcome)
        match ruling.step:
            case Step.START:
                if request.kind == Kind.BLOB:
                    self._files.enter()
                self._in_flight.begin(host, request)
            case Step.SKIP:
                self._put(Outcome(request, State.SKIPPED, ruling.reason, ruling.detail))
            case Step.FAIL:
                self._put(Outcome.failed(request, ruling.reason, ruling.detail))
            case Step.WAIT_FOR_ROBOTS:
                host.queue.appendleft(request)
                self._robots.ask(host, origin(request.url))
            case Step.WAIT_FOR_STORE:
                self._files.park(host, request)

    def _put(self, outcome: Outcome) -> None:
        self._committer.put(Result(outcome))

    def _run_errand(self, host: Host, errand: Errand) -> None:
        if errand.done():
            return
        if host.given_up:
            errand.set_exception(FetchError(host.given_up.reason, host.given_up.detail, transient=False))
        else:
            errand.set_result(self._in_flight.start(host))

    def _give_up(self, host: Host, why: GivenUp) -> None:
        """Fail what the frontier holds of a host that is not asked any more; `retry` puts it back another day."""
        self._hosts.gone(host)
        self._committer.give_up(host.name, why)

    # What has happened

    def _hear(self) -> None:
        for event in self._events.take():
            self._take_in(event)

    def _take_in(self, event: Event) -> None:
        match event:
            case Ended():
                self._ended(event)
            case OnTheWire(host):
                self._hosts.relist(host, self._now())
            case Stored():
                self._stored(event)
            case Refilled(taken):
                self._supply.refilled(taken)
            case RobotsRead(host, place):
                self._committer.offer(self._robots.heed(host, place))
                self._in_flight.moved(host)
                self._hosts.relist(host, self._now())
            case Granted(grants):
                self._supply.granted(grants)
            case FilesWelcome():
                for host in self._files.unpark():
                    self._hosts.relist(host, self._now())
            case Failed(error):
                raise error

    def _ended(self, ended: Ended) -> None:
        host = ended.host
        self._in_flight.end(ended)
        self._committer.asked()
        if ended.result is not None:
            self._settle(host, ended.result)
        self._hosts.relist(host, self._now())

    def _settle(self, host: Host, result: Result) -> None:
        """Have stored what became of a request."""
        outcome = result.outcome
        if outcome.state is State.PENDING and not outcome.hop and host.given_up:
            outcome = msgspec.structs.replace(outcome, state=State.FAILED)
            result = result._replace(outcome=outcome)
        self._in_flight.settle(outcome)
        self._committer.put(result)
        if self._starves(host):
            self._committer.hurry()
            if not host.refilling:
                self._committer.want(host.name, self._hosts.room(host))
                self._hosts.refilling([host.name])

    def _starves(self, host: Host) -> bool:
        """Whether a host could be asked now but has nothing to be asked for, unless the next commit brings it.

        A run with much else to do does not care: there large groups count.
        """
        now = self._now()
        return (
            not (host.queue or host.errands or host.more)
            and host.clock.ready_at(now) <= now
            and self._hosts.next_at() > now + GATHER
            and self._in_flight.open <= FEW
            and self._in_flight.quota_at(now) <= now
            and not self._held_back()
        )

    def _stored(self, stored: Stored) -> None:
        """Step 8: a group is stored; wake the hosts it concerns."""
        now = self._now()
        for outcome in stored.outcomes:
            if outcome.state is State.PENDING and not outcome.hop:
                self._hosts.retry(authority(outcome.request.url), outcome.retry_at, now)
        self._in_flight.stored(stored.outcomes, stored.committed.totals.merged)
        self._supply.committed(stored.committed)
        if stored.committed.copies:
            self._files.copies_wait()
