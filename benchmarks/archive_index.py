"""Fills the index of an archive; and, as a process of its own, adds to it and looks answers up: FOLDER ENTRIES.

What it took is printed as JSON: answers added a second, milliseconds of a look-up whose part of the file nobody has
read (cold) and of the same once more (warm), and the most memory that the process had.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

from beside import pinned
from crawl import cores
from multidict import CIMultiDict
from shop import item_page
from support.memory import peak

from asyncscrape.archive.kept_answer import answers_in, framed
from asyncscrape.archive.redaction import Redaction
from asyncscrape.archive.warc_records import kept
from asyncscrape.config import stores
from asyncscrape.destinations import ArchiveDestination
from asyncscrape.model import ANSWERS, Batch, Request, Response
from asyncscrape.storage.archive.answer_index import FILE, AnswerIndex, RecordPlace, print_of
from asyncscrape.storage.build import build_archive, open_archive

JOB = "bench"
ADDED, BATCH = 4_000, 20
LOOKED_UP = 200
ITERATED = 200_000
URL = "https://shop{}.example.org/category/item-{}.html"


def place_of(folder: Path) -> ArchiveDestination:
    """The archive of a job in this folder."""
    return ArchiveDestination(folder, JOB, stores.blob_store("files"))


# Writing


def answers(bodies: Sequence[bytes], first: int = 0) -> bytes:
    """Answers as the journal has them."""
    headers = CIMultiDict({"Content-Type": "text/html", "Date": "Fri, 27 Nov 2026 19:00:00 GMT"})
    came = datetime(2026, 11, 27, tzinfo=UTC)
    made = (Response(Request(url(first + n)), 200, headers, body, came) for n, body in enumerate(bodies))
    return b"".join(framed(kept(response, Redaction())) for response in made)


def url(number: int) -> str:
    """The URL of an answer."""
    return URL.format(number % 10, number)


async def keep(folder: Path, batches: Iterable[bytes]) -> float:
    """Add answers to an archive; the seconds of its store."""
    store, seconds = build_archive(place_of(folder), JOB), 0.0
    await store.open(0)
    for number, lines in enumerate(batches, 1):
        begun = time.perf_counter()
        await store.write([Batch(number, ANSWERS, 1, lines)])
        seconds += time.perf_counter() - begun
    await store.close()
    return seconds


def fill(folder: Path, number: int) -> None:
    """An index of so many answers, each with a body and a URL of its own, made by SQL. There are no files to it."""
    index_folder = place_of(folder).folder
    index_folder.mkdir()
    index = AnswerIndex(index_folder)
    [answer] = answers_in(answers([item_page(0, 1).encode()]))
    index.add(answer, 1, RecordPlace(1, 0, len(answer.record)), None)
    index.close()
    with filling(index_folder) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(answer)")]
        own = {"id": "n + 1", "url": "url_of(n)", "print": "print_of(url_of(n))", "digest": "randomblob(32)"}
        values = ", ".join(own.get(column, column) for column in columns)
        connection.execute("CREATE TEMP TABLE model AS SELECT * FROM answer")
        connection.execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?) "
            f"INSERT INTO answer SELECT {values} FROM number, model",
            (number - 1,),
        )


@contextmanager
def filling(folder: Path) -> Iterator[sqlite3.Connection]:
    """The index without what makes filling it slow; its B-trees are built at the end."""
    connection = sqlite3.connect(folder / FILE, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;")
    connection.create_function("url_of", 1, url, deterministic=True)
    connection.create_function("print_of", 1, print_of, deterministic=True)
    trees = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    indexes = connection.execute(trees).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield connection
    for _, sql in indexes:
        connection.execute(sql)
    connection.close()


def fresh_answers(first: int) -> Iterator[bytes]:
    """Batches of answers that are not there yet."""
    for place in range(first, first + ADDED, BATCH):
        yield answers([item_page(number, first).encode() for number in range(place, place + BATCH)], place)


# Reading


def look_up(folder: Path, number: int, *, cold: bool) -> float:
    """The median of milliseconds for one of some answers, each by a reader that has just opened the archive."""
    chance, taken = Random(1), list[float]()
    for _ in range(LOOKED_UP):
        wanted = url(chance.randrange(1, number))
        if cold:
            forget(place_of(folder).folder / FILE)
        begun = time.perf_counter()
        with open_archive(place_of(folder)) as archive:
            assert archive is not None
            found = archive.of(wanted)
        taken.append(1000 * (time.perf_counter() - begun))
        assert [wanted] == [answer.url for answer in found]
    return median(taken)


def forget(path: Path) -> None:
    """Make the system read a file from the disk again."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def iterate(folder: Path) -> None:
    """Read the beginning of the list of all answers, as pruning and `extract` do."""
    with open_archive(place_of(folder)) as archive:
        assert archive is not None
        for _, _answer in zip(range(ITERATED), archive.answers(), strict=False):
            pass


def main() -> None:
    """Add and look up, and tell."""
    folder, number = Path(sys.argv[1]), int(sys.argv[2])
    with pinned(cores()[1]):
        added = ADDED / asyncio.run(keep(folder, fresh_answers(number)))
        cold, warm = look_up(folder, number, cold=True), look_up(folder, number, cold=False)
        iterate(folder)
    print(json.dumps({"added": added, "cold": cold, "warm": warm, "peak": peak() / 1e6}))


if __name__ == "__main__":
    main()
