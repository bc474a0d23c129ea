"""A large table as files, to measure the memory it takes to make; for `python -c` in its own process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from asyncscrape.config.stores import record_store
from asyncscrape.model import Batch, Column, Table
from asyncscrape.storage.build import build_stores
from support.storage_journal import lines

WIDE = Table("wide", ("n",), (Column("n", "int"), Column("text")))


def write_and_finish(directory: Path, forms: Sequence[str], rows: int) -> None:
    """Many unordered rows, each key twice."""

    async def job() -> None:
        [store] = build_stores(list(map(record_store, forms)), directory, (WIDE,))
        await store.open(0)
        for seq in range(1, 21):
            some = ({"n": (seq * 7919 + n * 104729) % rows, "text": "x" * 100} for n in range(rows // 10))
            await store.write([Batch(seq, "wide", rows // 10, lines(some))])
        await store.finish()

    asyncio.run(job())
