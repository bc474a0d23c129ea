"""The index of an archive, in a file of its own beside the segments."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import randbits
from typing import NamedTuple

from asyncscrape import sql_files
from asyncscrape.archive.kept_answer import KeptAnswer, KeptBefore
from asyncscrape.errors import StoreError
from asyncscrape.storage.archive.record_files import Naming
from asyncscrape.urls import authority

FILE = "index.db"
NO_HOPS = "[]"
PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;"


LAYOUT = 1
"""Version of schema.sql; an index of an older one is upgraded when it is opened."""


class RecordPlace(NamedTuple):
    """Where a record is."""

    segment: int
    start: int
    length: int


class ArchivedSoFar(NamedTuple):
    """How far the archive has come."""

    seq: int = 0
    segment: int = 0
    length: int = 0
    begun: int = 0
    """The first file that this index has begun, and not removed; older ones are those of an index that was lost."""
    first: int = 0
    """The first file that still has records; 0 if all have that were begun."""
    place: int = 0
    """Where the last file is, see `RecordFiles.place`."""


@contextmanager
def index_errors(folder: Path) -> Iterator[None]:
    """Turn a failure of the index into a `StoreError` in plain words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise StoreError(f"{folder / FILE}: {error}") from error
        raise StoreError(
            f"{folder / FILE} is damaged ({error}); delete it and what begins with its name, and take the answers in "
            f"again:  asyncscrape import CONFIG {folder}/*.warc.gz"
        ) from error


class AnswerIndex:
    """The open index, to be written to by one thread."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
        self._connection.executescript(PRAGMAS)
        if not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._carry_out("schema.sql")
        elif layout_of(self._connection) < LAYOUT:
            self._connection.create_function("print_of", 1, print_of, deterministic=True)
            self._carry_out("upgrade_1.sql")
        self._connection.executescript(sql_files.script(__package__, "imports.sql"))
        self._begin = 0

    def begin_at(self, number: int) -> None:
        """Answers to be added get numbers above this one."""
        self._begin = number

    def _carry_out(self, script: str) -> None:
        text = sql_files.script(__package__, script)
        self._connection.executescript(f"BEGIN IMMEDIATE; {text} PRAGMA user_version = {LAYOUT}; COMMIT")

    @property
    def connection(self) -> sqlite3.Connection:
        """For further tables that are written to in the same transactions."""
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def progress(self, job_id: str) -> ArchivedSoFar:
        """How far the archive has come; after --fresh, a job begins at 0 behind what is kept."""
        known = dict(self._connection.execute("SELECT name, value FROM progress"))
        named = (known.get(name, 0) for name in ArchivedSoFar._fields[1:])
        return ArchivedSoFar(known.get(f"seq {job_id}", 0), *named)

    def mark(self, since: int) -> Naming:
        """Choose the mark that is in the names of files from this number on."""
        naming = Naming(randbits(32) or 1, since)
        self.come(marked_since=naming.since, mark=naming.mark)  # the mark last: a crash may come in between
        return naming

    def come(self, **progress: int) -> None:
        """It has come further."""
        self._connection.executemany(
            "INSERT INTO progress VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            progress.items(),
        )

    def crawl_begins(self, job_id: str, generation: int, *, rereading: bool) -> None:
        """A generation begins, or goes on. Only answers of the last crawl are read again: older ones are out of date,
        unless this generation is made of them. In an index of the layout before, all answers of the job count.
        """
        known = dict(self._connection.execute("SELECT name, value FROM progress"))
        if known.get(f"crawl {job_id}") == generation:
            return
        older = f"crawl {job_id}" not in known and f"seq {job_id}" in known
        since = {} if rereading or older else {"since": self._last()}
        with self.transaction():
            self.come(**{f"crawl {job_id}": generation}, **since)

    def forget_beyond(self) -> None:
        """The last answers are gone, and their numbers will be given again."""
        self._connection.execute("UPDATE progress SET value = min(value, ?) WHERE name = 'since'", (self._last(),))

    def _last(self) -> int:
        last: int = self._connection.execute("SELECT coalesce(max(id), 0) FROM answer").fetchone()[0]
        return last

    def with_body(self, digest: bytes) -> KeptBefore | None:
        """The answer whose record has this body."""
        row = self._connection.execute(
            "SELECT id, url, fetched_at FROM answer WHERE digest = ? AND same_as IS NULL", (digest,)
        ).fetchone()
        return row and KeptBefore(*row)

    def add(
        self, answer: KeptAnswer, generation: int, place: RecordPlace, same_as: int | None, number: int | None = None
    ) -> None:
        """One more answer, behind all others unless it has a number of its own."""
        added = self._connection.execute(
            "INSERT INTO answer (id, print, host, url, hops, kind, note, fetched_at, status, type, digest, size, "
            "generation, segment, place, length, same_as, page) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number or (self._begin + 1 if self._begin and self._begin > self._last() else None),
                print_of(answer.url),
                authority(answer.url),
                answer.url,
                json.dumps(answer.hops) if answer.hops else NO_HOPS,
                answer.kind,
                answer.note,
                answer.fetched_at,
                answer.status,
                answer.content_type,
                answer.digest,
                answer.size,
                generation,
                *place,
                same_as,
                print_of(answer.page) if answer.page else None,
            ),
        )
        for url in answer.hops:
            self._connection.execute("INSERT INTO hop VALUES (?, ?)", (print_of(url), added.lastrowid))

    def remove(self, number: int) -> None:
        """An answer goes."""
        self._connection.execute("DELETE FROM answer WHERE id = ?", (number,))
        self._connection.execute("DELETE FROM hop WHERE answer = ?", (number,))

    def move(self, number: int, place: RecordPlace, same_as: int | None) -> None:
        """The record of an answer is in another place."""
        self._connection.execute(
            "UPDATE answer SET segment = ?, place = ?, length = ?, same_as = ? WHERE id = ?",
            (*place, same_as, number),
        )

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def upgrade(folder: Path) -> None:
    """Bring the index in a folder to the present layout, unless it has it."""
    connection = sqlite3.connect(f"{(folder / FILE).absolute().as_uri()}?mode=ro", uri=True)
    layout = layout_of(connection)
    connection.close()
    if layout < LAYOUT:
        AnswerIndex(folder).close()


def naming_in(connection: sqlite3.Connection) -> Naming:
    """How the files of an open index are named."""
    known = dict(connection.execute("SELECT name, value FROM progress WHERE name IN ('mark', 'marked_since')"))
    return Naming(known.get("mark", 0), known.get("marked_since", 0))


def layout_of(connection: sqlite3.Connection) -> int:
    """The layout of an open index."""
    layout: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return layout


def print_of(url: str) -> bytes:
    """What a URL is looked up by."""
    return sha256(url.encode()).digest()[:16]
