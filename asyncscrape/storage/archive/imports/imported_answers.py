"""Answers of others on their way into the archive: each once, and what repeats another one behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
from multidict import CIMultiDict

from asyncscrape.archive.base import FoundAnswer, ImportOptions
from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.archive.redaction import COOKIES
from asyncscrape.archive.warc_records import kept, repeated
from asyncscrape.disk import make_folders, store_errors
from asyncscrape.model import Request, Response, timestamp
from asyncscrape.storage.archive.answer_index import AnswerIndex, index_errors
from asyncscrape.storage.archive.archive_files import ArchiveFiles
from asyncscrape.storage.archive.imports.foreign_answers import ForeignAnswer, Repetition
from asyncscrape.storage.archive.imports.import_tables import ImportTables
from asyncscrape.storage.archive.imports.payloads import Digest
from asyncscrape.storage.archive.keeping import RecordSink, keep, make_safe
from asyncscrape.storage.archive.record_files import ReadableFiles, RecordFiles
from asyncscrape.storage.archive.segments import resumed

SECOND = timedelta(seconds=1)
"""Times of the same answer may differ by less, for not all write the parts of a second."""


class ImportedAnswers:
    """The archive of a job, open for answers of others."""

    def __init__(self, index: AnswerIndex, sink: RecordSink, files: ReadableFiles, options: ImportOptions) -> None:
        """Answers come into the `sink`, and are read from `files`."""
        self._index = index
        self._sink = sink
        self._files = files
        self._archive = ArchiveFiles(files, self._index.connection)
        self._redaction = options.redaction
        self._generation = options.generation
        self.tables = ImportTables(self._index.connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is added in it is safe at its end, or none of it has happened."""
        with self._index.transaction():
            yield
            make_safe(self._index, self._sink)

    def add(self, answer: ForeignAnswer, file: bytes) -> bool:
        """Keep an answer from a file; False if it is there already."""
        return self._add(kept(answer.response, self._redaction), answer.digest, file)

    def repeat(self, repetition: Repetition, file: bytes) -> bool | None:
        """Keep an answer that repeats another one; False if it is there already, None if the other one is not."""
        original = self._original(repetition)
        if original is None:
            return None
        status, headers = repetition.status, CIMultiDict(repetition.headers)
        if not status:
            self._sink.sync()
            status, headers = original.status, CIMultiDict(self._archive.response(original).headers)
        response = Response(Request(repetition.url), status, headers, b"", repetition.fetched_at)
        if not original.size:
            return self._add(kept(response, self._redaction), None, file)
        return self._add(repeated(response, original.digest, original.size, self._redaction), None, file)

    def wait(self, repetition: Repetition, file: bytes) -> None:
        """Remember an answer that repeats one that has not come yet, without secrets like all that is kept."""
        safe = msgspec.structs.replace(
            repetition,
            url=self._without_secrets(repetition.url),
            original_url=self._without_secrets(repetition.original_url),
            headers=tuple(
                (name, self._without_secrets(value))
                for name, value in repetition.headers
                if name.lower() not in COOKIES
            ),
        )
        self.tables.wait(file, safe)

    def _add(self, answer: KeptAnswer, digest: Digest | None, file: bytes) -> bool:
        known = self.tables.same(answer)
        if known is None:
            keep(answer, self._generation, self._index, self._sink)
        number = self.tables.added(file) if known is None else known
        if digest is not None:
            self.tables.has_payload(digest, number)
        return known is None

    def _original(self, repetition: Repetition) -> FoundAnswer | None:
        """The answer that this one repeats: the one with its payload, or else the one that it names."""
        found = self.tables.with_payload(repetition.digest) if repetition.digest else None
        if found or repetition.original_at is None:
            return found
        url = self._without_secrets(repetition.original_url)
        after, before = (timestamp(repetition.original_at + step) for step in (-SECOND, SECOND))
        return self.tables.within(url, after, before)

    def _without_secrets(self, text: str) -> str:
        return self._redaction.of(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def close(self) -> None:
        """Release the files."""
        self._index.close()
        self._sink.close()
        self._files.close()


@contextmanager
def opened_by_one(folder: Path, files: RecordFiles, options: ImportOptions) -> Iterator[ImportedAnswers]:
    """The archive of one worker, whose index is in a folder."""
    with store_errors(folder), index_errors(folder):
        make_folders([folder])
        index = AnswerIndex(folder)
        index.crawl_begins(options.job_id, options.generation, rereading=options.rereading)
        sink = resumed(index, files, index.progress(""))
        with closing(ImportedAnswers(index, sink, files, options)) as answers:
            yield answers
