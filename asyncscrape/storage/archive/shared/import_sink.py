"""Imported answers on their way into a shared archive: rows of the index first, then an object of the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from asyncscrape.archive.base import ImportOptions
from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.disk import store_errors
from asyncscrape.storage.archive.answer_index import RecordPlace
from asyncscrape.storage.archive.imports.imported_answers import ImportedAnswers
from asyncscrape.storage.archive.object_files import LARGE, ArchiveObjects
from asyncscrape.storage.archive.shared.answer_objects import GrowingObject, ListedAnswer
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.catching_up import catch_up
from asyncscrape.storage.archive.shared.object_reader import SharedFiles
from asyncscrape.storage.archive.shared.shared_index import IN_A_CRAWL, SharedIndex, index_errors
from asyncscrape.storage.archive.shared.taking_over import refuse_own

ROWS = """
    SELECT url, hops, kind, note, fetched_at, status, type, digest, size, generation, length, same_as, file
    FROM answer LEFT JOIN import_answer ON import_answer.answer = answer.id WHERE segment = ? ORDER BY place
"""


class ImportSink:
    """Gathers records whose rows are in the index, in one transaction, and puts them as an object."""

    progress: Mapping[str, int] = {}

    def __init__(self, index: SharedIndex, place: AnswerPlace, crawl: int) -> None:
        self._index = index
        self._place = place
        self._crawl = crawl
        self._number = 0
        self._records: list[bytes] = []
        self._size = 0

    def add(self, record: bytes, time: str) -> RecordPlace:
        """Add a record; its place is known for good once it is put."""
        if self._size >= LARGE:
            self.sync()
        self._number = self._number or self._index.next_object()
        place = RecordPlace(self._number, self._size, len(record))
        self._records.append(record)
        self._size += len(record)
        return place

    def sync(self) -> None:
        """Put the object."""
        gathering = GrowingObject(self._place.job)
        for listed, record in zip(self._rows(), self._records, strict=True):
            gathering.add(listed, record)
        if made := gathering.made():
            self._place.put(made)
            self._index.put(self._number, made.name, len(made.content), len(made.content) - made.listed - self._size)
        self.close()

    def _rows(self) -> Iterator[ListedAnswer]:
        for *row, generation, length, same_as, file in self._index.connection.execute(ROWS, (self._number,)):
            url, hops, kind, note, fetched_at, status, type_, digest, size = row
            bare = KeptAnswer(
                url, tuple(json.loads(hops)), kind, note, fetched_at, status, type_, digest, size, b"", b""
            )
            whole = same_as is None
            yield ListedAnswer(bare, self._crawl, generation, length, whole=whole, file=file or b"")

    def close(self) -> None:
        """Drop the records."""
        self._number, self._size, self._records = 0, 0, []


@contextmanager
def opened_shared(
    folder: Path, objects: ArchiveObjects, job: str, options: ImportOptions
) -> Iterator[ImportedAnswers]:
    """The shared archive whose index on this machine is in a folder."""
    place = AnswerPlace(objects, job)
    refuse_own(folder.parent)
    with store_errors(folder), index_errors(folder):
        index = SharedIndex(folder)
        crawl = place.crawls.begin(options.job_id, options.generation, rereading=options.rereading)
        catch_up(index, place)
        index.answers.begin_at(crawl * IN_A_CRAWL)
        files = SharedFiles(folder, objects, job, index.connection)
        with closing(ImportedAnswers(index.answers, ImportSink(index, place, crawl), files, options)) as answers:
            yield answers
