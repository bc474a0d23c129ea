"""The end of bundles: once all requests of one have ended, its job closes it, and the next ones are opened.

One bundle is closed at a time, and stored before the next one is looked at. So what a bundle makes of a candidate
depends on those before it, and on nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import msgspec

from asyncscrape.bundles import Bundling, Candidate, Closed, Closing, EndedBundle
from asyncscrape.crawl.committer import Committer
from asyncscrape.crawl.tasks import Tasks
from asyncscrape.frontier.base import Worker
from asyncscrape.model import Origin, timestamp
from asyncscrape.records.lines import encode


class BundleCloser:
    """Closes the bundles of a job while its crawl goes on."""

    def __init__(
        self,
        bundling: Bundling | None,
        worker: Worker,
        committer: Committer,
        tasks: Tasks,
        now: Callable[[], float],
    ) -> None:
        self._bundling = bundling
        self._worker = worker
        self._committer = committer
        self._tasks = tasks
        self._now = now
        self._due = bundling is not None
        """Whether to look for bundles that have ended; at first, to open those that this run may open."""
        self._begun = False

    def ended(self) -> None:
        """A bundle has ended."""
        self._due = self._bundling is not None

    def attend(self) -> None:
        """Start to close what has ended."""
        if self._due and self._bundling and self._tasks.begin_once("bundles", partial(self._work, self._bundling)):
            self._due = False

    async def _work(self, bundling: Bundling) -> None:
        """Open what may be opened when the run begins, and close what has ended, one after the other."""
        if not self._begun:
            self._begun = True
            await self._worker.score_by(bundling.scoring)
            await self._store(bundling)
        while ended := await self._worker.ended_bundle():
            await self._store(bundling, await self._made_of(bundling, ended))

    async def _made_of(self, bundling: Bundling, ended: EndedBundle) -> Closed:
        closing = await asyncio.to_thread(bundling.read, ended)
        known = await self._worker.candidates(closing.keys)
        return await asyncio.to_thread(stored, closing, known, self._origin(ended))

    def _origin(self, ended: EndedBundle) -> Origin:
        """The origin of what is made of a bundle: that of its first page, if it has one."""
        if ended.findings:
            return ended.findings[0].origin
        return Origin(ended.url, timestamp(datetime.fromtimestamp(self._now(), UTC)))

    async def _store(self, bundling: Bundling, closed: Closed | None = None) -> None:
        """Store what was made of a bundle, with the seeds that have come up: they come before what is chosen."""
        self._committer.offer(await asyncio.to_thread(bundling.more))
        await self._committer.write(closed, bundling.growth)


def stored(closing: Closing, known: Mapping[str, Candidate], origin: Origin) -> Closed:
    """What a job makes of a bundle, with its records as lines."""
    made = closing.made(known)
    return msgspec.structs.replace(made.closed, records=encode(made.records, origin, made.withdrawn))
