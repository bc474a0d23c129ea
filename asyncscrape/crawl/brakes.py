"""Reasons to start nothing at all, whatever the hosts' clocks say."""

from __future__ import annotations

from enum import Enum

from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.events import Events, Woken
from asyncscrape.crawl.file_queue import FileQueue
from asyncscrape.crawl.in_flight import InFlight
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.crawl.tenure import Tenure
from asyncscrape.delivery.backpressure import Backpressure


class End(Enum):
    """Why a run starts nothing more."""

    FINISHED = "finished"
    LIMIT = "limit"
    WITHHELD = "withheld"
    """What is left waits for the user."""
    STOPPED = "stopped"


class Brakes:
    """On while some request must end, or some result must be written, before another request may start."""

    def __init__(
        self,
        tenure: Tenure,
        in_flight: InFlight,
        committer: Committer,
        backpressure: Backpressure,
        files: FileQueue,
        tasks: Tasks,
        events: Events,
    ) -> None:
        self._tenure = tenure
        self._in_flight = in_flight
        self._committer = committer
        self._backpressure = backpressure
        self._files = files
        self._tasks = tasks
        self._events = events
        self.end: End | None = None
        """Why they stay on for the rest of the run; None while they may come off."""

    @property
    def on(self) -> bool:
        """Whether nothing may start."""
        return bool(
            self.end
            or not self._tenure.holds
            or self._in_flight.full
            or self._committer.full
            or self._backpressure.full
            or self._files.full
        )

    def stop(self, end: End) -> None:
        """Put them on for good; the first reason stays."""
        self.end = self.end or end
        self._events.put(Woken())

    def attend(self) -> None:
        """Wake the loop when the stores have made room. Everything else that releases the brakes wakes it anyway."""
        if self._backpressure.full:
            self._tasks.begin_once("room", self._backpressure.room)
