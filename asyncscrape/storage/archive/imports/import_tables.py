"""What the index of an archive knows of the files that answers were imported from."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

import msgspec

from asyncscrape.archive.base import FoundAnswer
from asyncscrape.archive.kept_answer import KeptAnswer
from asyncscrape.storage.archive.answer_index import print_of
from asyncscrape.storage.archive.archive_files import COLUMNS, found
from asyncscrape.storage.archive.imports.foreign_answers import Repetition
from asyncscrape.storage.archive.imports.payloads import Digest
from asyncscrape.storage.archive.imports.unpacking import FilePlace

MOST_DAMAGES = 20
"""Damages that are kept with their places; all are counted."""
SINCE = "coalesce((SELECT value FROM progress WHERE name = 'since'), 0)"
"""The last answer before the last crawl."""


class FileTally(msgspec.Struct):
    """What a file has brought so far."""

    new: int = 0
    known: int = 0
    """Answers that were there already."""
    left_out: dict[str, int] = {}
    damages: list[tuple[int, str]] = []
    """The first ones: the byte, and what is wrong there."""
    damaged: int = 0

    def take(self, *, new: bool) -> None:
        """An answer is taken, or is there already."""
        self.new += new
        self.known += not new

    def leave_out(self, reason: str) -> None:
        """Something is not taken."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def damage(self, byte: int, reason: str) -> None:
        """Something is damaged."""
        self.damaged += 1
        if len(self.damages) < MOST_DAMAGES:
            self.damages.append((byte, reason))


class FileState(msgspec.Struct):
    """How far a file was read."""

    place: FilePlace = FilePlace()
    finished: bool = False
    tally: FileTally = msgspec.field(default_factory=FileTally)


_tally = msgspec.json.Decoder(FileTally).decode
_repetition = msgspec.msgpack.Decoder(Repetition).decode


class ImportTables:
    """The tables, to be read and written to in the transactions of the index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def state(self, file: bytes) -> FileState:
        """How far a file was read. What came of it before the last crawl does not count any more."""
        asked = (
            "SELECT start, inside, finished, tally FROM import_file WHERE print = ? AND NOT EXISTS "
            f"(SELECT 1 FROM import_answer WHERE file = import_file.print AND answer <= {SINCE})"
        )
        row = self._connection.execute(asked, (file,)).fetchone()
        return FileState(FilePlace(row[0], row[1]), bool(row[2]), _tally(row[3])) if row else FileState()

    def forget_waiting(self, file: bytes) -> None:
        """A file is read anew: what waits comes again."""
        self._connection.execute("DELETE FROM import_waiting WHERE file = ?", (file,))

    def come(self, file: bytes, state: FileState) -> None:
        """A file was read further."""
        self._connection.execute(
            "INSERT OR REPLACE INTO import_file VALUES (?, ?, ?, ?, ?)",
            (file, *state.place, state.finished, msgspec.json.encode(state.tally)),
        )

    def same(self, answer: KeptAnswer) -> int | None:
        """The number of the same answer, if it is there already."""
        row = self._connection.execute(
            "SELECT id FROM answer WHERE print = ? AND url = ? AND fetched_at = ? AND status = ? AND digest = ? "
            f"AND id > {SINCE}",
            (print_of(answer.url), answer.url, answer.fetched_at, answer.status, answer.digest),
        ).fetchone()
        return row and int(row[0])

    def within(self, url: str, after: str, before: str) -> FoundAnswer | None:
        """The first answer from a URL that was fetched between two times."""
        row = self._connection.execute(
            f"SELECT {COLUMNS} FROM answer WHERE print = ? AND url = ? AND fetched_at > ? AND fetched_at < ? "
            "ORDER BY fetched_at, id LIMIT 1",
            (print_of(url), url, after, before),
        ).fetchone()
        return found(row) if row else None

    def added(self, file: bytes) -> int:
        """The answer that was added last came from this file; its number."""
        (number,) = self._connection.execute("SELECT max(id) FROM answer").fetchone()
        self._connection.execute("INSERT INTO import_answer VALUES (?, ?)", (number, file))
        return int(number)

    def has_payload(self, digest: Digest, answer: int) -> None:
        """An answer has this payload."""
        self._connection.execute("INSERT OR REPLACE INTO import_payload VALUES (?, ?, ?)", (*digest, answer))

    def with_payload(self, digest: Digest) -> FoundAnswer | None:
        """An answer with this payload, imported or kept by a run."""
        row = self._connection.execute(
            f"SELECT {COLUMNS} FROM answer WHERE id = "
            "(SELECT answer FROM import_payload WHERE algorithm = ? AND digest = ?)",
            digest,
        ).fetchone()
        if row is None and digest.algorithm == "sha256":
            asked = f"SELECT {COLUMNS} FROM answer WHERE digest = ? AND same_as IS NULL"
            row = self._connection.execute(asked, (digest.value,)).fetchone()
        return found(row) if row else None

    def wait(self, file: bytes, repetition: Repetition) -> None:
        """The answer that this one repeats has not come yet."""
        self._connection.execute(
            "INSERT INTO import_waiting (file, repetition) VALUES (?, ?)", (file, msgspec.msgpack.encode(repetition))
        )

    def waiting(self, behind: int, most: int) -> list[tuple[int, bytes, Repetition]]:
        """Some of those that wait, with their numbers, which are larger than one, and their files."""
        asked = "SELECT id, file, repetition FROM import_waiting WHERE id > ? ORDER BY id LIMIT ?"
        rows = self._connection.execute(asked, (behind, most)).fetchall()
        return [(number, file, _repetition(repetition)) for number, file, repetition in rows]

    def waits_no_more(self, number: int) -> None:
        """The answer that this one repeats has come."""
        self._connection.execute("DELETE FROM import_waiting WHERE id = ?", (number,))

    def waiting_of(self, files: Collection[bytes]) -> int:
        """How many from these files wait."""
        asked = "SELECT count(*) FROM import_waiting WHERE file = ?"
        return sum(self._connection.execute(asked, (file,)).fetchone()[0] for file in files)
