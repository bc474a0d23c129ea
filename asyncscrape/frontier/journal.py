"""The journal (outbox): records on their way to the stores, each of which reads it behind its own cursor.

A store moves its cursor only after it has written, and writing the same batch twice changes nothing in it. So the
delivery is at-least-once, and its effect is exactly-once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.database import Database
from asyncscrape.model import Batch


class Advance(msgspec.Struct, frozen=True):
    """What a store's step forward changed."""

    records: int
    """Records that the store has now and had not before."""
    freed: int
    """Bytes of lines that left the journal."""


class Journal:
    """The journal's table in the job's state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, stores: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Tell which stores will read, by id, with the names the config has for them; their cursors.

        A store that is new to a job whose journal has been trimmed would miss what is gone, so it is refused.
        """
        database = self._database
        with database.transaction():
            known = {store: seq for store, _, seq in database.run("stores")}
            begin = database.value("journal_begin")
            for store in stores.keys() - known.keys():
                if begin != 1:
                    raise JobChanged(
                        f"the store {', '.join(stores[store])} is new to this job and would miss the records that "
                        "were stored before it came; take it out of [store].records, or start again with --fresh"
                    )
            database.run_many("store_remove", [(store,) for store in known.keys() - stores.keys()])
            rows = [(store, msgspec.json.encode(list(names)).decode(), 0) for store, names in stores.items()]
            database.run_many("store_add", rows)
        return {store: known.get(store, 0) for store in stores}

    def append(self, table: str, count: int, lines: bytes) -> None:
        """Add records inside the transaction of the caller."""
        self._database.run("journal_append", (table, count, lines))

    def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches that follow a place, up to and including the one that makes so many bytes full."""
        batches: list[Batch] = []
        size = 0
        for seq, table, count, lines in self._database.run("journal_read", (after,)):
            batches.append(Batch(seq, table, count, lines))
            size += len(lines)
            if size >= max_bytes:
                break
        return batches

    def advance(self, store: str, seq: int) -> Advance:
        """A store has everything up to here; what all stores have leaves the journal.

        Only the rows that are passed are looked at: with a long journal, `behind` after each step would be slow.
        """
        database = self._database
        with database.transaction():
            records = database.value("journal_records", (self.cursor(store), seq))
            database.run("store_advance", (seq, store))
            freed = database.value("journal_passed")
            database.run("journal_trim")
        return Advance(int(str(records)), int(str(freed)))

    def end(self) -> int:
        """The last place ever given to records; 0 before the first."""
        return int(str(self._database.value("journal_end")))

    def cursor(self, store: str) -> int:
        """How far a store has come; 0 for one that is not registered."""
        return int(str(self._database.value("cursor", (store,)) or 0))

    def behind(self) -> tuple[int, dict[str, int]]:
        """Bytes that some store has yet to take, and how many records each has by the names of the config."""
        size = int(str(self._database.value("journal_bytes")))
        lags = {name: lag for names, lag in self._database.run("lags") for name in msgspec.json.decode(names)}
        return size, lags
