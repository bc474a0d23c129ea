"""The index of a shared archive on one machine, made of objects that come and go."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from asyncscrape import sql_files
from asyncscrape.disk import make_folders
from asyncscrape.errors import StoreError
from asyncscrape.storage.archive.answer_index import FILE, AnswerIndex, RecordPlace, print_of
from asyncscrape.storage.archive.shared.answer_objects import AnswerKey, ListedAnswer, ObjectName, places

IN_A_CRAWL = 1 << 40
"""The numbers of the answers of a crawl begin at its own number times this: so they come behind all older ones."""
PATIENCE = "PRAGMA busy_timeout = 60000"
"""Milliseconds to wait for another process of this machine that writes to the index."""
BODIES_FOUND = """
    UPDATE answer SET same_as = body.id FROM (
        SELECT min(b.id) AS id, b.digest FROM answer b WHERE b.same_as IS NULL AND b.digest IN (
            SELECT digest FROM answer WHERE same_as = id
        ) GROUP BY b.digest
    ) AS body WHERE answer.same_as = answer.id AND answer.digest = body.digest
"""
KNOWN = (
    "SELECT id, segment, same_as FROM answer WHERE print = ? AND fetched_at = ? AND url = ? AND status = ? AND "
    "digest = ? AND page IS ? AND id BETWEEN ? AND ? ORDER BY id LIMIT 1 OFFSET ?"
)


class FoundObject(NamedTuple):
    """An object that is to be brought into the index."""

    name: ObjectName
    size: int
    listed: Sequence[ListedAnswer]


class _Known(NamedTuple):
    """An answer that the index has."""

    id: int
    segment: int
    same_as: int | None


class SharedIndex:
    """The open index."""

    def __init__(self, folder: Path) -> None:
        make_folders([folder])
        with only_one(folder):
            self.answers = AnswerIndex(folder)
            self._connection = self.answers.connection
            self._connection.execute(PATIENCE)
            self._connection.executescript(sql_files.script(__package__, "objects.sql"))

    @property
    def connection(self) -> sqlite3.Connection:
        """To read from."""
        return self._connection

    def objects(self) -> Mapping[str, int]:
        """The bytes of the objects that it knows, by name."""
        return dict(self._connection.execute("SELECT name, size FROM object"))

    def doubled(self) -> Mapping[str, int]:
        """The same, of those that have answers which others have too."""
        return dict(self._connection.execute("SELECT name, size FROM object WHERE doubled"))

    def since(self, crawl: int) -> None:
        """Answers of this crawl and later ones are read again."""
        self.answers.come(since=crawl * IN_A_CRAWL)

    def bring(self, found: Sequence[FoundObject]) -> None:
        """Take in the answers of objects, unless another process has done that."""
        with self.answers.transaction():
            known = self.objects()
            for one in found:
                if one.name.text not in known:
                    self._bring(one)
            self._connection.execute(BODIES_FOUND)

    def next_object(self) -> int:
        """The number that the next object will have."""
        number: int = self._connection.execute("SELECT coalesce(max(number), 0) + 1 FROM object").fetchone()[0]
        return number

    def put(self, number: int, name: str, size: int, begin: int) -> None:
        """An object was put whose answers are here already; its first record begins at this byte."""
        self._connection.execute("INSERT INTO object (number, name, size) VALUES (?, ?, ?)", (number, name, size))
        self._connection.execute("UPDATE answer SET place = place + ? WHERE segment = ?", (begin, number))

    def _bring(self, found: FoundObject) -> None:
        number = self.next_object()
        noted = number, found.name.text, found.size
        self._connection.execute("INSERT INTO object (number, name, size) VALUES (?, ?, ?)", noted)
        behind = found.size - found.name.listed
        for listed, start in zip(found.listed, places(found.listed, behind), strict=True):
            place = RecordPlace(number, start, listed.length)
            if (known := self._known(listed.key)) is None:
                self._add(listed, place)
            else:
                self._double(known, place, whole=listed.whole)

    def _add(self, listed: ListedAnswer, place: RecordPlace) -> None:
        number = self._next_answer(listed.crawl)
        same_as = None if listed.whole else number
        self.answers.add(listed.answer, listed.generation, place, same_as, number)
        if listed.file:
            self._connection.execute("INSERT OR REPLACE INTO import_answer VALUES (?, ?)", (number, listed.file))

    def _double(self, known: _Known, place: RecordPlace, *, whole: bool) -> None:
        """An answer comes once more: it is not taken again, but its body may be."""
        segments = known.segment, place.segment
        self._connection.execute("UPDATE object SET doubled = 1 WHERE number IN (?, ?)", segments)
        if whole and known.same_as is not None:
            self.answers.move(known.id, place, None)

    def _next_answer(self, crawl: int) -> int:
        first = crawl * IN_A_CRAWL
        asked = "SELECT coalesce(max(id), ?) FROM answer WHERE id BETWEEN ? AND ?"
        last: int = self._connection.execute(asked, (first, first, first + IN_A_CRAWL - 1)).fetchone()[0]
        return last + 1

    def _known(self, key: AnswerKey) -> _Known | None:
        first = key.crawl * IN_A_CRAWL
        told = (
            print_of(key.url),
            key.fetched_at,
            key.url,
            key.status,
            key.digest,
            print_of(key.page) if key.page else None,
        )
        row = self._connection.execute(KNOWN, (*told, first, first + IN_A_CRAWL - 1, key.nth)).fetchone()
        return _Known(*row) if row else None

    def forget(self, names: Sequence[str]) -> None:
        """Forget objects that are gone, and those that have the same answers as others, which come again."""
        with self.answers.transaction():
            for name in {*names, *self.doubled()}:
                self._forget(name)
            self._connection.execute(
                "UPDATE answer SET same_as = id WHERE same_as IS NOT NULL AND NOT EXISTS "
                "(SELECT 1 FROM answer body WHERE body.id = answer.same_as AND body.same_as IS NULL)"
            )
            self._connection.execute(BODIES_FOUND)

    def _forget(self, name: str) -> None:
        row = self._connection.execute("DELETE FROM object WHERE name = ? RETURNING number", (name,)).fetchone()
        if row is not None:
            self._connection.execute("DELETE FROM hop WHERE answer IN (SELECT id FROM answer WHERE segment = ?)", row)
            self._connection.execute("DELETE FROM answer WHERE segment = ?", row)

    def close(self) -> None:
        """Release the file."""
        self.answers.close()


@contextmanager
def index_errors(folder: Path) -> Iterator[None]:
    """Turn a failure of the index into a `StoreError` in plain words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(f"{folder / FILE}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{folder / FILE} is damaged ({error}); delete it and what begins with its name: another one is made of "
            "what is in S3"
        ) from error


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Only one process at a time begins with the index."""
    with (folder / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
