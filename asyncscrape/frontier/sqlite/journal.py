"""The journal (outbox): records on their way to the stores, each of which reads at its own cursor.

A store moves its cursor only after it has written, and writing the same batch twice changes nothing. So delivery is
at-least-once and its effect exactly-once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.base import Advance, Backlog
from asyncscrape.frontier.generation_state import GenerationState
from asyncscrape.frontier.sqlite.database import StateDatabase
from asyncscrape.frontier.sqlite.meta import StateMeta
from asyncscrape.model import Batch

RECENT = 16_000_000
"""Bytes at the end of the journal that are kept in memory too."""


class JournalTable:
    """The journal's table in the job's state file."""

    def __init__(self, database: StateDatabase, recent: int = RECENT) -> None:
        self._database = database
        self._most = recent
        self._recent: deque[Batch] = deque()
        """The end of the journal, in memory: most stores are near enough to it to read only here."""
        self._bytes = 0

    def register(self, stores: Mapping[str, Sequence[str]], late: Collection[str] = ()) -> None:
        """Announce the stores that will read: by id, with the config's names for each.

        A new store begins with the generation. It is refused if the journal has been trimmed since then, as it would
        miss the records that were dropped; but those that may come `late` begin with what comes next.
        """
        database = self._database
        with database.transaction():
            known = {row["id"] for row in database.run("stores")}
            begin = GenerationState(StateMeta(database)).generation.begin
            whole = database.number("journal_begin") <= begin + 1
            for store in stores.keys() - known - set(late):
                if not whole:
                    raise JobChanged(
                        f"the store {', '.join(stores[store])} is new to this job and would miss the records stored "
                        "before it was added; take it out of [store].records until `run --again` crawls everything "
                        "anew, or start again with --fresh"
                    )
            database.run_many("store_remove", [(store,) for store in known - stores.keys()])
            first = {store: self.end() if store in late else begin for store in stores}
            rows = [(store, msgspec.json.encode([*names]).decode(), first[store]) for store, names in stores.items()]
            database.run_many("store_add", rows)

    def append(self, table: str, count: int, lines: bytes) -> Batch:
        """Add records inside the caller's transaction."""
        seq = self._database.run("journal_append", (table, count, lines)).lastrowid
        return Batch(seq or 0, table, count, lines)

    def remember(self, appended: Sequence[Batch]) -> None:
        """Keep appended batches in memory; call this for every batch, once it is committed."""
        self._recent.extend(appended)
        self._bytes += sum(len(batch.lines) for batch in appended)
        while self._bytes > self._most:
            self._forget()

    def _forget(self) -> None:
        self._bytes -= len(self._recent.popleft().lines)

    def read(self, after: int, max_bytes: int) -> list[Batch]:
        """The batches after a place, up to and including the one that reaches `max_bytes`."""
        batches: list[Batch] = []
        size = 0
        for batch in self._behind(after):
            batches.append(batch)
            size += len(batch.lines)
            if size >= max_bytes:
                break
        return batches

    def _behind(self, after: int) -> Iterator[Batch]:
        if self._recent and self._recent[0].seq <= after + 1:
            return (batch for batch in self._recent if batch.seq > after)
        rows = self._database.run("journal_read", (after,))
        return (Batch(row["seq"], row["table"], row["count"], row["lines"]) for row in rows)

    def advance(self, store: str, seq: int) -> Advance:
        """Note that a store holds everything up to `seq`; drop from the journal what all stores hold.

        Only the rows passed are read: measuring the whole backlog after each step would be slow with a long journal.
        """
        database = self._database
        with database.transaction():
            records = database.number("journal_records", (self.cursor(store), seq))
            database.run("store_advance", (seq, store))
            freed = database.number("journal_passed")
            database.run("journal_trim")
            begin = database.number("journal_begin")
        while self._recent and self._recent[0].seq < begin:
            self._forget()
        return Advance(records, freed)

    def end(self) -> int:
        """The last place ever given to records; 0 before the first one."""
        return self._database.number("journal_end")

    def cursor(self, store: str) -> int:
        """The place up to which a store has come; 0 for one that is not registered."""
        row = self._database.row("cursor", (store,))
        return row["seq"] if row else 0

    def backlog(self) -> Backlog:
        """Bytes that some store has yet to take, and the records that each store has yet to take."""
        return Backlog(self._database.number("journal_bytes"), lags(self._database))


def lags(database: StateDatabase) -> dict[str, int]:
    """The number of records that each store has yet to take, by the config's names for it."""
    return {name: row["lag"] for row in database.run("lags") for name in msgspec.json.decode(row["names"])}
