"""Reading an archive, even while a run adds to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from multidict import CIMultiDict

from asyncscrape.archive.base import ArchiveTotals, FoundAnswer
from asyncscrape.archive.kept_records import headers_in, http_in
from asyncscrape.errors import DamagedAnswer, StoreDamaged
from asyncscrape.model import RecordInFile, Request, Response
from asyncscrape.storage.archive.answer_index import FILE, index_errors, naming_in, print_of, upgrade
from asyncscrape.storage.archive.record_files import ReadableFiles, RecordFiles

COLUMNS = (
    "id, url, fetched_at, status, type, size, digest, generation, segment, place, length, same_as, kind, note, hops"
)
LAST = "ORDER BY fetched_at DESC, id DESC LIMIT 1"
OWN = f"SELECT {COLUMNS} FROM answer WHERE print = ? AND url = ? AND id > ? AND page IS NULL {LAST}"
REDIRECTED = f"SELECT {COLUMNS} FROM answer JOIN hop ON answer = id WHERE hop.print = ? AND id > ? {LAST}"


class ArchiveFiles:
    """The files and their index, see `archive.base.Archive`."""

    def __init__(self, files: ReadableFiles, connection: sqlite3.Connection) -> None:
        self._files = files
        self._connection = connection
        self._paths: dict[int, str] = {}
        """Of the files that are on the disk, by number: to look for each again costs as much as the look-up."""

    def totals(self) -> ArchiveTotals:
        """What is kept in all."""
        row = self._connection.execute(
            "SELECT count(*), count(DISTINCT digest), coalesce(sum(size), 0), "
            "count(DISTINCT host), min(fetched_at), max(fetched_at) FROM answer"
        ).fetchone()
        return ArchiveTotals(*row)

    def generations(self) -> Mapping[int, int]:
        """The number of answers by generation."""
        rows = self._connection.execute("SELECT generation, count(*) FROM answer GROUP BY 1 ORDER BY 1")
        return dict(rows.fetchall())

    def bytes_in_all(self) -> int:
        """Of the files."""
        return self._files.bytes_in_all()

    def of(self, url: str) -> list[FoundAnswer]:
        """The answers from a URL."""
        asked = f"SELECT {COLUMNS} FROM answer WHERE print = ? AND url = ? ORDER BY fetched_at, id"
        return self._found(asked, print_of(url), url)

    def _found(self, asked: str, *values: object) -> list[FoundAnswer]:
        return [found(row) for row in self._connection.execute(asked, values)]

    def answers(self) -> Iterator[FoundAnswer]:
        """All answers."""
        return map(found, self._connection.execute(f"SELECT {COLUMNS} FROM answer ORDER BY id"))

    # To be read again

    @cached_property
    def _since(self) -> int:
        """The last answer before the last crawl."""
        row = self._connection.execute("SELECT value FROM progress WHERE name = 'since'").fetchone()
        return row[0] if row else 0

    def number_of_documents(self) -> int:
        """How many documents of the last crawl there are."""
        asked = "SELECT count(*) FROM answer WHERE id > ? AND page IS NULL"
        number: int = self._connection.execute(asked, (self._since,)).fetchone()[0]
        return number

    def documents(self) -> Iterator[FoundAnswer]:
        """All documents of the last crawl."""
        asked = f"SELECT {COLUMNS} FROM answer WHERE id > ? AND page IS NULL ORDER BY id"
        return map(found, self._connection.execute(asked, (self._since,)))

    def last_from(self, url: str) -> FoundAnswer | None:
        """The last answer to a request for a URL."""
        print_ = print_of(url)
        some = self._found(OWN, print_, url, self._since)
        if self._has_hops:
            some += self._found(REDIRECTED, print_, self._since)
        return max(some, key=lambda one: (one.fetched_at, one.id), default=None)

    @cached_property
    def _has_hops(self) -> bool:
        """Whether anything redirected; while answers are read again, nothing is added."""
        return self._connection.execute("SELECT 1 FROM hop LIMIT 1").fetchone() is not None

    def parts_of(self, document: FoundAnswer) -> Sequence[FoundAnswer]:
        """What a browser has made of a document after that."""
        asked = f"SELECT {COLUMNS} FROM answer WHERE page = ? AND id > ? ORDER BY id"
        return self._found(asked, print_of(document.url), document.id)

    def unread(self, answer: FoundAnswer, request: Request) -> Response:
        """An answer whose records are yet to be read."""
        holders = [answer] if answer.same_as is None else [answer, self.with_id(answer.same_as)]
        records = tuple(self._in_file(one) for one in holders)
        headers = CIMultiDict({"Content-Type": answer.content_type})
        fetched_at = datetime.fromisoformat(answer.fetched_at)
        return Response(request, answer.status, headers, b"", fetched_at, records=records)

    def _in_file(self, answer: FoundAnswer) -> RecordInFile:
        if not self.near or answer.segment not in self._paths:
            self._paths[answer.segment] = str(self._files.path(answer.segment))
        return RecordInFile(self._paths[answer.segment], answer.start, answer.length, answer.size)

    @property
    def near(self) -> bool:
        """Whether its files are on the disk."""
        return self._files.appends

    def give_up(self) -> None:
        """End what threads wait for."""
        self._files.close()

    def imported(self) -> Iterator[FoundAnswer]:
        """The answers that came by import since the last crawl began, in order."""
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'import_answer'").fetchone():
            asked = (
                f"SELECT {COLUMNS} FROM answer WHERE id > ? AND id IN (SELECT answer FROM import_answer) ORDER BY id"
            )
            yield from map(found, self._connection.execute(asked, (self._since,)))

    # One answer

    def response(self, answer: FoundAnswer) -> Response:
        """The answer as it was parsed."""
        fetched_at = datetime.fromisoformat(answer.fetched_at)
        headers = headers_in(self.head(answer))
        return Response(Request(answer.url), answer.status, headers, self.body(answer), fetched_at)

    def head(self, answer: FoundAnswer) -> bytes:
        """The status line and the headers, each with its end."""
        return self._http(answer)[0]

    def body(self, answer: FoundAnswer) -> bytes:
        """The body."""
        holder = self.with_id(answer.same_as) if answer.same_as else answer
        body = self._http(holder)[1]
        if len(body) != holder.size:
            raise StoreDamaged(f"{self._where(holder)}: the record is damaged")
        return body

    def with_id(self, number: int) -> FoundAnswer:
        """The answer with this number."""
        return self._found(f"SELECT {COLUMNS} FROM answer WHERE id = ?", number)[0]

    def _http(self, answer: FoundAnswer) -> tuple[bytes, bytes]:
        """The status line with the headers, and the body, in a record."""
        try:
            return http_in(self.record(answer))
        except DamagedAnswer as error:
            raise StoreDamaged(f"{self._where(answer)}: {error}") from error

    def record(self, answer: FoundAnswer) -> bytes:
        """The record of an answer as it stands in its file."""
        return self._files.read(answer.segment, answer.start, answer.length)

    def _where(self, answer: FoundAnswer) -> str:
        return f"{self._files.where(answer.segment)}, byte {answer.start:,}"


def found(row: tuple[Any, ...]) -> FoundAnswer:
    """An answer from its row."""
    return FoundAnswer(*row)._replace(hops=tuple(json.loads(row[-1])))


@contextmanager
def opened(folder: Path, files: RecordFiles) -> Iterator[ArchiveFiles | None]:
    """The archive with its index in a folder; None if nothing was kept yet."""
    path = folder / FILE
    if not path.exists():
        yield None
        return
    with index_errors(folder):
        upgrade(folder)
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        try:
            files.name_by(naming_in(connection))
            yield ArchiveFiles(files, connection)
        finally:
            connection.close()
            files.close()
