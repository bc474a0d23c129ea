"""The archive of a job as a store: it takes kept answers from the journal, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from asyncscrape.archive.kept_answer import answers_in
from asyncscrape.disk import SerialThread, make_folders, store_errors
from asyncscrape.expectations import TableExpectation
from asyncscrape.facts import TableFacts
from asyncscrape.model import FIRST, Batch, Generation
from asyncscrape.storage.archive.answer_index import AnswerIndex, index_errors
from asyncscrape.storage.archive.keeping import keep, make_safe
from asyncscrape.storage.archive.record_files import RecordFiles
from asyncscrape.storage.archive.segments import Segments, resumed
from asyncscrape.storage.base import NOTHING_EXPECTED

PATIENCE = 5.0
PATIENCE_FOR_A_FILE = 60.0
"""Where each write makes a file, there would be too many small ones otherwise."""


class ArchiveStore:
    """Keeps answers in WARC files, each body once."""

    id = "archive"
    names = ("archive",)
    appetite = 4_000_000
    takes_answers = True

    def __init__(self, folder: Path, files: RecordFiles, job_id: str, *, rereading: bool = False) -> None:
        """The index is in `folder`. While kept answers are read again, none come."""
        self.patience = PATIENCE if files.appends else PATIENCE_FOR_A_FILE
        self._folder = folder
        self._files = files
        self._job_id = job_id
        self._rereading = rereading
        self._thread = SerialThread()
        self._generation = FIRST
        self._open: tuple[AnswerIndex, Segments] | None = None

    async def probe(self, generation: Generation = FIRST) -> str:
        """Check that the files and the index can be written to."""
        return await self._thread.run(self._files.probe)

    async def open(self, cursor: int, generation: Generation = FIRST) -> int:
        """Cut off what a killed write has left behind, and go on there."""
        self._generation = generation
        await asyncio.to_thread(self._files.close)
        return await self._thread.run(self._begin, cursor)

    def _begin(self, cursor: int) -> int:
        self._release()
        with store_errors(self._folder), index_errors(self._folder):
            self._files.probe()
            make_folders([self._folder])
            index = AnswerIndex(self._folder)
            try:
                index.crawl_begins(self._job_id, self._generation.number, rereading=self._rereading)
                known = index.progress(self._job_id)
                segments = resumed(index, self._files, known)
            except BaseException:
                index.close()
                raise
        self._open = index, segments
        return max(cursor, known.seq)

    async def write(self, batches: Sequence[Batch]) -> None:
        """Add the answers to the files, and to the index."""
        await self._thread.run(self._write, batches)

    def _write(self, batches: Sequence[Batch]) -> None:
        assert self._open is not None
        index, segments = self._open
        with store_errors(self._folder), index_errors(self._folder), index.transaction():
            for batch in batches:
                for answer in answers_in(batch.lines):
                    keep(answer, self._generation.number, index, segments)
            make_safe(index, segments, **{f"seq {self._job_id}": batches[-1].seq})

    async def finish(self, expected: Mapping[str, TableExpectation] = NOTHING_EXPECTED) -> Mapping[str, TableFacts]:
        """There are no tables to finish."""
        return {}

    async def switch(self) -> None:
        """Answers of all generations stay beside one another."""

    async def close(self) -> None:
        """Give up a write that still waits, and release the files."""
        await asyncio.to_thread(self._files.close)
        await self._thread.idle()
        self._release()

    def _release(self) -> None:
        if self._open is not None:
            index, segments = self._open
            self._open = None
            index.close()
            segments.close()
        self._files.close()
