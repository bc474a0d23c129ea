"""Reading an archive, even while a run adds to it."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from multidict import CIMultiDict

from asyncscrape.archive.base import ArchiveTotals, FoundAnswer
from asyncscrape.errors import StoreError
from asyncscrape.model import Request, Response
from asyncscrape.storage.archive.answer_index import FILE, index_errors, print_of
from asyncscrape.storage.archive.segments import name_of

COLUMNS = "id, url, fetched_at, status, type, size, digest, generation, segment, place, length, same_as"


class ArchiveFiles:
    """The files and the index in a folder, see `archive.base.Archive`."""

    def __init__(self, folder: Path, job: str, connection: sqlite3.Connection) -> None:
        self._folder = folder
        self._job = job
        self._connection = connection

    def totals(self) -> ArchiveTotals:
        """What is kept in all."""
        row = self._connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE same_as IS NULL), coalesce(sum(size), 0), "
            "count(DISTINCT host), min(fetched_at), max(fetched_at) FROM answer"
        ).fetchone()
        return ArchiveTotals(*row)

    def generations(self) -> Mapping[int, int]:
        """The number of answers by generation."""
        rows = self._connection.execute("SELECT generation, count(*) FROM answer GROUP BY 1 ORDER BY 1")
        return dict(rows.fetchall())

    def bytes_on_disk(self) -> int:
        """Of the files."""
        return sum(path.stat().st_size for path in self._folder.glob("*.warc.gz"))

    def of(self, url: str) -> list[FoundAnswer]:
        """The answers from a URL."""
        asked = f"SELECT {COLUMNS} FROM answer WHERE print = ? AND url = ? ORDER BY fetched_at, id"
        return [FoundAnswer(*row) for row in self._connection.execute(asked, (print_of(url), url))]

    def answers(self) -> Iterator[FoundAnswer]:
        """All answers."""
        return (FoundAnswer(*row) for row in self._connection.execute(f"SELECT {COLUMNS} FROM answer ORDER BY id"))

    def imported(self) -> Iterator[FoundAnswer]:
        """The answers that came by import, in order."""
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'import_answer'").fetchone():
            asked = f"SELECT {COLUMNS} FROM answer WHERE id IN (SELECT answer FROM import_answer) ORDER BY id"
            yield from (FoundAnswer(*row) for row in self._connection.execute(asked))

    def response(self, answer: FoundAnswer) -> Response:
        """The answer as it was parsed."""
        lines = self.head(answer).decode("utf-8", "surrogateescape").split("\r\n")[1:]
        headers = CIMultiDict([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])
        fetched_at = datetime.fromisoformat(answer.fetched_at)
        return Response(Request(answer.url), answer.status, headers, self.body(answer), fetched_at)

    def head(self, answer: FoundAnswer) -> bytes:
        """The status line and the headers, each with its end."""
        return self._http(answer).partition(b"\r\n\r\n")[0]

    def body(self, answer: FoundAnswer) -> bytes:
        """The body."""
        holder = self.with_id(answer.same_as) if answer.same_as else answer
        body = self._http(holder).partition(b"\r\n\r\n")[2]
        if len(body) != holder.size:
            raise StoreError(f"{self._where(holder)}: the record is damaged")
        return body

    def with_id(self, number: int) -> FoundAnswer:
        """The answer with this number."""
        row = self._connection.execute(f"SELECT {COLUMNS} FROM answer WHERE id = ?", (number,)).fetchone()
        return FoundAnswer(*row)

    def _http(self, answer: FoundAnswer) -> bytes:
        """The status line, the headers and the body in a record."""
        try:
            content = zlib.decompress(self.record(answer), wbits=31)
        except zlib.error as error:
            raise StoreError(f"{self._where(answer)}: the record is damaged") from error
        return content.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")

    def record(self, answer: FoundAnswer) -> bytes:
        """The record of an answer as it stands in its file."""
        try:
            with (self._folder / name_of(self._job, answer.segment)).open("rb") as file:
                file.seek(answer.start)
                return file.read(answer.length)
        except OSError as error:
            raise StoreError(f"{self._where(answer)}: {error.strerror}") from error

    def _where(self, answer: FoundAnswer) -> str:
        return f"{self._folder / name_of(self._job, answer.segment)}, byte {answer.start:,}"


@contextmanager
def opened(folder: Path, job: str) -> Iterator[ArchiveFiles | None]:
    """The archive in a folder; None if nothing was kept there yet."""
    path = folder / FILE
    if not path.exists():
        yield None
        return
    with index_errors(folder):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        try:
            yield ArchiveFiles(folder, job, connection)
        finally:
            connection.close()
