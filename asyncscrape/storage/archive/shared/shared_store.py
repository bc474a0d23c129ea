"""A shared archive as a store: each write puts an object, and the index is only looked into for bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from asyncscrape.archive.kept_answer import KeptBefore
from asyncscrape.disk import SerialThread, probe_folder, store_errors
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation
from asyncscrape.storage.archive.object_files import ArchiveObjects
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.catching_up import catch_up
from asyncscrape.storage.archive.shared.doubles import take_out_doubles
from asyncscrape.storage.archive.shared.putting import Putting
from asyncscrape.storage.archive.shared.shared_index import SharedIndex, index_errors
from asyncscrape.storage.archive.shared.taking_over import refuse_own
from asyncscrape.storage.base import NOTHING_EXPECTED

MOST_BODIES = 50_000
"""Bodies that this worker remembers to have put, before it lets the index catch up."""


class SharedArchiveStore:
    """Keeps answers in objects, each body of a worker once."""

    id = "archive"
    names = ("archive",)
    appetite = 4_000_000
    patience = 60.0
    takes_answers = True

    def __init__(
        self, folder: Path, objects: ArchiveObjects, job: str, job_id: str, *, rereading: bool = False
    ) -> None:
        """The index of this machine is in `folder`. While kept answers are read again, none come."""
        self._folder = folder
        self._objects = objects
        self._place = AnswerPlace(objects, job)
        self._job_id = job_id
        self._rereading = rereading
        self._thread = SerialThread()
        self._generation = FIRST
        self._crawl = 0
        self._index: SharedIndex | None = None
        self._bodies: dict[bytes, KeptBefore] = {}
        """Those that this worker has put and the index may not know."""

    async def probe(self, generation: Generation = FIRST) -> str:
        """Check that objects can be put, and that the folder of the index can be written to."""
        return await self._thread.run(self._probe)

    def _probe(self) -> str:
        probe_folder(self._folder)
        refuse_own(self._folder.parent)
        return self._objects.probe()

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        """Note of which crawl the answers are."""
        self._generation = generation
        await asyncio.to_thread(self._objects.close)
        await self._thread.run(self._begin)
        return cursor

    def _begin(self) -> None:
        self._release()
        self._probe()
        number = self._generation.number
        self._crawl = self._place.crawls.begin(self._job_id, number, rereading=self._rereading)

    async def write(self, batches: Sequence[Batch]) -> None:
        """Put the answers."""
        await self._thread.run(self._write, batches)

    def _write(self, batches: Sequence[Batch]) -> None:
        with store_errors(self._folder), index_errors(self._folder):
            if self._index is None or len(self._bodies) > MOST_BODIES:
                self._catch_up()
            putting = Putting(self._place, self._crawl, self._generation.number, self._before)
            for batch in batches:
                putting.add(batch)
            putting.put()
            self._bodies |= putting.bodies

    def _before(self, digest: bytes) -> KeptBefore | None:
        """The answer whose record has a body, if it is known."""
        assert self._index is not None
        return self._bodies.get(digest) or self._index.answers.with_body(digest)

    def _catch_up(self) -> SharedIndex:
        self._index = self._index or SharedIndex(self._folder)
        catch_up(self._index, self._place)
        self._bodies = {}
        return self._index

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        """Take out what is there twice; there are no tables to finish."""
        await self._thread.run(self._finish)
        return {}

    def _finish(self) -> None:
        with store_errors(self._folder), index_errors(self._folder):
            index = self._catch_up()
            if doubled := index.doubled():
                take_out_doubles(self._place, doubled)
                catch_up(index, self._place)

    async def switch(self) -> None:
        """Answers of all generations stay beside one another."""

    async def close(self) -> None:
        """Give up a write that still waits, and release the index."""
        await asyncio.to_thread(self._objects.close)
        await self._thread.idle()
        self._release()
        await asyncio.to_thread(self._objects.close)

    def _release(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None
