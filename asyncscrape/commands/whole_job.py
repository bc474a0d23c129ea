"""A job as its frontier shows it, whoever works on it: looked at again and again."""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec

from asyncscrape.config.models import Config
from asyncscrape.errors import AsyncscrapeError
from asyncscrape.frontier.base import Frontier
from asyncscrape.model import Kind, State
from asyncscrape.snapshots import snapshot_of, waiting
from asyncscrape.stats import Meter, Snapshot, Standing

log = logging.getLogger("asyncscrape.run")

LOOK_EVERY = 1.0
"""Seconds between two looks."""


class WholeJob:
    """What a view shows of a job: that of the last look."""

    def __init__(self, config: Config, frontier: Frontier) -> None:
        self._name = config.name
        self._frontier = frontier
        self._meter = Meter()
        self.standing: Standing | None = None

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except AsyncscrapeError as error:  # those who work on the job tell what that means for it
                log.debug("where the job stands cannot be seen: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look once."""
        self.standing = await self._frontier.standing()
        if self.standing is not None:
            totals = self.standing.totals
            pages, files = (totals.of(kind, State.DONE, State.FAILED) for kind in (Kind.PAGE, Kind.BLOB))
            self._meter.note(time.monotonic(), pages, pages + files, totals.spent.bytes)

    @property
    def runs(self) -> bool:
        """Whether anybody works on it."""
        return self.standing is not None and self.standing.running

    def snapshot(self) -> Snapshot:
        """The state of the job, and how long its queue will take."""
        snapshot = snapshot_of(self._name, self.standing)
        if self.standing is None or not self.runs:
            return snapshot
        return msgspec.structs.replace(snapshot, left=self._meter.time_for(waiting(self.standing.totals)))
