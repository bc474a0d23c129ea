"""A connection to the state file, to write or only to read, with named statements and errors in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from asyncscrape import sql_files
from asyncscrape.errors import StoreError, UsageError
from asyncscrape.frontier.sqlite.set_aside import refuse_moved
from asyncscrape.frontier.states import Stage
from asyncscrape.model import Kind
from asyncscrape.urls import fingerprint

LAYOUT = 7
"""Version of schema.sql; state files of an older layout are upgraded to it, any other layout is refused."""
OLDER = frozenset({1, 2, 3, 4, 5, 6})
"""Layouts that can be upgraded to this one. They can be read without an upgrade."""
WITH_FINDINGS = 3
"""The first layout that has the tables `flaw` and `skipped`."""
WITH_BUNDLES = 4
"""The first layout that has bundles of requests."""
ONE_DOWNLOAD = 2
"""The first layout in which a URL has one download, whatever the number of its paths."""

PRAGMAS = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 2000;
PRAGMA secure_delete = OFF;
PRAGMA cache_size = -32000;
PRAGMA temp_store = MEMORY;
"""
# page_size: a row of the journal may be a megabyte long, and each page is a step. Older files keep their page size.
# synchronous: FULL makes a commit survive a power cut. Group commit makes its fsync cheap.
# wal_autocheckpoint: the write-ahead log may grow to 32 MB (8 MB with the small pages of an older file), so that
# pages that change often, such as the journal's, are copied out less often.
# secure_delete: some systems build SQLite to overwrite deleted data with zeros, which would write the journal twice.


def _script(name: str) -> str:
    return sql_files.script(__package__, name)


@cache
def statements() -> dict[str, str]:
    """The statements in queries.sql by name, where "{PENDING}" stands for the number of that `Stage`."""
    numbers = {stage.name: stage.value for stage in Stage}
    return {name: sql.format(**numbers) for name, sql in sql_files.statements(__package__).items()}


class StateDatabase:
    """A connection that runs named statements inside explicit transactions.

    It may be used from any one thread at a time.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.layout = LAYOUT
        """The layout of the file; an older one only if it is open for reading."""
        connection.row_factory = sqlite3.Row

    @classmethod
    def open(cls, path: Path) -> StateDatabase:
        """Open for writing; creates the file and its tables if they do not exist, unless the job has moved."""
        refuse_moved(path)
        with explained(path):
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            connection.executescript(PRAGMAS)
            database = cls(connection)
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_script('schema.sql')} INSERT INTO meta VALUES ('layout', '{LAYOUT}'); COMMIT"
                )
            if (older := database.check_layout(path)) != LAYOUT:
                database.upgrade(older)
        return database

    @classmethod
    def read(cls, path: Path) -> StateDatabase | None:
        """Open for reading only, even while another process writes; None if nothing has been written yet."""
        refuse_moved(path)
        if not path.exists():
            return None
        with explained(path):
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            database = cls(connection)
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                database.close()
                return None
            database.layout = database.check_layout(path)
        return database

    def check_layout(self, path: Path) -> int:
        """The layout of the state file; refuses one that a newer version wrote, or that is not a state file."""
        try:
            text = self.text("meta", ("layout",)) or ""
        except sqlite3.OperationalError:
            text = ""  # no such table
        layout = int(text) if text.isdecimal() else 0
        if layout > LAYOUT:
            raise UsageError(
                f"{path} was written by a newer version of asyncscrape (layout {layout}; this version reads layouts "
                f"up to {LAYOUT}); update asyncscrape to resume this job"
            )
        if layout != LAYOUT and layout not in OLDER:
            raise UsageError(f"{path} was not written by this version of asyncscrape; start again with --fresh")
        return layout

    def upgrade(self, older: int) -> None:
        """Upgrade an older layout, step by step but in one transaction.

        If one URL was queued with several paths in layout 1, the first becomes its download. The others are still
        downloaded one by one.
        """
        steps = (_script(f"upgrade_{layout}.sql") for layout in range(older + 1, LAYOUT + 1))
        try:
            self._connection.executescript(f"BEGIN IMMEDIATE; {''.join(steps)}")
            if older < ONE_DOWNLOAD:
                prints = [(fingerprint(Kind.BLOB, row["asked"]), row["id"]) for row in self.run("blob_prints")]
                self.run_many("save_print", prints)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run all of the statements inside, or none."""
        with explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def run(self, name: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(statements()[name], values)

    def run_many(self, name: str, rows: Sequence[tuple[object, ...]]) -> int:
        """Run one statement for each row; the number of rows it changed."""
        return self._connection.executemany(statements()[name], rows).rowcount if rows else 0

    def row(self, name: str, values: tuple[object, ...] = ()) -> sqlite3.Row | None:
        """The first row, if any."""
        found: sqlite3.Row | None = self.run(name, values).fetchone()
        return found

    def number(self, name: str, values: tuple[object, ...] = ()) -> int:
        """The integer from a statement that always gives one."""
        found: int = self.run(name, values).fetchone()[0]
        return found

    def text(self, name: str, values: tuple[object, ...] = ()) -> str | None:
        """The text that a statement finds; None if it finds nothing."""
        row = self.row(name, values)
        return None if row is None else row[0]

    def select(self, columns: Sequence[str], source: str) -> sqlite3.Cursor:
        """These columns of a table, or of a query in parentheses, in the order of its rows."""
        return self._connection.execute(f"SELECT {', '.join(columns)} FROM {source}")

    def close(self) -> None:
        """Close the connection; committed changes stay."""
        self._connection.close()


@contextmanager
def explained(path: Path | None = None) -> Iterator[None]:
    """Turn SQLite's errors into a `StoreError`, or a `UsageError` for a damaged file, that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            raise UsageError(
                f"{path or 'the state file'} is damaged or not a state file; start again with --fresh"
            ) from error
        if not isinstance(error, sqlite3.OperationalError):
            raise
        raise StoreError(f"the job's state{f' {path}' if path else ''} cannot be written: {advice(error)}") from error


def advice(error: sqlite3.OperationalError) -> str:
    """The failure, and the remedy if we know one."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return "the disk is full; make room and run the same command again, nothing is lost"
    if name.startswith(("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return f"{error}; check that the disk has room and the folder is writable, then run the same command again"
    return str(error)
