"""A journal in memory, and records for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from asyncscrape.frontier.base import Advance, Backlog
from asyncscrape.model import Batch, Column, Origin, Record, Table
from asyncscrape.records.lines import encode
from asyncscrape.storage.base import RecordStore

JournalPage = tuple[list[dict[str, Any]], dict[str, Any]]
"""The records of a page, and where and when they were found."""
SEEN = "2026-11-20T10:00:00.000Z"

ITEM = Table("item", ("url",), (Column("url"), Column("name"), Column("price", "float")))
ROW = Table("row", ("url", "n"), (Column("url"), Column("n", "int")))


def item(number: int, name: str = "thing", price: float = 1.5) -> dict[str, Any]:
    url = f"http://127.0.0.1/item/{number:03}"
    return {"url": url, "name": name, "price": price, "_url": url, "_fetched_at": SEEN}


def row(number: int, n: int) -> dict[str, Any]:
    url = f"http://127.0.0.1/item/{number:03}"
    return {"url": url, "n": n, "_url": url, "_fetched_at": SEEN}


def lines(records: Iterable[Any]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def page_lines(records: Iterable[dict[str, Any]], origin: Mapping[str, str]) -> bytes:
    """The records of a page as a crawl writes them: the first line gives the origin of all."""
    found = [Record("t", values) for values in records]
    return encode(found, Origin(origin["_url"], origin["_fetched_at"]))["t"].text


def batch(seq: int, *records: Any, table: str = "item") -> Batch:
    return Batch(seq, table, len(records), lines(records))


def page_origin(number: int) -> dict[str, Any]:
    """Where and when the records of this page were found."""
    return {"_url": f"http://127.0.0.1/page/{number}", "_fetched_at": f"2026-11-20T10:00:{number:02}.123Z"}


def page_batch(seq: int, *pages: JournalPage, table: str = "item") -> Batch:
    """The records of pages in one batch."""
    text = b"".join(page_lines(records, origin) for records, origin in pages)
    return Batch(seq, table, sum(len(records) for records, _ in pages), text)


class ListedJournal:
    """Keep batches in a list and the stores' cursors in a dict."""

    def __init__(self, batches: Iterable[Batch] = ()) -> None:
        self.batches = list(batches)
        self.cursors: dict[str, int] = {}
        self.names: Mapping[str, Sequence[str]] = {}

    def add(self, *records: Any, table: str = "item") -> int:
        """Commit one more batch; returns its size in bytes."""
        added = batch(len(self.batches) + 1, *records, table=table)
        self.batches.append(added)
        return len(added.lines)

    async def cursor(self, store: str) -> int:
        return self.cursors.get(store, 0)

    async def read(self, after: int, max_bytes: int) -> list[Batch]:
        taken: list[Batch] = []
        for waiting in self.batches:
            if waiting.seq > after and sum(len(some.lines) for some in taken) < max_bytes:
                taken.append(waiting)
        return taken

    async def advance(self, store: str, seq: int) -> Advance:
        passed = [batch for batch in self.batches if self.cursors.get(store, 0) < batch.seq <= seq]
        self.cursors[store] = seq
        return Advance(sum(batch.count for batch in passed), sum(len(batch.lines) for batch in passed))

    async def register(self, stores: Mapping[str, Sequence[str]], late: Collection[str] = ()) -> None:
        self.names = stores

    async def backlog(self) -> Backlog:
        lags = {
            name: sum(batch.count for batch in self.batches if batch.seq > self.cursors.get(store, 0))
            for store, names in self.names.items()
            for name in names
        }
        return Backlog(sum(len(batch.lines) for batch in self.batches), lags)

    async def end(self) -> int:
        return len(self.batches)


async def rows_when_finished(store: RecordStore) -> dict[str, int]:
    """Finish the tables; the number of rows in each."""
    return {table: facts.rows for table, facts in (await store.finish()).items()}
