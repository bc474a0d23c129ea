"""An archive of one worker becomes one that others may share: every record is put once more, in the new form.

1. All answers are put as objects that tell what is in them, in their order.
2. The old index says so. A kill before that leaves everything as it was: the same objects come again.
3. The old files go, and the old index is set aside.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.disk import put, store_errors
from asyncscrape.errors import StoreDamaged, UsageError
from asyncscrape.storage.archive.answer_index import FILE, AnswerIndex, index_errors, naming_in
from asyncscrape.storage.archive.record_files import RecordFiles
from asyncscrape.storage.archive.segments import expect_here
from asyncscrape.storage.archive.shared.answer_objects import AnswerKey, GrowingObject, ListedAnswer
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.crawls import BEFORE

log = logging.getLogger(__name__)

ROWS = """
    SELECT url, hops, kind, note, fetched_at, status, type, digest, size, page, generation, segment, place, length,
        same_as, file, answer.id > coalesce((SELECT value FROM progress WHERE name = 'since'), 0)
    FROM answer LEFT JOIN import_answer ON import_answer.answer = answer.id ORDER BY answer.id
"""
TAKEN = "SELECT 1 FROM progress WHERE name = 'taken'"
SEGMENTS = "SELECT DISTINCT segment FROM answer"
TAKEN_OVER = f"{FILE}.taken-over"
LARGE = 8_000_000
"""Bytes after which the next object begins."""


class _Own(NamedTuple):
    """An answer in the archive of one worker."""

    listed: ListedAnswer
    segment: int
    start: int


def refuse_own(folder: Path) -> None:
    """Refuse to go on beside an archive of one worker, whose answers others would not find."""
    if (folder / FILE).exists():
        raise UsageError(
            f"{folder / FILE} is the index of an archive that only one worker could add to; let it take the form for "
            "many:  asyncscrape archive CONFIG"
        )


def take_over(folder: Path, files: RecordFiles, place: AnswerPlace) -> None:
    """Take over what one worker has kept, if its index is in this folder."""
    if not (folder / FILE).exists():
        return
    log.info("the answers in %s take the form in which several workers can add to them", folder)
    with store_errors(folder), index_errors(folder):
        with closing(AnswerIndex(folder)) as index, closing(files):
            files.name_by(naming_in(index.connection))
            if not index.connection.execute(TAKEN).fetchone():
                expect_here(files, index.progress(""))
                _put_all(index.connection, files, place)
                index.come(taken=1)
            files.remove([number for (number,) in index.connection.execute(SEGMENTS)])
        put(folder / FILE, folder / TAKEN_OVER)


def _put_all(connection: sqlite3.Connection, files: RecordFiles, place: AnswerPlace) -> None:
    gathering, seen, here = GrowingObject(place.job), Counter[AnswerKey](), set[int]()
    for own in _answers(connection, place):
        try:
            if own.segment not in here:
                here.add(own.segment)
                files.path(own.segment)  # for all its records at once
            record = files.read(own.segment, own.start, own.listed.length)
        except StoreDamaged as error:
            log.warning("%s: %s; it is not taken over", own.listed.answer.url, error)
            continue
        key = own.listed.key
        gathering.add(msgspec.structs.replace(own.listed, nth=seen[key]), record)
        seen[key] += 1
        if gathering.size >= LARGE:
            _put(gathering, place)
            gathering, seen = GrowingObject(place.job), Counter[AnswerKey]()
    _put(gathering, place)


def _put(gathering: GrowingObject, place: AnswerPlace) -> None:
    if made := gathering.made():
        place.put(made)


def _answers(connection: sqlite3.Connection, place: AnswerPlace) -> Iterator[_Own]:
    last = _last_crawl(connection, place)

    @cache
    def url_of(page: bytes | None) -> str:
        """The URL of an open page."""
        row = connection.execute("SELECT url FROM answer WHERE print = ? AND page IS NULL", (page,)).fetchone()
        return row[0] if row else ""

    for row in connection.execute(ROWS):
        url, hops, kind, note, fetched_at, status, type_, digest, size, page, *rest = row
        generation, segment, start, length, same_as, file, of_last = rest
        answer = KeptAnswer(
            url, tuple(json.loads(hops)), kind, note, fetched_at, status, type_, digest, size, b"", b"", url_of(page)
        )
        crawl, whole = last if of_last else BEFORE, same_as is None
        yield _Own(ListedAnswer(answer, crawl, generation, length, whole=whole, file=file or b""), segment, start)


def _last_crawl(connection: sqlite3.Connection, place: AnswerPlace) -> int:
    """The number of the last crawl, which is noted. Of a job that was begun anew there are several."""
    known: Mapping[str, int] = dict(connection.execute("SELECT name, value FROM progress WHERE name LIKE 'crawl %'"))
    return max(
        (
            place.crawls.begin(name.removeprefix("crawl "), generation, rereading=False)
            for name, generation in known.items()
        ),
        default=BEFORE,
    )
